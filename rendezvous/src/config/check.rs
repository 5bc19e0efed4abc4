//! Which settings work together, and what is read from files before the server starts.
//!
//! Left out: whether the network and the disk play along, which starting shows.

use std::{fs, io, net::IpAddr, path::PathBuf};

use lettre::message::Mailbox;

use super::{LimitsName, MailKind, Security, Settings};
use crate::mail::{MailConfig, MailRoute, SmtpConfig, SmtpSecurity};

/// Why settings are refused. One line each, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the settings in {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not TOML: {error}", path.display())]
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where and why.
        error: Box<toml::de::Error>,
    },
    /// There is no such setting.
    #[error("unknown setting `{key}`{}", meant.as_ref().map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default())]
    UnknownKey {
        /// Its name.
        key: String,
        /// A setting with a similar name.
        meant: Option<String>,
    },
    /// A value is not what the setting takes.
    #[error("setting `{key}`: {problem}")]
    Value {
        /// Which.
        key: String,
        /// Why.
        problem: String,
    },
    /// A setting is missing that another one needs.
    #[error("{by} needs {key}")]
    Missing {
        /// What is missing.
        key: &'static str,
        /// What needs it.
        by: &'static str,
    },
    /// The same is said twice.
    #[error("smtp_password and smtp_password_file both say the password: keep one")]
    PasswordTwice,
    /// `limits = lab` on an address that others can reach.
    #[error("--limits lab is for tests: it works only with --bind 127.0.0.1 or ::1")]
    LabLimitsInPublic,
    /// `mail = spool` on an address that others can reach.
    #[error(
        "mail = spool keeps letters in files, so nobody elsewhere could sign up: configure mail = smtp, \
         or say allow_spool_in_public = true"
    )]
    SpoolInPublic,
    /// An address that others can reach, and no name that they know it by.
    #[error(
        "others can reach this server, so it must know its address: say public_url = \"https://meet.example\" (what people type \
         into their browsers). Signatures are checked against it, and links in letters begin with it"
    )]
    NamelessInPublic,
    /// Metrics on an address that others can reach.
    #[error("metrics are for this machine only: use 127.0.0.1 or ::1")]
    MetricsInPublic,
    /// Letters would cross the network in the clear.
    #[error("smtp_security = none is only for a mail server on this machine (127.0.0.1, ::1 or localhost)")]
    MailInTheClear,
    /// A value that must be a web origin is none.
    #[error("{key}: `{value}` is not a web origin such as https://meet.example")]
    Origin {
        /// Which setting.
        key: &'static str,
        /// Its value.
        value: String,
    },
}

/// Checks `settings` as a whole, that its files can be read, and reads the secrets that are in some.
pub fn complete(mut settings: Settings) -> Result<Settings, ConfigError> {
    let public = settings.is_public();
    if !settings.bind.is_loopback() && settings.limits == LimitsName::Lab {
        return Err(ConfigError::LabLimitsInPublic);
    }
    if public && settings.mail == MailKind::Spool && !settings.allow_spool_in_public {
        return Err(ConfigError::SpoolInPublic);
    }
    if public && settings.public_url.is_none() {
        return Err(ConfigError::NamelessInPublic);
    }
    if settings.metrics.is_some_and(|metrics| !metrics.ip().is_loopback()) {
        return Err(ConfigError::MetricsInPublic);
    }
    match (&settings.tls_cert, &settings.tls_key) {
        (Some(_), None) => return Err(ConfigError::Missing { key: "tls_key", by: "tls_cert" }),
        (None, Some(_)) => return Err(ConfigError::Missing { key: "tls_cert", by: "tls_key" }),
        _ => {}
    }
    for (key, value) in settings
        .origins
        .iter()
        .map(|origin| ("origins", origin))
        .chain(settings.public_url.iter().map(|url| ("public_url", url)))
    {
        if !is_origin(value) {
            return Err(ConfigError::Origin { key, value: value.clone() });
        }
    }
    for path in [&settings.tls_cert, &settings.tls_key, &settings.smtp_ca].into_iter().flatten() {
        fs::File::open(path).map_err(|error| ConfigError::File { path: path.clone(), error })?;
    }
    if settings.smtp_password.is_some() && settings.smtp_password_file.is_some() {
        return Err(ConfigError::PasswordTwice);
    }
    if let Some(path) = &settings.smtp_password_file {
        let read = fs::read_to_string(path).map_err(|error| ConfigError::File { path: path.clone(), error })?;
        settings.smtp_password = Some(read.trim_end_matches(['\r', '\n']).to_owned());
    }
    if settings.mail == MailKind::Smtp {
        check_smtp(&settings)?;
    }
    Ok(settings)
}

fn check_smtp(settings: &Settings) -> Result<(), ConfigError> {
    let missing = |key| ConfigError::Missing { key, by: "mail = smtp" };
    let host = settings.smtp_host.as_ref().ok_or(missing("smtp_host"))?;
    sender(settings)?;
    if settings.smtp_user.is_some() != settings.smtp_password.is_some() {
        return Err(ConfigError::Missing { key: "both smtp_user and smtp_password", by: "a login at the mail server" });
    }
    let here =
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if settings.smtp_security == Security::None && !here {
        return Err(ConfigError::MailInTheClear);
    }
    Ok(())
}

fn sender(settings: &Settings) -> Result<Mailbox, ConfigError> {
    let text = match (&settings.mail_from, settings.mail) {
        (Some(from), _) => from.as_str(),
        (None, MailKind::Smtp) => return Err(ConfigError::Missing { key: "mail_from", by: "mail = smtp" }),
        (None, MailKind::Spool) => "Milanio <no-reply@localhost>",
    };
    text.parse().map_err(|_| ConfigError::Value {
        key: "mail_from".to_owned(),
        problem: "not a mailbox such as \"Milanio <no-reply@meet.example>\"".to_owned(),
    })
}

// Scheme, host and perhaps a port, as `location.origin` tells them: nothing after, and no default port.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        let usual_port = if text.starts_with("https:") { ":443" } else { ":80" };
        !host.is_empty()
            && !host.ends_with(usual_port)
            && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte))
    })
}

impl Settings {
    /// How letters leave, from a server that people on this machine open at `own_url`.
    pub fn mail_config(&self, own_url: &str) -> Result<MailConfig, ConfigError> {
        let route = match self.mail {
            MailKind::Spool => MailRoute::Spool(self.spool()),
            MailKind::Smtp => MailRoute::Smtp(SmtpConfig {
                host: self.smtp_host.clone().unwrap_or_default(),
                port: self.smtp_port,
                security: match self.smtp_security {
                    Security::Starttls => SmtpSecurity::Starttls,
                    Security::Tls => SmtpSecurity::Tls,
                    Security::None => SmtpSecurity::None,
                },
                login: self.smtp_user.clone().zip(self.smtp_password.clone()),
                ca: self.smtp_ca.clone(),
            }),
        };
        let origin = self.public_url.clone().unwrap_or_else(|| own_url.to_owned());
        Ok(MailConfig { from: sender(self)?, origin, route })
    }

    /// Where letters lie that leave into files.
    pub fn spool(&self) -> PathBuf {
        self.data.join("mail")
    }

    /// Whether others than this machine reach it: directly, or through a proxy on this machine.
    pub fn is_public(&self) -> bool {
        let has_public_url = self.public_url.as_ref().is_some_and(|url| !url.starts_with("http://localhost"));
        !self.bind.is_loopback() || self.trusted_proxy.is_some() || has_public_url
    }

    /// Whether people reach it over TLS: its own, or that of the proxy in front.
    pub fn is_secure(&self) -> bool {
        let at_proxy = self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
        self.tls_cert.is_some() || (self.trusted_proxy.is_some() && at_proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut Settings)) -> Option<String> {
        let mut settings = Settings::default();
        change(&mut settings);
        complete(settings).err().map(|error| error.to_string())
    }

    fn smtp(settings: &mut Settings) {
        settings.mail = MailKind::Smtp;
        settings.smtp_host = Some("mail.example".to_owned());
        settings.mail_from = Some("Milanio <no-reply@meet.example>".to_owned());
        settings.public_url = Some("https://meet.example".to_owned());
    }

    #[test]
    fn the_defaults_work_and_a_public_server_needs_mail() {
        assert_eq!(refusal(|_| {}), None);
        let public = "0.0.0.0".parse().unwrap();
        assert!(refusal(|settings| settings.bind = public).is_some_and(|said| said.contains("allow_spool_in_public")));
        let proxied = |settings: &mut Settings| settings.trusted_proxy = Some("127.0.0.1".parse().unwrap());
        assert!(refusal(proxied).is_some_and(|said| said.contains("allow_spool_in_public")), "a proxy makes it public");
        let named = |settings: &mut Settings| {
            (settings.bind, settings.allow_spool_in_public) = (public, true);
            settings.public_url = Some("https://meet.example".to_owned());
        };
        assert_eq!(refusal(named), None);
        assert_eq!(refusal(|settings| (settings.bind, ()) = (public, smtp(settings))), None);
    }

    #[test]
    fn files_that_cannot_be_read_and_a_password_that_is_said_twice_are_refused() {
        let here = tempfile::NamedTempFile::new().unwrap();
        let (here, nowhere) = (Some(here.path().to_owned()), Some(PathBuf::from("/nonexistent/milanio.pem")));
        let certified = |cert: &Option<PathBuf>, key: &Option<PathBuf>| {
            refusal(|settings| (settings.tls_cert, settings.tls_key) = (cert.clone(), key.clone()))
        };
        assert_eq!(certified(&here, &here), None);
        for said in [certified(&nowhere, &here), certified(&here, &nowhere)] {
            assert!(said.is_some_and(|said| said.contains("/nonexistent/milanio.pem")));
        }
        let said = refusal(|settings| settings.smtp_ca = nowhere.clone());
        assert!(said.is_some_and(|said| said.contains("/nonexistent/milanio.pem")));
        let twice = |settings: &mut Settings| {
            (settings.smtp_password, settings.smtp_password_file) = (Some("one".to_owned()), here.clone());
        };
        assert!(refusal(twice).is_some_and(|said| said.contains("keep one")));
    }

    #[test]
    fn a_server_that_others_can_reach_needs_its_name() {
        type Change = fn(&mut Settings);
        let exposed: [Change; 3] = [
            |settings| settings.bind = "0.0.0.0".parse().unwrap(),
            |settings| settings.bind = "2001:db8::1".parse().unwrap(),
            |settings| settings.trusted_proxy = Some("127.0.0.1".parse().unwrap()),
        ];
        for change in exposed {
            let nameless = |settings: &mut Settings| {
                settings.allow_spool_in_public = true;
                change(settings);
            };
            let said = refusal(nameless).unwrap();
            assert!(said.contains("public_url = \"https://meet.example\""), "{said}");
            let named = |settings: &mut Settings| {
                nameless(settings);
                settings.public_url = Some("https://meet.example".to_owned());
            };
            assert_eq!(refusal(named), None);
        }
    }

    #[test]
    fn a_mail_server_needs_what_letters_need() {
        type Change = fn(&mut Settings);
        let cases: [(Change, &str); 6] = [
            (|settings| settings.smtp_host = None, "mail = smtp needs smtp_host"),
            (|settings| settings.mail_from = None, "mail = smtp needs mail_from"),
            (|settings| settings.mail_from = Some("nobody".to_owned()), "setting `mail_from`"),
            (|settings| settings.smtp_user = Some("milanio".to_owned()), "needs both smtp_user and smtp_password"),
            (|settings| settings.smtp_security = Security::None, "smtp_security = none"),
            (|settings| settings.smtp_password_file = Some("/nonexistent".into()), "cannot read"),
        ];
        for (change, said) in cases {
            let refused = refusal(|settings| {
                smtp(settings);
                change(settings);
            });
            assert!(refused.as_ref().is_some_and(|refused| refused.contains(said)), "{refused:?} for {said}");
        }
    }

    #[test]
    fn a_password_is_read_from_its_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "pass word\n").unwrap();
        let settings = Settings { smtp_password_file: Some(file.path().to_owned()), ..Settings::default() };
        assert_eq!(complete(settings).ok().and_then(|settings| settings.smtp_password), Some("pass word".to_owned()));
    }

    #[test]
    fn an_origin_is_what_a_browser_calls_one() {
        for origin in ["https://meet.example", "http://localhost:8080", "https://[2001:db8::1]:8443"] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in
            ["meet.example", "https://", "https://a/", "https://A.example", "https://a:443", "*", "null", "https://a?b"]
        {
            assert!(!is_origin(other), "{other}");
        }
    }
}
