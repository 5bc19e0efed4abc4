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

fn base64(description: String, least: usize, most: usize) -> RefOr<Schema> {
    text(description, Some(format!("^[A-Za-z0-9_-]{{{least},{most}}}$")), most)
}

impl<const N: usize> PartialSchema for Base64Bytes<N> {
    fn schema() -> RefOr<Schema> {
        let length = BASE64URL_NOPAD.encode_len(N);
        base64(format!("{N} bytes in base64url."), length, length)
    }
}

impl<const N: usize> ToSchema for Base64Bytes<N> {
    fn name() -> Cow<'static, str> {
        format!("Bytes{N}").into()
    }
}

impl<const MAX: usize> PartialSchema for Blob<MAX> {
    fn schema() -> RefOr<Schema> {
        base64(format!("At most {MAX} bytes in base64url."), 0, BASE64URL_NOPAD.encode_len(MAX))
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
                    text("16 bytes in lower-case base32.".to_owned(), Some("^[a-z2-7]{26}$".to_owned()), 26)
                }
            }

            impl ToSchema for $id {}
        )*
    };
}

opaque_names!(Rid RequestId Mailbox);
