//! The command line and environment of `run` and `config check`: every setting, none of them required.
//!
//! Left out: defaults, which [`Settings`](super::Settings) has.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use libp2p::Multiaddr;
use serde::Serialize;

use super::settings::{LimitsName, MailKind, Security};

/// Settings as given; what is absent is left to the file and the defaults.
#[derive(Clone, Default, Args, Serialize)]
pub struct Flags {
    /// A file of settings (TOML); `init` writes one.
    #[arg(long, env = "MILANIO_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// TCP port of HTTP, and UDP port of WebTransport. TURN takes the next. 0 takes free ones. [default: 8080]
    #[arg(long, env = "MILANIO_PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Where rooms, accounts and keys are kept. [default: milanio-data]
    #[arg(long, env = "MILANIO_DATA", value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// The address to listen on; 0.0.0.0 or :: for all. [default: 127.0.0.1]
    #[arg(long, env = "MILANIO_BIND", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind: Option<IpAddr>,
    /// The address that TURN candidates carry, if it is not the one that this machine sees itself under (behind NAT).
    #[arg(long, env = "MILANIO_EXTERNAL_IP", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ip: Option<IpAddr>,
    /// Another relay that clients are told of, with its peer id; may be given several times.
    #[arg(long, env = "MILANIO_RELAY", value_name = "MULTIADDR", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relay: Vec<Multiaddr>,
    /// Another relay to keep a connection with, so that rooms reach across; may be given several times.
    #[arg(long, env = "MILANIO_PEER", value_name = "MULTIADDR", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peer: Vec<Multiaddr>,
    /// The built app. Without it only the API and the relay are served.
    #[arg(long, env = "MILANIO_APP", value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<PathBuf>,
    /// `lab` raises the limits per address, and is refused unless the server listens on loopback only.
    #[arg(long, env = "MILANIO_LIMITS", value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimitsName>,
    /// Certificate chain (PEM): serves HTTPS.
    #[arg(long, env = "MILANIO_TLS_CERT", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, env = "MILANIO_TLS_KEY", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// Where people open the app, such as https://meet.example: links in letters begin with it.
    #[arg(long, env = "MILANIO_PUBLIC_URL", value_name = "ORIGIN")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Another web origin whose pages may use the API; may be given several times.
    #[arg(long, env = "MILANIO_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// The reverse proxy whose X-Forwarded-For is believed.
    #[arg(long, env = "MILANIO_TRUSTED_PROXY", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_proxy: Option<IpAddr>,
    /// Serves Prometheus metrics at this address of this machine, such as 127.0.0.1:9464.
    #[arg(long, env = "MILANIO_METRICS", value_name = "ADDR:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SocketAddr>,
    /// How letters leave: into files, or to a mail server. [default: spool]
    #[arg(long, env = "MILANIO_MAIL", value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailKind>,
    /// Who letters are from, such as "Milanio <no-reply@meet.example>".
    #[arg(long, env = "MILANIO_MAIL_FROM", value_name = "MAILBOX")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail_from: Option<String>,
    /// Lets a server that others can reach keep letters in files.
    #[arg(long, env = "MILANIO_ALLOW_SPOOL_IN_PUBLIC", num_args = 0..=1, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_spool_in_public: Option<bool>,
    /// The mail server.
    #[arg(long, env = "MILANIO_SMTP_HOST", value_name = "HOST")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_host: Option<String>,
    /// The mail server's port, if it is not the usual one.
    #[arg(long, env = "MILANIO_SMTP_PORT", value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_port: Option<u16>,
    /// How the connection to the mail server is protected. [default: starttls]
    #[arg(long, env = "MILANIO_SMTP_SECURITY", value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_security: Option<Security>,
    /// Name at the mail server.
    #[arg(long, env = "MILANIO_SMTP_USER", value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_user: Option<String>,
    /// Password at the mail server. Others on this machine can see it here; rather use a file.
    #[arg(long, env = "MILANIO_SMTP_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_password: Option<String>,
    /// A file that holds the password at the mail server.
    #[arg(long, env = "MILANIO_SMTP_PASSWORD_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_password_file: Option<PathBuf>,
    /// The authority (PEM) that signed the mail server's certificate, if it is not a public one.
    #[arg(long, env = "MILANIO_SMTP_CA", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smtp_ca: Option<PathBuf>,
}

impl Flags {
    /// Where the data is, for commands that need nothing else.
    pub fn with_data(data: PathBuf) -> Self {
        Self { data: Some(data), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;
    use crate::config::Settings;

    #[test]
    fn every_setting_is_a_flag_and_a_variable_of_its_name() {
        let command = Flags::augment_args(clap::Command::new("run"));
        let settings = serde_json::to_value(Settings::default()).unwrap();
        for name in settings.as_object().unwrap().keys() {
            let long = name.replace('_', "-");
            let argument = command.get_arguments().find(|argument| argument.get_long() == Some(&long));
            let variable = argument.and_then(|argument| argument.get_env()).map(|variable| variable.to_string_lossy());
            assert_eq!(variable.as_deref(), Some(format!("MILANIO_{}", name.to_uppercase()).as_str()), "{name}");
        }
    }
}
