//! Who is here: oneself first, then the others in the order they came.

use std::rc::Rc;

use yew::prelude::*;

use super::{
    face::Face,
    icon::{Glyph, Icon},
    invite::Invite,
    panel_frame::PanelFrame,
};
use crate::{
    state::{
        media::Media,
        room::{Link, Path, Person, PersonId, Room},
    },
    text,
};

/// Properties of [`PeoplePanel`].
#[derive(Clone, PartialEq, Properties)]
pub struct PeoplePanelProps {
    /// The room and who is in it.
    pub room: Rc<Room>,
    /// One's own microphone and camera.
    pub media: Rc<Media>,
}

/// The panel.
#[component]
pub fn PeoplePanel(props: &PeoplePanelProps) -> Html {
    let (room, media) = (&props.room, &props.media);
    let name = if room.my_name.is_empty() { "You".to_owned() } else { format!("{} (you)", room.my_name) };
    let me = row(room.my_id, &name, "This device", media.microphone.on, media.camera.on, room.speaking);
    html! {
        <PanelFrame title="People" count={room.people.len() + 1}>
            <ul class="people" aria-label="People in the room">
                { me }
                { for room.people.iter().map(person) }
            </ul>
            <div class="panel-foot">
                <h3>{ "Invite somebody" }</h3>
                <Invite code={room.code.clone()} link={room.link.clone()} />
            </div>
        </PanelFrame>
    }
}

/// Somebody else's row.
fn person(person: &Person) -> Html {
    let way = match &person.link {
        Link::Flowing { path: Path::Direct, .. } => "direct".to_owned(),
        Link::Flowing { path: Path::Relay(name), .. } => format!("relay {name}").trim_end().to_owned(),
        Link::Waiting => "connecting".to_owned(),
        Link::Lost => "reconnecting".to_owned(),
        Link::Unreachable => "no path for media".to_owned(),
    };
    let under = if person.short_id.is_empty() { way } else { format!("{}, {way}", person.short_id) };
    row(Some(person.id), &text::name_of(person), &under, person.microphone, person.camera, person.speaking)
}

fn row(id: Option<PersonId>, name: &str, under: &str, microphone: bool, camera: bool, speaking: bool) -> Html {
    html! {
        <li class="person" data-testid="person" key={format!("{id:?}")}>
            <Face {id} name={name.to_owned()} />
            <div class="person-words">
                <p class="person-name">{ name }</p>
                <p class="small">{ under }</p>
            </div>
            if speaking { <span class="voice" aria-hidden="true"><i></i><i></i><i></i></span> }
            { state_icon(microphone, "Microphone on", "Microphone off", Glyph::Mic, Glyph::MicOff) }
            { state_icon(camera, "Camera on", "Camera off", Glyph::Video, Glyph::VideoOff) }
        </li>
    }
}

fn state_icon(on: bool, on_words: &'static str, off_words: &'static str, on_glyph: Glyph, off_glyph: Glyph) -> Html {
    html! {
        <span class={classes!("person-state", (!on).then_some("off"))} title={if on { on_words } else { off_words }}>
            <Icon glyph={if on { on_glyph } else { off_glyph }} />
            <span class="sr-only">{ if on { on_words } else { off_words } }</span>
        </span>
    }
}
