//! The fragment of the page's address, where the app keeps its place. No server sees it.

use gloo::{events::EventListener, utils::window};

use crate::state::route::{Route, is_account_screen};

/// Listens as long as it lives.
pub struct Listener {
    _listener: EventListener,
}

/// Where the page is.
pub fn current() -> Route {
    Route::from_fragment(&window().location().hash().unwrap_or_default())
}

/// Goes to a place; whoever listens hears of it.
pub fn go(route: &Route) {
    // Fails only in a page that is being torn down.
    let _ = window().location().set_hash(&route.to_fragment());
}

/// The link to a place, whole.
pub fn link(route: &Route) -> String {
    let location = window().location();
    format!(
        "{}{}{}",
        location.origin().unwrap_or_default(),
        location.pathname().unwrap_or_default(),
        route.to_fragment()
    )
}

/// Calls back with every new place. The account screens are none: they open over the page, and closing them changes nothing.
pub fn listen(mut changed: impl FnMut(Route) + 'static) -> Listener {
    let mut place = current();
    let heard = move |_: &_| {
        let now = current();
        if now != place && !is_account_screen(&window().location().hash().unwrap_or_default()) {
            place = now.clone();
            changed(now);
        }
    };
    Listener { _listener: EventListener::new(&window(), "hashchange", heard) }
}
