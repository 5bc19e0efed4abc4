//! Who is here: oneself first, then the others in the order they came.

use std::rc::Rc;

use yew::prelude::*;

use super::{
    button::Button,
    face::Face,
    icon::{Glyph, Icon},
    panel_frame::PanelFrame,
};
use crate::{
    intent::Intent,
    state::{
        Action,
        media::Media,
        panel::{Panel, PanelAction},
        room::{Link, Path, Person, PersonId, Room},
        toast::Notice,
    },
    text,
    ui::use_ui,
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
    let ui = use_ui();
    let name = if room.my_name.is_empty() { "You" } else { &room.my_name };
    let under = match &room.me {
        Some(me) if me.is_guest => format!("You, a guest, {}", me.short_id),
        Some(me) => format!("You, {}", me.short_id),
        None => "You, on this device".to_owned(),
    };
    let verified = room.me.as_ref().is_some_and(|me| me.is_verified);
    let me = row(Row {
        id: room.my_id(),
        name,
        under,
        verified,
        microphone: media.microphone.on,
        camera: media.camera.on,
        speaking: room.speaking,
    });
    let copy = ui.wishes(Intent::Copy { text: room.link.clone(), notice: Notice::LinkCopied });
    let invite = ui.does(Action::Panel(PanelAction::Toggle(Panel::Invite)));
    html! {
        <PanelFrame title="People" count={room.people.len() + 1}>
            <ul class="people" aria-label="People in the room" tabindex="0">
                { me }
                { for room.people.iter().map(person) }
            </ul>
            <div class="panel-foot">
                <Button class="wide" glyph={Glyph::Link} label="Copy link" onclick={copy} />
                <Button class="wide" glyph={Glyph::QrCode} label="Show QR" onclick={invite} />
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
    row(Row {
        id: Some(person.id),
        name: &text::name_of(person),
        under,
        verified: person.verified,
        microphone: person.microphone,
        camera: person.camera,
        speaking: person.speaking,
    })
}

/// What a row shows of a person.
struct Row<'a> {
    id: Option<PersonId>,
    name: &'a str,
    under: String,
    verified: bool,
    microphone: bool,
    camera: bool,
    speaking: bool,
}

fn row(Row { id, name, under, verified, microphone, camera, speaking }: Row<'_>) -> Html {
    html! {
        <li class="person" data-testid="person" key={format!("{id:?}")}>
            <Face {id} name={name.to_owned()} />
            <div class="person-words">
                <p class="person-name">
                    <span>{ name }</span>
                    if verified { <span class="verified" data-testid="verified"><Icon glyph={Glyph::Shield} />{ "Verified" }</span> }
                </p>
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
