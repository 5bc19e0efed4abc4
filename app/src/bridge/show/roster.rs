//! Who may do what, as the page shows it, and whom a wish is about. Pure.

use milanio_identity::{AccountId, DeviceId};
use milanio_node::{
    core::room::{Knocker as AtDoor, RosterView},
    wire::operation::{Door, Role, RoomPolicy},
};

use super::{People, person_id};
use crate::state::{
    Action,
    room::{Banned, Knocker, MAX_PEOPLE, PersonId, RoomAction, Standing},
};

/// What is known of roles, beyond what the page holds.
#[derive(Debug, Default)]
pub(super) struct Known {
    view: Option<RosterView>,
    check: Vec<String>,
}

impl People {
    /// Who may do what is known, or is different now. `check`: the digits of the room.
    pub fn roster(&mut self, view: &RosterView, check: Vec<String>) -> Vec<Action> {
        (self.known.view, self.known.check) = (Some(view.clone()), check);
        let mut actions = vec![Action::Room(RoomAction::MustKnock(self.must_knock()))];
        actions.extend(self.standing());
        actions.extend(self.accounts.iter().map(|(device, account)| {
            let (role, is_outranked) = self.role(account);
            Action::Room(RoomAction::RoleOf(person_id(*device), role, is_outranked))
        }));
        actions
    }

    /// Who may do what, with everybody called as they are now.
    pub(super) fn standing(&self) -> Option<Action> {
        let view = self.known.view.as_ref()?;
        let banned = view.banned.iter().map(|account| Banned {
            account: *account.as_bytes(),
            short_id: account.short(),
            name: self.name_of(account),
        });
        let standing = Standing {
            role: view.own.unwrap_or(Role::Member),
            policy: view.policy,
            banned: banned.collect(),
            heir: view.heir.map(|heir| self.name_of(&heir)),
            check: self.known.check.clone(),
        };
        Some(Action::Room(RoomAction::Standing(Box::new(standing))))
    }

    /// Whether this account is named in who may do what, and called otherwise there.
    pub(super) fn is_renamed(&self, account: &AccountId, name: &str) -> bool {
        let is_named = self.known.view.as_ref().is_some_and(|view| view.heir == Some(*account));
        is_named && self.called.get(account).is_none_or(|called| called != name)
    }

    /// The role of an account, and whether one's own stands above it.
    pub(super) fn role(&self, account: &AccountId) -> (Role, bool) {
        let listed = self.known.view.as_ref().and_then(|view| view.find(account));
        listed.map_or((Role::Member, false), |listed| (listed.role, listed.outranked))
    }

    /// Whether one is not in and somebody has to open.
    pub fn must_knock(&self) -> bool {
        self.known.view.as_ref().is_some_and(|view| view.own.is_none() && view.policy.door != Door::Open)
    }

    /// Whether one is not in, and nobody new comes in.
    pub fn is_locked(&self) -> bool {
        self.known.view.as_ref().is_some_and(|view| view.own.is_none() && view.policy.door == Door::Locked)
    }

    /// Whether one is no member, as far as is known.
    pub fn is_outside(&self) -> bool {
        self.known.view.as_ref().is_none_or(|view| view.own.is_none())
    }

    /// Whether one's own role may switch on microphone and camera.
    pub fn may_speak(&self) -> bool {
        self.known.view.as_ref().is_none_or(|view| view.own.is_none_or(|role| role >= view.policy.speak))
    }

    /// Whether one owns the room and somebody would follow.
    pub fn hands_over(&self) -> bool {
        self.known.view.as_ref().is_some_and(|view| view.own == Some(Role::Owner) && view.heir.is_some())
    }

    /// Who may do what now.
    pub fn policy(&self) -> Option<RoomPolicy> {
        self.known.view.as_ref().map(|view| view.policy)
    }

    /// The device and the account of somebody in the room.
    pub fn member(&self, person: PersonId) -> Option<(DeviceId, AccountId)> {
        let (device, account) = self.accounts.iter().find(|(device, _)| person_id(**device) == person)?;
        Some((*device, *account))
    }

    /// All other devices in the room.
    pub fn devices(&self) -> Vec<DeviceId> {
        self.accounts.keys().copied().collect()
    }

    /// How a device in the room is called.
    pub fn name(&self, device: &DeviceId) -> String {
        self.names.get(device).cloned().unwrap_or_default()
    }

    /// How an account was called when it was seen last; empty if it never was.
    pub fn name_of(&self, account: &AccountId) -> String {
        self.called.get(account).cloned().unwrap_or_default()
    }

    /// Remembers how an account is called.
    pub(super) fn call_by(&mut self, account: AccountId, name: &str) {
        if self.called.len() < MAX_PEOPLE || self.called.contains_key(&account) {
            self.called.insert(account, name.to_owned());
        }
    }

    /// Somebody knocks.
    pub(super) fn knock(&mut self, at_door: &AtDoor) -> Action {
        self.call_by(at_door.account, &at_door.name);
        Action::Room(RoomAction::Knock(Knocker {
            id: person_id(at_door.device),
            name: at_door.name.clone(),
            short_id: at_door.account.short(),
            verified: at_door.verified,
            frozen: at_door.frozen,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use milanio_identity::AccountKey;
    use milanio_node::core::{membership::Age, room::Listed};

    use super::*;

    fn account(n: u8) -> AccountId {
        AccountKey::from_seed([n; 32]).id()
    }

    fn view(own: Option<Role>, door: Door) -> RosterView {
        let listed =
            |n, role| Listed { account: account(n), role, since: Age::GENESIS, frozen: false, outranked: n == 2 };
        RosterView {
            own,
            owner: account(1),
            heir: Some(account(2)),
            policy: RoomPolicy::plain(door),
            members: vec![listed(1, Role::Owner), listed(2, Role::Member)],
            banned: BTreeSet::from([account(3)]),
            digest: [0; 32],
        }
    }

    #[test]
    fn whoever_is_not_in_knocks_unless_the_door_is_open() {
        let mut people = People::default();
        for (own, door, knocks) in
            [(None, Door::Lobby, true), (None, Door::Open, false), (Some(Role::Viewer), Door::Lobby, false)]
        {
            people.roster(&view(own, door), Vec::new());
            assert_eq!(people.must_knock(), knocks, "{own:?} {door:?}");
        }
        assert!(!people.may_speak(), "a viewer only watches");
    }

    #[test]
    fn the_owner_hands_over_and_the_roster_names_everybody_it_can() {
        let mut people = People::default();
        people.call_by(account(2), "Ravi");
        let actions = people.roster(&view(Some(Role::Owner), Door::Open), Vec::new());
        assert!(people.hands_over() && people.may_speak());
        assert_eq!(people.role(&account(2)), (Role::Member, true));
        let Some(Action::Room(RoomAction::Standing(standing))) = actions.get(1) else { panic!("{actions:?}") };
        assert_eq!(standing.heir.as_deref(), Some("Ravi"));
        assert_eq!(standing.banned.len(), 1);
    }
}
