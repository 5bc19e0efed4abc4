//! Waiting for a code that travels by mail, and the forms in which people type it.

/// A code is on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct MailStep {
    /// What the code is for.
    pub purpose: Purpose,
    /// Where the mail goes.
    pub email: String,
    /// When another mail may be asked for, in milliseconds of the page's clock.
    pub resend_at_ms: u64,
    /// When the code ends, in milliseconds of the page's clock.
    pub expires_at_ms: u64,
}

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The first code of a new account.
    SignUp,
    /// A password was right on a new browser.
    Password,
    /// The address is being changed.
    EmailChange,
    /// The address is being taken back for a new identity.
    Reclaim,
}

impl std::fmt::Debug for MailStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An address is nobody else's business.
        write!(f, "MailStep({:?})", self.purpose)
    }
}

/// Characters of a code, without its dash (Crockford's base 32).
const CODE_LENGTH: usize = 8;

/// The code as it is in the mail, `XXXX-XXXX`, from however it was typed: any case, spaces, dashes, and the letters that look like
/// digits. `None` if it cannot be one.
pub fn code(typed: &str) -> Option<String> {
    let mut code = String::new();
    for character in typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}')) {
        code.push(match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c if c.is_ascii_digit() || (c.is_ascii_uppercase() && c != 'U') => c,
            _ => return None,
        });
    }
    (code.len() == CODE_LENGTH).then(|| format!("{}-{}", &code[..4], &code[4..]))
}

/// Why an address cannot be one. The server has the last word; this catches slips while somebody still looks at the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSlip {
    /// Nothing was typed.
    Empty,
    /// There is no `@`, more than one, or nothing on a side of it.
    Shape,
    /// What follows the `@` has no ending such as `.org`.
    NoEnding,
}

/// The longest address, in bytes (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const MAX_ADDRESS: usize = 254;

/// The address without what stands around it.
///
/// # Errors
/// If it cannot be one.
pub fn address(typed: &str) -> Result<String, AddressSlip> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(AddressSlip::Empty);
    }
    let (local, domain) = typed.split_once('@').ok_or(AddressSlip::Shape)?;
    let is_shaped = !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && typed.len() <= MAX_ADDRESS
        && !typed.chars().any(|c| c.is_whitespace() || c.is_control());
    if !is_shaped {
        return Err(AddressSlip::Shape);
    }
    let ends = domain.rsplit_once('.').is_some_and(|(name, ending)| !name.is_empty() && ending.chars().count() >= 2);
    if ends || domain == "localhost" { Ok(typed.to_owned()) } else { Err(AddressSlip::NoEnding) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_carelessly() {
        for typed in ["K7WD-3FQM", "k7wd3fqm", " k7wd 3fqm ", "K7WD\u{2013}3FQM"] {
            assert_eq!(code(typed).as_deref(), Some("K7WD-3FQM"), "{typed}");
        }
        assert_eq!(code("oil0-oil0").as_deref(), Some("0110-0110"));
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for typed in ["", "K7WD-3FQ", "K7WD-3FQMX", "K7WD-3FQ!", "U7WD-3FQM", "é7wd3fqm"] {
            assert_eq!(code(typed), None, "{typed}");
        }
    }

    #[test]
    fn slips_in_an_address_are_told_apart() {
        assert_eq!(address("  ines@example.org "), Ok("ines@example.org".into()));
        assert_eq!(address(" "), Err(AddressSlip::Empty));
        for typed in ["ines", "@example.org", "ines@", "a@b@c.org", "in es@example.org"] {
            assert_eq!(address(typed), Err(AddressSlip::Shape), "{typed}");
        }
        for typed in ["ines@studio", "ines@studio.", "ines@.org", "ines@studio.o"] {
            assert_eq!(address(typed), Err(AddressSlip::NoEnding), "{typed}");
        }
        assert_eq!(address(&format!("{}@example.org", "a".repeat(243))), Err(AddressSlip::Shape));
    }

    #[test]
    fn addresses_do_not_show() {
        let step =
            MailStep { purpose: Purpose::SignUp, email: "ines@example.org".into(), resend_at_ms: 0, expires_at_ms: 0 };
        assert_eq!(format!("{step:?}"), "MailStep(SignUp)");
    }
}
