//! The character classes of RFC 8866 and RFC 8839 that the other files share.
//!
//! Every function takes text that a stranger chose and answers whether, or as what, it may be used.

/// RFC 8866 `token`, of 1 to `longest` characters.
pub(super) fn is_token(text: &str, longest: usize) -> bool {
    is_made_of(text, 1..=longest, |byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte))
}

/// RFC 8839 `ice-char`s, as many as `length` allows.
pub(super) fn is_ice_text(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    is_made_of(text, length, |byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// What format parameters of the codecs we know are made of (RFC 8866 `byte-string`, without controls and quotes).
pub(super) fn is_parameters(text: &str) -> bool {
    const LONGEST: usize = 256;
    is_made_of(text, 1..=LONGEST, |byte| byte.is_ascii_alphanumeric() || b" ;=/,.+-_:".contains(&byte))
}

/// A decimal number without sign, leading plus or blanks.
pub(super) fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn is_made_of(text: &str, length: std::ops::RangeInclusive<usize>, allowed: impl Fn(u8) -> bool) -> bool {
    length.contains(&text.len()) && text.bytes().all(allowed)
}
