//! A key of the call's tray: a toggle or an opener, with its shortcut in the tooltip.

use yew::prelude::*;

use super::icon::{Glyph, icon};

/// Properties of [`ControlKey`].
#[derive(Clone, PartialEq, Properties)]
pub struct ControlKeyProps {
    /// What it is called.
    pub label: AttrValue,
    /// The letter that does the same; shown in the tooltip.
    #[prop_or_default]
    pub shortcut: Option<AttrValue>,
    /// The drawing.
    pub glyph: Glyph,
    /// `off` for what is switched off, `open` for an open panel.
    #[prop_or_default]
    pub class: Classes,
    /// Whether it is pressed; none for what is no toggle.
    #[prop_or_default]
    pub pressed: Option<bool>,
    /// Whether what it opens is open; none for what opens nothing.
    #[prop_or_default]
    pub expanded: Option<bool>,
    /// Text beside the drawing.
    #[prop_or_default]
    pub children: Html,
    /// How tests find it.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// What it does.
    pub onclick: Callback<MouseEvent>,
}

/// The key.
#[component]
pub fn ControlKey(props: &ControlKeyProps) -> Html {
    html! {
        <span class="with-tooltip">
            <button type="button" class={classes!("control-key", props.class.clone())} onclick={props.onclick.clone()}
                aria-label={props.label.clone()} aria-pressed={props.pressed.map(|pressed| pressed.to_string())}
                aria-expanded={props.expanded.map(|expanded| expanded.to_string())}
                aria-keyshortcuts={props.shortcut.clone()} data-testid={props.testid.clone()}>
                { icon(props.glyph) }
                { props.children.clone() }
            </button>
            <span class="tooltip" aria-hidden="true">
                { props.label.clone() }
                if let Some(shortcut) = &props.shortcut { <kbd>{ shortcut.clone() }</kbd> }
            </span>
        </span>
    }
}
