//! The landing page's carousel, after the ARIA Authoring Practices: the pause key comes first, the slides are tabs, it stops
//! under the pointer and the focus, and never runs by itself where less motion is wanted.

use gloo::timers::callback::Interval;
use yew::prelude::*;

use super::{
    icon::{Glyph, icon},
    slide_art::slide_art,
};
use crate::{platform::motion, text::SLIDES};

/// Time of one slide, in milliseconds; chosen: long enough to read it twice.
const SLIDE_MS: u32 = 7_000;

/// How far a finger has to move for a swipe, in CSS pixels.
const SWIPE_PX: i32 = 40;

/// The carousel.
#[component]
pub fn Carousel() -> Html {
    let slide = use_state_eq(|| 0_usize);
    let playing = use_state_eq(|| true);
    let held = use_state_eq(|| false);
    let swipe_from = use_mut_ref(|| 0_i32);
    {
        let playing = playing.setter();
        use_effect_with((), move |()| playing.set(!motion::is_reduced()));
    }
    {
        let setter = slide.setter();
        use_effect_with((*slide, *playing && !*held), move |(slide, running)| {
            let next = (*slide + 1) % SLIDES.len();
            let interval = running.then(|| Interval::new(SLIDE_MS, move || setter.set(next)));
            move || drop(interval)
        });
    }
    let go = |to: usize| {
        let (slide, playing) = (slide.setter(), playing.setter());
        Callback::from(move |_: MouseEvent| {
            playing.set(false);
            slide.set(to % SLIDES.len());
        })
    };
    let hold = |on: bool| {
        let held = held.setter();
        move || held.set(on)
    };
    let (enter, leave, focus, blur) = (hold(true), hold(false), hold(true), hold(false));
    let (previous, next) = (*slide + SLIDES.len() - 1, *slide + 1);
    let swiped = {
        let (from, slide) = (swipe_from.clone(), slide.clone());
        Callback::from(move |event: PointerEvent| {
            let moved = event.client_x() - *from.borrow();
            if moved.abs() >= SWIPE_PX && event.pointer_type() == "touch" {
                slide.set(if moved < 0 { next } else { previous } % SLIDES.len());
            }
        })
    };
    let toggle = {
        let playing = playing.clone();
        Callback::from(move |_| playing.set(!*playing))
    };
    html! {
        <section class="carousel" aria-roledescription="carousel" aria-label="What Milanio is"
            onpointerenter={Callback::from(move |_| enter())} onpointerleave={Callback::from(move |_| leave())}
            onfocusin={Callback::from(move |_| focus())} onfocusout={Callback::from(move |_| blur())}
            onpointerdown={Callback::from(move |event: PointerEvent| *swipe_from.borrow_mut() = event.client_x())}
            onpointerup={swiped}>
            <div class="carousel-controls">
                <button type="button" class="button key icon-only" aria-label={if *playing { "Pause the slides" } else { "Play the slides" }}
                    onclick={toggle}>{ icon(if *playing { Glyph::Pause } else { Glyph::Play }) }</button>
                { dots(*slide, &slide.setter(), &playing.setter()) }
                <span class="carousel-count" aria-hidden="true">{ format!("{} of {}", *slide + 1, SLIDES.len()) }</span>
                <span class="carousel-arrows">
                    <button type="button" class="icon-button" aria-label="Slide before" onclick={go(previous)}>{ icon(Glyph::ChevronLeft) }</button>
                    <button type="button" class="icon-button" aria-label="Next slide" onclick={go(next)}>{ icon(Glyph::ChevronRight) }</button>
                </span>
            </div>
            <div class="slides" aria-live={if *playing { "off" } else { "polite" }}>
                { for SLIDES.iter().enumerate().map(|(n, words)| panel(n, *slide, words)) }
            </div>
        </section>
    }
}

/// The slide picker: tabs, walked with the arrow keys.
fn dots(slide: usize, set: &UseStateSetter<usize>, playing: &UseStateSetter<bool>) -> Html {
    let onkeydown = {
        let (set, playing) = (set.clone(), playing.clone());
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowRight" => slide + 1,
                "ArrowLeft" => slide + SLIDES.len() - 1,
                "Home" => 0,
                "End" => SLIDES.len() - 1,
                _ => return,
            };
            event.prevent_default();
            playing.set(false);
            set.set(to % SLIDES.len());
        })
    };
    let pick = |n: usize| {
        let (set, playing) = (set.clone(), playing.clone());
        Callback::from(move |_: MouseEvent| {
            playing.set(false);
            set.set(n);
        })
    };
    html! {
        <div class="dots" role="tablist" aria-label="Slides" {onkeydown}>
            { for SLIDES.iter().enumerate().map(|(n, (title, _))| html! {
                <button type="button" class="dot" role="tab" id={format!("dot-{n}")} aria-controls={format!("slide-{n}")}
                    aria-selected={(n == slide).to_string()} tabindex={if n == slide { "0" } else { "-1" }}
                    aria-label={format!("Slide {} of {}: {title}", n + 1, SLIDES.len())} onclick={pick(n)}></button>
            }) }
        </div>
    }
}

fn panel(n: usize, slide: usize, (title, body): &(&'static str, &'static str)) -> Html {
    let shown = n == slide;
    html! {
        <div class={classes!("slide", shown.then_some("shown"))} id={format!("slide-{n}")} role="tabpanel" aria-labelledby={format!("dot-{n}")}
            aria-hidden={(!shown).then_some("true")}>
            <div class="slide-art">{ slide_art(n) }</div>
            <h2>{ *title }</h2>
            <p>{ *body }</p>
        </div>
    }
}
