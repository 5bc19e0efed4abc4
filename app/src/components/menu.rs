//! A button that opens a menu (the menu button of the ARIA Authoring Practices): arrows move, Home and End jump, Escape and Tab close,
//! and the button has the focus again. It opens in the top layer, beside the button; a sheet on phones.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use super::{
    dialog::beside,
    icon::{Glyph, icon},
};
use crate::hooks::use_modal;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct MenuItem {
    /// What it is called.
    pub label: AttrValue,
    /// Its drawing.
    pub glyph: Glyph,
    /// How tests find it.
    pub testid: &'static str,
    /// It cannot be taken back, and stands last, after a line.
    pub is_dangerous: bool,
    /// What it does.
    pub choose: Callback<()>,
}

/// Properties of [`MenuButton`].
#[derive(Clone, PartialEq, Properties)]
pub struct MenuButtonProps {
    /// What the button is called.
    pub label: AttrValue,
    /// What stands above the choices: whose they are.
    pub title: AttrValue,
    /// A line below that.
    #[prop_or_default]
    pub note: AttrValue,
    /// The choices.
    pub items: Vec<MenuItem>,
    /// How tests find the button.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
}

/// The button, and the menu while it is open.
#[component]
pub fn MenuButton(props: &MenuButtonProps) -> Html {
    let open = use_state_eq(|| false);
    let (show, hide) = (open.setter(), open.setter());
    html! {
        <>
            <button type="button" class="icon-button" aria-label={props.label.clone()} aria-haspopup="menu" aria-expanded={open.to_string()}
                data-testid={props.testid.clone()} onclick={Callback::from(move |_: MouseEvent| show.set(true))}>{ icon(Glyph::More) }</button>
            if *open {
                // Outside of the row: a dialog that moves within the page, as rows do when somebody raises a hand, is closed by the browser.
                { create_portal(html! {
                    <Menu title={props.title.clone()} note={props.note.clone()} items={props.items.clone()} onclose={Callback::from(move |()| hide.set(false))} />
                }, gloo::utils::body().into()) }
            }
        </>
    }
}

/// Properties of [`Menu`].
#[derive(Clone, PartialEq, Properties)]
struct MenuProps {
    title: AttrValue,
    note: AttrValue,
    items: Vec<MenuItem>,
    onclose: Callback<()>,
}

#[component]
fn Menu(props: &MenuProps) -> Html {
    let node = use_node_ref();
    use_modal(&node);
    let onclose = props.onclose.clone();
    let oncancel = {
        let onclose = onclose.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            onclose.emit(());
        })
    };
    let onkeydown = {
        let (node, onclose) = (node.clone(), onclose.clone());
        Callback::from(move |event: KeyboardEvent| {
            event.stop_propagation();
            let key = event.key();
            if key == "Tab" {
                event.prevent_default();
                onclose.emit(());
            } else if node.cast::<Element>().and_then(|menu| step(&menu, &key)).is_some() {
                event.prevent_default();
            }
        })
    };
    html! {
        <dialog ref={node.clone()} class="menu-dialog on-theme" aria-label={props.title.clone()} {oncancel} {onkeydown} onclick={beside(&node, &onclose)}>
            <div class="menu-head"><b>{ props.title.clone() }</b><span class="small">{ props.note.clone() }</span></div>
            <div role="menu" aria-label={props.title.clone()}>
                { for props.items.iter().map(|item| {
                    let (choose, onclose) = (item.choose.clone(), onclose.clone());
                    let onclick = Callback::from(move |_: MouseEvent| {
                        // First, so that what is chosen finds the focus where it was.
                        onclose.emit(());
                        choose.emit(());
                    });
                    html! {
                        <button type="button" role="menuitem" class={classes!("menu-item", item.is_dangerous.then_some("dangerous"))} data-testid={item.testid} {onclick}>
                            { icon(item.glyph) }<span>{ item.label.clone() }</span>
                        </button>
                    }
                }) }
            </div>
        </dialog>
    }
}

/// Moves the focus among the items as this key says; `None` if it says nothing.
fn step(menu: &Element, key: &str) -> Option<()> {
    let items = menu.query_selector_all("[role=menuitem]").ok()?;
    let count = items.length();
    let focused = gloo::utils::document().active_element();
    let at = (0..count).find(|index| items.get(*index).is_some_and(|item| focused.as_deref() == Some(&item)));
    let next = match (key, at) {
        ("ArrowDown", Some(at)) => (at + 1) % count,
        ("ArrowUp", Some(at)) => (at + count - 1) % count,
        ("ArrowDown" | "Home", _) => 0,
        ("ArrowUp" | "End", _) => count.checked_sub(1)?,
        _ => return None,
    };
    items.get(next)?.dyn_into::<HtmlElement>().ok()?.focus().ok()
}
