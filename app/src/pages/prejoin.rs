//! Before the call: how one looks and sounds, under which name, who is inside, and whether the way is clear.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{
        connection_line::ConnectionLine,
        header::Header,
        icon::{Glyph, Icon},
        joining_as::JoiningAs,
        knock_wait::KnockWait,
        name_form::NameForm,
        preview::Preview,
        room_head::RoomHead,
    },
    state::{account::Account, connection::Connection, media::Media, room::Room, theme::Theme},
    text,
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
    let room = &props.room;
    html! {
        <div class="page prejoin">
            <Header theme={props.theme} account={props.account.clone()} />
            <main class="prejoin-main">
                <Preview room={room.clone()} media={props.media.clone()} />
                <section class="prejoin-side">
                    <RoomHead room={room.clone()} />
                    if let Some(host_online) = room.waiting {
                        <KnockWait {host_online} />
                    } else {
                        <NameForm name={room.my_name.clone()} entering={props.entering} must_knock={room.must_knock} />
                    }
                    <JoiningAs me={room.me.clone()} account={props.account.clone()} />
                    <div class="card facts">
                        <ConnectionLine connection={props.connection.clone()} door={room.door} />
                        if let Some(off) = props.clock_off_s {
                            <div class="info-row warn" role="status">
                                <Icon glyph={Glyph::Warning} />
                                <div><p class="info-title">{ "This device's clock is wrong" }</p><p class="small">{ text::clock_off(off) }</p></div>
                            </div>
                        }
                        <div class="info-row">
                            <Icon glyph={Glyph::Route} />
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
