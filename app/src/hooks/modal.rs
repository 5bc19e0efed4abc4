//! Opens a dialog over everything else, and gives the focus back when it goes.

use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};
use yew::prelude::*;

/// Opens the element (a `dialog`) as soon as it is there, as long as the component lives. Where it was opened from is told to the style
/// sheet as `--from-top` and `--from-left`, and has the focus again afterwards.
#[hook]
pub fn use_modal(node: &NodeRef) {
    let node = node.clone();
    use_effect_with((), move |()| {
        let opener = document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
        let dialog = node.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            if let Some(opener) = &opener {
                place(dialog, opener);
            }
            // Fails only for an element that left the page.
            let _ = dialog.show_modal();
        }
        move || {
            // As long as it is open nothing else can have the focus.
            if let Some(dialog) = dialog {
                dialog.close();
            }
            if let Some(opener) = opener {
                // Nor has one that left the page the focus any more.
                let _ = opener.focus();
            }
        }
    });
}

fn place(dialog: &HtmlDialogElement, opener: &HtmlElement) {
    let rect = opener.get_bounding_client_rect();
    for (name, value) in [("--from-top", rect.top()), ("--from-left", rect.left())] {
        // Refused only for a read-only style, which an element's own never is.
        let _ = dialog.style().set_property(name, &format!("{}px", value.round()));
    }
}
