//! A moving picture with its sound.

use yew::prelude::*;

use crate::{hooks::use_stream, platform::streams::StreamKey};

/// Properties of [`Video`].
#[derive(Clone, PartialEq, Properties)]
pub struct VideoProps {
    /// Whose stream.
    pub stream: StreamKey,
    /// Which one of theirs; 0 is none.
    pub revision: u32,
    /// The camera is off: the sound goes on, the picture is hidden.
    #[prop_or_default]
    pub hidden: bool,
}

/// The video. One's own is mirrored and silent.
#[component]
pub fn Video(props: &VideoProps) -> Html {
    let own = props.stream == StreamKey::Own;
    let node = use_node_ref();
    use_stream(&node, props.stream, props.revision, own);
    let class = classes!("video", own.then_some("mirrored"), props.hidden.then_some("video-hidden"));
    html! { <video ref={node} {class} autoplay=true playsinline=true disablepictureinpicture=true tabindex="-1" /> }
}
