//! A row of the people panel: face, name, what is known of them, role, raised hand, devices, and what can be done.

use milanio_node::wire::operation::Role;
use yew::prelude::*;

use super::{
    face::face,
    icon::{Glyph, icon},
};
use crate::{
    state::{room::PersonId, trust::Trust},
    text::moderation,
};

/// Properties of [`PersonRow`].
#[derive(Clone, PartialEq, Properties)]
pub struct PersonRowProps {
    /// Whose.
    pub id: Option<PersonId>,
    /// The name shown.
    pub name: AttrValue,
    /// The line below it.
    pub under: AttrValue,
    /// A server attests that their account has a verified address.
    pub verified: bool,
    /// How far they are who they seem to be; `None` for oneself.
    #[prop_or_default]
    pub trust: Option<Trust>,
    /// Their role.
    pub role: Role,
    /// The place of their raised hand.
    pub place: Option<usize>,
    /// Microphone on.
    pub microphone: bool,
    /// Camera on.
    pub camera: bool,
    /// Speaking right now.
    pub speaking: bool,
    /// What can be done.
    #[prop_or_default]
    pub children: Html,
}

/// The row.
#[component]
pub fn PersonRow(props: &PersonRowProps) -> Html {
    let role = match props.role {
        Role::Member => None,
        Role::Owner => Some(("chip role giallo", Glyph::Star)),
        Role::Moderator => Some(("chip role verde", Glyph::Star)),
        Role::Viewer => Some(("chip role", Glyph::Eye)),
    };
    let trust = props.trust.map(Trust::word);
    html! {
        <li class="person" data-testid="person" data-trust={trust} data-role={moderation::role(props.role)}>
            { face(props.id, &props.name, Classes::new()) }
            <div class="person-words">
                <p class="person-name">
                    <span>{ props.name.clone() }</span>
                    if props.verified { <span class="verified" data-testid="verified">{ icon(Glyph::Shield) }{ "Verified" }</span> }
                </p>
                <p class={classes!("small", trust)}>{ props.under.clone() }</p>
            </div>
            if let Some(place) = props.place {
                <span class="chip hand" data-testid="person-hand">{ icon(Glyph::Hand) }{ moderation::place(place) }<span class="sr-only">{ " in line" }</span></span>
            }
            if let Some((class, glyph)) = role {
                <span {class} title={moderation::role(props.role)}>{ icon(glyph) }<span class="role-word">{ moderation::role(props.role) }</span></span>
            }
            if props.speaking { <span class="voice" aria-hidden="true"><i></i><i></i><i></i></span> }
            { state_icon(props.microphone, "Microphone on", "Microphone off", Glyph::Mic, Glyph::MicOff) }
            { state_icon(props.camera, "Camera on", "Camera off", Glyph::Video, Glyph::VideoOff) }
            { props.children.clone() }
        </li>
    }
}

fn state_icon(on: bool, on_words: &'static str, off_words: &'static str, on_glyph: Glyph, off_glyph: Glyph) -> Html {
    html! {
        <span class={classes!("person-state", (!on).then_some("off"))} title={if on { on_words } else { off_words }}>
            { icon(if on { on_glyph } else { off_glyph }) }
            <span class="sr-only">{ if on { on_words } else { off_words } }</span>
        </span>
    }
}
