//! Right of the call's controls, on phones above the stage: the code, the link, the QR code, full screen.

use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    intent::Intent,
    platform::fullscreen,
    state::{
        Action,
        panel::{Panel, PanelAction},
        room::Room,
        toast::Notice,
    },
    ui::Ui,
};

/// Right of the controls: the code, the link, the QR code, full screen.
pub fn call_share(ui: &Ui, room: &Room) -> Html {
    let copy = ui.wishes(Intent::Copy { text: room.link.clone(), notice: Notice::LinkCopied });
    html! {
        <div class="call-share">
            <span class="call-code" data-testid="room-code">{ room.code.clone() }</span>
            <button type="button" class="icon-button" aria-label="Copy link" title="Copy link" data-testid="copy-link" onclick={copy}>
                { icon(Glyph::Copy) }
            </button>
            <button type="button" class="icon-button" aria-label="Invite with a QR code" title="Invite" aria-keyshortcuts="I"
                onclick={ui.does(Action::Panel(PanelAction::Toggle(Panel::Invite)))}>{ icon(Glyph::QrCode) }</button>
            <button type="button" class="icon-button fullscreen" aria-label="Full screen" title="Full screen" aria-keyshortcuts="F"
                onclick={Callback::from(|_| fullscreen::toggle())}>{ icon(Glyph::Expand) }</button>
        </div>
    }
}
