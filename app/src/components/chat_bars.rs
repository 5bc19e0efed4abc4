//! The bars above the field: what the next message will be, if it is not just said to everybody. Each ends what it names, and no more.

use yew::prelude::*;

use super::{
    chat_composer::Draft,
    icon::{Glyph, icon},
};
use crate::text;

/// The bars for a draft, and how it changes. `reader_left`: who alone is to read it has left.
pub fn chat_bars(draft: &Draft, change: &Callback<Draft>, reader_left: bool) -> Html {
    let becomes = |next: Draft| change.reform(move |_: MouseEvent| next.clone());
    if draft.edit.is_some() {
        let end = becomes(Draft { edit: None, ..draft.clone() });
        return bar("chat-edit-bar", "Changing your message".to_owned(), "Do not change it", end);
    }
    let private = draft.to.as_ref().map(|to| {
        let name = text::called(&to.name);
        // An answer to what was private goes with it: it is for that person or for nobody.
        let reply = draft.reply.clone().filter(|reply| !reply.is_private);
        let end = becomes(Draft { to: None, reply, ..draft.clone() });
        if reader_left {
            html! {
                <div class="bar private" role="status" data-testid="chat-private-bar">
                    { icon(Glyph::EyeOff) }
                    <p><bdi>{ text::chat::reader_left(name) }</bdi></p>
                    <button type="button" class="button quiet" onclick={end} data-testid="chat-to-all">{ "Write to everyone" }</button>
                </div>
            }
        } else {
            bar("chat-private-bar", format!("Only {name} sees this"), "End the private message", end)
        }
    });
    let reply = draft.reply.as_ref().map(|reply| {
        let end = becomes(Draft { reply: None, ..draft.clone() });
        bar("chat-reply-bar", format!("Replying to {}", reply.said), "Do not reply", end)
    });
    html! { <>{ for private }{ for reply }</> }
}

fn bar(testid: &'static str, says: String, label: &'static str, end: Callback<MouseEvent>) -> Html {
    let private = testid == "chat-private-bar";
    html! {
        <div class={classes!("bar", private.then_some("private"))} data-testid={testid}>
            if private { { icon(Glyph::EyeOff) } }
            <p><bdi>{ says }</bdi></p>
            <button type="button" class="icon-button" aria-label={label} onclick={end}>{ icon(Glyph::X) }</button>
        </div>
    }
}
