//! The people in the room as a list: whom one looks for, in which order, and what one may do with each.

use milanio_node::wire::operation::Role;

use super::room::{Person, PersonId, Room};

/// With more people than this the list can be searched. Chosen: so many rows fit a laptop's panel.
pub const SEARCH_ABOVE: usize = 8;

/// What can be done with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Switch their microphone off.
    Mute,
    /// Ask them to switch it on.
    AskToUnmute,
    /// Switch their camera off.
    CameraOff,
    /// Lower their hand.
    LowerHand,
    /// Give them this role.
    Role(Role),
    /// Make them the owner in one's own place.
    Transfer,
    /// Remove them; they may come back as the door allows.
    Remove,
    /// Remove them, and refuse their key from now on.
    Ban,
}

/// What may be done with this person by somebody of this role. What may not is not offered.
pub fn acts(mine: Role, person: &Person) -> Vec<Act> {
    if mine < Role::Moderator {
        return Vec::new();
    }
    let mut acts = Vec::new();
    if person.role < Role::Owner {
        acts.push(if person.microphone { Act::Mute } else { Act::AskToUnmute });
        if person.camera {
            acts.push(Act::CameraOff);
        }
        if person.hand_ms.is_some() {
            acts.push(Act::LowerHand);
        }
    }
    if !person.is_outranked {
        return acts;
    }
    let highest = if mine == Role::Owner { Role::Moderator } else { Role::Member };
    let roles = [Role::Moderator, Role::Member, Role::Viewer].into_iter();
    acts.extend(roles.filter(|role| *role <= highest && *role != person.role).map(Act::Role));
    if mine == Role::Owner {
        acts.push(Act::Transfer);
    }
    acts.extend([Act::Remove, Act::Ban]);
    acts
}

/// The others whose names or ids have these words in them: raised hands first, by when, then the rest as they came. Who speaks keeps
/// their place: rows that change places under the pointer would open the menu of somebody else.
pub fn listed<'a>(room: &'a Room, sought: &str) -> Vec<&'a Person> {
    let sought = sought.trim().to_lowercase();
    let is_sought = |person: &&Person| {
        sought.is_empty() || person.name.to_lowercase().contains(&sought) || person.short_id.starts_with(&sought)
    };
    let mut listed: Vec<&Person> = room.people.iter().filter(is_sought).collect();
    listed.sort_by_key(|person| person.hand_ms.unwrap_or(u64::MAX));
    listed
}

/// Whose turn it is: the place of this raised hand, from 1. `None` if it is not raised.
pub fn place_in_line(room: &Room, id: PersonId) -> Option<usize> {
    let own = room.my_id().zip(room.hand_ms);
    let others = room.people.iter().filter_map(|person| Some((person.id, person.hand_ms?)));
    let mut hands: Vec<(u64, PersonId)> = others.chain(own).map(|(id, since_ms)| (since_ms, id)).collect();
    hands.sort_unstable();
    hands.iter().position(|(_, hand)| *hand == id).map(|before| before + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u8, role: Role, is_outranked: bool) -> Person {
        Person { role, is_outranked, ..Person::new(PersonId([n; 32]), format!("P{n}"), format!("id{n}")) }
    }

    #[test]
    fn members_are_offered_nothing_and_nobody_can_touch_the_owner() {
        assert_eq!(acts(Role::Member, &person(1, Role::Viewer, false)), []);
        assert_eq!(acts(Role::Moderator, &person(1, Role::Owner, false)), []);
    }

    #[test]
    fn moderators_make_members_and_viewers_and_only_owners_make_moderators() {
        let member = person(1, Role::Member, true);
        assert_eq!(acts(Role::Moderator, &member), [Act::AskToUnmute, Act::Role(Role::Viewer), Act::Remove, Act::Ban]);
        let by_owner = acts(Role::Owner, &member);
        assert!(by_owner.contains(&Act::Role(Role::Moderator)) && by_owner.contains(&Act::Transfer));
        let senior = Person { microphone: true, camera: true, hand_ms: Some(1), ..person(2, Role::Moderator, false) };
        assert_eq!(acts(Role::Moderator, &senior), [Act::Mute, Act::CameraOff, Act::LowerHand]);
    }

    #[test]
    fn hands_come_first_in_their_order_and_nobody_moves_by_speaking() {
        let people = (1..=4).map(|n| person(n, Role::Member, false)).collect();
        let mut room = Room { people, ..Room::default() };
        room.people[1].speaking = true;
        room.people[2].hand_ms = Some(9);
        room.people[3].hand_ms = Some(3);
        let order: Vec<u8> = listed(&room, "").iter().map(|person| person.id.0[0]).collect();
        assert_eq!(order, [4, 3, 1, 2]);
        assert_eq!(place_in_line(&room, PersonId([3; 32])), Some(2));
        assert_eq!(place_in_line(&room, PersonId([1; 32])), None);
        assert_eq!(listed(&room, " p3 ").len(), 1);
        assert_eq!(listed(&room, "id4").len(), 1);
        assert_eq!(listed(&room, "nobody").len(), 0);
    }
}
