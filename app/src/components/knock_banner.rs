//! Somebody knocks, for those who may let them in: a calm line over the call, unless the people panel shows it already.

use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    intent::Intent,
    state::{
        Action,
        panel::{Panel, PanelAction},
        room::Knocker,
    },
    text,
    ui::Ui,
};

/// The line about who waits, longest first; an empty live region when nobody does.
pub fn knock_banner(ui: &Ui, knocks: &[Knocker]) -> Html {
    let words = match knocks {
        [] => None,
        // Whoever was shut out is let in with all that is known of them in sight.
        [one] => Some((format!("{} is at the door.", text::knocker(one)), Some(one.id).filter(|_| !one.frozen))),
        more => Some((format!("{} people are at the door.", more.len()), None)),
    };
    html! {
        <div class="knock-place" role="status">
            if let Some((words, single)) = words {
                <div class="banner on-theme giallo" data-testid="knock-banner">
                    { icon(Glyph::Door) }
                    <p><b>{ words }</b></p>
                    if let Some(id) = single {
                        <button type="button" class="button ghost" onclick={ui.wishes(Intent::Decline(id))}>{ "Not now" }</button>
                        <button type="button" class="button key" onclick={ui.wishes(Intent::Admit(id))}>{ "Admit" }</button>
                    } else {
                        <button type="button" class="button key" onclick={ui.does(Action::Panel(PanelAction::Toggle(Panel::People)))}>{ "Show" }</button>
                    }
                </div>
            }
        </div>
    }
}
