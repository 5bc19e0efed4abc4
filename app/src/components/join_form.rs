//! The field for a code or a link, on the landing page.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{
    button::Button,
    icon::{Glyph, icon},
};
use crate::{
    intent::Intent,
    state::{Action, route::CodeProblem},
    text,
    ui::use_ui,
};

/// Properties of [`JoinForm`].
#[derive(Clone, PartialEq, Properties)]
pub struct JoinFormProps {
    /// Why what was typed is no code.
    pub problem: Option<CodeProblem>,
}

/// The field for a code or a link. It belongs to the browser, so that what was typed before the app came stays.
#[component]
pub fn JoinForm(props: &JoinFormProps) -> Html {
    let ui = use_ui();
    let field = use_node_ref();
    let onsubmit = {
        let (ui, field) = (ui.clone(), field.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(input) = field.cast::<HtmlInputElement>() {
                ui.wish.emit(Intent::Join(input.value()));
            }
        })
    };
    {
        let field = field.clone();
        use_effect_with(props.problem, move |problem| {
            if let Some(input) = problem.and_then(|_| field.cast::<HtmlInputElement>()) {
                // Fails only for an element that left the page.
                let _ = input.focus();
            }
        });
    }
    let bad = props.problem.is_some();
    html! {
        <form class="join" {onsubmit} novalidate=true>
            <div class={classes!("join-field", bad.then_some("bad"))}>
                { icon(Glyph::Link) }
                <input ref={field} type="text" name="code" placeholder="Code or link" aria-label="Room code or link" autocomplete="off"
                    autocapitalize="none" spellcheck="false" enterkeyhint="go" data-testid="landing-code" oninput={ui.does(Action::CodeEdited)}
                    aria-invalid={bad.then_some("true")} aria-describedby={bad.then_some("code-problem")} />
                <Button label="Join" testid="landing-join" />
            </div>
            if let Some(problem) = props.problem {
                <p class="field-error" id="code-problem" role="alert">{ icon(Glyph::Alert) }{ text::code_problem(problem) }</p>
            }
        </form>
    }
}
