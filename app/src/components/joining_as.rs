//! As whom one joins: with one's account or as a guest, and the way to the other. Nothing for who has no account.

use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    intent::Intent,
    state::{account::Account, room::Me},
    text,
    ui::Ui,
};

/// The line: who one is here, once known, and who is signed in.
pub fn joining_as(ui: &Ui, me: Option<&Me>, account: Option<&Account>) -> Html {
    let (Some(me), Some(account)) = (me, account) else { return html! {} };
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
            <p class="small">{ icon(glyph) }{ words }</p>
            <button type="button" class="button ghost small-button" data-testid={testid} onclick={ui.wishes(wish)}>{ other }</button>
        </div>
    }
}
