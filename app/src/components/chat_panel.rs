//! The chat: its menu, the log, who is typing, and the field to write in.

use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use super::{
    chat_composer::{ChatComposer, Draft, Reply},
    chat_item::{Act, ChatItem},
    chat_settings::ChatSettings,
    file_drop::FileDrop,
    icon::{Glyph, icon},
    panel_frame::PanelFrame,
};
use crate::{
    intent::Intent,
    state::{
        chat::{Chat, Item, ItemId, Partner, Said},
        room::{Person, Room},
        trust::AccountBytes,
    },
    text,
    ui::use_ui,
};

/// Messages of one author within this time are one group, in milliseconds.
const GROUP_MS: u64 = 5 * 60 * 1_000;

/// Who is this near to the end of the log, in pixels, reads along.
const NEAR_PX: i32 = 80;

/// Properties of [`ChatPanel`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChatPanelProps {
    /// What was said.
    pub chat: Rc<Chat>,
    /// Who is in the room.
    pub room: Rc<Room>,
    /// Why nothing can be written now.
    #[prop_or_default]
    pub closed: Option<AttrValue>,
    /// The person's clock is this many minutes ahead of UTC.
    pub utc_offset_min: i32,
}

/// The panel.
#[component]
pub fn ChatPanel(props: &ChatPanelProps) -> Html {
    let (chat, room) = (&props.chat, &props.room);
    let log = use_node_ref();
    let (behind, draft, menu) = (use_state_eq(|| false), use_state_eq(Draft::default), use_state_eq(|| None::<ItemId>));
    let (settings, query) = (use_state_eq(|| false), use_state_eq(String::new));
    use_reading(chat.reading_shared && !*behind);
    use_following(log.clone(), *behind, chat.items.last().map(|item| (item.id, item.own)));
    let onscroll = {
        let (log, behind) = (log.clone(), behind.setter());
        Callback::from(move |_: Event| behind.set(log.cast::<Element>().is_some_and(|log| !is_near_end(&log))))
    };
    let latest = {
        let (log, behind) = (log.clone(), behind.setter());
        Callback::from(move |_: MouseEvent| {
            to_end(&log);
            behind.set(false);
        })
    };
    let whisper = whisper(&draft, room);
    let act = acting(&menu, &draft, chat, &whisper);
    let toggle = {
        let (settings, query) = (settings.clone(), query.setter());
        Callback::from(move |_: MouseEvent| {
            query.set(String::new());
            settings.set(!*settings);
        })
    };
    let search = query.setter();
    let change = draft.setter();
    let last_own = chat.items.iter().rev().find(|item| item.is_own_text() && !item.history);
    let here = |partner: &Partner| room.people.iter().any(|person| person.account == partner.account);
    let reader_left = draft.to.as_ref().is_some_and(|partner| !here(partner));
    let view = View {
        chat,
        room,
        query: &query.to_lowercase(),
        menu: *menu,
        act,
        utc_offset_min: props.utc_offset_min,
        read: chat.last_read(&room.people),
    };
    let tools = html! {
        <button type="button" class="icon-button" aria-label="Chat options" aria-expanded={settings.to_string()} onclick={toggle}
            data-testid="chat-settings">{ icon(Glyph::More) }</button>
    };
    html! {
        <PanelFrame title="Chat" note={text::chat::sealed_for(room.people.len() + 1, chat.keep, room.policy.is_some_and(|policy| policy.history))} {tools}>
            if *settings {
                <ChatSettings keep={chat.keep} typing_hidden={chat.typing_hidden} reading_shared={chat.reading_shared} query={(*query).clone()} people={room.people.clone()}
                    search={Callback::from(move |text| search.set(text))} whisper={choosing(&settings, &whisper)} />
            }
            <div class="log" role="log" aria-live="polite" aria-label="Messages" tabindex="0" ref={log} {onscroll}>
                if chat.items.is_empty() {
                    <p class="empty">{ "Nothing was said yet" }</p>
                }
                { view.messages() }
            </div>
            if *behind {
                <button type="button" class="chip to-latest" onclick={latest} data-testid="chat-latest">{ icon(Glyph::ChevronDown) }{ "Latest" }</button>
            }
            <p class="typing" aria-live="off" data-testid="chat-typing">{ typing(chat, room) }</p>
            if let Some(closed) = &props.closed { <p class="composer-closed" role="status" data-testid="chat-closed">{ closed }</p> }
            <ChatComposer draft={(*draft).clone()} change={Callback::from(move |draft| change.set(draft))} closed={props.closed.is_some()}
                {reader_left} unsent={chat.unsent.clone()}
                attach={html! { <FileDrop to={draft.to.clone()} closed={props.closed.is_some() || reader_left} button={true} /> }}
                last_own={last_own.map(|item| (item.id, item.text().to_owned().into()))} />
        </PanelFrame>
    }
}

/// What is done with a message.
fn acting(
    menu: &UseStateHandle<Option<ItemId>>,
    draft: &UseStateHandle<Draft>,
    chat: &Rc<Chat>,
    whisper: &Callback<AccountBytes>,
) -> Callback<(ItemId, Act)> {
    let (menu, draft, chat, whisper) = (menu.clone(), draft.clone(), chat.clone(), whisper.clone());
    Callback::from(move |(id, act): (ItemId, Act)| {
        menu.set((act == Act::Menu && *menu != Some(id)).then_some(id));
        let Some(item) = chat.item(id) else { return };
        match act {
            Act::Menu => {}
            Act::Reply => draft.set(reply(&draft, item)),
            Act::Edit => draft.set(Draft { edit: Some((id, item.text().to_owned().into())), ..(*draft).clone() }),
            Act::Whisper => whisper.emit(item.account),
        }
    })
}

/// Writes to one person alone from now on, if they are here. An answer to what somebody else said in private ends.
fn whisper(draft: &UseStateHandle<Draft>, room: &Rc<Room>) -> Callback<AccountBytes> {
    let (draft, room) = (draft.clone(), room.clone());
    Callback::from(move |account: AccountBytes| {
        if let Some(person) = room.people.iter().find(|person| person.account == account) {
            let reply = draft.reply.clone().filter(|reply| !reply.is_private);
            draft.set(Draft { to: Some(Partner { account, name: text::name_of(person) }), reply, edit: None });
        }
    })
}

/// Somebody is chosen in the menu, which closes.
fn choosing(settings: &UseStateHandle<bool>, whisper: &Callback<AccountBytes>) -> Callback<AccountBytes> {
    let (settings, whisper) = (settings.setter(), whisper.clone());
    Callback::from(move |account: AccountBytes| {
        settings.set(false);
        whisper.emit(account);
    })
}

/// Whether the person sees what is said now, and others may know.
#[hook]
fn use_reading(reading: bool) {
    let ui = use_ui();
    use_effect_with(reading, move |reading| {
        let is_told = *reading;
        if is_told {
            ui.wish.emit(Intent::Reading(true));
        }
        move || {
            if is_told {
                ui.wish.emit(Intent::Reading(false));
            }
        }
    });
}

/// Scrolls along with what comes, unless the person reads further up.
#[hook]
fn use_following(log: NodeRef, behind: bool, last: Option<(ItemId, bool)>) {
    use_effect_with(last, move |last| {
        if !behind || last.is_some_and(|(_, own)| own) {
            to_end(&log);
        }
    });
}

fn is_near_end(log: &Element) -> bool {
    log.scroll_height() - log.scroll_top() - log.client_height() < NEAR_PX
}

fn to_end(log: &NodeRef) {
    if let Some(log) = log.cast::<Element>() {
        log.set_scroll_top(log.scroll_height());
    }
}

/// An answer to a message; to a private one, in private. Who writes to one person alone goes on doing so.
fn reply(draft: &Draft, item: &Item) -> Draft {
    let is_private = item.private.is_some();
    let reply = Reply { id: item.id, said: text::chat::answered(item).into(), is_private };
    Draft { reply: Some(reply), edit: None, to: item.private.clone().or_else(|| draft.to.clone()) }
}

fn typing(chat: &Chat, room: &Room) -> String {
    if chat.typing_hidden {
        return String::new();
    }
    let people: Vec<_> = room.people.iter().filter(|person| chat.typing.contains(&person.id)).collect();
    text::chat::typing(&people)
}

/// What of the chat is shown, and how.
struct View<'a> {
    chat: &'a Chat,
    room: &'a Room,
    query: &'a str,
    menu: Option<ItemId>,
    act: Callback<(ItemId, Act)>,
    utc_offset_min: i32,
    read: Option<(ItemId, Vec<&'a Person>)>,
}

impl View<'_> {
    /// The messages, grouped, with the lines above the first new one and between history and now.
    fn messages(&self) -> Html {
        let mut before: Option<&Item> = None;
        let mut rows = Vec::with_capacity(self.chat.items.len() + 2);
        for item in self.chat.items.iter().filter(|item| self.query.is_empty() || item.matches(self.query)) {
            let begins = before.is_none_or(|before| before.section() != item.section());
            if begins && item.history {
                let key = if item.handed_by.is_empty() { "history" } else { "handed" };
                rows.push(html! { <p {key} class="history-line" data-testid="history-divider"><span>{ text::chat::from_before(&item.handed_by) }</span></p> });
            } else if begins && before.is_some() {
                rows.push(html! { <p key="now" class="history-line"><span>{ "This visit" }</span></p> });
            }
            let new = self.chat.first_new == Some(item.id);
            if new {
                rows.push(html! { <p key="new" class="new-line"><span>{ "New" }</span></p> });
            }
            rows.push(self.row(item, new || begins || before.is_none_or(|before| !same_group(before, item))));
            if let Some((_, readers)) = self.read.as_ref().filter(|(id, _)| *id == item.id) {
                rows.push(html! { <p key="read" class="read-line" aria-live="off" data-testid="chat-read">{ text::chat::read_by(readers) }</p> });
            }
            before = Some(item);
        }
        rows.into_iter().collect()
    }

    fn row(&self, item: &Item, first: bool) -> Html {
        let key = format!("{:?}", item.id);
        if let Said::Gap(count) = item.said {
            return html! { <p {key} class="gap-line" data-testid="history-gap">{ text::chat::gap(&item.author_name, count) }</p> };
        }
        let verified = self.room.people.iter().any(|person| person.account == item.account && person.verified);
        html! {
            <ChatItem {key} item={item.clone()} {first} {verified} menu={self.menu == Some(item.id)} act={self.act.clone()} utc_offset_min={self.utc_offset_min} />
        }
    }
}

fn same_group(before: &Item, item: &Item) -> bool {
    let is_message = |item: &Item| !matches!(item.said, Said::Gap(_));
    before.id.author == item.id.author
        && item.written_ms.abs_diff(before.written_ms) < GROUP_MS
        && is_message(before)
        && before.private == item.private
}
