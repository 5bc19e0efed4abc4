//! What can be done with somebody: compare digits, and what one's role allows.

use milanio_node::wire::operation::Role;
use yew::prelude::*;

use super::{
    icon::Glyph,
    menu::{MenuButton, MenuItem},
};
use crate::{
    intent::Intent,
    state::{
        Action,
        dialog::Dialog,
        people::{Act, acts},
        room::Person,
    },
    text::{self, moderation},
    ui::Ui,
};

/// The button and its menu, for somebody and one's own role.
pub fn person_menu(ui: &Ui, person: &Person, mine: Role) -> Html {
    let name = text::name_of(person);
    let mut items = vec![MenuItem {
        label: "Compare safety number".into(),
        glyph: Glyph::Shield,
        testid: "person-compare",
        is_dangerous: false,
        choose: ui.does(Action::Dialog(Some(Dialog::Safety(person.id)))),
    }];
    items.extend(acts(mine, person).into_iter().map(|act| item(ui, person, act)));
    html! {
        <MenuButton label={format!("More about {name}")} title={name} note={person.short_id.clone()} {items} testid="person-menu" />
    }
}

fn item(ui: &Ui, person: &Person, act: Act) -> MenuItem {
    let (glyph, testid) = match act {
        Act::Mute => (Glyph::MicOff, "person-mute"),
        Act::AskToUnmute => (Glyph::Mic, "person-unmute"),
        Act::CameraOff => (Glyph::VideoOff, "person-camera-off"),
        Act::LowerHand => (Glyph::Hand, "person-lower-hand"),
        Act::Role(Role::Moderator) => (Glyph::Star, "person-role"),
        Act::Role(Role::Viewer) => (Glyph::Eye, "person-role"),
        Act::Role(_) => (Glyph::Users, "person-role"),
        Act::Transfer => (Glyph::Door, "person-transfer"),
        Act::Remove => (Glyph::UserX, "person-remove"),
        Act::Ban => (Glyph::Ban, "person-ban"),
    };
    let choose = match act {
        Act::Remove => ui.does(Action::Dialog(Some(Dialog::Remove(person.id)))),
        Act::Ban => ui.does(Action::Dialog(Some(Dialog::Ban(person.id)))),
        Act::Transfer => ui.does(Action::Dialog(Some(Dialog::Transfer(person.id)))),
        _ => ui.wishes(Intent::Act(person.id, act)),
    };
    let is_dangerous = matches!(act, Act::Remove | Act::Ban);
    MenuItem { label: moderation::act(act).into(), glyph, testid, is_dangerous, choose }
}
