//! The root: holds the state, hands out the ways to change it, and shows the page of the phase.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{shortcuts::Shortcuts, toasts::toast_stack},
    hooks::use_shell,
    intent::Intent,
    pages::{call::CallPage, ended::EndedPage, failure::FailurePage, landing::LandingPage, prejoin::PrejoinPage},
    state::{Action, State, phase::Phase},
    text::failure,
    ui::{Ui, changed},
};

/// Starts what carries intents out: given the way to change the state, gives the way to wish.
#[derive(Clone, Copy)]
pub struct Connect(pub fn(Callback<Action>) -> Callback<Intent>);

impl PartialEq for Connect {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

/// What the page is started with.
#[derive(Clone, PartialEq, Properties)]
pub struct AppProps {
    /// The state to begin with; the prerendered landing page begins with the default.
    #[prop_or_default]
    pub initial: State,
    /// What carries intents out. None while rendering natively.
    #[prop_or_default]
    pub connect: Option<Connect>,
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        changed(self, |next| next.apply(action))
    }
}

/// The app.
#[component]
pub fn App(props: &AppProps) -> Html {
    let initial = props.initial.clone();
    let state = use_reducer_eq(move || initial);
    let ui: Ui = use_shell(&state, props.connect);
    html! {
        <ContextProvider<Ui> context={ui}>
            { page(&state) }
            { toast_stack(&state.toasts.shown) }
            <Shortcuts in_call={matches!(state.phase, Phase::Call { .. })} in_prejoin={state.phase == Phase::Prejoin} />
        </ContextProvider<Ui>>
    }
}

/// The page of the phase.
fn page(state: &State) -> Html {
    let (theme, account) = (state.theme, state.account.clone());
    match &state.phase {
        Phase::Landing | Phase::Creating(_) => {
            let step = if let Phase::Creating(step) = state.phase { Some(step) } else { None };
            html! { <LandingPage problem={state.code_problem} creating={step} rooms={state.recent.clone()} {theme} {account} /> }
        }
        Phase::Prejoin | Phase::Entering => match failure::refusal(&state.media) {
            Some(words) => html! { <FailurePage {words} blocked={true} {theme} {account} /> },
            None => html! {
                <PrejoinPage room={state.room.clone()} media={state.media.clone()} connection={state.connection.clone()}
                    entering={state.phase == Phase::Entering} clock_off_s={state.clock_off_s} {theme} {account} />
            },
        },
        Phase::Call { since_ms } => html! {
            <CallPage room={state.room.clone()} chat={state.chat.clone()} files={state.files.clone()} media={state.media.clone()}
                connection={state.connection.clone()} panel={state.panel} since_ms={*since_ms}
                dialog={state.dialog.clone()} registry_lost={state.registry_lost} clock_off_s={state.clock_off_s} utc_offset_min={state.utc_offset_min} />
        },
        Phase::Ended { duration_s } => html! { <EndedPage duration_s={*duration_s} {theme} {account} /> },
        Phase::Failed(reason) => {
            html! { <FailurePage words={failure::failure(reason)} blocked={false} {theme} {account} /> }
        }
    }
}
