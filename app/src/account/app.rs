//! The root: holds the state, hands out the ways to change it, and shows the screen of the address in a modal dialog.

use std::rc::Rc;

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::{
    bridge,
    components::{
        alert::Alert,
        symbol::{Sign, Symbol},
    },
    desk::Desk,
    intent::Intent,
    pages,
    route::Route,
    state::{Action, State},
};
use crate::ui::{Ways, changed};

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        changed(self, |next| next.apply(action))
    }
}

/// The account screens.
#[component]
pub fn AccountApp() -> Html {
    let state = use_reducer_eq(State::default);
    let ways = {
        let dispatcher = state.dispatcher();
        use_memo((), move |()| {
            let dispatch = Callback::from(move |action| dispatcher.dispatch(action));
            Ways { wish: bridge::connect(dispatch.clone()), dispatch }
        })
    };
    let desk = Desk {
        ways: (*ways).clone(),
        busy: state.busy,
        problem: state.problem,
        failures: state.failures,
        wants_address: state.wants_address,
        limited_until_ms: state.limited_until_ms,
    };
    let dialog = use_node_ref();
    use_modal(&dialog, shown(&state));
    let oncancel = {
        let wish = desk.wish.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            wish.emit(Intent::Go(Route::Elsewhere));
        })
    };
    let alert = state.attempt_s.map(|attempt_s| html! { <Alert {attempt_s} /> }).unwrap_or_default();
    let shape = pages::shape(&state);
    html! {
        <ContextProvider<Desk> context={desk.clone()}>
            <dialog ref={dialog} class={classes!("account-dialog", shape)} aria-labelledby="account-title" {oncancel}>
                if shown(&state) {
                    { alert.clone() }
                    { pages::page(&state) }
                    if shape != "shape-full" {
                        <button type="button" class="icon-button account-close" aria-label="Close" onclick={desk.wishes(Intent::Go(Route::Elsewhere))}
                            data-testid="account-close"><Sign symbol={Symbol::Close} /></button>
                    }
                }
            </dialog>
            if !shown(&state) { { alert } }
        </ContextProvider<Desk>>
    }
}

/// Whether there is anything to show: an account's address, and the wallet was looked for.
fn shown(state: &State) -> bool {
    state.route != Route::Elsewhere && state.is_loaded
}

/// Opens the element as a modal dialog, or closes it.
#[hook]
fn use_modal(node: &NodeRef, open: bool) {
    let node = node.clone();
    use_effect_with(open, move |open| {
        let Some(dialog) = node.cast::<HtmlDialogElement>() else { return };
        match (*open, dialog.open()) {
            (true, false) => {
                // Fails only for an element that left the page.
                let _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
}
