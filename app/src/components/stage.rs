//! The stage: one's own tile and everybody else's. Alone, an invitation stands in the middle; with one other person,
//! they fill the stage and oneself is small in a corner; from three on, a grid.

use std::rc::Rc;

use yew::prelude::*;

use super::{button::Rank, invite::invite, tile::Tile};
use crate::{
    hooks::{use_corner, use_grid},
    state::{
        media::Media,
        people::place_in_line,
        room::{Link, Path, Person, Quality, Room},
        trust::Trust,
    },
    text,
    ui::use_ui,
};

/// Properties of [`Stage`].
#[derive(Clone, PartialEq, Properties)]
pub struct StageProps {
    /// The room and who is in it.
    pub room: Rc<Room>,
    /// One's own microphone and camera.
    pub media: Rc<Media>,
}

/// The stage.
#[component]
pub fn Stage(props: &StageProps) -> Html {
    let (room, media) = (&props.room, &props.media);
    let ui = use_ui();
    let count = room.people.len() + 1;
    let duo = count == 2;
    let node = use_node_ref();
    let corner = use_corner();
    use_grid(&node, if duo { 1 } else { count });
    let own_class = classes!(duo.then_some("corner"), duo.then_some(corner.word));
    let form = match count {
        1 => "alone",
        2 => "duo",
        _ => "many",
    };
    html! {
        <div class={classes!("stage", form)}>
            <ul class="tiles" aria-label="People in the call" ref={node}>
                { for room.people.iter().map(|person| other(room, person)) }
                <Tile key="self" own=true id={room.my_id()} name="You" microphone={media.microphone.on} camera={media.camera.on}
                    speaking={room.speaking && media.microphone.on} link={OWN_LINK} place={room.my_id().and_then(|id| place_in_line(room, id))} revision={media.stream_revision} class={own_class}
                    on_move={duo.then_some(corner.next)} on_drop={duo.then_some(corner.dropped)} />
            </ul>
            if count == 1 {
                <section class="alone-card on-theme" aria-label="Invitation">
                    <h2>{ "Nobody else is here yet" }</h2>
                    <p class="small">{ "Send them the link, or let them scan this." }</p>
                    { invite(&ui, &room.code, &room.link, Rank::Primary) }
                </section>
            }
        </div>
    }
}

/// One's own picture needs no path.
const OWN_LINK: Link = Link::Flowing { path: Path::Direct, quality: Quality::Good };

fn other(room: &Room, person: &Person) -> Html {
    let heard = room.hears(person);
    let (microphone, camera) = (heard && person.microphone, heard && person.camera);
    html! {
        <Tile key={format!("{:?}", person.id)} own=false id={person.id} name={text::name_of(person)} verified={person.verified} blocked={person.trust == Trust::Changed} place={place_in_line(room, person.id)}
            short_id={person.short_id.clone()} {microphone} {camera} speaking={person.speaking && microphone} link={person.link.clone()} revision={if heard { person.stream_revision } else { 0 }} />
    }
}
