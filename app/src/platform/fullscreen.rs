//! Full screen.

use gloo::utils::document;

/// Enters full screen, or leaves it. Browsers that refuse leave everything as it was.
pub fn toggle() {
    let document = document();
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if let Some(root) = document.document_element() {
        let _ = root.request_fullscreen();
    }
}
