//! Which pages' proofs count: those of the origin that the operator named, or else of the host that was asked, and of listed others.
//!
//! A page elsewhere that passes requests on signs under its own origin, and that is not among them. Where no origin was named the
//! request's host decides, which whoever passes requests on can choose: so a server that listens on loopback only then takes
//! loopback hosts alone. Left out: which pages' browsers may read answers (CORS).

use super::advertise::{Host, Site};

/// The origins whose pages may prove requests.
#[derive(Clone, Debug)]
pub struct Origins {
    named: Option<String>,
    others: Vec<String>,
    loopback_only: bool,
}

impl Origins {
    /// The site's own origin if it was `named`, and `others`. `loopback_only`: the server listens on loopback only.
    pub const fn new(named: Option<String>, others: Vec<String>, loopback_only: bool) -> Self {
        Self { named, others, loopback_only }
    }

    /// The origins that count for a request to `authority` (as `Host` has it), `secure` for TLS.
    pub fn of_request(&self, authority: &str, secure: bool) -> Vec<String> {
        let site = self.named.clone().or_else(|| own(authority, secure, self.loopback_only));
        site.into_iter().chain(self.others.iter().cloned()).collect()
    }
}

// The origin (RFC 6454 section 6.2) of a page that was loaded from there.
fn own(authority: &str, secure: bool, loopback_only: bool) -> Option<String> {
    let site = Site::parse(authority, secure)?;
    let is_loopback = matches!(site.host, Host::Ip(address) if address.is_loopback());
    if loopback_only && !is_loopback {
        return None;
    }
    let (scheme, default_port) = if secure { ("https", 443) } else { ("http", 80) };
    let authority = authority.to_ascii_lowercase();
    // `Site` has seen that what follows the last colon is the port, if it is no part of an address in brackets.
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority.as_str(),
    };
    let port = if site.port == default_port { String::new() } else { format!(":{}", site.port) };
    Some(format!("{scheme}://{host}{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pages_origin_is_written_as_browsers_do() {
        for (authority, secure, origin) in [
            ("localhost:8080", false, "http://localhost:8080"),
            ("LocalHost", false, "http://localhost"),
            ("meet.example:443", true, "https://meet.example"),
            ("meet.example:443", false, "http://meet.example:443"),
            ("meet.example", true, "https://meet.example"),
            ("[::1]:8080", false, "http://[::1]:8080"),
            ("[::1]", true, "https://[::1]"),
            ("192.0.2.1:80", false, "http://192.0.2.1"),
        ] {
            assert_eq!(own(authority, secure, false).as_deref(), Some(origin), "{authority}");
        }
        assert_eq!(own("a/b", false, false), None);
    }

    #[test]
    fn the_named_origin_decides_if_there_is_one_and_else_the_host() {
        let named =
            Origins::new(Some("https://meet.example".to_owned()), vec!["https://beta.example".to_owned()], true);
        assert_eq!(named.of_request("phishing.example", true), ["https://meet.example", "https://beta.example"]);
        let local = Origins::new(None, Vec::new(), true);
        assert_eq!(local.of_request("localhost:8080", false), ["http://localhost:8080"]);
        assert_eq!(local.of_request("127.0.0.1:8080", false), ["http://127.0.0.1:8080"]);
        assert!(local.of_request("phishing.example:8080", false).is_empty());
        let public = Origins::new(None, Vec::new(), false);
        assert_eq!(public.of_request("meet.example", true), ["https://meet.example"]);
    }
}
