//! The link to the relay: bars, a word and a sentence.

use yew::prelude::*;

use super::quality::quality_bars;
use crate::{
    state::{connection::Connection, room::Door},
    text,
};

/// The line. While the room's keys are made, `door` is the news.
pub fn connection_line(connection: &Connection, door: Door) -> Html {
    let opening = door != Door::Open && !matches!(connection, Connection::Reconnecting { .. } | Connection::Offline);
    let word = if opening { text::door(door) } else { text::connection(connection) };
    let busy = opening || !connection.is_up();
    html! {
        <div class="info-row" role="status">
            if busy {
                <span class="spinner" aria-hidden="true"></span>
            } else {
                { quality_bars(lit(connection)) }
            }
            <div>
                <p class="info-title" data-testid="connection-state" data-state={connection.word()}>{ word }</p>
                <p class="small">{ text::connection_detail(connection) }</p>
            </div>
        </div>
    }
}

fn lit(connection: &Connection) -> u8 {
    match connection {
        Connection::Connected { rtt_ms: Some(300..), .. } => 2,
        Connection::Connected { rtt_ms: Some(150..), .. } => 3,
        Connection::Connected { .. } => 4,
        _ => 0,
    }
}
