//! After the call: how long it took, and the ways on.

use yew::prelude::*;

use crate::{
    components::{
        button::{Button, Rank},
        header::header,
        icon::{Glyph, icon},
    },
    hooks::use_focus,
    intent::Intent,
    state::{account::Account, theme::Theme},
    text,
    ui::use_ui,
};

/// Properties of [`EndedPage`].
#[derive(Clone, PartialEq, Properties)]
pub struct EndedPageProps {
    /// How long the call took.
    pub duration_s: u64,
    /// The theme chosen.
    pub theme: Theme,
    /// Who is signed in.
    pub account: Option<Account>,
}

/// The page after the call.
#[component]
pub fn EndedPage(props: &EndedPageProps) -> Html {
    let ui = use_ui();
    let title = use_node_ref();
    use_focus(&title, "ended");
    html! {
        <div class="page error-page ended">
            { header(&ui, props.theme, props.account.as_ref()) }
            <main class="error-main">
                <div class="error-text">
                    <span class="chip">{ icon(Glyph::Lock) }{ "The chat was not kept" }</span>
                    <h1 tabindex="-1" ref={title}>{ "You left the call" }</h1>
                    <p class="lead">{ format!("It took {}. What was said is gone from this page; the others may still be inside.", text::duration(props.duration_s)) }</p>
                    <div class="actions">
                        <Button rank={Rank::Primary} class="large" glyph={Glyph::Refresh} label="Join again" onclick={ui.wishes(Intent::Rejoin)} />
                        <Button class="large" glyph={Glyph::House} label="Back to the start" onclick={ui.wishes(Intent::GoHome)} />
                    </div>
                    if props.account.is_none() {
                        <section class="card keep-name" aria-labelledby="keep-name">
                            <h2 id="keep-name">{ "Keep your name" }</h2>
                            <p class="small">{ "With an account you are the same person in the next call, on every device of yours, and others see that your address is verified." }</p>
                            <a class="button key" href="#/signup" data-testid="keep-name">{ icon(Glyph::UserPlus) }<span>{ "Create an account" }</span></a>
                        </section>
                    }
                </div>
                { closed_door() }
            </main>
        </div>
    }
}

/// A closed door with two leaves, and the light behind it.
fn closed_door() -> Html {
    html! {
        <svg class="big-door" viewBox="0 0 280 370" aria-hidden="true">
            <path class="art-glow" d="M20 350V140a120 120 0 0 1 240 0v210z" />
            <path class="art-leaf" d="M20 350V140A120 120 0 0 1 136 20v330z" />
            <path class="art-leaf-2" d="M144 350V20a120 120 0 0 1 116 120v210z" />
            <circle class="art-knob" cx="120" cy="210" r="7" />
            <circle class="art-knob" cx="160" cy="210" r="7" />
            <path class="art-frame" d="M20 350V140a120 120 0 0 1 240 0v210z" />
        </svg>
    }
}
