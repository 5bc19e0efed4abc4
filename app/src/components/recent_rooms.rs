//! The rooms visited lately, on the landing page: a door for the life of each, the way back in, its link, and forgetting it.

use std::rc::Rc;

use yew::prelude::*;

use super::{
    button::{Button, Rank},
    dialog::Dialog,
    door_sign::door_sign,
    icon::{Glyph, icon},
    invite::invite,
};
use crate::{
    intent::Intent,
    platform::{address, clock},
    state::{
        recent::{Life, RecentRoom, RecentRooms},
        route::Route,
        toast::Notice,
    },
    text::rooms,
    ui::{Ui, use_ui},
};

/// Properties of [`RecentRoomList`].
#[derive(Clone, PartialEq, Properties)]
pub struct RecentRoomListProps {
    /// The rooms, visited last first.
    pub rooms: Rc<RecentRooms>,
}

/// The list; nothing when there are none.
#[component]
pub fn RecentRoomList(props: &RecentRoomListProps) -> Html {
    let ui = use_ui();
    let shown = use_state_eq(|| None::<String>);
    let asked = use_state_eq(|| false);
    if props.rooms.0.is_empty() {
        return html! {};
    }
    let (show, hide, ask, answer) = (shown.setter(), shown.setter(), asked.setter(), asked.setter());
    html! {
        <section class="recent" aria-labelledby="recent-title" data-testid="recent">
            <header class="recent-head">
                <h2 id="recent-title">{ "Recent rooms" }</h2>
                <p class="small">{ icon(Glyph::Lock) }{ "Kept on this device only" }</p>
                <Button rank={Rank::Ghost} class="small-button" label="Clear" onclick={Callback::from(move |_| ask.set(true))} testid="recent-clear" />
            </header>
            <ul class="recent-rooms">
                { for props.rooms.0.iter().map(|room| {
                    let (show, code) = (show.clone(), room.code.clone());
                    card(room, &ui, Callback::from(move |_| show.set(Some(code.clone()))))
                }) }
            </ul>
            if let Some(code) = &*shown {
                <Dialog title="Invite" onclose={Callback::from(move |()| hide.set(None))}>
                    { invite(&ui, code, &address::link(&Route::Room(code.clone())), Rank::default()) }
                </Dialog>
            }
            if *asked { { clearing(&ui, Callback::from(move |()| answer.set(false))) } }
        </section>
    }
}

/// The question before all is forgotten.
fn clearing(ui: &Ui, close: Callback<()>) -> Html {
    let clear = {
        let (wish, close) = (ui.wish.clone(), close.clone());
        Callback::from(move |_: MouseEvent| {
            close.emit(());
            wish.emit(Intent::ForgetRooms);
        })
    };
    let cancel = close.reform(|_: MouseEvent| ());
    html! {
        <Dialog title="Forget all rooms?" onclose={close} testid="question">
            <p>{ rooms::CLEARING }</p>
            <div class="dialog-actions">
                <Button rank={Rank::Danger} label="Forget" onclick={clear} testid="confirm" />
                <Button label="Cancel" onclick={cancel} testid="cancel" />
            </div>
        </Dialog>
    }
}

fn card(room: &RecentRoom, ui: &Ui, show: Callback<MouseEvent>) -> Html {
    let life = room.life.map(|(life, _)| life);
    let is_open = life.is_none_or(Life::is_open);
    let route = Route::Room(room.code.clone());
    let copy = {
        let (wish, route) = (ui.wish.clone(), route.clone());
        Callback::from(move |_: MouseEvent| {
            wish.emit(Intent::Copy { text: address::link(&route), notice: Notice::LinkCopied });
        })
    };
    let (tone, word) = rooms::state(life);
    let button = |label: String, glyph, onclick| {
        html! { <button type="button" class="icon-button" aria-label={label.clone()} title={label} {onclick}>{ icon(glyph) }</button> }
    };
    let named = |what: &str| format!("{what} {}", room.code);
    html! {
        <li class="card recent-room" key={room.code.clone()} data-testid="recent-room" data-state={word.to_lowercase()}>
            { door_sign(life) }
            <div class="recent-words">
                <h3 class="code">{ &room.code }</h3>
                <p class="small">{ rooms::visited(room, clock::now_ms()) }</p>
                <span class={tone} data-testid="recent-state">{ word }</span>
            </div>
            <div class="recent-actions">
                if is_open {
                    { button(named("Copy the link of"), Glyph::Copy, copy) }
                    { button(named("QR code of"), Glyph::QrCode, show) }
                }
                { button(named("Forget"), Glyph::X, ui.wishes(Intent::ForgetRoom(room.code.clone()))) }
                if is_open {
                    <a class="button key" href={route.to_fragment()} aria-label={named("Open")}>{ "Open" }</a>
                }
            </div>
        </li>
    }
}
