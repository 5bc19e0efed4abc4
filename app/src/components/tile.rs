//! A person on the stage: picture or arch, name, microphone, quality of the link.

use yew::prelude::*;

use super::{
    face::face,
    icon::{Glyph, icon},
    quality::quality_chip,
    video::Video,
};
use crate::{
    platform::streams::StreamKey,
    state::room::{Link, PersonId},
    text,
};

/// What a tile shows; the same for oneself and for others.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct TileProps {
    /// Oneself?
    pub own: bool,
    /// Whose.
    pub id: Option<PersonId>,
    /// The name shown.
    pub name: AttrValue,
    /// A server attests that their account has a verified address.
    #[prop_or_default]
    pub verified: bool,
    /// Their account's id in short.
    #[prop_or_default]
    pub short_id: AttrValue,
    /// Nothing is taken from them or sent: their key has changed.
    #[prop_or_default]
    pub blocked: bool,
    /// The place of their raised hand.
    #[prop_or_default]
    pub place: Option<usize>,
    /// Microphone on.
    pub microphone: bool,
    /// Camera on.
    pub camera: bool,
    /// Speaking right now.
    pub speaking: bool,
    /// How media gets here; flowing for oneself.
    pub link: Link,
    /// Which of the person's streams; 0 is none.
    pub revision: u32,
    /// Where it is drawn: a corner's word in a call of two.
    #[prop_or_default]
    pub class: Classes,
    /// Sends one's own small picture to the next corner.
    #[prop_or_default]
    pub on_move: Option<Callback<MouseEvent>>,
    /// The pointer let go of it.
    #[prop_or_default]
    pub on_drop: Option<Callback<PointerEvent>>,
}

/// The tile.
#[component]
pub fn Tile(props: &TileProps) -> Html {
    let stream = match (props.own, props.id) {
        (false, Some(id)) => StreamKey::Of(id),
        _ => StreamKey::Own,
    };
    let lost = matches!(props.link, Link::Lost);
    let revision = if props.blocked { 0 } else { props.revision };
    let picture = props.camera && revision != 0;
    let waiting = match props.link {
        _ if props.blocked => Some("Key changed"),
        Link::Waiting if !props.own => Some("Waiting for media"),
        Link::Unreachable => Some("Cannot be reached"),
        _ => None,
    };
    let class = classes!(
        "tile",
        props.class.clone(),
        props.speaking.then_some("speaking"),
        lost.then_some("lost"),
        props.own.then_some("own")
    );
    html! {
        <li {class} data-testid="tile" data-self={props.own.then_some("true")} data-camera={on_off(props.camera)}
            data-microphone={on_off(props.microphone)} aria-label={text::tile_label(&props.name, props.verified, props.microphone, props.camera, props.speaking)}
            onpointerup={props.on_drop.clone()}>
            <Video {stream} {revision} hidden={!picture} />
            if !picture { { face(props.id, &props.name, classes!("large")) } }
            if lost {
                <span class="tile-lost" role="status"><span class="spinner" aria-hidden="true"></span>{ "Reconnecting" }</span>
            }
            <span class="tile-chip tile-name" aria-hidden="true" title={text::standing(props.verified, &props.short_id)}>
                if !props.microphone {
                    <span class="off">{ icon(Glyph::MicOff) }</span>
                } else if props.speaking {
                    <span class="voice"><i></i><i></i><i></i><i></i></span>
                }
                <b>{ props.name.clone() }</b>
                if props.verified { <span class="tile-verified">{ icon(Glyph::Shield) }</span> }
            </span>
            if let Some(place) = props.place {
                <span class="tile-chip tile-hand">{ icon(Glyph::Hand) }<b>{ text::moderation::place(place) }</b><span class="tile-path">{ "in line" }</span></span>
            }
            if !props.own { { quality_chip(&props.link) } }
            if let Some(words) = waiting { <span class="tile-waiting">{ words }</span> }
            if let Some(on_move) = &props.on_move {
                <button type="button" class="tile-button" aria-label="Move your picture to another corner" onclick={on_move.clone()}>
                    { icon(Glyph::Move) }
                </button>
            }
        </li>
    }
}

fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
