//! The server's side of OPAQUE: answers in constant work, whether or not there is a record, and keeps nothing between steps.

use std::fmt;

use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload, Ristretto255,
    ServerLoginParameters, ServerRegistration, ServerSetup, keypair::PrivateKey,
};
use rand_core::CryptoRng;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::{CONTEXT, Lent, OpaqueError, Suite, exactly, length};
use crate::kdf::{self, Secret};

/// The server's keys. Whoever has them and a record can guess its password offline; without them, a record is worth nothing.
pub struct OpaqueServer(ServerSetup<Suite>);

/// What a server says to a login's first message.
pub struct ServerLogin {
    /// For [`OpaqueServer::login_finish`]. Whoever reads it passes for the client, so it leaves the server sealed or not at all.
    pub state: Zeroizing<Vec<u8>>,
    /// The answer to the client (KE2).
    pub response: Vec<u8>,
}

impl OpaqueServer {
    /// The keys that follow from a random 32-byte `seed`. Another seed voids all records.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let halves = ["opaque-oprf-1", "opaque-oprf-2"].map(|name| kdf::derive(seed, name, &[]));
        let secret = scalar(seed, "opaque-server-key");
        // Stands in for the key of clients that do not exist.
        let nobody = PrivateKey::<Ristretto255>::deserialize(scalar(seed, "opaque-nobody").as_slice())
            .expect("a reduced scalar that is not zero")
            .public_key()
            .serialize();
        let parts = [halves[0].as_slice(), halves[1].as_slice(), secret.as_slice(), nobody.as_slice()];
        let setup = Zeroizing::new(parts.concat());
        Self(ServerSetup::deserialize(&setup).expect("a seed, a reduced scalar and a public key"))
    }

    /// Answers a registration. `credential_id` names the account for good: another id, or another seed, is another password.
    pub fn registration(&self, request: &[u8], credential_id: &[u8]) -> Result<Vec<u8>, OpaqueError> {
        let request = RegistrationRequest::<Suite>::deserialize(exactly(request, length::REGISTRATION_REQUEST)?)?;
        let started = ServerRegistration::<Suite>::start(&self.0, request, credential_id)?;
        Ok(started.message.serialize().to_vec())
    }

    /// The record to keep for a registration's last message.
    pub fn record(upload: &[u8]) -> Result<Vec<u8>, OpaqueError> {
        let upload = RegistrationUpload::<Suite>::deserialize(exactly(upload, length::RECORD)?)?;
        Ok(ServerRegistration::<Suite>::finish(upload).serialize().to_vec())
    }

    /// Answers a login's first message (KE1). Without a `record` the answer looks the same and no password fits. For accounts
    /// that do not exist, `credential_id` must be what a real one would have, the same every time.
    pub fn login_start(
        &self,
        record: Option<&[u8]>,
        request: &[u8],
        credential_id: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<ServerLogin, OpaqueError> {
        let request = CredentialRequest::<Suite>::deserialize(exactly(request, length::KE1)?)?;
        let record = record
            .map(|record| -> Result<_, OpaqueError> {
                Ok(ServerRegistration::<Suite>::deserialize(exactly(record, length::RECORD)?)?)
            })
            .transpose()?;
        let mut rng = Lent(rng);
        let started = opaque_ke::ServerLogin::start(&mut rng, &self.0, record, request, credential_id, parameters())?;
        let state = Zeroizing::new(started.state.serialize().to_vec());
        Ok(ServerLogin { state, response: started.message.serialize().to_vec() })
    }

    /// Checks a login's last message (KE3): whoever sent it knew the password.
    pub fn login_finish(state: &[u8], finalization: &[u8]) -> Result<(), OpaqueError> {
        let state = opaque_ke::ServerLogin::<Suite>::deserialize(exactly(state, length::SERVER_STATE)?)?;
        let finalization = CredentialFinalization::deserialize(exactly(finalization, length::KE3)?)?;
        state.finish(finalization, parameters())?.session_key.as_mut_slice().zeroize();
        Ok(())
    }
}

// The library's key pair wipes itself, the seed with it.
impl ZeroizeOnDrop for OpaqueServer {}

impl fmt::Debug for OpaqueServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpaqueServer(redacted)")
    }
}

impl fmt::Debug for ServerLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerLogin(redacted)")
    }
}

fn parameters() -> ServerLoginParameters<'static, 'static> {
    ServerLoginParameters { context: Some(CONTEXT), ..ServerLoginParameters::default() }
}

/// 252 bits of `seed` as a scalar (little-endian): below the group's order, which is 2^252 and some (RFC 9496 4.4).
fn scalar(seed: &[u8; 32], name: &str) -> Secret {
    let mut scalar = kdf::derive(seed, name, &[]);
    scalar[31] &= 0x0f;
    scalar
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;
    use crate::{ExportKey, OpaqueLogin, OpaqueRegistration};

    const PASSWORD: &[u8] = b"correct horse battery staple";
    const ID: &[u8] = b"credential";

    fn rng(seed: u64) -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(seed)
    }

    fn server() -> OpaqueServer {
        OpaqueServer::from_seed(&[1; 32])
    }

    /// A record and its export key. Made once, because stretching is slow.
    static REGISTERED: LazyLock<(Vec<u8>, ExportKey)> = LazyLock::new(|| register(PASSWORD));

    fn register(password: &[u8]) -> (Vec<u8>, ExportKey) {
        let (client, request) = OpaqueRegistration::start(password, &mut rng(1)).unwrap();
        let response = server().registration(&request, ID).unwrap();
        let (upload, export) = client.finish(password, &response, &mut rng(2)).unwrap();
        (OpaqueServer::record(&upload).unwrap(), export)
    }

    type ClientEnd = Result<(Vec<u8>, ExportKey), OpaqueError>;

    /// The client's end of a login, and the server's state.
    fn login(record: Option<&[u8]>, id: &[u8], password: &[u8]) -> (ClientEnd, Zeroizing<Vec<u8>>) {
        let (client, request) = OpaqueLogin::start(password, &mut rng(3)).unwrap();
        let start = server().login_start(record, &request, id, &mut rng(4)).unwrap();
        (client.finish(password, &start.response, &mut rng(5)), start.state)
    }

    #[test]
    fn the_right_password_gives_the_proof_and_the_same_export_key() {
        let (record, export) = &*REGISTERED;
        let (finished, state) = login(Some(record), ID, PASSWORD);
        let (finalization, again) = finished.unwrap();
        assert_eq!(OpaqueServer::login_finish(&state, &finalization), Ok(()));
        assert_eq!(again.as_bytes(), export.as_bytes());
    }

    #[test]
    fn a_wrong_password_an_unknown_account_and_a_foreign_record_look_alike() {
        let (record, _) = &*REGISTERED;
        let refused = [
            login(Some(record), ID, b"correct horse battery stapler"),
            login(None, ID, PASSWORD),
            login(Some(record), b"another", PASSWORD),
        ];
        for (finished, state) in refused {
            assert_eq!(finished.unwrap_err(), OpaqueError::Refused);
            assert_eq!(OpaqueServer::login_finish(&state, &[0; 64]), Err(OpaqueError::Refused));
        }
    }

    #[test]
    fn answers_with_and_without_a_record_have_one_length() {
        let (_, request) = OpaqueLogin::start(PASSWORD, &mut rng(3)).unwrap();
        let [known, unknown] = [Some(REGISTERED.0.as_slice()), None]
            .map(|record| server().login_start(record, &request, ID, &mut rng(4)).unwrap());
        assert_eq!(known.response.len(), unknown.response.len());
        assert_eq!(known.state.len(), unknown.state.len());
        // The evaluated point follows from the credential id alone: it does not tell whether there is a record.
        assert_eq!(known.response[..32], unknown.response[..32]);
    }

    #[test]
    fn a_proof_is_worth_nothing_in_another_login() {
        let (record, _) = &*REGISTERED;
        let (finalization, _) = login(Some(record), ID, PASSWORD).0.unwrap();
        let (_, request) = OpaqueLogin::start(PASSWORD, &mut rng(30)).unwrap();
        let other = server().login_start(Some(record), &request, ID, &mut rng(31)).unwrap();
        assert_eq!(OpaqueServer::login_finish(&other.state, &finalization), Err(OpaqueError::Refused));
    }

    #[test]
    fn the_keys_follow_from_the_seed_and_another_seed_voids_records() {
        let (_, request) = OpaqueRegistration::start(PASSWORD, &mut rng(1)).unwrap();
        let [one, again, other] =
            [1, 1, 2].map(|seed| OpaqueServer::from_seed(&[seed; 32]).registration(&request, ID).unwrap());
        assert_eq!(one, again);
        assert_ne!(one[..32], other[..32]);
        assert_ne!(one[32..], other[32..]);
    }

    #[test]
    fn what_a_password_registers_has_one_shape_whatever_the_password() {
        let longest = vec![b'x'; super::super::MAX_PASSWORD_BYTES];
        for password in [b"".as_slice(), b"twelve chars", &longest] {
            let (_, request) = OpaqueRegistration::start(password, &mut rng(1)).unwrap();
            assert_eq!(request.len(), length::REGISTRATION_REQUEST);
            let (_, request) = OpaqueLogin::start(password, &mut rng(1)).unwrap();
            assert_eq!(request.len(), length::KE1);
        }
        let too_long = [longest.as_slice(), b"x"].concat();
        let refused = OpaqueRegistration::start(&too_long, &mut rng(1)).map(|_| ());
        assert_eq!(refused, Err(OpaqueError::PasswordTooLong));
    }

    proptest! {
        #[test]
        fn arbitrary_messages_never_panic_and_other_lengths_are_malformed(
            bytes in prop::collection::vec(any::<u8>(), 0..400), cut: prop::sample::Index,
        ) {
            let server = server();
            for bytes in [bytes.as_slice(), &bytes[..cut.index(bytes.len() + 1)]] {
                let wrong = |length| bytes.len() != length;
                let registration = server.registration(bytes, ID);
                prop_assert!(!wrong(length::REGISTRATION_REQUEST) || registration == Err(OpaqueError::Malformed));
                let start = server.login_start(None, bytes, ID, &mut rng(1)).map(|_| ());
                prop_assert!(!wrong(length::KE1) || start == Err(OpaqueError::Malformed));
                let record = OpaqueServer::record(bytes);
                prop_assert!(!wrong(length::RECORD) || record == Err(OpaqueError::Malformed));
                prop_assert!(OpaqueServer::login_finish(&[0; 128], bytes).is_err());
                prop_assert!(OpaqueServer::login_finish(bytes, &[0; 64]).is_err() || !wrong(length::SERVER_STATE));
            }
        }

        #[test]
        fn no_changed_proof_is_accepted(bit in 0_usize..512) {
            static GOOD: LazyLock<(Vec<u8>, Zeroizing<Vec<u8>>)> = LazyLock::new(|| {
                let (finished, state) = login(Some(&REGISTERED.0), ID, PASSWORD);
                (finished.unwrap().0, state)
            });
            let (finalization, state) = &*GOOD;
            let mut changed = finalization.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(OpaqueServer::login_finish(state, &changed), Err(OpaqueError::Refused));
        }
    }

    proptest! {
        // Few, because every one is stretched.
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn no_server_can_pass_a_changed_answer(at: prop::sample::Index, bit in 0_u8..8) {
            let (client, request) = OpaqueLogin::start(PASSWORD, &mut rng(3)).unwrap();
            let mut changed = server().login_start(Some(&REGISTERED.0), &request, ID, &mut rng(4)).unwrap().response;
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            prop_assert!(client.finish(PASSWORD, &changed, &mut rng(5)).is_err());
        }
    }
}
