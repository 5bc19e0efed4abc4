//! A box to tick before something that cannot be undone.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::field::{FieldNotes, described_by, use_problem};
use crate::account::{
    desk::use_desk,
    state::{Action, problem::Field},
};

/// Properties of [`Tick`].
#[derive(Clone, PartialEq, Properties)]
pub struct TickProps {
    /// Its id in the document.
    pub id: AttrValue,
    /// What is confirmed.
    pub label: AttrValue,
    /// The box.
    pub input: NodeRef,
    /// How tests find it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// The box.
#[component]
pub fn Tick(props: &TickProps) -> Html {
    let desk = use_desk();
    let problem = use_problem(Field::Tick, &props.input);
    html! {
        <div class="form-field">
            <label class="tick" for={props.id.clone()}>
                <input ref={props.input.clone()} id={props.id.clone()} type="checkbox" onchange={desk.does(Action::Edited)}
                    aria-invalid={problem.is_some().then_some("true")} aria-describedby={described_by(&props.id, problem.is_some(), false)}
                    data-testid={props.testid.clone()} />
                <span>{ props.label.clone() }</span>
            </label>
            <FieldNotes id={props.id.clone()} {problem} />
        </div>
    }
}

/// Whether it is ticked.
pub fn is_ticked(input: &NodeRef) -> bool {
    input.cast::<HtmlInputElement>().is_some_and(|input| input.checked())
}
