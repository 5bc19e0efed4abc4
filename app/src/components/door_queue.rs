//! Who waits at the door, for those who may let them in.

use yew::prelude::*;

use super::{
    button::{Button, Rank},
    face::Face,
    icon::{Glyph, Icon},
};
use crate::{intent::Intent, state::room::Knocker, text, ui::use_ui};

/// Properties of [`DoorQueue`].
#[derive(Clone, PartialEq, Properties)]
pub struct DoorQueueProps {
    /// Who waits, longest first.
    pub knocks: Vec<Knocker>,
}

/// The queue; nothing when nobody waits.
#[component]
pub fn DoorQueue(props: &DoorQueueProps) -> Html {
    let ui = use_ui();
    let count = props.knocks.len();
    if count == 0 {
        return html! {};
    }
    html! {
        <section class="door-queue" aria-label="Waiting at the door">
            <header>
                <Icon glyph={Glyph::Door} /><h3>{ format!("Waiting at the door, {count}") }</h3>
                if count > 1 {
                    <Button rank={Rank::Ghost} class="small-button" label="Admit all" onclick={ui.wishes(Intent::AdmitAll)} testid="knock-admit-all" />
                }
            </header>
            <ul>
                { for props.knocks.iter().map(|knock| {
                    let name = text::knocker(knock);
                    let under = format!("{}, {}", knock.short_id, if knock.verified { "verified" } else { "not verified" });
                    html! {
                        <li key={format!("{:?}", knock.id)} data-testid="knock-item">
                            <Face id={knock.id} name={name.clone()} />
                            <div class="person-words"><p class="person-name"><span>{ name.clone() }</span></p><p class="small">{ under }</p></div>
                            <button type="button" class="icon-button" aria-label={format!("Do not admit {name}")} data-testid="knock-deny"
                                onclick={ui.wishes(Intent::Decline(knock.id))}><Icon glyph={Glyph::X} /></button>
                            <button type="button" class="button key small-button" aria-label={format!("Admit {name}")} data-testid="knock-admit"
                                onclick={ui.wishes(Intent::Admit(knock.id))}>{ "Admit" }</button>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}
