//! What was pressed before the app was there; `static/boot.js` noted it on the root element.

use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};

/// A wish from before the app was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Start a call.
    Start,
    /// Join with what was typed.
    Join(String),
}

/// The wish, if there was one. It is given once.
pub fn take_pending() -> Option<Pending> {
    let root: HtmlElement = document().document_element()?.dyn_into().ok()?;
    let data = root.dataset();
    let word = data.get("pending")?;
    data.delete("pending");
    match word.as_str() {
        "start" => Some(Pending::Start),
        "join" => Some(Pending::Join(typed()?)),
        _ => None,
    }
}

fn typed() -> Option<String> {
    let field: HtmlInputElement = document().query_selector("[data-testid=landing-code]").ok()??.dyn_into().ok()?;
    Some(field.value())
}
