//! The drawings themselves: Lucide's shapes as tables, written by `build.rs`. What no module uses is not linked into it.

use yew::prelude::*;
use yew::virtual_dom::{AttributeOrProperty, Attributes, VTag};

/// The shapes of an icon on a field of 24 x 24: an element's name, and its attributes.
pub type Drawing = &'static [(&'static str, &'static [(&'static str, AttributeOrProperty)])];

include!(concat!(env!("OUT_DIR"), "/drawings.rs"));

/// A drawing in its frame, hidden from screen readers: the control around it has the label.
pub fn framed(drawing: Drawing) -> Html {
    html! {
        <span class="icon" aria-hidden="true">
            <svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"
                fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">
                { for drawing.iter().map(|(element, attributes)| shape(element, attributes)) }
            </svg>
        </span>
    }
}

fn shape(element: &'static str, attributes: &'static [(&'static str, AttributeOrProperty)]) -> Html {
    let mut tag = VTag::new(element);
    tag.set_attributes(Attributes::Static(attributes));
    tag.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_made_of_shapes_with_measures() {
        for drawing in [MIC, CAMERA_OFF, VOLUME2, QR_CODE, X] {
            assert!(!drawing.is_empty());
            for (element, attributes) in drawing {
                assert!(
                    ["path", "circle", "line", "rect", "polyline", "polygon", "ellipse"].contains(element),
                    "{element}"
                );
                assert!(!attributes.is_empty(), "{element}");
            }
        }
    }
}
