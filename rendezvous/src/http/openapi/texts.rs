//! Descriptions of the texts that carry bytes: how long they are, and of which characters.

use std::borrow::Cow;

use data_encoding::BASE64URL_NOPAD;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::api::{Base64Bytes, Blob, Mailbox, RequestId, Rid, Typed};

fn text(description: String, pattern: Option<String>, most: usize) -> RefOr<Schema> {
    let builder = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    builder.pattern(pattern).max_length(Some(most)).into()
}

/// The form of names of 16 bytes: the last of 26 characters has two bits that are nobody's, which must be zero.
pub const OPAQUE_NAME: &str = "^[a-z2-7]{25}[aeimquy4]$";

// The last character of a base64 text stands for less than its six bits, unless three bytes stand for four characters; the rest of
// them must be zero (RFC 4648 section 3.5).
const AFTER_ONE_BYTE: &str = "[A-Za-z0-9_-][AQgw]";
const AFTER_TWO_BYTES: &str = "[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]";

// The pattern of texts of exactly `bytes` bytes.
fn exactly(bytes: usize) -> String {
    let end = ["", AFTER_ONE_BYTE, AFTER_TWO_BYTES][bytes % 3];
    format!("^[A-Za-z0-9_-]{{{}}}{end}$", bytes / 3 * 4)
}

impl<const N: usize> PartialSchema for Base64Bytes<N> {
    fn schema() -> RefOr<Schema> {
        text(format!("{N} bytes in base64url."), Some(exactly(N)), BASE64URL_NOPAD.encode_len(N))
    }
}

impl<const N: usize> ToSchema for Base64Bytes<N> {
    fn name() -> Cow<'static, str> {
        format!("Bytes{N}").into()
    }
}

impl<const MAX: usize> PartialSchema for Blob<MAX> {
    fn schema() -> RefOr<Schema> {
        let pattern = format!("^([A-Za-z0-9_-]{{4}})*({AFTER_ONE_BYTE}|{AFTER_TWO_BYTES})?$");
        text(format!("At most {MAX} bytes in base64url."), Some(pattern), BASE64URL_NOPAD.encode_len(MAX))
    }
}

impl<const MAX: usize> ToSchema for Blob<MAX> {
    fn name() -> Cow<'static, str> {
        format!("UpTo{MAX}Bytes").into()
    }
}

impl<const MAX: usize> PartialSchema for Typed<MAX> {
    fn schema() -> RefOr<Schema> {
        text(format!("At most {MAX} bytes of text."), None, MAX)
    }
}

impl<const MAX: usize> ToSchema for Typed<MAX> {
    fn name() -> Cow<'static, str> {
        format!("UpTo{MAX}Characters").into()
    }
}

macro_rules! opaque_names {
    ($($id:ident)*) => {
        $(
            impl PartialSchema for $id {
                fn schema() -> RefOr<Schema> {
                    text("16 bytes in lower-case base32.".to_owned(), Some(OPAQUE_NAME.to_owned()), 26)
                }
            }

            impl ToSchema for $id {}
        )*
    };
}

opaque_names!(Rid RequestId Mailbox);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_characters_are_those_that_are_read() {
        for (bytes, end) in [(1, AFTER_ONE_BYTE), (2, AFTER_TWO_BYTES)] {
            let allowed = end.rsplit_once('[').map(|(_, last)| last.trim_end_matches(']')).unwrap_or_default();
            for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars() {
                let text = format!("{}{last}", &"AA"[..bytes]);
                assert_eq!(BASE64URL_NOPAD.decode(text.as_bytes()).is_ok(), allowed.contains(last), "{text}");
            }
        }
        for last in "abcdefghijklmnopqrstuvwxyz234567".chars() {
            let name = format!("{}{last}", "a".repeat(25));
            assert_eq!(name.parse::<Rid>().is_ok(), "aeimquy4".contains(last), "{name}");
        }
        assert_eq!(exactly(32), "^[A-Za-z0-9_-]{40}[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]$");
    }
}
