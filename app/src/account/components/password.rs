//! A password's field: shown on demand, pasted freely, never trimmed; with a meter where a new one is chosen.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::{
    field::{FieldNotes, described_by, use_problem},
    symbol::{Sign, Symbol},
};
use crate::account::{
    desk::use_desk,
    intent::Intent,
    secret::Secret,
    state::{Action, problem::Field},
    text,
};

/// Properties of [`PasswordField`].
#[derive(Clone, PartialEq, Properties)]
pub struct PasswordFieldProps {
    /// Which field; its problem is shown here.
    #[prop_or(Field::Password)]
    pub field: Field,
    /// Its id in the document.
    pub id: AttrValue,
    /// The label.
    #[prop_or(AttrValue::Static("Password"))]
    pub label: AttrValue,
    /// A new one is chosen: `Some` of how good it is, as far as known.
    #[prop_or_default]
    pub strength: Option<Option<u8>>,
    /// The input.
    pub input: NodeRef,
    /// How tests find it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// The field.
#[component]
pub fn PasswordField(props: &PasswordFieldProps) -> Html {
    let desk = use_desk();
    let shown = use_state_eq(|| false);
    let problem = use_problem(props.field, &props.input);
    let is_new = props.strength.is_some() || props.field == Field::Again;
    let oninput = {
        let (desk, input, rated) = (desk.clone(), props.input.clone(), props.strength.is_some());
        Callback::from(move |_: InputEvent| {
            desk.dispatch.emit(Action::Edited);
            if let Some(input) = input.cast::<HtmlInputElement>().filter(|_| rated) {
                desk.wish.emit(Intent::Rate(Secret::new(input.value())));
            }
        })
    };
    let toggle = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(!*shown))
    };
    let (symbol, label) =
        if *shown { (Symbol::EyeOff, "Hide the password") } else { (Symbol::Eye, "Show the password") };
    html! {
        <div class="form-field">
            <label class="label" for={props.id.clone()}>{ props.label.clone() }</label>
            <div class="password">
                <input ref={props.input.clone()} id={props.id.clone()} type={if *shown { "text" } else { "password" }}
                    class={classes!("field", problem.is_some().then_some("bad"))} maxlength="128" autocapitalize="none" spellcheck="false"
                    autocomplete={if is_new { "new-password" } else { "current-password" }} {oninput}
                    aria-invalid={problem.is_some().then_some("true")}
                    aria-describedby={described_by(&props.id, problem.is_some(), props.strength.is_some())} data-testid={props.testid.clone()} />
                <button type="button" class="icon-button" aria-label={label} aria-pressed={shown.to_string()} title={label} onclick={toggle}>
                    <Sign {symbol} />
                </button>
            </div>
            if let Some(score) = props.strength {
                <div class={classes!("strength", score.map(|score| format!("strength-{score}")))} aria-hidden="true"><i></i><i></i><i></i><i></i></div>
                if problem.is_none() {
                    <p class="strength-words" id={format!("{}-hint", props.id)}>
                        <b aria-live="polite">{ text::strength(score) }</b><span>{ "12 characters or more, paste is fine" }</span>
                    </p>
                }
            }
            <FieldNotes id={props.id.clone()} {problem} />
        </div>
    }
}

/// What was typed.
pub fn typed(input: &NodeRef) -> String {
    input.cast::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default()
}

/// What was typed, as a secret.
pub fn typed_secret(input: &NodeRef) -> Secret {
    Secret::new(typed(input))
}
