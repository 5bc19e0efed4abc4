//! Who waits at the door, for those who may let them in.

use yew::prelude::*;

use super::{
    button::{Button, Rank},
    face::face,
    icon::{Glyph, icon},
};
use crate::{intent::Intent, state::room::Knocker, text, ui::Ui};

/// The queue, longest first; nothing when nobody waits.
pub fn door_queue(ui: &Ui, knocks: &[Knocker]) -> Html {
    let count = knocks.len();
    if count == 0 {
        return html! {};
    }
    html! {
        <section class="door-queue" aria-label="Waiting at the door">
            <header>
                { icon(Glyph::Door) }<h3>{ format!("Waiting at the door, {count}") }</h3>
                if count > 1 {
                    <Button rank={Rank::Ghost} class="small-button" label="Admit all" onclick={ui.wishes(Intent::AdmitAll)} testid="knock-admit-all" />
                }
            </header>
            <ul>
                { for knocks.iter().map(|knock| {
                    let name = text::knocker(knock);
                    let under = text::knocker_is(knock);
                    html! {
                        <li key={format!("{:?}", knock.id)} data-testid="knock-item">
                            { face(Some(knock.id), &name, Classes::new()) }
                            <div class="person-words"><p class="person-name"><span>{ name.clone() }</span></p><p class="small">{ under }</p></div>
                            <button type="button" class="icon-button" aria-label={format!("Do not admit {name}")} data-testid="knock-deny"
                                onclick={ui.wishes(Intent::Decline(knock.id))}>{ icon(Glyph::X) }</button>
                            <button type="button" class="button key small-button" aria-label={format!("Admit {name}")} data-testid="knock-admit"
                                onclick={ui.wishes(Intent::Admit(knock.id))}>{ "Admit" }</button>
                        </li>
                    }
                }) }
            </ul>
        </section>
    }
}
