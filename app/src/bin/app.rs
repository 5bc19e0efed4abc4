//! The page: starts the app in the browser. On the landing page it takes over the markup that is in the document already;
//! anywhere else it draws anew.
//!
//! And the page's worker, which is handed the same module once it is compiled: what derives keys is in it for both.

use gloo::utils::document;
use milanio_app::{
    app::{App, AppProps, Connect},
    bridge,
    platform::{address, theme, worker},
    state::{State, route::Route},
};

fn main() {
    console_error_panic_hook::set_once();
    if web_sys::window().is_none() {
        worker::serve();
        return;
    }
    let Some(root) = document().get_element_by_id("app") else { return };
    let connect = Some(Connect(bridge::connect));
    let route = address::current();
    if route == Route::Landing {
        yew::Renderer::<App>::with_root_and_props(root, AppProps { initial: State::default(), connect }).hydrate();
    } else {
        root.set_text_content(None);
        let initial = State::at(route, theme::stored());
        yew::Renderer::<App>::with_root_and_props(root, AppProps { initial, connect }).render();
    }
}
