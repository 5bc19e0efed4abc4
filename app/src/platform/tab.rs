//! The tab's own storage: lives as long as the tab, survives loading the page again.

use gloo::utils::window;

const GUESTS: &str = "milanio.guests";

/// The sealed guests of this tab.
pub fn guests() -> Option<String> {
    window().session_storage().ok()??.get_item(GUESTS).ok()?
}

/// Keeps the sealed guests.
pub fn keep_guests(sealed: &str) {
    if let Ok(Some(storage)) = window().session_storage() {
        // A full storage only means that the page is a stranger after it was loaded again.
        let _ = storage.set_item(GUESTS, sealed);
    }
}
