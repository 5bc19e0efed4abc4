//! A person's picture as an arch, or their initials.

use std::rc::Rc;

use data_encoding::BASE64;
use yew::prelude::*;

use crate::{account::state::me::Me, components::face::face, state::room::PersonId};

/// Properties of [`Avatar`].
#[derive(Clone, PartialEq, Properties)]
pub struct AvatarProps {
    /// Whose.
    pub me: Me,
    /// Another picture than the saved one: `Some(None)` shows the initials.
    #[prop_or_default]
    pub instead: Option<Option<Rc<Vec<u8>>>>,
    /// Size.
    #[prop_or_default]
    pub class: Classes,
}

/// The arch.
#[component]
pub fn Avatar(props: &AvatarProps) -> Html {
    let picture = props.instead.clone().unwrap_or_else(|| props.me.avatar.clone());
    let url = use_memo(picture, |picture| picture.as_deref().and_then(|bytes| data_url(bytes)));
    match url.as_ref() {
        Some(url) => {
            html! { <img class={classes!("face", "picture", props.class.clone())} src={url.clone()} alt="" /> }
        }
        None => face(Some(PersonId(props.me.account)), &props.me.name, props.class.clone()),
    }
}

/// The picture as a URL that needs nothing else; `None` if it is neither WebP nor JPEG.
pub fn data_url(bytes: &[u8]) -> Option<String> {
    let kind = match bytes {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        [0xff, 0xd8, 0xff, ..] => "jpeg",
        _ => return None,
    };
    Some(format!("data:image/{kind};base64,{}", BASE64.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_kinds_that_the_app_makes_are_shown() {
        assert_eq!(data_url(b"RIFF\0\0\0\0WEBP").as_deref(), Some("data:image/webp;base64,UklGRgAAAABXRUJQ"));
        assert_eq!(data_url(&[0xff, 0xd8, 0xff]).as_deref(), Some("data:image/jpeg;base64,/9j/"));
        assert_eq!(data_url(b"<svg onload=x>"), None);
    }
}
