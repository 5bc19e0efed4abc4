//! A mail address as this server takes it: one text per mailbox, and never shown whole.
//!
//! The rules are narrower than RFC 5321 section 4.1.2 (no quoted local parts, no comments, no address literals), since what they
//! leave out is hardly ever a person's and easily a trick. Left out: whether the mailbox exists, which only a letter can tell.

use std::fmt;

/// Longest address, in bytes (RFC 5321 section 4.5.3.1.3, without the angle brackets).
pub const MAX_ADDRESS_BYTES: usize = 254;
/// Longest part before the `@`, in bytes (RFC 5321 section 4.5.3.1.1).
pub const MAX_LOCAL_BYTES: usize = 64;
/// Longest label of a domain, in bytes (RFC 1035 section 2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// An address: its domain is in lower case, its local part as it was typed. `Debug` masks it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    address: String,
    at: usize,
}

/// The text is not an address that this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address")]
pub struct EmailInvalid;

impl EmailAddress {
    /// Reads what a person typed; spaces around it do not count.
    pub fn parse(typed: &str) -> Result<Self, EmailInvalid> {
        let typed = typed.trim();
        let (local, domain) = typed.split_once('@').ok_or(EmailInvalid)?;
        if typed.len() > MAX_ADDRESS_BYTES || !is_local(local) || !is_domain(domain) {
            return Err(EmailInvalid);
        }
        Ok(Self { address: format!("{local}@{}", domain.to_ascii_lowercase()), at: local.len() })
    }

    /// The whole address, for the envelope and header of a letter only.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// What follows the `@`, in lower case.
    pub fn domain(&self) -> &str {
        &self.address[self.at + 1..]
    }

    /// What two spellings of one mailbox have in common: the letters a to z in lower case. Hashed under a secret, it is all that is
    /// stored. No other letters are folded: some that are not a to z become one (the Kelvin sign a k), and that mailbox is another.
    pub fn folded(&self) -> String {
        self.address.to_ascii_lowercase()
    }

    /// Enough to recognise an address one knows: `a***@e***.org`.
    pub fn masked(&self) -> String {
        let first = |text: &str| text.chars().next().map_or_else(String::new, |first| first.to_string());
        let (name, zone) = self.domain().rsplit_once('.').unwrap_or((self.domain(), ""));
        format!("{}***@{}***.{zone}", first(&self.address), first(name))
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

// A dot-string of RFC 5321, with the letters that RFC 6531 adds.
fn is_local(local: &str) -> bool {
    local.len() <= MAX_LOCAL_BYTES && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

fn is_atom(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        character if character.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(character),
        character => character.is_alphanumeric(),
    }
}

// At least two labels, the last not a number, so that no host of the local network and no address is named.
fn is_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let zone_is_name = labels.last().is_some_and(|zone| !zone.bytes().all(|byte| byte.is_ascii_digit()));
    labels.len() >= 2 && zone_is_name && labels.iter().all(|label| is_label(label))
}

fn is_label(label: &str) -> bool {
    let letters = label.chars().all(|letter| letter == '-' || letter.is_alphanumeric());
    !label.is_empty() && label.len() <= MAX_LABEL_BYTES && letters && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_domain_is_folded_and_the_local_part_is_kept() {
        let address = EmailAddress::parse(" Ada.L+x@Example.ORG\n").unwrap();
        assert_eq!((address.as_str(), address.domain()), ("Ada.L+x@example.org", "example.org"));
        assert_eq!(address.folded(), EmailAddress::parse("ada.l+X@example.org").unwrap().folded());
    }

    #[test]
    fn letters_that_only_look_alike_name_another_mailbox() {
        let folded = |typed: &str| EmailAddress::parse(typed).unwrap().folded();
        assert_ne!(folded("\u{212a}im@example.org"), folded("kim@example.org"), "the Kelvin sign");
        assert_ne!(folded("ada@boo\u{212a}.example"), folded("ada@book.example"));
        assert_ne!(folded("\u{130}da@example.org"), folded("ida@example.org"), "I with a dot");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in [
            "",
            "@",
            "a@",
            "@b.c",
            "a@b",
            "a@b@c.d",
            "a b@c.d",
            "a@b..c",
            "a@-b.c",
            "a@b.c-",
            "a@127.0.0.1",
            ".a@b.cd",
            "a..b@c.de",
            "\"a\"@b.cd",
            "a@[::1]",
            "a\r\nbcc:x@b.cd",
            "a@b.cd\r\nx",
            "<a@b.cd>",
            "a,b@c.de",
            "a@b_c.de",
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(EmailInvalid), "{typed:?}");
        }
        let local = "a".repeat(MAX_LOCAL_BYTES);
        assert!(EmailAddress::parse(&format!("{local}@b.cd")).is_ok());
        assert!(EmailAddress::parse(&format!("{local}a@b.cd")).is_err());
        assert!(EmailAddress::parse(&format!("a@{}cd", "b.".repeat(126))).is_err(), "longer than 254");
    }

    #[test]
    fn it_is_shown_masked_only() {
        let address = EmailAddress::parse("ada@mail.example.org").unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress(a***@m***.org)");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_an_address_reads_as_itself(typed in "\\PC{0,12}@?\\PC{0,12}\\.?[a-zA-Z]{0,3}") {
            if let Ok(address) = EmailAddress::parse(&typed) {
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
                prop_assert!(!address.as_str().contains(|letter: char| letter.is_control() || letter.is_whitespace()));
                prop_assert!(address.masked().contains("***@"));
            }
        }
    }
}
