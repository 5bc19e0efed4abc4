//! Who may do what in the room: the door, speaking, sharing, writing; who is banned; and ending it. Every choice applies at once.

use milanio_node::wire::operation::{Role, RoomPolicy};
use yew::prelude::*;

use super::{
    button::{Button, Rank},
    dialog::Dialog as Frame,
    room_dialog::closing,
};
use crate::{
    intent::Intent,
    state::{Action, dialog::Dialog, founding::DOORS, room::Room},
    text::{moderation, rooms},
    ui::Ui,
};

/// The lowest role that may do something, as it can be chosen.
const LOWEST: [Role; 3] = [Role::Viewer, Role::Member, Role::Moderator];

/// The form.
pub fn policy_form(ui: &Ui, room: &Room) -> Html {
    let Some(policy) = room.policy else { return html! {} };
    let choose = |next: RoomPolicy| {
        let wish = ui.wish.clone();
        Callback::from(move |_: Event| wish.emit(Intent::SetPolicy(next)))
    };
    let doors = DOORS.iter().map(|&door| {
        let words = (rooms::door(door), rooms::door_about(door), rooms::door_word(door));
        choice("door", words, policy.door == door, choose(RoomPolicy { door, ..policy }))
    });
    let lowest = |title: &'static str, group: &'static str, now: Role, with: fn(RoomPolicy, Role) -> RoomPolicy| {
        let rows = LOWEST.into_iter().map(|role| {
            let words = (moderation::from_role_up(role), "", moderation::role(role));
            choice(group, words, now == role, choose(with(policy, role)))
        });
        html! { <fieldset><legend>{ title }</legend>{ for rows }</fieldset> }
    };
    let history = [false, true].map(|history| {
        let words = (moderation::history(history), "", if history { "yes" } else { "no" });
        choice("history", words, policy.history == history, choose(RoomPolicy { history, ..policy }))
    });
    html! {
        <Frame title="Who may do what" onclose={closing(ui)} testid="policy">
            <div class="policy">
                <fieldset><legend>{ "Come in" }</legend>{ for doors }</fieldset>
                { lowest("Speak and be seen", "speak", policy.speak, |policy, speak| RoomPolicy { speak, ..policy }) }
                { lowest("Share a screen", "share", policy.share, |policy, share| RoomPolicy { share, ..policy }) }
                { lowest("Write in the chat", "chat", policy.chat, |policy, chat| RoomPolicy { chat, ..policy }) }
                <fieldset><legend>{ "Who comes later reads" }</legend>{ for history }</fieldset>
                if !room.banned.is_empty() {
                    <section aria-label="Banned"><h3>{ "Banned" }</h3><ul>
                        { for room.banned.iter().map(|banned| html! {
                            <li key={banned.short_id.clone()} data-testid="banned"><span>{ &banned.name }<span class="small">{ &banned.short_id }</span></span>
                                <Button class="small-button" label="Lift ban" onclick={ui.wishes(Intent::Unban(banned.account))} testid="unban" /></li>
                        }) }
                    </ul></section>
                }
            </div>
            if room.role == Role::Owner {
                <Button rank={Rank::Ghost} class="end-room" label="End the room for all" testid="room-destroy"
                    onclick={ui.does(Action::Dialog(Some(Dialog::Destroy)))} />
            }
        </Frame>
    }
}

/// A choice of a group: label, what it means, and its value.
pub fn choice(
    group: &'static str,
    (label, about, value): (&'static str, &'static str, &'static str),
    checked: bool,
    onchange: Callback<Event>,
) -> Html {
    html! {
        <label class="menu-row">
            <input type="radio" name={group} {value} {checked} {onchange} />
            <span>{ label }if !about.is_empty() { <span class="small">{ about }</span> }</span>
        </label>
    }
}
