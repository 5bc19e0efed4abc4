//! A question or a closer look over everything else. The browser keeps the focus inside and closes it by Escape; a sheet on phones.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::hooks::use_modal;

/// Properties of [`Dialog`].
#[derive(Clone, PartialEq, Properties)]
pub struct DialogProps {
    /// Its title.
    pub title: AttrValue,
    /// It is to close: the cross, Escape, or a press beside it.
    pub onclose: Callback<()>,
    /// How tests find it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// The content.
    pub children: Html,
}

/// The dialog; open as long as it is rendered.
#[component]
pub fn Dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    use_modal(&node);
    let oncancel = {
        let onclose = props.onclose.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            onclose.emit(());
        })
    };
    let onclick = beside(&node, &props.onclose);
    let close = props.onclose.reform(|_: MouseEvent| ());
    html! {
        <dialog ref={node} class="dialog on-theme" aria-labelledby="dialog-title" data-testid={props.testid.clone()} {oncancel} {onclick}
            onkeydown={Callback::from(|event: KeyboardEvent| event.stop_propagation())}>
            <div class="dialog-body">
                <h2 id="dialog-title">{ props.title.clone() }</h2>
                { props.children.clone() }
            </div>
            <button type="button" class="icon-button dialog-close" aria-label="Close" onclick={close}>{ icon(Glyph::X) }</button>
        </dialog>
    }
}

/// Closes by a press on what lies around the content: that is the dialog itself, which has no padding.
pub fn beside(node: &NodeRef, onclose: &Callback<()>) -> Callback<MouseEvent> {
    let (node, onclose) = (node.clone(), onclose.clone());
    Callback::from(move |event: MouseEvent| {
        let dialog = node.cast::<HtmlDialogElement>().map(web_sys::EventTarget::from);
        if event.target() == dialog {
            onclose.emit(());
        }
    })
}
