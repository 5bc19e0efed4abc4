//! The few small things this browser remembers: the person's name, speaker, two switches of the chat, a notice that was seen. No code, key or
//! message is ever here.

use gloo::utils::window;
use web_sys::Storage;

const NAME: &str = "milanio.name";
const SPEAKER: &str = "milanio.speaker";
const TYPING: &str = "milanio.typing";
const READING: &str = "milanio.reading";
const ATTEMPT: &str = "milanio.attempt";

/// The local storage, unless it is switched off.
pub(super) fn local() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// The name used last.
pub fn remembered_name() -> Option<String> {
    local()?.get_item(NAME).ok().flatten().filter(|name| !name.is_empty())
}

/// Keeps the name for the next call.
pub fn remember_name(name: &str) {
    if let Some(storage) = local() {
        // A full storage only costs typing the name again.
        let _ = storage.set_item(NAME, name);
    }
}

/// The id of the speaker used last.
pub fn remembered_speaker() -> Option<String> {
    local()?.get_item(SPEAKER).ok().flatten().filter(|id| !id.is_empty())
}

/// Keeps the speaker for the next call; `None` forgets it.
pub fn remember_speaker(id: Option<&str>) {
    if let Some(storage) = local() {
        // A full storage only costs choosing it again.
        let _ = storage.set_item(SPEAKER, id.unwrap_or_default());
    }
}

/// Whether the person hides that people write.
pub fn is_typing_hidden() -> bool {
    is_on(TYPING)
}

/// Remembers whether the person hides that people write.
pub fn hide_typing(hidden: bool) {
    switch(TYPING, hidden);
}

/// Whether the person shares how far people have read.
pub fn is_reading_shared() -> bool {
    is_on(READING)
}

/// Remembers whether the person shares how far people have read.
pub fn share_reading(shared: bool) {
    switch(READING, shared);
}

fn is_on(key: &str) -> bool {
    local().and_then(|storage| storage.get_item(key).ok().flatten()).is_some()
}

fn switch(key: &str, on: bool) {
    if let Some(storage) = local() {
        // A full storage only costs switching it again.
        let _ = if on { storage.set_item(key, "on") } else { storage.remove_item(key) };
    }
}

/// Of which attempt at the account's address the person has seen the notice: when it was made, in seconds since 1970.
pub fn seen_attempt() -> Option<u64> {
    local()?.get_item(ATTEMPT).ok().flatten()?.parse().ok()
}

/// The person has seen the notice about this attempt.
pub fn remember_attempt(asked_s: u64) {
    if let Some(storage) = local() {
        // A full storage only shows the notice again.
        let _ = storage.set_item(ATTEMPT, &asked_s.to_string());
    }
}
