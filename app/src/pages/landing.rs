//! The landing page: a sentence, two ways in, what this is, and three steps. Rendered into `index.html` when the app is built.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::{
        carousel::Carousel,
        header::header,
        icon::{Glyph, icon},
        join_form::JoinForm,
        new_call::NewCall,
        recent_rooms::RecentRoomList,
    },
    state::{account::Account, phase::CreateStep, recent::RecentRooms, route::CodeProblem, theme::Theme},
    text,
    ui::use_ui,
};

/// Properties of [`LandingPage`].
#[derive(Clone, PartialEq, Properties)]
pub struct LandingPageProps {
    /// Why what was typed is no code.
    pub problem: Option<CodeProblem>,
    /// The rooms visited lately.
    pub rooms: Rc<RecentRooms>,
    /// What making a room is busy with.
    pub creating: Option<CreateStep>,
    /// The theme chosen.
    pub theme: Theme,
    /// Who is signed in.
    pub account: Option<Account>,
}

/// The landing page.
#[component]
pub fn LandingPage(props: &LandingPageProps) -> Html {
    let ui = use_ui();
    html! {
        <div class="page landing">
            { header(&ui, props.theme, props.account.as_ref()) }
            <main class="landing-main">
                <section class="hero">
                    <div class="hero-doors" aria-hidden="true"><span></span><span></span></div>
                    <h1>{ "Group calls with nobody in the middle." }</h1>
                    <p class="lead">{ "Video, voice and chat go straight between your devices. Nothing to install, no account needed." }</p>
                    <div class="ways-in">
                        <NewCall creating={props.creating} />
                        <JoinForm problem={props.problem} />
                    </div>
                    <ul class="promises">
                        <li>{ icon(Glyph::Waypoints) }{ "Peer to peer" }</li>
                        <li>{ icon(Glyph::Lock) }{ "End-to-end encrypted" }</li>
                        <li>{ icon(Glyph::EyeOff) }{ "No tracking" }</li>
                    </ul>
                </section>
                <Carousel />
                <RecentRoomList rooms={props.rooms.clone()} />
                <ol class="steps">
                    { for text::STEPS.iter().zip([Glyph::Door, Glyph::Link, Glyph::Waypoints]).map(|((title, body), glyph)| html! {
                        <li>
                            <span class="step-arch">{ icon(glyph) }</span>
                            <div><h2>{ *title }</h2><p>{ *body }</p></div>
                        </li>
                    }) }
                </ol>
            </main>
            <footer class="footer">
                <p>{ "Free software under the MIT licence" }</p>
                <p>{ concat!("Version ", env!("CARGO_PKG_VERSION")) }</p>
            </footer>
        </div>
    }
}
