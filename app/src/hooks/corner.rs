//! One's own small picture in a corner: dragged to another one, or sent there by its button.

use web_sys::PointerEvent;
use yew::prelude::*;

use crate::platform::viewport;

/// Where the small picture is, and what moves it.
pub struct CornerHandle {
    /// The corner's word for the style sheet.
    pub word: &'static str,
    /// Goes on to the next corner, clockwise.
    pub next: Callback<MouseEvent>,
    /// Put on the picture: takes it to the corner where the pointer lets go.
    pub dropped: Callback<PointerEvent>,
}

/// The corners, clockwise, beginning with the usual one.
const CORNERS: [&str; 4] = ["bottom-right", "bottom-left", "top-left", "top-right"];

/// The corner of the small picture.
#[hook]
pub fn use_corner() -> CornerHandle {
    let corner = use_state_eq(|| 0_usize);
    let next = {
        let corner = corner.clone();
        Callback::from(move |_| corner.set((*corner + 1) % CORNERS.len()))
    };
    let dropped = {
        let corner = corner.setter();
        Callback::from(move |event: PointerEvent| {
            let (width, height) = viewport::size();
            let right = f64::from(event.client_x()) > width / 2.0;
            let bottom = f64::from(event.client_y()) > height / 2.0;
            corner.set(match (right, bottom) {
                (true, true) => 0,
                (false, true) => 1,
                (false, false) => 2,
                (true, false) => 3,
            });
        })
    };
    CornerHandle { word: CORNERS[*corner % CORNERS.len()], next, dropped }
}
