//! The drawings of the carousel's slides.

use yew::prelude::*;

use super::ring::Ring;

/// The drawing of a slide, by its place.
pub fn slide_art(slide: usize) -> Html {
    match slide {
        0 => html! { <Ring /> },
        1 => sealed(),
        2 => code(),
        3 => outlives(),
        _ => nothing_kept(),
    }
}

/// An arch with its foot at (x, y), `w` wide, by the rule of the faces.
fn arch(class: &'static str, x: i16, y: i16, w: i16) -> Html {
    let (left, top, r) = (x - w / 2, y - w * 115 / 100, w / 2);
    let bottom = w * 27 / 100;
    let (rise, right) = (top + r, x + w / 2);
    let d = format!(
        "M{left} {rise}a{r} {r} 0 0 1 {w} 0V{} q0 {bottom} -{bottom} {bottom}H{} q-{bottom} 0 -{bottom} -{bottom}z",
        y - bottom,
        left + bottom,
        bottom = bottom,
    );
    let _ = right;
    html! { <path {class} {d} /> }
}

/// A padlock around (x, y).
fn lock(x: i16, y: i16) -> Html {
    html! {
        <g class="art-lock">
            <rect x={(x - 13).to_string()} y={(y - 4).to_string()} width="26" height="20" rx="5" />
            <path d={format!("M{} {}v-6a8 8 0 0 1 16 0v6", x - 8, y - 4)} />
        </g>
    }
}

fn scene(label: &'static str, content: Html) -> Html {
    html! { <svg class="slide-scene" viewBox="0 0 620 400" role="img" aria-label={label}>{ content }</svg> }
}

/// Two people and a relay between them that holds a closed envelope.
fn sealed() -> Html {
    scene(
        "A sealed envelope passes a relay on its way between two people",
        html! {
            <>
                <path class="art-line" d="M150 214H470" />
                { arch("art-verde", 112, 262, 110) }
                { arch("art-verde-2", 508, 262, 110) }
                { arch("art-paper", 310, 250, 76) }
                <g class="art-envelope">
                    <rect x="196" y="188" width="74" height="52" rx="9" />
                    <path d="M199 194l34 25 34-25" />
                </g>
                { lock(310, 214) }
                <circle class="ring-drop" cx="290" cy="214" r="0" />
                <circle class="ring-drop" cx="392" cy="214" r="4.5" />
                <circle class="ring-drop" cx="424" cy="214" r="4.5" />
                <text class="ring-word" x="310" y="280" text-anchor="middle">{ "relay, no key" }</text>
            </>
        },
    )
}

/// A door that a code opens.
fn code() -> Html {
    scene(
        "A code of sixteen characters opens a lit door",
        html! {
            <>
                <path class="art-glow" d="M238 318V168a72 72 0 0 1 144 0v150z" />
                <path class="art-leaf" d="M238 318V168a72 72 0 0 1 58-70v238z" />
                <circle class="art-knob" cx="282" cy="236" r="5" />
                <path class="art-frame" d="M238 318V168a72 72 0 0 1 144 0v150z" />
                <rect class="art-plate" x="188" y="340" width="244" height="42" rx="13" />
                <text class="art-code" x="310" y="367" text-anchor="middle">{ "k7wd-3fqm-xh2p-9vtc" }</text>
            </>
        },
    )
}

/// A relay goes dark, the call and another way go on.
fn outlives() -> Html {
    scene(
        "One relay is gone, another takes its place, and the direct link between two people stays",
        html! {
            <>
                <path class="art-line art-gone" d="M150 226C220 110 260 104 300 104" />
                <path class="art-line" d="M150 258C250 350 370 350 470 258" />
                <path class="art-line art-direct" d="M166 226H454" />
                { arch("art-verde", 112, 286, 110) }
                { arch("art-verde-2", 508, 286, 110) }
                { arch("art-dashed", 310, 134, 66) }
                { arch("art-paper", 310, 372, 66) }
                <path class="art-check" d="M298 338l9 9 16-18" />
                <circle class="ring-drop" cx="250" cy="226" r="4.5" />
                <circle class="ring-drop" cx="310" cy="226" r="4.5" />
                <circle class="ring-drop" cx="370" cy="226" r="4.5" />
            </>
        },
    )
}

/// An empty room with the light off.
fn nothing_kept() -> Html {
    scene(
        "An empty room: nothing is left behind",
        html! {
            <>
                { arch("art-dashed", 150, 300, 104) }
                { arch("art-dashed", 310, 300, 104) }
                { arch("art-dashed", 470, 300, 104) }
                <path class="art-line" d="M70 326H550" />
                <circle class="ring-drop" cx="310" cy="240" r="5" />
            </>
        },
    )
}
