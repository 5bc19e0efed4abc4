//! The frame of a side panel: title, close, content. A sheet on phones.

use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    state::{Action, panel::PanelAction},
    ui::use_ui,
};

/// Properties of [`PanelFrame`].
#[derive(Clone, PartialEq, Properties)]
pub struct PanelFrameProps {
    /// Its title.
    pub title: AttrValue,
    /// A number beside the title.
    #[prop_or_default]
    pub count: Option<usize>,
    /// A line under the title.
    #[prop_or_default]
    pub note: Option<AttrValue>,
    /// Buttons beside the one that closes it.
    #[prop_or_default]
    pub tools: Html,
    /// The content.
    pub children: Html,
}

/// The panel.
#[component]
pub fn PanelFrame(props: &PanelFrameProps) -> Html {
    let ui = use_ui();
    html! {
        <aside class="panel on-theme" aria-label={props.title.clone()}>
            <header class="panel-head">
                <h2>{ props.title.clone() }</h2>
                if let Some(count) = props.count { <span class="chip">{ count }</span> }
                <div class="panel-tools">{ props.tools.clone() }</div>
                <button type="button" class="icon-button panel-close" aria-label={format!("Close {}", props.title.to_lowercase())}
                    onclick={ui.does(Action::Panel(PanelAction::Close))}>{ icon(Glyph::X) }</button>
                if let Some(note) = &props.note {
                    <p class="panel-note">{ icon(Glyph::Lock) }{ note.clone() }</p>
                }
            </header>
            { props.children.clone() }
        </aside>
    }
}
