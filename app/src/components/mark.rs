//! The mark: two round arches, and the lit pointed one where they meet.

use yew::prelude::*;

/// The mark alone.
pub fn mark() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path class="mark-left" d="M2 29V14.5a9 9 0 0 1 18 0V29z" />
            <path class="mark-right" d="M12 29V14.5a9 9 0 0 1 18 0V29z" />
            <path class="mark-light" d="M12 29V14.5A9 9 0 0 1 16 7.3a9 9 0 0 1 4 7.2V29z" />
        </svg>
    }
}
