//! Who is here: who waits at the door, what can be done for the whole room, oneself, the others, and the check of the room.

use std::rc::Rc;

use milanio_node::wire::operation::Role;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{
    button::Button,
    door_queue::door_queue,
    icon::{Glyph, icon},
    panel_frame::PanelFrame,
    person_menu::person_menu,
    person_row::PersonRow,
    room_controls::room_controls,
};
use crate::{
    intent::Intent,
    state::{
        Action,
        dialog::Dialog,
        media::Media,
        panel::{Panel, PanelAction},
        people::{SEARCH_ABOVE, listed, place_in_line},
        room::{Link, Path, Person, Room},
        toast::Notice,
    },
    text,
    ui::{Ui, use_ui},
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
    let room = &props.room;
    let ui = use_ui();
    let sought = use_state_eq(String::new);
    let seek = {
        let sought = sought.setter();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) {
                sought.set(input.value());
            }
        })
    };
    let copy = ui.wishes(Intent::Copy { text: room.link.clone(), notice: Notice::LinkCopied });
    let invite = ui.does(Action::Panel(PanelAction::Toggle(Panel::Invite)));
    let total = room.people.len() + 1;
    let searchable = total > SEARCH_ABOVE;
    let others = listed(room, if searchable { &sought } else { "" });
    html! {
        <PanelFrame title="People" count={total}>
            if room.role >= Role::Moderator {
                { door_queue(&ui, &room.knocks) }
                { room_controls(&ui, room) }
            }
            if searchable {
                <label class="search">{ icon(Glyph::Search) }<span class="sr-only">{ "Look for somebody" }</span>
                    <input type="search" class="field" placeholder="Look for somebody" oninput={seek} data-testid="people-search" /></label>
            }
            <ul class="people" aria-label="People in the room" tabindex="0">
                if sought.is_empty() || !searchable { { me(room, &props.media) } }
                // A list of its own: only where every row has a key does a row keep what it holds while it moves.
                { others.iter().map(|one| person(&ui, room, one)).collect::<Html>() }
                if others.is_empty() && searchable { <li class="empty">{ "Nobody here is called so" }</li> }
            </ul>
            if !room.check.is_empty() {
                <div class="room-check">
                    { icon(Glyph::Shield) }
                    <p><b>{ "Room check" }</b><span class="small">{ room.check.iter().take(3).cloned().collect::<Vec<_>>().join(" ") }{ " …" }</span>
                        { agreement(room) }</p>
                    <button type="button" class="button ghost small-button" data-testid="room-check"
                        onclick={ui.does(Action::Dialog(Some(Dialog::RoomCheck)))}>{ "Compare" }</button>
                </div>
            }
            <div class="panel-foot">
                <Button class="wide" glyph={Glyph::Link} label="Copy link" onclick={copy} />
                <Button class="wide" glyph={Glyph::QrCode} label="Show QR" onclick={invite} />
            </div>
        </PanelFrame>
    }
}

/// Whether all see the same members; nothing while alone. Who is not here any more does not count.
fn agreement(room: &Room) -> Html {
    if room.people.is_empty() {
        return html! {};
    }
    let apart: Vec<_> = room.apart.1.iter().filter_map(|id| room.person(*id)).collect();
    html! {
        <span class={classes!("small", (!apart.is_empty()).then_some("changed"))} role="status" data-testid="agreement">
            { text::safety::agreement(room.people.len() + 1, room.apart.0, &apart) }</span>
    }
}

/// One's own row.
fn me(room: &Room, media: &Media) -> Html {
    let name = if room.my_name.is_empty() { "You".to_owned() } else { room.my_name.clone() };
    let under = match &room.me {
        Some(me) if me.is_guest => format!("You, a guest, {}", me.short_id),
        Some(me) => format!("You, {}", me.short_id),
        None => "You, on this device".to_owned(),
    };
    let place = room.my_id().and_then(|id| place_in_line(room, id));
    html! {
        <PersonRow key="self" id={room.my_id()} {name} {under} verified={room.me.as_ref().is_some_and(|me| me.is_verified)} role={room.role} {place}
            microphone={media.microphone.on} camera={media.camera.on} speaking={room.speaking} />
    }
}

/// Somebody else's row.
fn person(ui: &Ui, room: &Room, person: &Person) -> Html {
    let way = match &person.link {
        Link::Flowing { path: Path::Direct, .. } => "direct".to_owned(),
        Link::Flowing { path: Path::Relay(name), .. } => format!("relay {name}").trim_end().to_owned(),
        Link::Waiting => "connecting".to_owned(),
        Link::Lost => "reconnecting".to_owned(),
        Link::Unreachable => "no path for media".to_owned(),
    };
    // The end of the line may have no room: what matters comes first.
    let note = if person.unheard { Some(text::UNHEARD) } else { text::safety::note(person.trust) };
    let under = match note {
        Some(note) if !person.short_id.is_empty() => format!("{note}, {}", person.short_id),
        Some(note) => note.to_owned(),
        None if person.short_id.is_empty() => way,
        None => format!("{}, {way}", person.short_id),
    };
    let heard = room.hears(person);
    let (microphone, camera) = (heard && person.microphone, heard && person.camera);
    html! {
        <PersonRow key={format!("{:?}", person.id)} id={person.id} name={text::name_of(person)} {under} verified={person.verified} trust={person.trust}
            role={person.role} place={place_in_line(room, person.id)} {microphone} {camera} speaking={person.speaking && heard}>
            { person_menu(ui, person, room.role) }
        </PersonRow>
    }
}
