//! The theme on the root element and in storage; `static/boot.js` puts the stored one there before the first paint.

use gloo::utils::document;

use super::storage;
use crate::state::theme::Theme;

const KEY: &str = "milanio.theme";

/// The stored choice.
pub fn stored() -> Theme {
    let word = storage::local().and_then(|storage| storage.get_item(KEY).ok().flatten());
    word.map_or_else(Theme::default, |word| Theme::from_word(&word))
}

/// Shows and stores a choice.
pub fn apply(theme: Theme) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-theme", theme.word());
    }
    if let Some(storage) = storage::local() {
        // A full storage only costs choosing again.
        let _ = storage.set_item(KEY, theme.word());
    }
}
