//! One chat message. Text is shown as text, never as markup.

use yew::prelude::*;

use super::face::Face;
use crate::{
    state::chat::{Delivery, Item},
    text,
};

/// Properties of [`ChatItem`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChatItemProps {
    /// The message.
    pub item: Item,
    /// It begins a group: name, face and time are shown.
    pub first: bool,
    /// The person's clock is this many minutes ahead of UTC.
    pub utc_offset_min: i32,
}

/// The message.
#[component]
pub fn ChatItem(props: &ChatItemProps) -> Html {
    let item = &props.item;
    let waiting = item.delivery == Delivery::Waiting;
    let name = text::said_by(item);
    let class =
        classes!("message", item.own.then_some("own"), props.first.then_some("first"), waiting.then_some("waiting"));
    html! {
        <div {class} data-testid="chat-message" data-delivery={if waiting { "waiting" } else { "sent" }}>
            if props.first && !item.own {
                <Face id={item.id.author} name={name.clone()} />
            }
            if props.first {
                <p class="message-head">
                    <b class={classes!(item.own.then_some("sr-only"))}>{ name }</b><span class="sr-only">{ " at " }</span>
                    <time>{ text::time_of_day(item.written_ms, props.utc_offset_min) }</time>
                </p>
            }
            <p class="message-text">{ &item.text }</p>
            if waiting {
                <p class="message-state">{ "Waiting for the connection" }</p>
            }
        </div>
    }
}
