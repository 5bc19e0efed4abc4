//! What happens to the page as a whole: hidden, shown, leaving, and whether the browser says there is a network.
//!
//! A page that the browser froze when it was left and thaws when the person comes back has said goodbye meanwhile: it is loaded
//! anew.

use gloo::{
    events::EventListener,
    utils::{document, window},
};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, PageTransitionEvent};

/// One such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEvent {
    /// Another tab or program is in front. Timers get slow.
    Hidden,
    /// In front again.
    Shown,
    /// The browser says that there is a network again, or another one.
    Online,
    /// The page is being closed or left: the last moment to say goodbye.
    Closing,
}

/// Listens as long as it lives.
pub struct PageListener {
    _listeners: [EventListener; 4],
}

/// Calls back with everything that happens to the page.
pub fn listen(report: impl Fn(PageEvent) + Clone + 'static) -> PageListener {
    let (online, closing) = (report.clone(), report.clone());
    PageListener {
        _listeners: [
            EventListener::new(&document(), "visibilitychange", move |_| {
                report(if is_hidden() { PageEvent::Hidden } else { PageEvent::Shown });
            }),
            EventListener::new(&window(), "online", move |_| online(PageEvent::Online)),
            EventListener::new(&window(), "pagehide", move |_| closing(PageEvent::Closing)),
            EventListener::new(&window(), "pageshow", |event| {
                if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                    // Fails only in a page that is being torn down.
                    let _ = window().location().reload();
                }
            }),
        ],
    }
}

/// Whether another tab or program is in front.
pub fn is_hidden() -> bool {
    document().hidden()
}

/// Gives the element with this id the focus, which also brings it into view, if it is there.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // Fails only for an element that left the page.
        let _ = element.focus();
    }
}
