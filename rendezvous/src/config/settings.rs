//! All settings with their defaults, and the commented file that `init` writes.
//!
//! Left out: where their values come from, and which combinations work.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::ValueEnum;
use libp2p::Multiaddr;
use serde::{Deserialize, Serialize};

/// Everything that can be chosen.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// TCP port of HTTP, and UDP port of WebTransport; TURN takes the next. 0 for free ones.
    pub port: u16,
    /// Where rooms, accounts and keys are kept.
    pub data: PathBuf,
    /// The address to listen on.
    pub bind: IpAddr,
    /// The address that TURN candidates carry, if it is not the one that this machine sees itself under.
    pub external_ip: Option<IpAddr>,
    /// Other relays that clients are told of.
    pub relay: Vec<Multiaddr>,
    /// Other relays to keep connections with.
    pub peer: Vec<Multiaddr>,
    /// The built app.
    pub app: Option<PathBuf>,
    /// How much one address may ask for.
    pub limits: LimitsName,
    /// Certificate chain (PEM).
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// Where people open the app: a web origin, such as `https://meet.example`. Links in letters begin with it.
    pub public_url: Option<String>,
    /// Further web origins whose pages may use this server's API.
    pub origins: Vec<String>,
    /// The reverse proxy whose `X-Forwarded-For` is believed.
    pub trusted_proxy: Option<IpAddr>,
    /// Where metrics are served, on this machine only.
    pub metrics: Option<SocketAddr>,
    /// How letters leave.
    pub mail: MailKind,
    /// Who letters are from.
    pub mail_from: Option<String>,
    /// Lets a server that others can reach keep letters in files.
    pub allow_spool_in_public: bool,
    /// The mail server.
    pub smtp_host: Option<String>,
    /// Its port, if not the usual one.
    pub smtp_port: Option<u16>,
    /// How the connection to it is protected.
    pub smtp_security: Security,
    /// Name at the mail server.
    pub smtp_user: Option<String>,
    /// Password at the mail server.
    pub smtp_password: Option<String>,
    /// A file that holds the password.
    pub smtp_password_file: Option<PathBuf>,
    /// The authority (PEM) that signed the mail server's certificate.
    pub smtp_ca: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 8080,
            data: PathBuf::from("milanio-data"),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            external_ip: None,
            relay: Vec::new(),
            peer: Vec::new(),
            app: None,
            limits: LimitsName::Standard,
            tls_cert: None,
            tls_key: None,
            public_url: None,
            origins: Vec::new(),
            trusted_proxy: None,
            metrics: None,
            mail: MailKind::Spool,
            mail_from: None,
            allow_spool_in_public: false,
            smtp_host: None,
            smtp_port: None,
            smtp_security: Security::Starttls,
            smtp_user: None,
            smtp_password: None,
            smtp_password_file: None,
            smtp_ca: None,
        }
    }
}

/// A set of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitsName {
    /// For real use.
    Standard,
    /// For tests and benches on one machine.
    Lab,
}

/// How letters leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailKind {
    /// Into files below the data directory, shown at `/dev/mail` while the server listens on loopback only.
    Spool,
    /// To a mail server.
    Smtp,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS after STARTTLS, never without; usually port 587.
    Starttls,
    /// TLS from the first byte; usually port 465.
    Tls,
    /// None, for a mail server on this machine only.
    None,
}

/// A file with every setting, its meaning and its default, all commented out.
pub const TEMPLATE: &str = include_str!("../../templates/milanio.toml");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_names_every_setting_with_its_default() {
        let uncommented: String = TEMPLATE
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .filter(|line| !line.starts_with(' '))
            .collect::<Vec<_>>()
            .join("\n");
        let written: toml::Table = uncommented.parse().unwrap();
        let settings = serde_json::to_value(Settings::default()).unwrap();
        let names: Vec<&String> = settings.as_object().unwrap().keys().collect();
        let mut missing: Vec<_> = names.iter().filter(|name| !written.contains_key(name.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?}");
        missing.clear();
        let parsed: Settings = written.clone().try_into().unwrap();
        let parsed = serde_json::to_value(parsed).unwrap();
        for (name, value) in settings.as_object().unwrap() {
            // Without a default there is an example.
            assert!(
                value.is_null() || value.as_array().is_some_and(Vec::is_empty) || *value == parsed[name],
                "{name}: {value}"
            );
        }
        assert!(TEMPLATE.parse::<toml::Table>().unwrap().is_empty(), "all of it is commented out");
    }

    #[test]
    fn the_readme_explains_every_setting() {
        let readme = include_str!("../../README.md");
        for name in serde_json::to_value(Settings::default()).unwrap().as_object().unwrap().keys() {
            assert!(
                readme.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{name}`"))),
                "{name}"
            );
        }
    }
}
