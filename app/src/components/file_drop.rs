//! Ways to offer files: dropping them on the page, pasting them, and a button. Dropping works wherever the page is, for the browser
//! would leave the call otherwise.

use std::rc::Rc;

use milanio_node::wire::limits::FILE_BYTES;
use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    hooks::use_gestures,
    intent::Intent,
    platform::picked,
    state::{chat::Partner, files::Files},
    text,
    ui::use_ui,
};

/// Properties of [`FileDrop`].
#[derive(Clone, PartialEq, Properties)]
pub struct FileDropProps {
    /// The person who alone is to be offered them; everybody otherwise.
    #[prop_or_default]
    pub to: Option<Partner>,
    /// Nothing can be offered now.
    #[prop_or_default]
    pub closed: bool,
    /// With a button.
    #[prop_or_default]
    pub button: bool,
}

/// The button, and the target while files are held over the page.
#[component]
pub fn FileDrop(props: &FileDropProps) -> Html {
    let (ui, files, input) = (use_ui(), use_context::<Rc<Files>>().unwrap_or_default(), use_node_ref());
    let account = props.to.as_ref().map(|to| to.account);
    let hovering = use_gestures(account, props.closed);
    let choose = {
        let input = input.clone();
        Callback::from(move |_: MouseEvent| picked::choose(&input))
    };
    let onchange = {
        let input = input.clone();
        Callback::from(move |_: Event| {
            ui.wish.emit(Intent::OfferFiles { files: picked::take_chosen(&input), to: account });
        })
    };
    let name = props.to.as_ref().map(|to| to.name.as_str());
    let (label, busy) = (text::files::attach(FILE_BYTES), files.preparing > 0);
    html! {
        <>
            if props.button {
                <input ref={input} type="file" multiple={true} hidden={true} {onchange} data-testid="file-input" />
                <button type="button" class="icon-button attach" aria-label={label.clone()} title={label} onclick={choose} aria-busy={busy.to_string()}
                    data-testid="file-attach">
                    if busy { <span class="spinner" aria-hidden="true"></span> } else { { icon(Glyph::Paperclip) } }
                </button>
            }
            if hovering && !props.closed {
                <p class="file-drop" data-testid="file-drop">{ icon(Glyph::FileText) }{ text::files::drop_here(name) }</p>
            }
        </>
    }
}
