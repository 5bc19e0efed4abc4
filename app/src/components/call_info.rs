//! Left of the call's controls, on phones above the stage: sealed, for how long, and whether the relay is there.

use yew::prelude::*;

use super::{
    icon::{Glyph, icon},
    mark::mark,
};
use crate::{hooks::use_seconds_since, state::connection::Connection, text};

/// Properties of [`CallInfo`].
#[derive(Clone, PartialEq, Properties)]
pub struct CallInfoProps {
    /// The link to the relay.
    pub connection: Connection,
    /// When the person entered.
    pub since_ms: u64,
    /// How many people are inside, the person included.
    pub people: usize,
}

/// Left of the controls: sealed, for how long, and whether the relay is there.
#[component]
pub fn CallInfo(props: &CallInfoProps) -> Html {
    let seconds = use_seconds_since(props.since_ms);
    html! {
        <div class="call-info">
            { mark() }
            <div>
                <p class="call-state" data-testid="connection-state" data-state={props.connection.word()}>{ text::connection(&props.connection) }</p>
                <p class="call-sealed">
                    { icon(Glyph::Lock) }
                    <span>{ "Sealed" }</span><span aria-hidden="true">{ " · " }</span>
                    <span class="digits" role="timer">{ text::clock(seconds) }</span>
                    <span class="call-headcount"><span aria-hidden="true">{ " · " }</span>{ text::headcount(props.people) }</span>
                </p>
            </div>
        </div>
    }
}
