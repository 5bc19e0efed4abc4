//! One certificate as browsers want it: ECDSA P-256, self-signed, valid for less than 14 days (W3C WebTransport,
//! `serverCertificateHashes`), and how QUIC is set up with it.

use std::{sync::Arc, time::Duration};

use quinn::{IdleTimeout, TransportConfig, VarInt, crypto::rustls::QuicServerConfig};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::address::CertHash;

/// How long a certificate is valid, in seconds: the most a browser accepts, less a minute.
pub(super) const VALID_S: u64 = 14 * 24 * 60 * 60 - 60;

/// Why a certificate cannot be made or used; this program is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be made.
    #[error("a certificate cannot be made")]
    LocalCannotMake,
    /// TLS does not take it.
    #[error("a certificate cannot be used")]
    LocalCannotUse,
}

/// A certificate and its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The first second it is valid, since the Unix epoch.
    pub(super) starts_s: u64,
    /// The last one.
    pub(super) ends_s: u64,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    /// Makes one that is valid from `starts_s` for [`VALID_S`].
    pub(super) fn make(starts_s: u64) -> Result<Self, CertificateError> {
        Self::generate(starts_s, starts_s.saturating_add(VALID_S)).ok_or(CertificateError::LocalCannotMake)
    }

    fn generate(starts_s: u64, ends_s: u64) -> Option<Self> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).ok()?;
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).ok()?;
        params.not_before = OffsetDateTime::from_unix_timestamp(i64::try_from(starts_s).ok()?).ok()?;
        params.not_after = OffsetDateTime::from_unix_timestamp(i64::try_from(ends_s).ok()?).ok()?;
        let certificate = params.self_signed(&key).ok()?;
        Some(Self { starts_s, ends_s, certificate: certificate.der().to_vec(), key: key.serialize_der() })
    }

    /// SHA-256 of the certificate.
    pub(super) fn hash(&self) -> CertHash {
        CertHash::wrap(SHA2_256, &Sha256::digest(&self.certificate)).expect("32 bytes fit into 64")
    }

    /// QUIC as a server with this certificate.
    pub(super) fn server_config(&self) -> Result<quinn::ServerConfig, CertificateError> {
        let tls = self.tls().map_err(|_| CertificateError::LocalCannotUse)?;
        let crypto = QuicServerConfig::try_from(tls).map_err(|_| CertificateError::LocalCannotUse)?;
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
        config.transport_config(Arc::new(transport_config()));
        Ok(config)
    }

    fn tls(&self) -> Result<rustls::ServerConfig, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(self.certificate.clone())], key)?;
        tls.alpn_protocols = vec![b"h3".to_vec()];
        Ok(tls)
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("starts_s", &self.starts_s)
            .field("ends_s", &self.ends_s)
            .finish_non_exhaustive()
    }
}

/// The multihash code of SHA-256 (multicodec table).
const SHA2_256: u64 = 0x12;

/// A dead connection is noticed in the time three keep-alives take (chosen).
const KEEP_ALIVE: Duration = Duration::from_secs(4);
const MAX_IDLE_MS: u32 = 12_000;

/// Streams a peer may have open at once; HTTP/3 takes three one-way ones.
const MAX_STREAMS: u32 = 256;
const MAX_ONE_WAY_STREAMS: u32 = 8;

/// Unread bytes of one stream and of one connection (chosen: 25 of the largest frames, and eight streams of that).
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 8 * STREAM_WINDOW;

fn transport_config() -> TransportConfig {
    let mut config = TransportConfig::default();
    config
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(MAX_IDLE_MS))))
        .max_concurrent_bidi_streams(MAX_STREAMS.into())
        .max_concurrent_uni_streams(MAX_ONE_WAY_STREAMS.into())
        .stream_receive_window(STREAM_WINDOW.into())
        .receive_window(CONNECTION_WINDOW.into())
        .send_window(u64::from(CONNECTION_WINDOW));
    config
}
