//! The chat's menu: search, writing to one person, whether writing and reading show, and what this device keeps.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::{button::Button, button::Rank};
use crate::{
    intent::Intent,
    state::{chat::Keep, room::Person, trust::AccountBytes},
    text,
    ui::use_ui,
};

/// Properties of [`ChatSettings`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChatSettingsProps {
    /// How long this device keeps the chat.
    pub keep: Keep,
    /// Writing does not show.
    pub typing_hidden: bool,
    /// How far people have read shows.
    pub reading_shared: bool,
    /// What is searched for.
    pub query: AttrValue,
    /// It is searched for this.
    pub search: Callback<String>,
    /// Who is here.
    pub people: Vec<Person>,
    /// Somebody is to be written to alone.
    pub whisper: Callback<AccountBytes>,
}

/// The menu, above the messages.
#[component]
pub fn ChatSettings(props: &ChatSettingsProps) -> Html {
    let ui = use_ui();
    let oninput = {
        let search = props.search.clone();
        Callback::from(move |event: InputEvent| {
            search.emit(event.target_dyn_into::<HtmlInputElement>().map(|field| field.value()).unwrap_or_default());
        })
    };
    let keep = {
        let wish = ui.wish.clone();
        Callback::from(move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>().map(|field| field.value()).unwrap_or_default();
            wish.emit(Intent::KeepChat(
                KEEPS.into_iter().find(|(name, _)| *name == chosen).map_or(Keep::Never, |(_, keep)| keep),
            ));
        })
    };
    let whisper = |account: AccountBytes| props.whisper.reform(move |_: MouseEvent| account);
    html! {
        <div class="chat-settings" data-testid="chat-settings-open">
            <label class="field-line">{ "Search" }
                <input type="search" value={props.query.clone()} {oninput} data-testid="chat-search" />
            </label>
            if !props.people.is_empty() {
                <div class="whispers" role="group" aria-label="Write to one person">
                    <span>{ "Write to one person" }</span>
                    { for props.people.iter().map(|person| html! {
                        <button type="button" class="chip" onclick={whisper(person.account)} data-testid="chat-whisper-to"><bdi>{ text::name_of(person) }</bdi></button>
                    }) }
                </div>
            }
            <label class="switch-line">
                <input type="checkbox" checked={!props.typing_hidden} onchange={ui.wishes(Intent::HideTyping(!props.typing_hidden))} data-testid="chat-typing-switch" />
                { "Show when people write, and that I do" }
            </label>
            <label class="switch-line">
                <input type="checkbox" checked={props.reading_shared} onchange={ui.wishes(Intent::ShareReading(!props.reading_shared))} data-testid="chat-reading-switch" />
                { "Show who has read, and that I have" }
            </label>
            <label class="field-line">{ "Keep on this device" }
                <select onchange={keep} data-testid="chat-keep">
                    { for KEEPS.iter().map(|(name, keep)| html! {
                        <option value={*name} selected={*keep == props.keep}>{ text::chat::keep(*keep) }</option>
                    }) }
                </select>
            </label>
            if props.keep != Keep::Never {
                <Button rank={Rank::Ghost} label="Clear what is kept" onclick={ui.wishes(Intent::KeepChat(Keep::Never))} testid="chat-clear" />
            }
        </div>
    }
}

/// The choices, as the page names them.
const KEEPS: [(&str, Keep); 3] = [("never", Keep::Never), ("day", Keep::Day), ("always", Keep::Always)];
