//! What can be done with one message: react, answer, copy, and with one's own: change it, take it back.

use yew::prelude::*;

use super::chat_item::{Act, anchor};
use crate::{
    intent::Intent,
    platform::page,
    state::{
        chat::{Item, ItemId, Said},
        toast::Notice,
    },
    ui::use_ui,
};

/// The reactions that are at hand. Chosen: what most people use.
pub const AT_HAND: [&str; 6] = ["👍", "❤️", "😂", "🎉", "😮", "🙏"];

/// Properties of [`ChatItemMenu`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChatItemMenuProps {
    /// The message.
    pub item: Item,
    /// What is done with it.
    pub act: Callback<(ItemId, Act)>,
}

/// The menu, below the message. Every entry is a button in the order of the tab key; Escape closes it.
#[component]
pub fn ChatItemMenu(props: &ChatItemMenuProps) -> Html {
    let ui = use_ui();
    let item = &props.item;
    let id = item.id;
    let act = |what: Act| {
        let act = props.act.clone();
        Callback::from(move |_: MouseEvent| act.emit((id, what.clone())))
    };
    let wish = |intent: Intent| {
        let (act, wish) = (props.act.clone(), ui.wish.clone());
        Callback::from(move |_: MouseEvent| {
            wish.emit(intent.clone());
            act.emit((id, Act::Menu));
            page::focus(&anchor(id));
        })
    };
    let onkeydown = {
        let act = props.act.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                act.emit((id, Act::Menu));
                page::focus(&anchor(id));
            }
        })
    };
    let mine = |emoji: &str| item.reactions.iter().any(|reaction| reaction.emoji == emoji && reaction.mine);
    let copy = Intent::Copy { text: item.text().to_owned(), notice: Notice::TextCopied };
    html! {
        <div class="message-menu" role="group" aria-label="What to do with this message" {onkeydown}>
            { for AT_HAND.iter().map(|emoji| html! {
                <button type="button" class="emoji" aria-pressed={mine(emoji).to_string()} aria-label={format!("React with {emoji}")}
                    onclick={wish(Intent::ReactChat(id, (*emoji).to_owned(), !mine(emoji)))} data-testid="chat-react">{ *emoji }</button>
            }) }
            <button type="button" onclick={act(Act::Reply)} data-testid="chat-reply">{ "Reply" }</button>
            if matches!(item.said, Said::Text(_)) { <button type="button" onclick={wish(copy)}>{ "Copy" }</button> }
            if item.own {
                if item.is_own_text() { <button type="button" onclick={act(Act::Edit)} data-testid="chat-edit">{ "Edit" }</button> }
                <button type="button" class="danger" onclick={wish(Intent::DeleteChat(id))} data-testid="chat-delete">{ "Delete" }</button>
            } else {
                <button type="button" onclick={act(Act::Whisper)} data-testid="chat-whisper">{ "Write privately" }</button>
            }
        </div>
    }
}
