//! One's own picture before the call: the camera, or the arch when it is off.

use yew::prelude::*;

use super::{face::face, video::Video};
use crate::{
    platform::streams::StreamKey,
    state::{
        media::{Access, Media},
        room::PersonId,
    },
};

/// The preview: the camera's stream, or the arch of one's own name and device.
pub fn own_video(name: &str, id: Option<PersonId>, media: &Media) -> Html {
    let camera = &media.camera;
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
            <Video stream={StreamKey::Own} revision={media.stream_revision} hidden={!camera.on} />
            if !camera.on || camera.access != Access::Granted {
                <div class="preview-off">
                    { face(id, name, classes!("large")) }
                    <p role="status">{ words }</p>
                </div>
            }
        </>
    }
}
