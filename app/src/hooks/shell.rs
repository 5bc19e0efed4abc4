//! What the page does itself, around the pages: address, theme, clipboard, and handing wishes to the bridge.

use std::{cell::RefCell, rc::Rc};

use yew::prelude::*;

use crate::{
    app::Connect,
    intent::Intent,
    platform::{address, boot, clipboard, clock, speaker, storage, theme, title},
    state::{Action, State, founding::Founding, room::RoomAction, route::Route},
    ui::Ui,
};

/// Starts everything when the app is shown first and gives the [`Ui`], which stays the same from then on.
#[hook]
pub fn use_shell(state: &UseReducerHandle<State>, connect: Option<Connect>) -> Ui {
    let bridge: Rc<RefCell<Option<Callback<Intent>>>> = use_mut_ref(|| None);
    let ui = {
        let (dispatcher, bridge) = (state.dispatcher(), bridge.clone());
        use_memo((), move |()| {
            let dispatch = Callback::from(move |action| perform(&dispatcher, action));
            let wish = wish(dispatch.clone(), bridge);
            Ui { dispatch, wish }
        })
    };
    use_effect_with(state.chat.unread, |unread| title::show(*unread));
    let started = ui.clone();
    use_effect_with((), move |()| {
        if let Some(Connect(connect)) = connect {
            *bridge.borrow_mut() = Some(connect(started.dispatch.clone()));
        }
        let listener = start(&started);
        move || drop(listener)
    });
    (*ui).clone()
}

/// Changes the state, and what of it lives outside the pages.
fn perform(dispatcher: &UseReducerDispatcher<State>, action: Action) {
    if let Action::Theme(chosen) = action {
        theme::apply(chosen);
    }
    dispatcher.dispatch(action);
}

/// Carries out what the page can do alone and hands the rest to the bridge.
fn wish(dispatch: Callback<Action>, bridge: Rc<RefCell<Option<Callback<Intent>>>>) -> Callback<Intent> {
    Callback::from(move |intent: Intent| {
        match &intent {
            Intent::Copy { text, notice } => return clipboard::copy(text.clone(), notice.clone(), dispatch.clone()),
            Intent::TestSound => return speaker::play_test_sound(),
            Intent::GoHome => return address::go(&Route::Landing),
            Intent::SetName(name) => storage::remember_name(name),
            _ => {}
        }
        // The borrow must end before the bridge answers: it may wish in turn.
        let bridge = bridge.borrow().clone();
        if let Some(bridge) = bridge {
            bridge.emit(intent);
        }
    })
}

/// Tells the bridge where the page is, now and later, and does what was pressed before the app was there.
fn start(ui: &Ui) -> address::Listener {
    ui.dispatch.emit(Action::Theme(theme::stored()));
    ui.dispatch.emit(Action::UtcOffset(clock::utc_offset_min()));
    if let Some(name) = storage::remembered_name() {
        ui.dispatch.emit(Action::Room(RoomAction::Named(name.clone())));
        ui.wish.emit(Intent::SetName(name));
    }
    let opened = ui.clone();
    let listener = address::listen(move |route| {
        opened.dispatch.emit(Action::Navigated(route.clone()));
        opened.wish.emit(Intent::Opened(route));
    });
    ui.wish.emit(Intent::Opened(address::current()));
    match boot::take_pending() {
        Some(boot::Pending::Start) => ui.wish.emit(Intent::StartCall(Founding::default())),
        Some(boot::Pending::Join(typed)) => ui.wish.emit(Intent::Join(typed)),
        None => {}
    }
    listener
}
