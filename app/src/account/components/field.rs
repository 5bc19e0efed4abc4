//! A labelled field with its hint and its problem, tied together for screen readers.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::symbol::{Sign, Symbol};
use crate::{
    account::{
        desk::use_desk,
        state::{Action, problem::Field},
        text,
    },
    platform::clock,
};

/// Properties of [`TextField`].
#[derive(Clone, PartialEq, Properties)]
pub struct TextFieldProps {
    /// Which field; its problem is shown here.
    pub field: Field,
    /// Its id in the document, unique on the screen.
    pub id: AttrValue,
    /// The label.
    pub label: AttrValue,
    /// To the right of the label: "Optional".
    #[prop_or_default]
    pub note: Option<AttrValue>,
    /// Below the field.
    #[prop_or_default]
    pub hint: Option<AttrValue>,
    /// The input's type.
    #[prop_or(AttrValue::Static("text"))]
    pub kind: AttrValue,
    /// What the browser may fill in.
    pub autocomplete: AttrValue,
    /// What it holds at first. It belongs to the browser afterwards.
    #[prop_or_default]
    pub initial: AttrValue,
    /// The longest text, in characters.
    #[prop_or(AttrValue::Static("254"))]
    pub max: AttrValue,
    /// More classes of the input.
    #[prop_or_default]
    pub class: Classes,
    /// An example.
    #[prop_or_default]
    pub placeholder: Option<AttrValue>,
    /// The input.
    pub input: NodeRef,
    /// How tests find it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// The field.
#[component]
pub fn TextField(props: &TextFieldProps) -> Html {
    let desk = use_desk();
    let problem = use_problem(props.field, &props.input);
    let initial = props.initial.clone();
    {
        // Set once: what is typed afterwards is the browser's, and no drawing takes it back.
        let input = props.input.clone();
        use_effect_with(initial, move |initial| {
            if let Some(input) = input.cast::<web_sys::HtmlInputElement>() {
                input.set_value(initial);
            }
        });
    }
    html! {
        <div class="form-field">
            <div class="label-row">
                <label class="label" for={props.id.clone()}>{ props.label.clone() }</label>
                if let Some(note) = &props.note { <span class="small">{ note.clone() }</span> }
            </div>
            <input ref={props.input.clone()} id={props.id.clone()} type={props.kind.clone()}
                class={classes!("field", problem.is_some().then_some("bad"), props.class.clone())}
                autocomplete={props.autocomplete.clone()} maxlength={props.max.clone()} placeholder={props.placeholder.clone()}
                autocapitalize="none" spellcheck="false" oninput={desk.does(Action::Edited)}
                aria-invalid={problem.is_some().then_some("true")} aria-describedby={described_by(&props.id, problem.is_some(), props.hint.is_some())}
                data-testid={props.testid.clone()} />
            <FieldNotes id={props.id.clone()} problem={problem} hint={props.hint.clone()} />
        </div>
    }
}

/// Properties of [`FieldNotes`].
#[derive(Clone, PartialEq, Properties)]
pub struct FieldNotesProps {
    /// The field's id.
    pub id: AttrValue,
    /// What is wrong.
    pub problem: Option<String>,
    /// What helps; not shown while something is wrong.
    #[prop_or_default]
    pub hint: Option<AttrValue>,
}

/// What stands below a field.
#[component]
pub fn FieldNotes(props: &FieldNotesProps) -> Html {
    if let Some(problem) = &props.problem {
        html! {
            <p class="field-error" id={format!("{}-problem", props.id)} role="alert"><Sign symbol={Symbol::Alert} />{ problem.clone() }</p>
        }
    } else if let Some(hint) = &props.hint {
        html! { <p class="hint" id={format!("{}-hint", props.id)}>{ hint.clone() }</p> }
    } else {
        html! {}
    }
}

/// What describes a field: its problem, else its hint.
pub fn described_by(id: &str, has_problem: bool, has_hint: bool) -> Option<String> {
    if has_problem { Some(format!("{id}-problem")) } else { has_hint.then(|| format!("{id}-hint")) }
}

/// The problem of this field in words; focuses the element whenever there is a new one.
#[hook]
pub fn use_problem(field: Field, element: &NodeRef) -> Option<String> {
    let desk = use_desk();
    let problem = desk.problem_at(field);
    let element = element.clone();
    use_effect_with((problem, desk.failures), move |(problem, _)| {
        if let Some(element) = problem.and_then(|_| element.cast::<HtmlElement>()) {
            // Fails only for an element that left the page.
            let _ = element.focus();
        }
    });
    problem.map(|problem| text::problem(problem, clock::now_ms()))
}
