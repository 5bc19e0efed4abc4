//! The dialogs of the call: what cannot be taken back is asked first, and what everybody can look at closely.

use milanio_node::wire::operation::{Door, RoomPolicy};
use yew::prelude::*;

use super::{
    button::{Button, Rank},
    dialog::Dialog as Frame,
    digits::digits,
    policy_form::policy_form,
    safety::SafetyDialog,
};
use crate::{
    intent::Intent,
    state::{
        Action,
        dialog::Dialog,
        people::Act,
        room::{Person, PersonId, Room},
    },
    text::{self, moderation},
    ui::{Ui, use_ui},
};

/// The dialog; none about somebody who left.
pub fn room_dialog(ui: &Ui, dialog: &Dialog, room: &Room) -> Html {
    match dialog {
        Dialog::Safety(id) => match room.me.clone().zip(room.person(*id).cloned()) {
            Some((me, person)) => html! { <SafetyDialog {me} {person} /> },
            None => html! {},
        },
        Dialog::RoomCheck => room_check(ui, room),
        Dialog::Remove(id) => about(room, *id, |person| remove(ui, room, person)),
        Dialog::Ban(id) => {
            about(room, *id, |person| html! { <BanDialog person={person.clone()} policy={room.policy} /> })
        }
        Dialog::Transfer(id) => about(room, *id, |person| transfer(ui, person)),
        Dialog::MuteAll => mute_all(ui),
        Dialog::Policy => policy_form(ui, room),
        Dialog::Destroy => destroy(ui),
        Dialog::Leave => leave(ui, room),
    }
}

fn about(room: &Room, id: PersonId, dialog: impl FnOnce(&Person) -> Html) -> Html {
    room.person(id).map(dialog).unwrap_or_default()
}

/// Closes whatever dialog is open.
pub fn closing(ui: &Ui) -> Callback<()> {
    let dispatch = ui.dispatch.clone();
    Callback::from(move |()| dispatch.emit(Action::Dialog(None)))
}

/// Wishes this and closes the dialog.
pub fn deciding(ui: &Ui, intent: Intent) -> Callback<MouseEvent> {
    let (wish, close) = (ui.wish.clone(), closing(ui));
    Callback::from(move |_| {
        close.emit(());
        wish.emit(intent.clone());
    })
}

/// A question: title, what it means, and the button that does it.
fn question(ui: &Ui, title: String, text: String, label: &'static str, intent: Intent) -> Html {
    let close = closing(ui);
    html! {
        <Frame {title} onclose={close.clone()} testid="question">
            <p>{ text }</p>
            <div class="dialog-actions">
                <Button rank={Rank::Danger} {label} onclick={deciding(ui, intent)} testid="confirm" />
                <Button label="Cancel" onclick={close.reform(|_: MouseEvent| ())} testid="cancel" />
            </div>
        </Frame>
    }
}

fn remove(ui: &Ui, room: &Room, person: &Person) -> Html {
    let name = text::name_of(person);
    let door = room.policy.map_or(Door::Open, |policy| policy.door);
    let text = format!("{name} leaves the call at once and is told that it was you. {}", moderation::comes_back(door));
    question(ui, format!("Remove {name}?"), text, "Remove", Intent::Act(person.id, Act::Remove))
}

fn transfer(ui: &Ui, person: &Person) -> Html {
    let name = text::name_of(person);
    let text =
        format!("{name} decides about the room from then on, and you become a co-host. Only {name} can undo it.");
    question(ui, format!("Make {name} the owner?"), text, "Make owner", Intent::Act(person.id, Act::Transfer))
}

fn mute_all(ui: &Ui) -> Html {
    let text = "Everybody else's microphone goes off, and they are told that it was you. Each can switch it on again.";
    question(ui, "Mute everybody?".to_owned(), text.to_owned(), "Mute all", Intent::MuteAll)
}

fn destroy(ui: &Ui) -> Html {
    let text = "The call ends for everybody, and the link opens nothing any more. This cannot be undone.";
    question(ui, "End the room for all?".to_owned(), text.to_owned(), "End for all", Intent::Destroy)
}

/// The owner goes while others stay.
fn leave(ui: &Ui, room: &Room) -> Html {
    let close = closing(ui);
    html! {
        <Frame title="Leave the room?" onclose={close.clone()} testid="question">
            <p data-testid="heir">{ moderation::heir(room.heir.as_deref()) }</p>
            <div class="dialog-actions">
                <Button rank={Rank::Danger} label="Leave" onclick={deciding(ui, Intent::Leave)} testid="confirm" />
                <Button label="End for all" onclick={deciding(ui, Intent::Destroy)} testid="end-for-all" />
                <Button rank={Rank::Ghost} label="Cancel" onclick={close.reform(|_: MouseEvent| ())} testid="cancel" />
            </div>
        </Frame>
    }
}

fn room_check(ui: &Ui, room: &Room) -> Html {
    html! {
        <Frame title="Room check" onclose={closing(ui)} testid="room-check-dialog">
            <p>{ "Read these digits aloud. Whoever sees the same ones sees the same room, the same members and the same roles." }</p>
            { digits(&room.check, "Room check", "room-check-digits") }
            <p class="small">{ "They change whenever somebody comes in for the first time, or a role changes." }</p>
        </Frame>
    }
}

/// Properties of [`BanDialog`].
#[derive(Clone, PartialEq, Properties)]
struct BanDialogProps {
    person: Person,
    policy: Option<RoomPolicy>,
}

/// A ban holds against a key; who has the link can make another one, so new guests had better knock.
#[component]
fn BanDialog(props: &BanDialogProps) -> Html {
    let ui = use_ui();
    let is_open = props.policy.is_some_and(|policy| policy.door == Door::Open);
    let knock = use_state_eq(|| true);
    let toggle = {
        let knock = knock.clone();
        Callback::from(move |_: Event| knock.set(!*knock))
    };
    let name = text::name_of(&props.person);
    let close = closing(&ui);
    let intent = Intent::Ban { person: props.person.id, knock: is_open && *knock };
    html! {
        <Frame title={format!("Ban {name}?")} onclose={close.clone()} testid="question">
            <p>{ format!("{name} leaves the call at once, is told that it was you, and is refused from now on.") }</p>
            <p class="small">{ "A ban holds against a key. Somebody with the link can come as a new guest, under another key." }</p>
            if is_open {
                <label class="tick"><input type="checkbox" checked={*knock} onchange={toggle} data-testid="ban-knock" />
                    <span><b>{ "New guests must knock" }</b><br /><span class="small">{ "You or a co-host let them in" }</span></span></label>
            }
            <div class="dialog-actions">
                <Button rank={Rank::Danger} label="Ban" onclick={deciding(&ui, intent)} testid="confirm" />
                <Button label="Cancel" onclick={close.reform(|_: MouseEvent| ())} testid="cancel" />
            </div>
        </Frame>
    }
}
