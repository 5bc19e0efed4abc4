//! The drawings of the carousel's slides.

use yew::prelude::*;

use super::ring::ring;

/// The drawing of a slide, by its place.
pub fn slide_art(slide: usize) -> Html {
    match slide {
        0 => ring(),
        1 => sealed(),
        2 => code(),
        3 => outlives(),
        _ => nothing_kept(),
    }
}

/// An arch with its foot at (x, y), `w` wide, by the rule of the faces.
fn arch(class: &'static str, x: i16, y: i16, w: i16) -> Html {
    let (left, r, bottom) = (x - w / 2, w / 2, w * 27 / 100);
    let rise = y - w * 115 / 100 + r;
    let d = format!(
        "M{left} {rise}a{r} {r} 0 0 1 {w} 0V{} q0 {bottom} -{bottom} {bottom}H{} q-{bottom} 0 -{bottom} -{bottom}z",
        y - bottom,
        left + bottom,
    );
    html! { <path {class} {d} /> }
}

/// A closed envelope around (x, y).
fn envelope(x: i16, y: i16, class: &'static str) -> Html {
    html! {
        <g {class}>
            <rect x={(x - 26).to_string()} y={(y - 18).to_string()} width="52" height="36" rx="7" />
            <path d={format!("M{} {}l23 17 23-17", x - 23, y - 14)} />
        </g>
    }
}

/// A padlock around (x, y).
fn lock(x: i16, y: i16) -> Html {
    html! {
        <g class="art-lock">
            <rect x={(x - 10).to_string()} y={(y - 3).to_string()} width="20" height="15" rx="4" />
            <path d={format!("M{} {}v-5a6 6 0 0 1 12 0v5", x - 6, y - 3)} />
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
                { arch("art-verde", 104, 282, 124) }
                { arch("art-verde-2", 516, 282, 124) }
                { arch("art-dashed", 310, 274, 104) }
                { envelope(218, 214, "art-envelope") }
                { envelope(310, 222, "art-envelope art-envelope-here") }
                { envelope(402, 214, "art-envelope") }
                { lock(310, 186) }
                <text class="ring-word" x="310" y="304" text-anchor="middle">{ "relay, no key" }</text>
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
                <text class="art-code" x="310" y="367" text-anchor="middle">{ "k7wd-3fqm-xh2p-9vts" }</text>
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

/// A closed door, and two places where people were.
fn nothing_kept() -> Html {
    scene(
        "A closed door and two empty places: nothing is left behind",
        html! {
            <>
                { arch("art-dashed", 136, 318, 118) }
                <path class="art-glow" d="M238 318V168a72 72 0 0 1 144 0v150z" />
                <path class="art-leaf" d="M238 318V168a72 72 0 0 1 66-72v222z" />
                <path class="art-leaf-2" d="M316 318V96a72 72 0 0 1 66 72v150z" />
                <circle class="art-knob" cx="292" cy="222" r="5" />
                <circle class="art-knob" cx="328" cy="222" r="5" />
                { arch("art-dashed", 484, 318, 118) }
                <path class="art-line" d="M60 320H560" />
            </>
        },
    )
}
