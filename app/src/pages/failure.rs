//! What went wrong, whose side it is on, what to do, and one main button. The words are in `text::failure`.

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
    text::failure::Words,
    ui::use_ui,
};

/// Properties of [`FailurePage`].
#[derive(Clone, PartialEq, Properties)]
pub struct FailurePageProps {
    /// What to say and offer.
    pub words: Words,
    /// About camera or microphone.
    pub blocked: bool,
    /// The theme chosen.
    pub theme: Theme,
    /// Who is signed in.
    pub account: Option<Account>,
}

/// The failure page.
#[component]
pub fn FailurePage(props: &FailurePageProps) -> Html {
    let ui = use_ui();
    let words = &props.words;
    let title = use_node_ref();
    use_focus(&title, words.title);
    let glyph = if props.blocked { Glyph::VideoOff } else { Glyph::Alert };
    let main_glyph = matches!(words.main.1, Intent::Retry | Intent::RetryMedia).then_some(Glyph::Refresh);
    html! {
        <div class="page error-page">
            { header(&ui, props.theme, props.account.as_ref()) }
            <main class="error-main">
                <div class="error-text">
                    <span class="chip danger">{ icon(glyph) }{ words.side }</span>
                    <h1 data-testid="error-title" tabindex="-1" ref={title}>{ words.title }</h1>
                    <p class="lead">{ &words.lead }</p>
                    if !words.steps.is_empty() {
                        <ol class="numbered">{ for words.steps.iter().map(|step| html! { <li><span>{ *step }</span></li> }) }</ol>
                    }
                    <div class="actions">
                        <Button rank={Rank::Primary} class="large" glyph={main_glyph} label={words.main.0} onclick={ui.wishes(words.main.1.clone())} />
                        if let Some((label, intent)) = &words.second {
                            <Button class="large" label={*label} onclick={ui.wishes(intent.clone())} />
                        }
                    </div>
                    if words.retrying {
                        <p class="retrying" role="status"><span class="spinner" aria-hidden="true"></span>{ "Trying again" }</p>
                    }
                    if let Some(details) = &words.details {
                        <details><summary>{ "Details for the curious" }</summary><p class="small">{ details }</p></details>
                    }
                </div>
                { picture(props.blocked && !words.steps.is_empty()) }
            </main>
        </div>
    }
}

/// A browser's window with the place to click, or a dark door.
fn picture(browser: bool) -> Html {
    if browser {
        return html! {
            <figure class="browser" aria-hidden="true">
                <div class="browser-bar"><i></i><i></i><i></i><span class="browser-address">{ icon(Glyph::Lock) }{ "milanio" }</span>
                    <span class="browser-spot">{ icon(Glyph::VideoOff) }</span></div>
                <div class="browser-body">
                    <span class="browser-arch">{ icon(Glyph::VideoOff) }</span>
                    <div class="browser-card">
                        <b>{ "Camera and microphone blocked" }</b>
                        <p><i class="radio on"></i>{ "Allow for this page" }</p>
                        <p><i class="radio"></i>{ "Keep blocking" }</p>
                        <span class="browser-done">{ "Done" }</span>
                    </div>
                </div>
            </figure>
        };
    }
    html! {
        <svg class="big-door" viewBox="0 0 280 370" aria-hidden="true">
            <path class="art-dashed" d="M20 350V140a120 120 0 0 1 240 0v210z" />
            <path class="art-cross" d="M112 186l56 56m0-56l-56 56" />
        </svg>
    }
}
