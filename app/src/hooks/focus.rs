//! Moves the focus to a page's title, so that keyboard and screen reader begin there.

use web_sys::HtmlElement;
use yew::prelude::*;

/// Focuses the element when the page appears, and again when `page` becomes another one.
#[hook]
pub fn use_focus(node: &NodeRef, page: &'static str) {
    let node = node.clone();
    use_effect_with(page, move |_| {
        if let Some(element) = node.cast::<HtmlElement>() {
            // Fails only for an element that left the page.
            let _ = element.focus();
        }
    });
}
