//! The field to write in, with a place for what else can be sent. Enter sends, Shift and Enter makes a new line, Escape ends a change
//! or an answer. What is too long, or for somebody who has left, stays in the field and says so.

use milanio_node::wire::limits::{CHAT_BYTES, PRIVATE_BYTES};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::{
    chat_bars::chat_bars,
    icon::{Glyph, icon},
};
use crate::{
    intent::Intent,
    state::{
        Action,
        chat::{ChatAction, ItemId, Partner, Unsent},
    },
    text,
    ui::use_ui,
};

/// What an entry takes besides its text when it is sealed to one person, in bytes, at most: a kind, a length and an id of 44 bytes.
const SEALED_BESIDES: usize = 64;

/// Emoji to choose from. Chosen: the ones most used, in groups of eight.
const EMOJI: [&str; 40] = [
    "😀", "😂", "😊", "😍", "😉", "😎", "🤔", "😮", "😢", "😭", "😡", "😴", "🥳", "🙄", "😬", "🤯", "👍", "👎", "👏",
    "🙌", "🙏", "💪", "👋", "🤝", "❤️", "💚", "💔", "🔥", "✨", "⭐", "🎉", "🎂", "☕", "🍕", "🚀", "💡", "✅", "❌",
    "❓", "👀",
];

/// The message that the next one answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Which.
    pub id: ItemId,
    /// What to show of it.
    pub said: AttrValue,
    /// It is private, so the answer is.
    pub is_private: bool,
}

/// What the next message will be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// An answer to this.
    pub reply: Option<Reply>,
    /// Another text for this one, instead of anything else: which, and its text.
    pub edit: Option<(ItemId, AttrValue)>,
    /// For this person alone.
    pub to: Option<Partner>,
}

/// Properties of [`ChatComposer`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChatComposerProps {
    /// What the next message will be.
    pub draft: Draft,
    /// It becomes this.
    pub change: Callback<Draft>,
    /// Nothing can be written now.
    pub closed: bool,
    /// Who alone is to read it has left.
    pub reader_left: bool,
    /// One's own last message, for changing it with the up key.
    pub last_own: Option<(ItemId, AttrValue)>,
    /// What was not sent before.
    pub unsent: Option<Unsent>,
    /// What stands in front of the field: a way to send something else.
    pub attach: Html,
}

/// The field, and the bars above it.
#[component]
pub fn ChatComposer(props: &ChatComposerProps) -> Html {
    let ui = use_ui();
    let (field, emoji, over) = (use_node_ref(), use_state_eq(|| false), use_state_eq(|| 0));
    // What was in the field before a change of another message took its place.
    let before = use_mut_ref(|| None::<String>);
    let measure = {
        let (field, over, limit) = (field.clone(), over.setter(), limit(&props.draft));
        move || {
            if let Some(area) = field.cast::<HtmlTextAreaElement>() {
                over.set(beyond(area.value().trim(), limit));
            }
        }
    };
    {
        let (field, before, measure) = (field.clone(), before.clone(), measure.clone());
        use_effect_with(props.draft.clone(), move |draft| {
            let Some(area) = field.cast::<HtmlTextAreaElement>() else { return };
            if let Some((_, text)) = &draft.edit {
                before.borrow_mut().get_or_insert_with(|| area.value());
                area.set_value(text);
            } else if let Some(text) = before.take() {
                area.set_value(&text);
            }
            measure();
            focus(&area);
        });
    }
    use_unsent(&field, &before, props);
    let held = *over > 0 || (props.reader_left && props.draft.edit.is_none());
    let send = sender(&field, props, held, &ui.wish);
    let onkeydown = keys(props, &send);
    let oninput = {
        let (wish, draft) = (ui.wish.clone(), props.draft.clone());
        Callback::from(move |_: InputEvent| {
            measure();
            if draft.to.is_none() && draft.edit.is_none() {
                wish.emit(Intent::Typing);
            }
        })
    };
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        send.emit(());
    });
    let toggle = {
        let emoji = emoji.clone();
        Callback::from(move |_: MouseEvent| emoji.set(!*emoji))
    };
    html! {
        <>
            { chat_bars(&props.draft, &props.change, props.reader_left) }
            if *over > 0 { <p class="bar too-long" role="status" data-testid="chat-too-long">{ text::chat::too_long(*over) }</p> }
            if *emoji { { emoji_choice(&field, &emoji) } }
            <form class="composer" hidden={props.closed} {onsubmit}>
                { props.attach.clone() }
                <textarea ref={field} rows="1" placeholder={placeholder(&props.draft)} aria-label="Message"
                    dir="auto" data-testid="chat-input" {onkeydown} {oninput} />
                <button type="button" class="icon-button" aria-label="Emoji" aria-expanded={emoji.to_string()} onclick={toggle}
                    data-testid="chat-emoji">{ icon(Glyph::Smile) }</button>
                <button type="submit" class="icon-button send" aria-label="Send" data-testid="chat-send">{ icon(Glyph::Send) }</button>
            </form>
        </>
    }
}

/// Sends what is in the field, unless that has to wait.
fn sender(field: &NodeRef, props: &ChatComposerProps, held: bool, wishes: &Callback<Intent>) -> Callback<()> {
    let (field, wishes, draft, change) = (field.clone(), wishes.clone(), props.draft.clone(), props.change.clone());
    Callback::from(move |()| {
        let Some(area) = field.cast::<HtmlTextAreaElement>().filter(|_| !held) else { return };
        let text = area.value().trim().to_owned();
        if !text.is_empty() {
            area.set_value("");
            wishes.emit(wish(&draft, text));
            // Who writes to one person goes on doing so until they say otherwise.
            change.emit(if draft.edit.is_some() {
                Draft { edit: None, ..draft.clone() }
            } else {
                Draft { to: draft.to.clone(), ..Draft::default() }
            });
        }
        focus(&area);
    })
}

/// Puts what was not sent back into the field, and keeps what is in it when the chat is closed.
#[hook]
fn use_unsent(field: &NodeRef, before: &std::rc::Rc<std::cell::RefCell<Option<String>>>, props: &ChatComposerProps) {
    let dispatch = use_ui().dispatch;
    let to = use_mut_ref(|| None);
    to.replace(props.draft.to.clone());
    {
        let (field, before, dispatch) = (field.clone(), before.clone(), dispatch.clone());
        use_effect_with((), move |()| {
            move || {
                let written = field.cast::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default();
                let text = before.take().unwrap_or(written);
                if !text.trim().is_empty() {
                    let unsent = Unsent { text, to: to.take(), edit: None };
                    dispatch.emit(Action::Chat(ChatAction::Unsent(Some(unsent))));
                }
            }
        });
    }
    let (field, draft, change) = (field.clone(), props.draft.clone(), props.change.clone());
    let is_taken = use_mut_ref(|| false);
    // What has no place now, since something else is being written, waits for the next draft.
    use_effect_with((props.unsent.clone(), props.draft.clone()), move |(unsent, _)| {
        let (Some(unsent), Some(area)) = (unsent, field.cast::<HtmlTextAreaElement>()) else {
            is_taken.replace(false);
            return;
        };
        if *is_taken.borrow() {
            return;
        }
        let Some((next, text)) = resumed(&draft, &area.value(), unsent) else { return };
        if let Some(text) = text {
            area.set_value(&text);
        }
        is_taken.replace(true);
        change.emit(next);
        dispatch.emit(Action::Chat(ChatAction::Unsent(None)));
    });
}

/// The draft in which something unsent is written on, and what the field says then, if it changes at once; `None` while there is no place
/// for it, because of `written` or the draft that is there.
fn resumed(draft: &Draft, written: &str, unsent: &Unsent) -> Option<(Draft, Option<String>)> {
    if draft.edit.is_some() {
        return None;
    }
    if let Some(id) = unsent.edit {
        return Some((Draft { edit: Some((id, unsent.text.clone().into())), ..draft.clone() }, None));
    }
    if written.is_empty() {
        return Some((Draft { to: unsent.to.clone(), ..draft.clone() }, Some(unsent.text.clone())));
    }
    // What is for one person never joins what is for others.
    let is_for_the_same = draft.to.as_ref().map(|to| to.account) == unsent.to.as_ref().map(|to| to.account);
    is_for_the_same.then(|| (draft.clone(), Some(format!("{}\n{written}", unsent.text))))
}

/// Emoji that go where the cursor is.
fn emoji_choice(field: &NodeRef, open: &UseStateHandle<bool>) -> Html {
    let close = {
        let (field, open) = (field.clone(), open.setter());
        move || {
            open.set(false);
            field.cast::<HtmlTextAreaElement>().as_ref().map(focus);
        }
    };
    let pick = |picked: &'static str| {
        let (field, close) = (field.clone(), close.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(area) = field.cast::<HtmlTextAreaElement>() {
                insert(&area, picked);
            }
            close();
        })
    };
    let onkeydown = {
        let close = close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                close();
            }
        })
    };
    html! {
        <div class="emoji-choice" role="group" aria-label="Emoji" {onkeydown}>
            { for EMOJI.iter().map(|one| html! { <button type="button" class="emoji" onclick={pick(one)}>{ *one }</button> }) }
        </div>
    }
}

fn wish(draft: &Draft, text: String) -> Intent {
    match &draft.edit {
        Some((id, _)) => Intent::EditChat(*id, text),
        None => Intent::SendChat {
            text,
            reply_to: draft.reply.as_ref().map(|reply| reply.id),
            to: draft.to.as_ref().map(|partner| partner.account),
        },
    }
}

/// How long the text may be, in bytes.
fn limit(draft: &Draft) -> usize {
    if draft.to.is_some() { PRIVATE_BYTES - SEALED_BESIDES } else { CHAT_BYTES }
}

/// How many characters of a text stand beyond this many bytes.
fn beyond(text: &str, limit: usize) -> usize {
    text.char_indices().filter(|(at, one)| at + one.len_utf8() > limit).count()
}

fn keys(props: &ChatComposerProps, send: &Callback<()>) -> Callback<KeyboardEvent> {
    let (send, change) = (send.clone(), props.change.clone());
    let (draft, last_own) = (props.draft.clone(), props.last_own.clone());
    Callback::from(move |event: KeyboardEvent| {
        let is_empty = event.target_dyn_into::<HtmlTextAreaElement>().is_some_and(|area| area.value().is_empty());
        match event.key().as_str() {
            "Enter" if !event.shift_key() && !event.is_composing() => {
                event.prevent_default();
                send.emit(());
            }
            // A private message stays one until its bar is closed: a key pressed too often must not open it to everybody.
            "Escape" if draft.edit.is_some() => {
                event.stop_propagation();
                change.emit(Draft { edit: None, ..draft.clone() });
            }
            "Escape" if draft.reply.is_some() => {
                event.stop_propagation();
                change.emit(Draft { reply: None, ..draft.clone() });
            }
            "ArrowUp" if is_empty && draft == Draft::default() && last_own.is_some() => {
                event.prevent_default();
                change.emit(Draft { edit: last_own.clone(), ..Draft::default() });
            }
            _ => {}
        }
    })
}

fn placeholder(draft: &Draft) -> String {
    match (&draft.edit, &draft.to) {
        (None, Some(to)) => format!("Message {} alone", text::called(&to.name)),
        _ => "Message everyone here".to_owned(),
    }
}

fn insert(area: &HtmlTextAreaElement, emoji: &str) {
    let at = area.selection_end().ok().flatten().unwrap_or(u32::MAX);
    // Refused only for a selection that does not exist.
    let _ = area.set_range_text_with_start_and_end(emoji, at, at);
    let after = at.saturating_add(emoji.encode_utf16().count() as u32);
    let _ = area.set_selection_range(after, after);
}

fn focus(area: &HtmlTextAreaElement) {
    // Fails only for an element that left the page.
    let _ = area.focus();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_taken_comes_back_as_what_it_was_and_nothing_is_lost_or_mixed() {
        let partner = |n: u8| Partner { account: [n; 32], name: "Ravi".into() };
        let id = ItemId { author: crate::state::room::PersonId([1; 32]), run: [0; 8], seq: 4 };
        let unsent = |to, edit| Unsent { text: "old".into(), to, edit };
        let everybody = Draft::default();
        let change = Draft { edit: Some((id, "old".into())), ..Draft::default() };
        let private = Draft { to: Some(partner(1)), ..Draft::default() };
        assert_eq!(resumed(&everybody, "", &unsent(None, None)), Some((everybody.clone(), Some("old".into()))));
        assert_eq!(resumed(&everybody, "new", &unsent(None, None)), Some((everybody.clone(), Some("old\nnew".into()))));
        assert_eq!(resumed(&everybody, "", &unsent(Some(partner(1)), None)), Some((private, Some("old".into()))));
        assert_eq!(resumed(&everybody, "new", &unsent(Some(partner(1)), None)), None);
        assert_eq!(resumed(&everybody, "new", &unsent(None, Some(id))), Some((change.clone(), None)));
        assert_eq!(resumed(&change, "old", &unsent(None, None)), None);
    }

    #[test]
    fn what_is_too_long_is_counted_in_characters() {
        assert_eq!(beyond("abcd", 4), 0);
        assert_eq!(beyond("abcdef", 4), 2);
        assert_eq!(beyond("äöü", 4), 1);
        assert_eq!(beyond("äöü", 5), 1);
        assert_eq!(beyond("🎉🎉", 3), 2);
    }
}
