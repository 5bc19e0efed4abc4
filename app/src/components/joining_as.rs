//! As whom one joins: with one's account or as a guest, and the way to the other. Nothing for who has no account.

use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{
    intent::Intent,
    state::{account::Account, room::Me},
    text,
    ui::use_ui,
};

/// Properties of [`JoiningAs`].
#[derive(Clone, PartialEq, Properties)]
pub struct JoiningAsProps {
    /// Who one is here, once known.
    pub me: Option<Me>,
    /// Who is signed in.
    pub account: Option<Account>,
}

/// The line.
#[component]
pub fn JoiningAs(props: &JoiningAsProps) -> Html {
    let ui = use_ui();
    let (Some(me), Some(account)) = (&props.me, &props.account) else { return html! {} };
    let (glyph, words, other, wish, testid) = if me.is_guest {
        (
            Glyph::Users,
            "As a guest, without your account".to_owned(),
            "Use my account",
            Intent::JoinAsMyself,
            "join-as-myself",
        )
    } else {
        let words = format!("With your account, {}", text::standing(me.is_verified, &account.short_id));
        (Glyph::Shield, words, "Join as a guest instead", Intent::JoinAsGuest, "join-as-guest")
    };
    html! {
        <div class="joining-as">
            <p class="small"><Icon {glyph} />{ words }</p>
            <button type="button" class="button ghost small-button" data-testid={testid} onclick={ui.wishes(wish)}>{ other }</button>
        </div>
    }
}
