//! One chat message: what it says and answers, the reactions to it, and its menu.

use yew::prelude::*;

use super::{
    chat_item_menu::ChatItemMenu,
    chat_text::ChatText,
    face::face,
    file_item::FileItem,
    icon::{Glyph, icon},
};
use crate::{
    intent::Intent,
    platform::page,
    state::chat::{Delivery, Item, ItemId, Quote, Said},
    text,
    ui::{Ui, use_ui},
};

/// What is to be done with a message in the field below.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Open or close its menu.
    Menu,
    /// Answer it.
    Reply,
    /// Change it.
    Edit,
    /// Write to its author alone.
    Whisper,
}

/// Properties of [`ChatItem`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChatItemProps {
    /// The message.
    pub item: Item,
    /// It begins a group: name, face and time are shown.
    pub first: bool,
    /// A server attests that the author's account has a verified address.
    pub verified: bool,
    /// Its menu is open.
    pub menu: bool,
    /// What is done with it.
    pub act: Callback<(ItemId, Act)>,
    /// The person's clock is this many minutes ahead of UTC.
    pub utc_offset_min: i32,
}

/// The message.
#[component]
pub fn ChatItem(props: &ChatItemProps) -> Html {
    let ui = use_ui();
    let item = &props.item;
    let waiting = item.delivery == Delivery::Waiting;
    let class = classes!(
        "message",
        item.own.then_some("own"),
        props.first.then_some("first"),
        waiting.then_some("waiting"),
        item.private.is_some().then_some("private"),
        props.menu.then_some("with-menu"),
    );
    let toggle = props.act.reform({
        let id = item.id;
        move |_: MouseEvent| (id, Act::Menu)
    });
    html! {
        <div {class} id={anchor(item.id)} tabindex="-1" data-testid="chat-message" data-delivery={word(item.delivery)}>
            if props.first && !item.own {
                { face(Some(item.id.author), &text::said_by(item), Classes::new()) }
            }
            if props.first {
                { head(item, props.verified, props.utc_offset_min) }
            }
            if let Some(partner) = &item.private {
                <p class="message-private" data-testid="chat-private">{ icon(Glyph::EyeOff) }{ text::chat::private(item.own, partner) }</p>
            }
            if let Some(quote) = &item.reply { { quoted(quote) } }
            <div class="message-row">
                { body(item) }
                if item.said != Said::Deleted {
                    <button type="button" class="icon-button message-more" aria-label={text::chat::more(item)} aria-expanded={props.menu.to_string()}
                        onclick={toggle} data-testid="chat-menu">{ icon(Glyph::More) }</button>
                }
            </div>
            if item.edited { <span class="message-edited">{ "edited" }</span> }
            { reactions(item, &ui) }
            if props.menu { <ChatItemMenu item={item.clone()} act={props.act.clone()} /> }
            if waiting {
                <p class="message-state">{ "Waiting for the connection" }</p>
            }
            if item.delivery == Delivery::Undelivered {
                <p class="message-state">{ text::chat::undelivered(item.private.as_ref()) }</p>
            }
        </div>
    }
}

/// A word for tests.
fn word(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Waiting => "waiting",
        Delivery::Sent => "sent",
        Delivery::Undelivered => "undelivered",
    }
}

/// The element that shows a message, for jumping to it.
pub fn anchor(id: ItemId) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("said-{}-{}-{}", hex(&id.author.0[..8]), hex(&id.run), id.seq)
}

fn head(item: &Item, verified: bool, utc_offset_min: i32) -> Html {
    html! {
        <p class="message-head">
            <b class={classes!(item.own.then_some("sr-only"))}><bdi>{ text::said_by(item) }</bdi></b>
            if verified { <span class="verified">{ icon(Glyph::Shield) }<span class="sr-only">{ "verified" }</span></span> }
            <span class="sr-only">{ " at " }</span>
            <time>{ text::time_of_day(item.written_ms, utc_offset_min) }</time>
        </p>
    }
}

fn body(item: &Item) -> Html {
    match &item.said {
        Said::Text(said) => html! { <ChatText text={said.clone()} /> },
        Said::File(offer) => {
            html! { <FileItem owner={item.id.author} name={item.author_name.clone()} own={item.own} offer={offer.clone()} /> }
        }
        Said::Deleted => html! { <p class="message-text deleted" data-testid="chat-deleted">{ "Deleted" }</p> },
        Said::Gap(count) => {
            html! { <p class="message-text deleted">{ text::chat::gap(&item.author_name, *count) }</p> }
        }
    }
}

fn quoted(quote: &Quote) -> Html {
    let id = anchor(quote.id);
    let jump = Callback::from(move |_: MouseEvent| page::focus(&id));
    html! {
        <button type="button" class="message-quote" onclick={jump} disabled={quote.said.is_none()} data-testid="chat-quote">
            <bdi>{ text::chat::quote(quote) }</bdi>
        </button>
    }
}

fn reactions(item: &Item, ui: &Ui) -> Html {
    if item.reactions.is_empty() {
        return html! {};
    }
    html! {
        <div class="reactions">
            { for item.reactions.iter().map(|reaction| html! {
                <button type="button" key={reaction.emoji.clone()} class="reaction" aria-pressed={reaction.mine.to_string()}
                    onclick={ui.wishes(Intent::ReactChat(item.id, reaction.emoji.clone(), !reaction.mine))} data-testid="chat-reaction">
                    { &reaction.emoji }<span>{ reaction.count }</span>
                </button>
            }) }
        </div>
    }
}
