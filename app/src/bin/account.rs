//! The account screens: a small app of its own beside the call page, loaded when it is first needed.

use gloo::utils::document;
use milanio_app::account::app::AccountApp;

fn main() {
    console_error_panic_hook::set_once();
    if let Some(root) = document().get_element_by_id("account") {
        yew::Renderer::<AccountApp>::with_root(root).render();
    }
}
