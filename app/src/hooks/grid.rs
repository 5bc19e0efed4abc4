//! Lays out a grid of faces: measures the stage and hands the sizes to the style sheet.

use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;

use crate::state::layout::{self, Grid};

/// Keeps the custom properties `--tile-width`, `--tile-height` and `--columns` of the element right for `count` tiles,
/// however its size changes. No component is rendered for it.
#[hook]
pub fn use_grid(node: &NodeRef, count: usize) {
    let node = node.clone();
    use_effect_with(count, move |count| {
        let count = *count;
        let stage = node.cast::<HtmlElement>();
        let observer = stage.and_then(|stage| observe(stage, count));
        move || {
            if let Some((observer, closure)) = observer {
                observer.disconnect();
                drop(closure);
            }
        }
    });
}

/// An observer and the closure that it calls, which has to live as long.
type Observed = (ResizeObserver, Closure<dyn FnMut()>);

fn observe(stage: HtmlElement, count: usize) -> Option<Observed> {
    let target = stage.clone();
    let fit = move || {
        let (width, height) = (f64::from(target.client_width()), f64::from(target.client_height()));
        if let Some(grid) = layout::grid(count, width, height) {
            apply(&target, grid);
        }
    };
    fit();
    let closure = Closure::<dyn FnMut()>::new(fit);
    let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
    observer.observe(&stage);
    Some((observer, closure))
}

fn apply(stage: &HtmlElement, grid: Grid) {
    let style = stage.style();
    let properties = [
        ("--tile-width", format!("{}px", grid.tile_width.floor())),
        ("--tile-height", format!("{}px", grid.tile_height.floor())),
        ("--columns", grid.columns.to_string()),
    ];
    for (name, value) in properties {
        // Refused only for a read-only style, which an element's own never is.
        let _ = style.set_property(name, &value);
    }
}
