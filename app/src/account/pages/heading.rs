//! A screen's title and lead; the title takes the focus when the screen appears, so that keyboard and screen reader begin there.

use yew::prelude::*;

use crate::hooks::use_focus;

/// Properties of [`Heading`].
#[derive(Clone, PartialEq, Properties)]
pub struct HeadingProps {
    /// The title.
    pub title: AttrValue,
    /// What it is about.
    #[prop_or_default]
    pub lead: Option<AttrValue>,
    /// Names the screen: the focus moves when it changes.
    pub screen: &'static str,
}

/// Title and lead.
#[component]
pub fn Heading(props: &HeadingProps) -> Html {
    let title = use_node_ref();
    use_focus(&title, props.screen);
    html! {
        <div class="account-heading">
            <h1 id="account-title" tabindex="-1" ref={title}>{ props.title.clone() }</h1>
            if let Some(lead) = &props.lead { <p class="account-lead">{ lead.clone() }</p> }
        </div>
    }
}
