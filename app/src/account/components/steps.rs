//! Where somebody is in a way of a few steps: small arches with numbers.

use yew::prelude::*;

/// Properties of [`Steps`].
#[derive(Clone, PartialEq, Properties)]
pub struct StepsProps {
    /// Their names.
    pub names: [&'static str; 3],
    /// Which one it is, from 0.
    pub at: usize,
}

/// The steps.
#[component]
pub fn Steps(props: &StepsProps) -> Html {
    html! {
        <ol class="account-steps" aria-label="Steps">
            { for props.names.iter().enumerate().map(|(number, name)| html! {
                <li class={classes!((number < props.at).then_some("past"))} aria-current={(number == props.at).then_some("step")}>
                    <i aria-hidden="true">{ number + 1 }</i><span>{ *name }</span>
                </li>
            }) }
        </ol>
    }
}
