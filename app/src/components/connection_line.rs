//! The link to the relay: bars, a word and a sentence.

use yew::prelude::*;

use super::quality::QualityBars;
use crate::{
    state::{connection::Connection, room::Door},
    text,
};

/// Properties of [`ConnectionLine`].
#[derive(Clone, PartialEq, Properties)]
pub struct ConnectionLineProps {
    /// The link.
    pub connection: Connection,
    /// How far the room is open: while its keys are made, that is the news.
    pub door: Door,
}

/// The line.
#[component]
pub fn ConnectionLine(props: &ConnectionLineProps) -> Html {
    let opening =
        props.door != Door::Open && !matches!(props.connection, Connection::Reconnecting { .. } | Connection::Offline);
    let word = if opening { text::door(props.door) } else { text::connection(&props.connection) };
    let busy = opening || !props.connection.is_up();
    html! {
        <div class="info-row" role="status">
            if busy {
                <span class="spinner" aria-hidden="true"></span>
            } else {
                <QualityBars lit={lit(&props.connection)} />
            }
            <div>
                <p class="info-title" data-testid="connection-state" data-state={props.connection.word()}>{ word }</p>
                <p class="small">{ text::connection_detail(&props.connection) }</p>
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
