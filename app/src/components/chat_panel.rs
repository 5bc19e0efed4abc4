//! The chat: a log, and the field to write in. Enter sends, Shift and Enter makes a new line.

use std::rc::Rc;

use web_sys::{Element, HtmlTextAreaElement};
use yew::prelude::*;

use super::{
    chat_item::ChatItem,
    icon::{Glyph, Icon},
    panel_frame::PanelFrame,
};
use crate::{
    intent::Intent,
    state::chat::{Chat, Item},
    text,
    ui::use_ui,
};

/// Messages of one author within this time are one group, in milliseconds.
const GROUP_MS: u64 = 5 * 60 * 1_000;

/// Longest message, in characters; the room takes no longer one.
pub const MAX_TEXT: usize = 4_000;

/// Properties of [`ChatPanel`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChatPanelProps {
    /// What was said.
    pub chat: Rc<Chat>,
    /// How many people are inside, the person included.
    pub people: usize,
    /// Why nothing can be written now.
    #[prop_or_default]
    pub closed: Option<AttrValue>,
    /// The person's clock is this many minutes ahead of UTC.
    pub utc_offset_min: i32,
}

/// The panel.
#[component]
pub fn ChatPanel(props: &ChatPanelProps) -> Html {
    let ui = use_ui();
    let (log, field) = (use_node_ref(), use_node_ref());
    {
        let log = log.clone();
        use_effect_with(props.chat.items.last().map(|item| item.id), move |_| {
            if let Some(log) = log.cast::<Element>() {
                log.set_scroll_top(log.scroll_height());
            }
        });
    }
    {
        let field = field.clone();
        use_effect_with((), move |()| focus(&field));
    }
    let send = {
        let field = field.clone();
        Callback::from(move |()| {
            let Some(area) = field.cast::<HtmlTextAreaElement>() else { return };
            let written = area.value().trim().to_owned();
            if !written.is_empty() {
                ui.wish.emit(Intent::SendChat(written));
                area.set_value("");
            }
            focus(&field);
        })
    };
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
                event.prevent_default();
                send.emit(());
            }
        })
    };
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        send.emit(());
    });
    html! {
        <PanelFrame title="Chat" note={text::sealed_for(props.people)}>
            <div class="log" role="log" aria-live="polite" aria-label="Messages" tabindex="0" ref={log}>
                if props.chat.items.is_empty() {
                    <p class="empty">{ "Nothing was said yet" }</p>
                }
                { messages(&props.chat, props.utc_offset_min) }
            </div>
            if let Some(closed) = &props.closed { <p class="composer-closed" role="status" data-testid="chat-closed">{ closed }</p> }
            <form class="composer" hidden={props.closed.is_some()} {onsubmit}>
                <textarea ref={field} rows="1" maxlength={MAX_TEXT.to_string()} placeholder="Message everyone here" aria-label="Message"
                    data-testid="chat-input" {onkeydown} />
                <button type="submit" class="icon-button" aria-label="Send" data-testid="chat-send"><Icon glyph={Glyph::Send} /></button>
            </form>
        </PanelFrame>
    }
}

fn focus(field: &NodeRef) {
    if let Some(area) = field.cast::<HtmlTextAreaElement>() {
        // Fails only for an element that left the page.
        let _ = area.focus();
    }
}

/// The messages, grouped, with the line above the first new one.
fn messages(chat: &Chat, utc_offset_min: i32) -> Html {
    let mut before: Option<&Item> = None;
    let mut rows = Vec::with_capacity(chat.items.len() + 1);
    for item in &chat.items {
        let new = chat.first_new == Some(item.id);
        if new {
            rows.push(html! { <p key="new" class="new-line"><span>{ "New" }</span></p> });
        }
        let first = new || before.is_none_or(|before| !same_group(before, item));
        let key = format!("{:?}", item.id);
        rows.push(html! { <ChatItem {key} item={item.clone()} {first} {utc_offset_min} /> });
        before = Some(item);
    }
    rows.into_iter().collect()
}

fn same_group(before: &Item, item: &Item) -> bool {
    before.id.author == item.id.author && item.written_ms.abs_diff(before.written_ms) < GROUP_MS
}
