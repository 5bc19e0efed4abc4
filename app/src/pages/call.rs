//! The call: the stage, one side panel, and the controls, which never move.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{
        banner::Banner,
        button::Rank,
        chat_panel::ChatPanel,
        icon::{Glyph, Icon},
        invite::Invite,
        mark::Mark,
        panel_frame::PanelFrame,
        people_panel::PeoplePanel,
        stage::Stage,
        tray::Tray,
    },
    hooks::{use_focus, use_seconds_since, use_wake_lock},
    intent::Intent,
    platform::fullscreen,
    state::{
        Action,
        chat::Chat,
        connection::Connection,
        media::Media,
        panel::{Panel, PanelAction},
        room::{Link, Room},
        toast::Notice,
    },
    text,
    ui::use_ui,
};

/// Properties of [`CallPage`].
#[derive(Clone, PartialEq, Properties)]
pub struct CallPageProps {
    /// The room and who is in it.
    pub room: Rc<Room>,
    /// What was said.
    pub chat: Rc<Chat>,
    /// One's own devices.
    pub media: Rc<Media>,
    /// The link to the relay.
    pub connection: Connection,
    /// The open panel.
    pub panel: Panel,
    /// When the person entered, in milliseconds of the page's clock.
    pub since_ms: u64,
    /// The registry does not answer.
    pub registry_lost: bool,
    /// How far the clock is off, when that matters.
    pub clock_off_s: Option<i64>,
    /// The person's clock is this many minutes ahead of UTC.
    pub utc_offset_min: i32,
}

/// The call page.
#[component]
pub fn CallPage(props: &CallPageProps) -> Html {
    let room = &props.room;
    let title = use_node_ref();
    use_focus(&title, "call");
    use_wake_lock();
    let people = room.people.len() + 1;
    let all_unreachable = people > 1 && room.people.iter().all(|person| person.link == Link::Unreachable);
    let panel = match props.panel {
        Panel::Closed => html! {},
        Panel::Chat => html! { <ChatPanel chat={props.chat.clone()} {people} utc_offset_min={props.utc_offset_min} /> },
        Panel::People => html! { <PeoplePanel room={room.clone()} media={props.media.clone()} /> },
        Panel::Invite => html! {
            <PanelFrame title="Invite"><Invite code={room.code.clone()} link={room.link.clone()} rank={Rank::Primary} /></PanelFrame>
        },
    };
    html! {
        <main class={classes!("call", "on-video", (props.panel != Panel::Closed).then_some("with-panel"))}>
            <h1 class="sr-only" tabindex="-1" ref={title}>{ "Call" }</h1>
            <Banner connection={props.connection.clone()} registry_lost={props.registry_lost} clock_off_s={props.clock_off_s} {all_unreachable} />
            <Stage room={room.clone()} media={props.media.clone()} />
            { panel }
            <CallInfo connection={props.connection.clone()} since_ms={props.since_ms} {people} />
            <Tray media={props.media.clone()} panel={props.panel} unread={props.chat.unread} {people} />
            <CallShare code={room.code.clone()} link={room.link.clone()} />
        </main>
    }
}

/// Properties of [`CallInfo`].
#[derive(Clone, PartialEq, Properties)]
pub struct CallInfoProps {
    /// The link to the relay.
    pub connection: Connection,
    /// When the person entered.
    pub since_ms: u64,
    /// How many people are inside, the person included.
    pub people: usize,
}

/// Left of the controls: sealed, for how long, and whether the relay is there.
#[component]
pub fn CallInfo(props: &CallInfoProps) -> Html {
    let seconds = use_seconds_since(props.since_ms);
    html! {
        <div class="call-info">
            <Mark />
            <div>
                <p class="call-state" data-testid="connection-state" data-state={props.connection.word()}>{ text::connection(&props.connection) }</p>
                <p class="call-sealed">
                    <Icon glyph={Glyph::Lock} />
                    <span>{ "Sealed" }</span><span aria-hidden="true">{ " · " }</span>
                    <span class="digits" role="timer">{ text::clock(seconds) }</span>
                    <span class="call-headcount"><span aria-hidden="true">{ " · " }</span>{ text::headcount(props.people) }</span>
                </p>
            </div>
        </div>
    }
}

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
