//! In front of the door: knocked, and waiting for somebody to let one in.

use yew::prelude::*;

use super::{
    button::Button,
    icon::{Glyph, Icon},
};
use crate::{intent::Intent, ui::use_ui};

/// Properties of [`KnockWait`].
#[derive(Clone, PartialEq, Properties)]
pub struct KnockWaitProps {
    /// Somebody who can let one in is there.
    pub host_online: bool,
}

/// The card.
#[component]
pub fn KnockWait(props: &KnockWaitProps) -> Html {
    let ui = use_ui();
    let words = if props.host_online {
        "Request sent. Someone inside will let you in."
    } else {
        "Nobody who could let you in is there right now. Your request waits, and is seen as soon as they come."
    };
    html! {
        <section class="card knock-wait" data-testid="knock-wait" data-host={if props.host_online { "online" } else { "away" }}>
            <Icon glyph={Glyph::Door} />
            <div role="status"><h2>{ "Waiting at the door" }</h2><p class="small">{ words }</p></div>
            <span class="spinner" aria-hidden="true"></span>
            <Button class="wide" label="Cancel" onclick={ui.wishes(Intent::CancelKnock)} testid="knock-cancel" />
        </section>
    }
}
