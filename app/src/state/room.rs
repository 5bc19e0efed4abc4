//! The room of this page and the people in it.

/// Most people kept; a call core refuses far earlier. Bounds what a flooded room can make the page hold.
pub const MAX_PEOPLE: usize = 256;

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
    /// A server attests that the account has a verified address. Says nothing about the name.
    pub verified: bool,
    /// Microphone on.
    pub microphone: bool,
    /// Camera on.
    pub camera: bool,
    /// Their page is hidden.
    pub away: bool,
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
            verified: false,
            microphone: false,
            camera: false,
            away: false,
            speaking: false,
            link: Link::Waiting,
            stream_revision: 0,
        }
    }
}

/// Who one is in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// One's own device.
    pub id: PersonId,
    /// One's own account's id in short.
    pub short_id: String,
    /// Nobody's account: made for this room.
    pub is_guest: bool,
    /// A server attests that the account has a verified address.
    pub is_verified: bool,
}

/// The room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The others, in the order they came; tiles keep their places.
    pub people: Vec<Person>,
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
