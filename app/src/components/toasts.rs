//! Short notices over the page. Polite ones are read out when the screen reader is free.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    intent::Intent,
    state::{
        Action,
        toast::{Notice, Toast, ToastAction},
    },
    text,
    ui::use_ui,
};

/// How long a notice stays, in milliseconds; notices of failures stay until closed.
const STAYS_MS: u32 = 6_000;

/// All notices, oldest first.
pub fn toast_stack(toasts: &[Toast]) -> Html {
    html! {
        <div class="toasts" role="status" aria-live="polite">
            { for toasts.iter().map(|toast| html! { <ToastCard key={toast.id} toast={toast.clone()} /> }) }
        </div>
    }
}

/// Properties of [`ToastCard`].
#[derive(Clone, PartialEq, Properties)]
pub struct ToastCardProps {
    /// The notice.
    pub toast: Toast,
}

/// One notice.
#[component]
pub fn ToastCard(props: &ToastCardProps) -> Html {
    let ui = use_ui();
    let (tone, glyph, stays) = look(&props.toast.notice);
    let close = Action::Toast(ToastAction::Close(props.toast.id));
    {
        let (ui, close) = (ui.clone(), close.clone());
        use_effect_with(props.toast.id, move |_| {
            let timeout = stays.then(|| Timeout::new(STAYS_MS, move || ui.dispatch.emit(close)));
            move || drop(timeout)
        });
    }
    let unmute = {
        let (ui, close) = (ui.clone(), close.clone());
        Callback::from(move |_: MouseEvent| {
            ui.wish.emit(Intent::ToggleMicrophone);
            ui.dispatch.emit(close.clone());
        })
    };
    html! {
        <div class={classes!("toast", tone)}>
            { icon(glyph) }
            <p>{ text::notice(&props.toast.notice) }</p>
            if matches!(props.toast.notice, Notice::AskedToUnmute(_)) {
                <button type="button" class="button ghost small-button" data-testid="unmute-asked" onclick={unmute}>{ "Unmute" }</button>
            }
            <button type="button" class="icon-button" aria-label="Close this notice" onclick={ui.does(close)}>{ icon(Glyph::X) }</button>
        </div>
    }
}

/// Tone, drawing, and whether it goes by itself.
fn look(notice: &Notice) -> (&'static str, Glyph, bool) {
    match notice {
        Notice::LinkCopied | Notice::CodeCopied | Notice::TextCopied => ("ok", Glyph::Check, true),
        Notice::CopyFailed => ("danger", Glyph::Alert, false),
        Notice::Joined(_) | Notice::Left(_) => ("plain", Glyph::Users, true),
        Notice::Message(..) => ("plain", Glyph::Message, true),
        Notice::DeviceLost(_) | Notice::DeviceFound(_) => ("verde", Glyph::Headphones, true),
        Notice::NotOffered(..) | Notice::TooManyFiles => ("warn", Glyph::FileText, false),
        Notice::SendingTooFast | Notice::Unheard(_) | Notice::ReaderGone | Notice::MessageGone | Notice::TooLong => {
            ("warn", Glyph::Warning, true)
        }
        Notice::Muted(_) | Notice::NotAllowed | Notice::NotShown => ("warn", Glyph::MicOff, true),
        Notice::CameraOff(_) => ("warn", Glyph::VideoOff, true),
        Notice::AskedToUnmute(_) => ("verde", Glyph::Mic, false),
        Notice::HandLowered(_) => ("plain", Glyph::Hand, true),
        Notice::RoleGiven { .. } => ("verde", Glyph::Star, true),
        Notice::Removed { .. } => ("plain", Glyph::UserX, true),
        Notice::PolicyChanged { .. } => ("plain", Glyph::Door, true),
        Notice::PeerUnreachable(_) => ("danger", Glyph::WifiOff, false),
    }
}
