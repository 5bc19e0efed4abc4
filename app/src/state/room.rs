//! The room of this page and the people in it.

use milanio_node::wire::operation::{Door as RoomDoor, Role, RoomPolicy};

use super::trust::{AccountBytes, Trust};

/// Most people kept; a call core refuses far earlier. Bounds what a flooded room can make the page hold.
pub const MAX_PEOPLE: usize = 256;

/// Most people shown at the door; who comes later is shown when others are gone. Chosen: nobody reads a longer list.
pub const MAX_KNOCKS: usize = 64;

/// A device in the room, by the 32 bytes of its key. The pages never show it whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub [u8; 32]);

/// How far the room is open for this page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// The room's keys are being derived from its code.
    #[default]
    Deriving,
    /// The registry is being asked.
    LookingUp,
    /// The registry cannot be reached; the next try comes by itself.
    Waiting {
        /// Tries so far.
        attempts: u32,
    },
    /// Open: entering is possible.
    Open,
}

/// How media gets from a person to here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nothing has come yet.
    #[default]
    Waiting,
    /// It flows.
    Flowing {
        /// Over which way.
        path: Path,
        /// How well.
        quality: Quality,
    },
    /// It stopped; being restored.
    Lost,
    /// No way was found at all.
    Unreachable,
}

/// The way media takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// Straight between the two devices.
    Direct,
    /// Over a relay, by its short name (may be empty).
    Relay(String),
}

/// How well media flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// Round trip under 150 ms, loss under 2 %.
    Good,
    /// Under 300 ms and 5 %.
    Fair,
    /// Beyond.
    Poor,
}

/// Somebody else in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their device.
    pub id: PersonId,
    /// The name they chose; may be empty.
    pub name: String,
    /// Their account's id in short, 12 characters, to tell two of one name apart.
    pub short_id: String,
    /// Their account.
    pub account: AccountBytes,
    /// How far they are who they seem to be.
    pub trust: Trust,
    /// A server attests that the account has a verified address. Says nothing about the name.
    pub verified: bool,
    /// Their role.
    pub role: Role,
    /// One's own role stands above theirs, so they can be removed.
    pub is_outranked: bool,
    /// Since when their hand is raised, in milliseconds of room time.
    pub hand_ms: Option<u64>,
    /// Microphone on.
    pub microphone: bool,
    /// Camera on.
    pub camera: bool,
    /// Their page is hidden.
    pub away: bool,
    /// They say far more than they may: what they write is not heard here for a while.
    pub unheard: bool,
    /// Speaking right now.
    pub speaking: bool,
    /// How their media gets here.
    pub link: Link,
    /// Counts their media streams, so that the tile attaches a new one; 0 is none.
    pub stream_revision: u32,
}

impl Person {
    /// Somebody who just came, before anything else is known.
    pub fn new(id: PersonId, name: String, short_id: String) -> Self {
        Self {
            id,
            name,
            short_id,
            account: [0; 32],
            trust: Trust::New,
            verified: false,
            role: Role::Member,
            is_outranked: false,
            hand_ms: None,
            microphone: false,
            camera: false,
            away: false,
            unheard: false,
            speaking: false,
            link: Link::Waiting,
            stream_revision: 0,
        }
    }
}

/// Somebody who knocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knocker {
    /// Their device.
    pub id: PersonId,
    /// The name they chose; may be empty.
    pub name: String,
    /// Their account's id in short.
    pub short_id: String,
    /// A server attests that the account has a verified address.
    pub verified: bool,
    /// It was shut out because it contradicted itself.
    pub frozen: bool,
}

/// Somebody whose key is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banned {
    /// Their account.
    pub account: AccountBytes,
    /// Its id in short.
    pub short_id: String,
    /// The name they were known by here; may be empty.
    pub name: String,
}

/// Who may do what, as everybody in the room reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// One's own role.
    pub role: Role,
    /// What which role may do.
    pub policy: RoomPolicy,
    /// Who is banned.
    pub banned: Vec<Banned>,
    /// Who becomes the owner when one leaves, if one is it.
    pub heir: Option<String>,
    /// The check of the room, in groups of five digits.
    pub check: Vec<String>,
}

/// Who one is in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// One's own device.
    pub id: PersonId,
    /// One's own account.
    pub account: AccountBytes,
    /// One's own account's id in short.
    pub short_id: String,
    /// Nobody's account: made for this room.
    pub is_guest: bool,
    /// A server attests that the account has a verified address.
    pub is_verified: bool,
}

/// The room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The code as people write it, `k7wd-3fqm-xh2p-9vts`; empty until known.
    pub code: String,
    /// The link to give away; empty until known.
    pub link: String,
    /// How far it is open.
    pub door: Door,
    /// One's own name.
    pub my_name: String,
    /// Who one is here, once known.
    pub me: Option<Me>,
    /// One is speaking right now.
    pub speaking: bool,
    /// One's own role.
    pub role: Role,
    /// What which role may do; unknown at first.
    pub policy: Option<RoomPolicy>,
    /// The door to go back to when the room is unlocked.
    pub unlocks_to: Option<RoomDoor>,
    /// Who is banned.
    pub banned: Vec<Banned>,
    /// Who becomes the owner when one leaves, if one is it.
    pub heir: Option<String>,
    /// The check of the room, in groups of five digits.
    pub check: Vec<String>,
    /// Whether anybody sees other members than this page, and who has for a minute.
    pub apart: (bool, Vec<PersonId>),
    /// Who knocks, longest first. For moderators alone.
    pub knocks: Vec<Knocker>,
    /// Whoever comes in has to be let in, as far as is known from outside.
    pub must_knock: bool,
    /// One knocked and waits; whether somebody who can let one in is there.
    pub waiting: Option<bool>,
    /// Since when one's own hand is raised, in milliseconds of room time.
    pub hand_ms: Option<u64>,
    /// The others, in the order they came; tiles keep their places.
    pub people: Vec<Person>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            code: String::new(),
            link: String::new(),
            door: Door::default(),
            my_name: String::new(),
            me: None,
            speaking: false,
            role: Role::Member,
            policy: None,
            unlocks_to: None,
            banned: Vec::new(),
            heir: None,
            check: Vec::new(),
            apart: Default::default(),
            knocks: Vec::new(),
            must_knock: false,
            waiting: None,
            hand_ms: None,
            people: Vec::new(),
        }
    }
}

/// A change of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomAction {
    /// The room's code, well written.
    Code(String),
    /// The invitation link.
    Link(String),
    /// The door moved.
    Door(Door),
    /// Who one is here.
    Me(Me),
    /// One's own name.
    Named(String),
    /// One began or stopped speaking.
    Speaking(bool),
    /// Somebody came, or something about them changed. Known by their id; a known person keeps their media state
    /// (`speaking`, `link`, `stream_revision`).
    Person(Person),
    /// Somebody left.
    Gone(PersonId),
    /// Somebody's media path changed.
    LinkOf(PersonId, Link),
    /// Somebody's media stream is another one.
    StreamOf(PersonId),
    /// Who may do what is known, or is different now.
    Standing(Box<Standing>),
    /// Somebody's role, and whether one's own stands above it.
    RoleOf(PersonId, Role, bool),
    /// Whether anybody sees other members than this page, and who has for a minute.
    Apart(bool, Vec<PersonId>),
    /// One's own hand was raised, or is down.
    Hand(Option<u64>),
    /// Somebody knocks, or something about them changed.
    Knock(Knocker),
    /// Somebody does not knock any more.
    KnockGone(PersonId),
    /// Whether whoever comes in has to be let in.
    MustKnock(bool),
    /// Nobody else is here for this page any more, and nobody knocks.
    Alone,
    /// One waits at the door, or does not any more; whether somebody who can let one in is there.
    Waiting(Option<bool>),
    /// How far somebody is who they seem to be is known, or is different now.
    TrustOf(PersonId, Trust),
    /// What somebody writes is not heard here for a while (true), or is again.
    Unheard(PersonId, bool),
    /// Somebody began or stopped speaking.
    SpeakingOf(PersonId, bool),
}

impl Room {
    /// Changes one thing.
    pub fn apply(&mut self, action: RoomAction) {
        match action {
            RoomAction::Code(code) => self.code = code,
            RoomAction::Link(link) => self.link = link,
            RoomAction::Door(door) => self.door = door,
            RoomAction::Me(me) => self.me = Some(me),
            RoomAction::Named(name) => self.my_name = name,
            RoomAction::Speaking(speaking) => self.speaking = speaking,
            RoomAction::Person(person) => self.put(person),
            RoomAction::Gone(id) => self.people.retain(|person| person.id != id),
            RoomAction::LinkOf(id, link) => self.with(id, |person| person.link = link),
            RoomAction::StreamOf(id) => {
                self.with(id, |person| person.stream_revision = person.stream_revision.wrapping_add(1).max(1));
            }
            RoomAction::Standing(standing) => self.stand(*standing),
            RoomAction::RoleOf(id, role, is_outranked) => {
                self.with(id, |person| (person.role, person.is_outranked) = (role, is_outranked));
            }
            RoomAction::Apart(any, who) => self.apart = (any, who),
            RoomAction::Hand(hand_ms) => self.hand_ms = hand_ms,
            RoomAction::Knock(knocker) => self.knock(knocker),
            RoomAction::KnockGone(id) => self.knocks.retain(|knock| knock.id != id),
            RoomAction::MustKnock(must_knock) => self.must_knock = must_knock,
            RoomAction::Alone => {
                self.people.clear();
                self.knocks.clear();
                self.apart = Default::default();
                self.hand_ms = None;
            }
            RoomAction::Waiting(waiting) => self.waiting = waiting,
            RoomAction::TrustOf(id, trust) => self.with(id, |person| person.trust = trust),
            RoomAction::Unheard(id, unheard) => self.with(id, |person| person.unheard = unheard),
            RoomAction::SpeakingOf(id, speaking) => self.with(id, |person| person.speaking = speaking),
        }
    }

    /// One's own device, once known.
    pub fn my_id(&self) -> Option<PersonId> {
        self.me.as_ref().map(|me| me.id)
    }

    /// Somebody by id.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// Somebody whose key has changed: nothing is sent until the person decides.
    pub fn changed(&self) -> Option<&Person> {
        self.people.iter().find(|person| person.trust == Trust::Changed)
    }

    /// Whether one's own role may write.
    pub fn may_write(&self) -> bool {
        self.policy.is_none_or(|policy| self.role >= policy.chat)
    }

    /// Whether one's own role may switch on microphone and camera.
    pub fn may_speak(&self) -> bool {
        self.policy.is_none_or(|policy| self.role >= policy.speak)
    }

    /// Whether this person's role may switch on microphone and camera: what comes of whom it may not is neither shown nor played.
    pub fn hears(&self, person: &Person) -> bool {
        self.policy.is_none_or(|policy| person.role >= policy.speak)
    }

    fn stand(&mut self, standing: Standing) {
        let was = self.policy.map(|policy| policy.door).filter(|door| *door != RoomDoor::Locked);
        self.unlocks_to = was.or(self.unlocks_to);
        self.role = standing.role;
        self.policy = Some(standing.policy);
        self.banned = standing.banned;
        self.heir = standing.heir;
        self.check = standing.check;
        if self.role < Role::Moderator {
            self.knocks.clear();
        }
    }

    fn knock(&mut self, knocker: Knocker) {
        let full = self.knocks.len() >= MAX_KNOCKS;
        match self.knocks.iter_mut().find(|known| known.id == knocker.id) {
            Some(known) => *known = knocker,
            None if !full => self.knocks.push(knocker),
            None => {}
        }
    }

    fn put(&mut self, person: Person) {
        let full = self.people.len() >= MAX_PEOPLE;
        match self.people.iter_mut().find(|known| known.id == person.id) {
            Some(known) => {
                let media = (known.speaking, known.link.clone(), known.stream_revision);
                *known = person;
                (known.speaking, known.link, known.stream_revision) = media;
            }
            None if !full => self.people.push(person),
            None => {}
        }
    }

    fn with(&mut self, id: PersonId, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.people.iter_mut().find(|person| person.id == id) {
            change(person);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u8) -> Person {
        Person::new(PersonId([n; 32]), format!("P{n}"), String::new())
    }

    #[test]
    fn people_keep_their_places_and_their_media_when_their_presence_changes() {
        let mut room = Room::default();
        room.apply(RoomAction::Person(person(1)));
        room.apply(RoomAction::Person(person(2)));
        room.apply(RoomAction::StreamOf(PersonId([1; 32])));
        room.apply(RoomAction::Person(Person { camera: true, ..person(1) }));
        assert_eq!(room.people.iter().map(|p| p.id.0[0]).collect::<Vec<_>>(), [1, 2]);
        assert!(room.people[0].camera);
        assert_eq!(room.people[0].stream_revision, 1);
    }

    fn standing(role: Role, door: RoomDoor) -> RoomAction {
        let policy = RoomPolicy::plain(door);
        let standing = Standing { role, policy, banned: Vec::new(), heir: None, check: Vec::new() };
        RoomAction::Standing(Box::new(standing))
    }

    #[test]
    fn an_unlocked_room_gets_back_the_door_it_had() {
        let mut room = Room::default();
        room.apply(standing(Role::Owner, RoomDoor::Open));
        room.apply(standing(Role::Owner, RoomDoor::Locked));
        room.apply(standing(Role::Moderator, RoomDoor::Locked));
        assert_eq!(room.unlocks_to, Some(RoomDoor::Open));
    }

    #[test]
    fn whom_the_policy_excludes_is_not_heard_until_it_does_not() {
        let mut room = Room::default();
        let viewer = Person { role: Role::Viewer, microphone: true, ..person(1) };
        assert!(room.hears(&viewer), "nothing is known yet");
        room.apply(standing(Role::Owner, RoomDoor::Open));
        assert!(!room.hears(&viewer) && room.hears(&person(2)));
        room.apply(RoomAction::Person(viewer));
        room.apply(RoomAction::RoleOf(PersonId([1; 32]), Role::Member, true));
        assert!(room.hears(&room.people[0]));
    }

    #[test]
    fn who_loses_the_right_to_let_in_sees_nobody_at_the_door() {
        let mut room = Room::default();
        room.apply(standing(Role::Moderator, RoomDoor::Lobby));
        let knocker = |n| Knocker {
            id: PersonId([n; 32]),
            name: String::new(),
            short_id: String::new(),
            verified: false,
            frozen: false,
        };
        room.apply(RoomAction::Knock(knocker(1)));
        room.apply(RoomAction::Knock(knocker(1)));
        assert_eq!(room.knocks.len(), 1);
        (0..200).for_each(|n| room.apply(RoomAction::Knock(knocker(n))));
        assert_eq!(room.knocks.len(), MAX_KNOCKS);
        room.apply(standing(Role::Viewer, RoomDoor::Lobby));
        assert!(room.knocks.is_empty() && !room.may_speak() && room.may_write());
    }

    #[test]
    fn a_flooded_room_stays_bounded() {
        let mut room = Room::default();
        for n in 0..1_000u32 {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&n.to_be_bytes());
            room.apply(RoomAction::Person(Person::new(PersonId(id), String::new(), String::new())));
        }
        assert_eq!(room.people.len(), MAX_PEOPLE);
    }
}
