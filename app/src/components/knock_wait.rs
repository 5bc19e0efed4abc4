//! In front of the door: knocked, and waiting for somebody to let one in.

use yew::prelude::*;

use super::{
    button::Button,
    icon::{Glyph, icon},
};
use crate::{intent::Intent, ui::Ui};

/// The card. `host_online`: somebody who can let one in is there.
pub fn knock_wait(ui: &Ui, host_online: bool) -> Html {
    let words = if host_online {
        "Request sent. Someone inside will let you in."
    } else {
        "Nobody who could let you in is there right now. Your request waits, and is seen as soon as they come."
    };
    html! {
        <section class="card knock-wait" data-testid="knock-wait" data-host={if host_online { "online" } else { "away" }}>
            { icon(Glyph::Door) }
            <div role="status"><h2>{ "Waiting at the door" }</h2><p class="small">{ words }</p></div>
            <span class="spinner" aria-hidden="true"></span>
            <Button class="wide" label="Cancel" onclick={ui.wishes(Intent::CancelKnock)} testid="knock-cancel" />
        </section>
    }
}
