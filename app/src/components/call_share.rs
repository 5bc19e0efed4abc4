//! Right of the call's controls, on phones above the stage: the code, the link, the QR code, full screen.

use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{
    intent::Intent,
    platform::fullscreen,
    state::{
        Action,
        panel::{Panel, PanelAction},
        toast::Notice,
    },
    ui::use_ui,
};

/// Properties of [`CallShare`].
#[derive(Clone, PartialEq, Properties)]
pub struct CallShareProps {
    /// The room code.
    pub code: String,
    /// The whole link.
    pub link: String,
}

/// Right of the controls: the code, the link, the QR code, full screen.
#[component]
pub fn CallShare(props: &CallShareProps) -> Html {
    let ui = use_ui();
    let copy = ui.wishes(Intent::Copy { text: props.link.clone(), notice: Notice::LinkCopied });
    html! {
        <div class="call-share">
            <span class="call-code" data-testid="room-code">{ props.code.clone() }</span>
            <button type="button" class="icon-button" aria-label="Copy link" title="Copy link" data-testid="copy-link" onclick={copy}>
                <Icon glyph={Glyph::Copy} />
            </button>
            <button type="button" class="icon-button" aria-label="Invite with a QR code" title="Invite" aria-keyshortcuts="I"
                onclick={ui.does(Action::Panel(PanelAction::Toggle(Panel::Invite)))}><Icon glyph={Glyph::QrCode} /></button>
            <button type="button" class="icon-button fullscreen" aria-label="Full screen" title="Full screen" aria-keyshortcuts="F"
                onclick={Callback::from(|_| fullscreen::toggle())}><Icon glyph={Glyph::Expand} /></button>
        </div>
    }
}
