//! The safety number of oneself and somebody else: sixty digits to compare, and what was found.

use milanio_identity::{AccountId, SafetyNumber};
use yew::prelude::*;

use super::{
    button::{Button, Rank},
    dialog::Dialog,
    digits::digits,
    icon::{Glyph, icon},
};
use crate::{
    intent::Intent,
    state::{
        Action,
        room::{Me, Person},
        trust::{AccountBytes, Trust},
    },
    text::{self, safety},
    ui::use_ui,
};

/// Properties of [`SafetyDialog`].
#[derive(Clone, PartialEq, Properties)]
pub struct SafetyDialogProps {
    /// Who one is here.
    pub me: Me,
    /// With whom.
    pub person: Person,
}

/// The dialog.
#[component]
pub fn SafetyDialog(props: &SafetyDialogProps) -> Html {
    let ui = use_ui();
    let person = &props.person;
    let groups = use_memo((props.me.account, person.account), |(mine, theirs)| number(mine, theirs));
    let name = text::name_of(person);
    let close = {
        let dispatch = ui.dispatch.clone();
        Callback::from(move |()| dispatch.emit(Action::Dialog(None)))
    };
    let decide = |intent: Intent| {
        let (wish, close) = (ui.wish.clone(), close.clone());
        Callback::from(move |_: MouseEvent| {
            wish.emit(intent.clone());
            close.emit(());
        })
    };
    let is_compared = person.trust == Trust::Compared;
    html! {
        <Dialog title={format!("Compare with {name}")} onclose={close.clone()} testid="safety">
            <p class={classes!("trust-line", person.trust.word())} data-testid="safety-state" data-state={person.trust.word()}>
                { icon(if person.trust == Trust::Changed { Glyph::Warning } else { Glyph::Shield }) }
                <span>{ safety::explained(person.trust, &name) }</span>
            </p>
            { digits(&groups, "Safety number", "safety-number") }
            <p class="small">{ safety::how(&name) }</p>
            <p class="small">{ format!("Their id is {}, yours {}.", person.short_id, props.me.short_id) }</p>
            <div class="dialog-actions">
                if is_compared {
                    <Button label="Forget that we compared" onclick={decide(Intent::Compare(person.id, false))} testid="safety-forget" />
                } else {
                    <Button rank={Rank::Primary} glyph={Glyph::Check} label="They are the same" testid="safety-verify"
                        onclick={decide(Intent::Compare(person.id, true))} />
                }
                if person.trust == Trust::Changed {
                    <Button label="Accept without comparing" testid="safety-accept" onclick={decide(Intent::Accept(person.id))} />
                }
            </div>
        </Dialog>
    }
}

/// The groups; none for keys that are none, which no member has.
fn number(mine: &AccountBytes, theirs: &AccountBytes) -> Vec<String> {
    match (AccountId::from_bytes(mine), AccountId::from_bytes(theirs)) {
        (Ok(mine), Ok(theirs)) => SafetyNumber::of(&mine, &theirs).groups().collect(),
        _ => Vec::new(),
    }
}
