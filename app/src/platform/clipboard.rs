//! The clipboard.

use gloo::utils::window;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::Callback;

use crate::state::{
    Action,
    toast::{Notice, ToastAction},
};

/// Copies the text and says `notice`, or that the browser refused.
pub fn copy(text: String, notice: Notice, dispatch: Callback<Action>) {
    spawn_local(async move {
        let navigator = window().navigator();
        // Pages over plain http have no clipboard; the getter would give undefined.
        let copied =
            window().is_secure_context() && JsFuture::from(navigator.clipboard().write_text(&text)).await.is_ok();
        let notice = if copied { notice } else { Notice::CopyFailed };
        dispatch.emit(Action::Toast(ToastAction::Show(notice)));
    });
}
