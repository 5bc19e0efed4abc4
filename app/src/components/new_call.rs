//! Starting a call: the button, and beside it how the new room is to be.

use milanio_node::wire::operation::Door;
use yew::prelude::*;

use super::{
    button::{Button, Rank},
    icon::{Glyph, icon},
    policy_form::choice,
};
use crate::{
    intent::Intent,
    state::{
        founding::{Founding, Life},
        phase::CreateStep,
    },
    text::{self, rooms},
    ui::use_ui,
};

/// Properties of [`NewCall`].
#[derive(Clone, PartialEq, Properties)]
pub struct NewCallProps {
    /// What making a room is busy with.
    pub creating: Option<CreateStep>,
}

/// The split button and its options.
#[component]
pub fn NewCall(props: &NewCallProps) -> Html {
    let ui = use_ui();
    let open = use_state_eq(|| false);
    let founding = use_state_eq(Founding::default);
    let start = props.creating.map_or("Start a call", text::creating);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let onkeydown = {
        let open = open.setter();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                open.set(false);
            }
        })
    };
    let pick = |next: Founding| {
        let founding = founding.setter();
        Callback::from(move |_: Event| founding.set(next))
    };
    html! {
        <div class="new-call" {onkeydown}>
            <div class="split-button">
                <Button rank={Rank::Primary} class="hero-button" glyph={Glyph::Video} label={start} busy={props.creating.is_some()}
                    onclick={ui.wishes(Intent::StartCall(*founding))} testid="landing-start" />
                <button type="button" class="button primary hero-button caret" aria-label="How the new room is to be" aria-expanded={open.to_string()}
                    aria-controls="call-options" onclick={toggle} data-testid="landing-options">{ icon(Glyph::ChevronDown) }</button>
            </div>
            if *open {
                <div class="call-options" id="call-options" role="group" aria-label="How the new room is to be">
                    <fieldset>
                        <legend>{ "Who may come in" }</legend>
                        { for [Door::Open, Door::Lobby].into_iter().map(|door| choice("door", (rooms::door(door), rooms::door_about(door), rooms::door_word(door)), founding.door == door,
                            pick(Founding { door, ..*founding }))) }
                    </fieldset>
                    <fieldset>
                        <legend>{ "Ends when nobody was inside for" }</legend>
                        <div class="lives">
                            { for Life::ALL.into_iter().map(|life| choice("life", (rooms::life(life), "", rooms::life(life)), founding.life == life,
                                pick(Founding { life, ..*founding }))) }
                        </div>
                    </fieldset>
                    <p class="small">{ "You can lock the room at any time during the call." }</p>
                </div>
            }
        </div>
    }
}
