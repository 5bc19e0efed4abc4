//! Before the call: how one looks and sounds, under which name, who is inside, and whether the way is clear.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{
        connection_line::connection_line,
        header::header,
        icon::{Glyph, icon},
        joining_as::joining_as,
        knock_wait::knock_wait,
        name_form::name_form,
        preview::preview,
        room_head::room_head,
    },
    state::{account::Account, connection::Connection, media::Media, room::Room, theme::Theme},
    text,
    ui::use_ui,
};

/// Properties of [`PrejoinPage`].
#[derive(Clone, PartialEq, Properties)]
pub struct PrejoinPageProps {
    /// The room.
    pub room: Rc<Room>,
    /// One's own devices.
    pub media: Rc<Media>,
    /// The link to the relay.
    pub connection: Connection,
    /// Join was pressed and the room is not open yet.
    pub entering: bool,
    /// How far the clock is off, when that matters.
    pub clock_off_s: Option<i64>,
    /// The theme chosen.
    pub theme: Theme,
    /// Who is signed in.
    pub account: Option<Account>,
}

/// The prejoin page.
#[component]
pub fn PrejoinPage(props: &PrejoinPageProps) -> Html {
    let ui = use_ui();
    let room = &props.room;
    html! {
        <div class="page prejoin">
            { header(&ui, props.theme, props.account.as_ref()) }
            <main class="prejoin-main">
                { preview(&ui, room, &props.media) }
                <section class="prejoin-side">
                    { room_head(&ui, room) }
                    if let Some(host_online) = room.waiting {
                        { knock_wait(&ui, host_online) }
                    } else {
                        { name_form(&ui, room, props.entering) }
                    }
                    { joining_as(&ui, room.me.as_ref(), props.account.as_ref()) }
                    <div class="card facts">
                        { connection_line(&props.connection, room.door) }
                        if let Some(off) = props.clock_off_s {
                            <div class="info-row warn" role="status">
                                { icon(Glyph::Warning) }
                                <div><p class="info-title">{ "This device's clock is wrong" }</p><p class="small">{ text::clock_off(off) }</p></div>
                            </div>
                        }
                        <div class="info-row">
                            { icon(Glyph::Route) }
                            <div>
                                <p class="info-title">{ "Straight between you" }</p>
                                <p class="small">{ "Direct calls show your IP address to the others in the room. Relays see addresses and times, never words or pictures." }</p>
                            </div>
                        </div>
                    </div>
                </section>
            </main>
        </div>
    }
}
