//! The call: the stage, one side panel, and the controls, which never move.

use std::rc::Rc;

use milanio_node::wire::operation::Role;
use yew::prelude::*;

use crate::{
    components::{
        banner::Banner, button::Rank, call_info::CallInfo, call_share::call_share, chat_panel::ChatPanel,
        file_drop::FileDrop, invite::invite, knock_banner::knock_banner, panel_frame::PanelFrame,
        people_panel::PeoplePanel, room_dialog::room_dialog, stage::Stage, tray::Tray,
    },
    hooks::{use_focus, use_wake_lock},
    state::{
        chat::Chat,
        connection::Connection,
        dialog::Dialog,
        files::Files,
        media::Media,
        panel::Panel,
        room::{Link, Room},
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
    /// What became of files.
    pub files: Rc<Files>,
    /// One's own devices.
    pub media: Rc<Media>,
    /// The link to the relay.
    pub connection: Connection,
    /// The open panel.
    pub panel: Panel,
    /// What stands over the call.
    pub dialog: Option<Dialog>,
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
    let ui = use_ui();
    let room = &props.room;
    let title = use_node_ref();
    use_focus(&title, "call");
    use_wake_lock();
    let people = room.people.len() + 1;
    let all_unreachable = people > 1 && room.people.iter().all(|person| person.link == Link::Unreachable);
    let cameras = room.people.iter().filter(|person| person.camera && room.hears(person)).count()
        + usize::from(props.media.camera.on);
    let panel = match props.panel {
        Panel::Closed => html! {},
        Panel::Chat => {
            html! { <ChatPanel chat={props.chat.clone()} room={room.clone()} closed={closed(room)} utc_offset_min={props.utc_offset_min} /> }
        }
        Panel::People => html! { <PeoplePanel room={room.clone()} media={props.media.clone()} /> },
        Panel::Invite => html! {
            <PanelFrame title="Invite">{ invite(&ui, &room.code, &room.link, Rank::Primary) }</PanelFrame>
        },
    };
    html! {
        <ContextProvider<Rc<Files>> context={props.files.clone()}>
        <main class={classes!("call", "on-video", (props.panel != Panel::Closed).then_some("with-panel"))}>
            <h1 class="sr-only" tabindex="-1" ref={title}>{ "Call" }</h1>
            <Banner connection={props.connection.clone()} registry_lost={props.registry_lost} clock_off_s={props.clock_off_s}
                {all_unreachable} {cameras} changed={room.changed().map(|person| (person.id, text::name_of(person)))} />
            if room.role >= Role::Moderator && props.panel != Panel::People { { knock_banner(&ui, &room.knocks) } }
            <Stage room={room.clone()} media={props.media.clone()} />
            { panel }
            <CallInfo connection={props.connection.clone()} since_ms={props.since_ms} {people} />
            <Tray media={props.media.clone()} panel={props.panel} unread={props.chat.unread} {people} hand={room.policy.map(|_| room.hand_ms.is_some())}
                may_speak={room.may_speak()} asks_first={room.role == Role::Owner && people > 1} />
            { call_share(&ui, room) }
            if let Some(dialog) = &props.dialog { { room_dialog(&ui, dialog, room) } }
            if props.panel != Panel::Chat { <FileDrop closed={closed(room).is_some()} /> }
        </main>
        </ContextProvider<Rc<Files>>>
    }
}

/// Why nothing can be written now.
fn closed(room: &Room) -> Option<String> {
    let changed = room.changed().map(|person| text::safety::changed(&text::name_of(person)));
    changed.or_else(|| (!room.may_write()).then(|| "Your role here only reads the chat.".to_owned()))
}
