//! The landing page's ring: five people, ten direct links, and nobody in the middle.

use yew::prelude::*;

/// Centres of the five arches in the drawing's 620 by 376 units, the speaker on top, clockwise.
const PLACES: [(i16, i16); 5] = [(310, 62), (509, 160), (432, 318), (188, 318), (111, 160)];

/// Whose faces; the style sheet has a picture for each.
const FACES: [&str; 5] = ["ines", "ravi", "noor", "ken", "ada"];

/// Where on each link its drop of light is, in hundredths of its length; none lies behind the word in the middle.
const DROPS: [i16; 10] = [40, 27, 30, 60, 38, 26, 64, 38, 30, 42];

/// The ring.
pub fn ring() -> Html {
    html! {
        <div class="ring" role="img" aria-label="Five people, each linked to every other one, around an empty middle">
            <svg class="ring-lines" viewBox="0 0 620 376" aria-hidden="true">
                { for links().into_iter().map(|(from, to, outer, drop)| line(from, to, outer, drop)) }
                <rect class="ring-halo" x="284" y="244" width="52" height="18" />
                <path class="ring-nobody" d="M281 238v-36a29 29 0 0 1 58 0v36z" />
                <text class="ring-word" x="310" y="257" text-anchor="middle">{ "nobody" }</text>
            </svg>
            { for FACES.iter().map(|face| html! { <span class={format!("ring-face ring-{face}")}></span> }) }
        </div>
    }
}

/// All ten links: ends, whether it is an outer one, and where on it the drop of light is, in hundredths.
fn links() -> Vec<(usize, usize, bool, i16)> {
    let mut links = Vec::with_capacity(10);
    for from in 0..5 {
        for to in from + 1..5 {
            let outer = to - from == 1 || to - from == 4;
            links.push((from, to, outer, DROPS[links.len() % DROPS.len()]));
        }
    }
    links
}

fn line(from: usize, to: usize, outer: bool, drop: i16) -> Html {
    let ((x1, y1), (x2, y2)) = (PLACES[from], PLACES[to]);
    let along = |a: i16, b: i16| (i32::from(a) + (i32::from(b) - i32::from(a)) * i32::from(drop) / 100).to_string();
    html! {
        <>
            <line class={if outer { "ring-link" } else { "ring-link ring-inner" }} x1={x1.to_string()} y1={y1.to_string()}
                x2={x2.to_string()} y2={y2.to_string()} />
            <circle class="ring-drop" cx={along(x1, x2)} cy={along(y1, y2)} r="3.5" />
        </>
    }
}
