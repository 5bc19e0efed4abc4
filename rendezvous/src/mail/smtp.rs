//! Letters through a mail server (RFC 5321), over TLS (RFC 8314) unless it is on this machine.
//!
//! Left out: when to try again, which the outbox decides. Nothing the mail server says is logged, since it repeats addresses.

use std::{fmt, fs, io, net::IpAddr, path::PathBuf, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    transport::smtp::{
        Error, PoolConfig,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};

use crate::core::outbox::{MAX_PARALLEL, Outcome};

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS after STARTTLS, never without.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: only to a server on this machine.
    None,
}

/// A mail server, and how to talk to it.
#[derive(Clone)]
pub struct SmtpConfig {
    /// Its host name or address.
    pub host: String,
    /// Its TCP port; the usual one of `security` without.
    pub port: Option<u16>,
    /// Protection.
    pub security: SmtpSecurity,
    /// Name and password, where it wants them.
    pub login: Option<(String, String)>,
    /// A PEM file of the authority that signed its certificate, if it is not a public one.
    pub ca: Option<PathBuf>,
}

impl fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, security, login, .. } = self;
        write!(f, "SmtpConfig({host}, {port:?}, {security:?}, login: {})", login.is_some())
    }
}

/// Why a mail server cannot be used as it was configured.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// Letters would cross the network in the clear.
    #[error("smtp_security = none is only for a mail server on this machine (127.0.0.1, ::1 or localhost)")]
    Clear,
    /// The file of the authority cannot be read.
    #[error("cannot read smtp_ca {}: {error}", path.display())]
    Authority {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// TLS cannot be set up.
    #[error("cannot set TLS up for the mail server: {0}")]
    Tls(Error),
}

/// A few connections to a mail server, made when there are letters and kept for those that follow. Clones share them.
#[derive(Clone)]
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

/// How long the mail server may take to answer one command (chosen: RFC 5321 section 4.5.3.2 allows minutes, for which nobody waits).
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// How long a connection may wait for the next letter (chosen: mail servers give idle ones up after minutes, firewalls after less).
const IDLE_TIME: Duration = Duration::from_secs(10);

impl Smtp {
    /// Prepares; nothing is sent yet. Needs a tokio runtime.
    pub fn new(config: &SmtpConfig) -> Result<Self, SmtpError> {
        let (tls, usual_port) = match config.security {
            SmtpSecurity::Starttls => (Tls::Required(parameters(config)?), 587),
            SmtpSecurity::Tls => (Tls::Wrapper(parameters(config)?), 465),
            SmtpSecurity::None if is_here(&config.host) => (Tls::None, 25),
            SmtpSecurity::None => return Err(SmtpError::Clear),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port.unwrap_or(usual_port))
            .timeout(Some(ANSWER_TIME))
            .pool_config(PoolConfig::new().max_size(MAX_PARALLEL).idle_timeout(IDLE_TIME))
            .tls(tls);
        if let Some((user, password)) = &config.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self(builder.build()))
    }

    /// Sends one letter.
    pub async fn send(&self, message: Message) -> Outcome {
        match self.0.send(message).await {
            Ok(_) => Outcome::Sent,
            Err(error) => {
                let status = error.status().map(|status| status.to_string());
                tracing::debug!(status, timeout = error.is_timeout(), tls = error.is_tls(), "the mail server failed");
                outcome(&error)
            }
        }
    }
}

// A refused login concerns every letter, so it is the server that does not work.
fn outcome(error: &Error) -> Outcome {
    let status = error.status().map(|status| status.to_string()).unwrap_or_default();
    match status.as_str() {
        "421" | "454" | "530" | "534" | "535" | "538" => Outcome::Unreachable,
        _ if error.is_permanent() => Outcome::Bounced,
        _ if error.is_transient() => Outcome::Deferred,
        _ => Outcome::Unreachable,
    }
}

fn parameters(config: &SmtpConfig) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca {
        let pem = fs::read(path).map_err(|error| SmtpError::Authority { path: path.clone(), error })?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(SmtpError::Tls)?);
    }
    builder.build_rustls().map_err(SmtpError::Tls)
}

fn is_here(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str, security: SmtpSecurity) -> SmtpConfig {
        SmtpConfig {
            host: host.to_owned(),
            port: None,
            security,
            login: Some(("user".to_owned(), "word".to_owned())),
            ca: None,
        }
    }

    #[tokio::test]
    async fn letters_cross_a_network_only_over_tls() {
        for host in ["mail.example", "192.0.2.1", "127.0.0.1.example"] {
            assert!(matches!(Smtp::new(&config(host, SmtpSecurity::None)), Err(SmtpError::Clear)), "{host}");
            assert!(Smtp::new(&config(host, SmtpSecurity::Starttls)).is_ok(), "{host}");
        }
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(Smtp::new(&config(host, SmtpSecurity::None)).is_ok(), "{host}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", config("mail.example", SmtpSecurity::Tls)).contains("word"));
    }
}
