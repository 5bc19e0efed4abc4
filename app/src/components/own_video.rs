//! One's own picture before the call: the camera, or the arch when it is off.

use yew::prelude::*;

use super::{face::Face, video::Video};
use crate::{
    platform::streams::StreamKey,
    state::{
        media::{Access, Media},
        room::PersonId,
    },
};

/// Properties of [`OwnVideo`].
#[derive(Clone, PartialEq, Properties)]
pub struct OwnVideoProps {
    /// One's own name.
    pub name: AttrValue,
    /// One's own device.
    pub id: Option<PersonId>,
    /// The camera and its stream.
    pub media: std::rc::Rc<Media>,
}

/// The preview.
#[component]
pub fn OwnVideo(props: &OwnVideoProps) -> Html {
    let camera = &props.media.camera;
    let words = match camera.access {
        Access::Unasked => "Starting the camera",
        Access::Asking => "Allow camera and microphone in the address bar",
        Access::Granted if camera.on => "",
        Access::Granted => "Your camera is off",
        Access::Missing => "No camera found",
        Access::Denied | Access::Busy | Access::Failed => "Without camera",
    };
    html! {
        <>
            <Video stream={StreamKey::Own} revision={props.media.stream_revision} hidden={!camera.on} />
            if !camera.on || camera.access != Access::Granted {
                <div class="preview-off">
                    <Face id={props.id} name={props.name.clone()} class="large" />
                    <p role="status">{ words }</p>
                </div>
            }
        </>
    }
}
