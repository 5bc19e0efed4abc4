//! The one banner over the call: the worst of what is wrong.

use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    intent::Intent,
    state::{Action, connection::Connection, dialog::Dialog, ladder, room::PersonId},
    text,
    ui::use_ui,
};

/// Properties of [`Banner`].
#[derive(Clone, PartialEq, Properties)]
pub struct BannerProps {
    /// The link to the relay.
    pub connection: Connection,
    /// The registry does not answer.
    pub registry_lost: bool,
    /// How far the clock is off, when that matters.
    pub clock_off_s: Option<i64>,
    /// Nobody else can be reached for media, and there are others.
    pub all_unreachable: bool,
    /// Somebody whose key has changed: who, and their name.
    pub changed: Option<(PersonId, String)>,
    /// How many cameras are on, the person's own included.
    pub cameras: usize,
}

/// The banner; an empty live region when all is well.
#[component]
pub fn Banner(props: &BannerProps) -> Html {
    let ui = use_ui();
    let worst = worst(props);
    html! {
        <div class="banner-place" role="status">
            if let Some((person, name)) = &props.changed {
                <div class="banner on-theme danger" data-testid="key-changed">
                    { icon(Glyph::Warning) }
                    <p><b>{ format!("{name}'s key has changed.") }</b>{ " Nothing goes to them until you decide. Compare digits before you go on." }</p>
                    <button type="button" class="button ghost" onclick={ui.does(Action::Dialog(Some(Dialog::Safety(*person))))}>{ "Compare" }</button>
                </div>
            } else if let Some((tone, glyph, first, rest, retry)) = worst {
                <div class={classes!("banner", "on-theme", tone)}>
                    { icon(glyph) }
                    <p><b>{ first }</b>{ " " }{ rest }</p>
                    if retry {
                        <button type="button" class="button ghost" onclick={ui.wishes(Intent::Retry)}>{ "Try now" }</button>
                    }
                </div>
            }
        </div>
    }
}

/// Tone, drawing, first sentence, the rest, and whether trying again helps.
type Words = (&'static str, Glyph, &'static str, String, bool);

fn worst(props: &BannerProps) -> Option<Words> {
    let calm = "Your call goes on. Messages wait until it is back.";
    match &props.connection {
        Connection::Offline => return Some(("warn", Glyph::WifiOff, "You are offline.", calm.into(), false)),
        Connection::Reconnecting { .. } => return Some(("warn", Glyph::Refresh, "Reconnecting.", calm.into(), true)),
        Connection::Connecting { .. } => {
            return Some(("warn", Glyph::Refresh, "Connecting.", "Looking for a relay.".into(), true));
        }
        Connection::Unreachable => {
            let rest = "A firewall or a VPN may block the way. Nobody can meet you here until it works.";
            return Some(("danger", Glyph::WifiOff, "No relay can be reached.", rest.into(), true));
        }
        Connection::Idle | Connection::Connected { .. } => {}
    }
    if props.all_unreachable {
        let rest = "A network between you blocks calls. The chat works. Another network may help.";
        return Some(("danger", Glyph::WifiOff, "Nobody can be reached for video.", rest.into(), false));
    }
    if props.registry_lost {
        return Some(("info", Glyph::Info, "New people cannot join right now.", "Your call goes on.".into(), false));
    }
    if let Some(off) = props.clock_off_s {
        return Some(("info", Glyph::Info, "This device's clock is wrong.", text::clock_off(off), false));
    }
    let crowd = props.cameras > ladder::MADE_FOR;
    crowd.then(|| ("warn", Glyph::Video, "Many cameras.", text::crowd(props.cameras), false))
}
