//! How what the client tells looks on the page. Pure: outputs in, actions out.

mod roster;

use milanio_identity::{AccountId, DeviceId};
use milanio_node::core::sorted::{SortedMap, SortedSet};
use milanio_node::{
    core::{
        call::{CallEvent, DisconnectReason, LinkQuality, MediaPath},
        dial::Carrier,
        room::{Departure, Member, RoomEvent},
        time::RoomTime,
    },
    net::client::ConnectionState,
};

use super::talk::item_id;
use crate::state::{
    Action,
    chat::ChatAction,
    connection::{Connection, Transport},
    room::{Link, Path, Person, PersonId, Quality, RoomAction},
    toast::{Notice, ToastAction},
    trust::{AccountBytes, Contacts, Trust},
};

/// A device as the page names it.
pub fn person_id(device: DeviceId) -> PersonId {
    PersonId(*device.as_bytes())
}

/// The device that the page names so.
pub fn device(person: PersonId) -> Option<DeviceId> {
    DeviceId::from_bytes(&person.0).ok()
}

/// The relay connection. `is_late`: the first one takes longer than it ever should.
pub fn connection(state: ConnectionState, is_late: bool) -> Connection {
    match state {
        ConnectionState::Offline | ConnectionState::Connecting { .. } if is_late => Connection::Unreachable,
        ConnectionState::Offline => Connection::Connecting { attempt: 0 },
        ConnectionState::Connecting { failed_rounds, .. } => Connection::Connecting { attempt: failed_rounds },
        ConnectionState::Connected { carrier } => Connection::Connected {
            transport: match carrier {
                Carrier::WebTransport => Transport::WebTransport,
                Carrier::WebSocket | Carrier::Tcp => Transport::WebSocket,
            },
            relay: String::new(),
            rtt_ms: None,
        },
        ConnectionState::Reconnecting { failed_rounds, .. } => Connection::Reconnecting { attempt: failed_rounds },
    }
}

/// What is known about the people in the room, beyond what the page holds.
#[derive(Debug, Default)]
pub struct People {
    names: SortedMap<DeviceId, String>,
    accounts: SortedMap<DeviceId, AccountId>,
    /// How accounts were called when they were seen last.
    called: SortedMap<AccountId, String>,
    known: roster::Known,
    /// Who was met before, on this browser.
    contacts: Contacts,
    /// Who was met for the first time in this visit.
    new: SortedSet<AccountId>,
    media: SortedMap<DeviceId, (MediaPath, LinkQuality)>,
    /// Who is not heard for a while, and how many whiles have begun and not ended.
    unheard: SortedMap<DeviceId, u32>,
}

/// How media flows as long as nothing else is known.
const UNMEASURED: (MediaPath, LinkQuality) = (MediaPath::Direct, LinkQuality::Good);

impl People {
    /// Nobody yet, but these are known.
    pub fn knowing(contacts: Contacts) -> Self {
        Self { contacts, ..Self::default() }
    }

    /// The contacts are others now: what that changes on the page.
    pub fn learn(&mut self, contacts: Contacts) -> Vec<Action> {
        self.contacts = contacts;
        let trust = |(device, account): (&DeviceId, &AccountId)| {
            Action::Room(RoomAction::TrustOf(person_id(*device), self.trust(device, account)))
        };
        self.accounts.iter().map(trust).collect()
    }

    /// The account and the name of somebody in the room.
    pub fn who(&self, person: PersonId) -> Option<(AccountBytes, String)> {
        let (device, account) = self.accounts.iter().find(|(device, _)| person_id(**device) == person)?;
        Some((*account.as_bytes(), self.names.get(device).cloned().unwrap_or_default()))
    }

    /// To whom nothing goes: their key has changed.
    pub fn blocked(&self) -> SortedSet<DeviceId> {
        let is_changed = |(device, account): &(&DeviceId, &AccountId)| self.trust(device, account) == Trust::Changed;
        self.accounts.iter().filter(is_changed).map(|(device, _)| *device).collect()
    }

    fn trust(&self, device: &DeviceId, account: &AccountId) -> Trust {
        let name = self.names.get(device).map_or("", String::as_str);
        match self.contacts.trust(account.as_bytes(), name) {
            Trust::Known if self.new.contains(account) => Trust::New,
            trust => trust,
        }
    }

    /// Somebody is there, or somebody's name is another one.
    fn meet(&mut self, member: &Member) -> Vec<Action> {
        let is_renamed = self.is_renamed(&member.account, &member.name);
        self.names.insert(member.device, member.name.clone());
        self.accounts.insert(member.device, member.account);
        self.call_by(member.account, &member.name);
        let trust = self.trust(&member.device, &member.account);
        if trust == Trust::New {
            self.new.insert(member.account);
        }
        let shown = Person {
            unheard: self.unheard.contains_key(&member.device),
            ..person(member, trust, self.role(&member.account).1)
        };
        let mut actions = vec![Action::Room(RoomAction::Person(shown))];
        actions.extend(self.standing().filter(|_| is_renamed));
        actions
    }

    /// What an event of the room changes on the page. `inside`: this page is in the call, so comings and goings are worth a
    /// notice.
    pub fn room(&mut self, event: &RoomEvent, inside: bool) -> Vec<Action> {
        match event {
            RoomEvent::MemberJoined(member) => {
                let mut actions = self.meet(member);
                if inside && member.joined_after_me {
                    actions.push(notice(Notice::Joined(member.name.clone())));
                }
                actions
            }
            RoomEvent::MemberChanged(member) => self.meet(member),
            RoomEvent::MemberLeft { device, reason, .. } => self.gone(*device, *reason, inside),
            RoomEvent::Knock(knocker) => vec![self.knock(knocker)],
            RoomEvent::KnockGone(device) => vec![Action::Room(RoomAction::KnockGone(person_id(*device)))],
            RoomEvent::Muted { device, .. } => self.mute(*device),
            RoomEvent::Apart(apart) => {
                vec![Action::Room(RoomAction::Apart(apart.any, apart.who.iter().copied().map(person_id).collect()))]
            }
            RoomEvent::Read { device, through } => {
                vec![Action::Chat(ChatAction::Read(person_id(*device), item_id(*through)))]
            }
            RoomEvent::Typing { device, on } => vec![Action::Chat(ChatAction::Typing(person_id(*device), *on))],
            _ => Vec::new(),
        }
    }

    /// What an event of a call changes on the page.
    pub fn call(&mut self, event: &CallEvent) -> Vec<Action> {
        match event {
            CallEvent::Connecting(device) => vec![link(*device, Link::Waiting)],
            CallEvent::Connected(device) => {
                self.media.entry(*device).or_insert(UNMEASURED);
                vec![self.flowing(*device)]
            }
            CallEvent::PathFound(device, path) => {
                self.media.entry(*device).or_insert(UNMEASURED).0 = *path;
                vec![self.flowing(*device)]
            }
            CallEvent::QualityChanged(device, quality) => {
                self.media.entry(*device).or_insert(UNMEASURED).1 = *quality;
                vec![self.flowing(*device)]
            }
            CallEvent::Reconnecting(device) => vec![link(*device, Link::Lost)],
            CallEvent::Unreachable(device) => self.unreachable(*device),
            CallEvent::Disconnected(device, reason) => self.disconnected(*device, *reason),
            CallEvent::TurnWanted(_) => Vec::new(),
        }
    }

    /// What somebody writes is not heard for a while from now on. [`Self::mute_over`] must be called when that is over.
    fn mute(&mut self, device: DeviceId) -> Vec<Action> {
        let Some(name) = self.names.get(&device).cloned() else { return Vec::new() };
        *self.unheard.entry(device).or_insert(0) += 1;
        vec![Action::Room(RoomAction::Unheard(person_id(device), true)), notice(Notice::Unheard(name))]
    }

    /// A while is over in which somebody was not heard.
    pub fn mute_over(&mut self, device: DeviceId) -> Option<Action> {
        // Another one may have begun meanwhile.
        let whiles = self.unheard.remove(&device)?.saturating_sub(1);
        if whiles > 0 {
            self.unheard.insert(device, whiles);
            return None;
        }
        Some(Action::Room(RoomAction::Unheard(person_id(device), false)))
    }

    fn gone(&mut self, device: DeviceId, reason: Departure, inside: bool) -> Vec<Action> {
        let name = self.names.remove(&device).unwrap_or_default();
        self.media.remove(&device);
        self.accounts.remove(&device);
        let person = person_id(device);
        let mut actions = vec![Action::Room(RoomAction::Gone(person)), Action::Chat(ChatAction::Gone(person))];
        if inside && matches!(reason, Departure::Left | Departure::Silent | Departure::Expired) {
            actions.push(notice(Notice::Left(name)));
        }
        actions
    }

    fn disconnected(&mut self, device: DeviceId, reason: DisconnectReason) -> Vec<Action> {
        self.media.remove(&device);
        match reason {
            DisconnectReason::Left | DisconnectReason::HungUp => vec![link(device, Link::Waiting)],
            DisconnectReason::PeerMisbehaved | DisconnectReason::TooManyMembers => self.unreachable(device),
        }
    }

    fn unreachable(&self, device: DeviceId) -> Vec<Action> {
        let name = self.names.get(&device).cloned().unwrap_or_default();
        vec![link(device, Link::Unreachable), notice(Notice::PeerUnreachable(name))]
    }

    fn flowing(&self, device: DeviceId) -> Action {
        let (path, quality) = self.media.get(&device).copied().unwrap_or(UNMEASURED);
        let path = match path {
            MediaPath::Direct => Path::Direct,
            MediaPath::Relayed => Path::Relay(String::new()),
        };
        let quality = match quality {
            LinkQuality::Good => Quality::Good,
            LinkQuality::Fair => Quality::Fair,
            LinkQuality::Poor => Quality::Poor,
        };
        link(device, Link::Flowing { path, quality })
    }
}

fn link(device: DeviceId, link: Link) -> Action {
    Action::Room(RoomAction::LinkOf(person_id(device), link))
}

fn notice(notice: Notice) -> Action {
    Action::Toast(ToastAction::Show(notice))
}

fn person(member: &Member, trust: Trust, is_outranked: bool) -> Person {
    Person {
        account: *member.account.as_bytes(),
        trust,
        role: member.role,
        is_outranked,
        hand_ms: member.hand.map(RoomTime::as_millis),
        microphone: member.media.microphone,
        camera: member.media.camera,
        away: member.away,
        verified: member.verified,
        ..Person::new(person_id(member.device), member.name.clone(), member.account.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milanio_identity::{AccountKey, DeviceKey};
    use milanio_node::wire::{
        message::{MediaState, RunId},
        operation::Role,
    };

    fn device(n: u8) -> DeviceId {
        DeviceKey::from_seed([n; 32]).id()
    }

    #[test]
    fn path_and_quality_are_shown_together() {
        let mut people = People::default();
        people.call(&CallEvent::Connected(device(1)));
        people.call(&CallEvent::PathFound(device(1), MediaPath::Relayed));
        let shown = people.call(&CallEvent::QualityChanged(device(1), LinkQuality::Poor));
        assert_eq!(
            shown,
            vec![link(device(1), Link::Flowing { path: Path::Relay(String::new()), quality: Quality::Poor })]
        );
    }

    fn member(n: u8) -> Member {
        Member {
            device: device(n),
            run: RunId([n; 8]),
            account: AccountKey::from_seed([n; 32]).id(),
            role: Role::Member,
            name: format!("P{n}"),
            media: MediaState::default(),
            away: false,
            hand: None,
            verified: false,
            entered: RoomTime::from_millis(0),
            joined_after_me: true,
        }
    }

    #[test]
    fn who_floods_the_room_is_named_and_marked_until_the_last_while_is_over() {
        let mut people = People::default();
        let muted = RoomEvent::Muted { device: device(1), account: member(1).account };
        assert_eq!(people.room(&muted, true), [], "nobody who is not here");
        people.room(&RoomEvent::MemberJoined(member(1)), true);
        let unheard = |on| Action::Room(RoomAction::Unheard(person_id(device(1)), on));
        assert_eq!(people.room(&muted, true), [unheard(true), notice(Notice::Unheard("P1".into()))]);
        let changed = people.room(&RoomEvent::MemberChanged(member(1)), true);
        assert!(matches!(&changed[..], [Action::Room(RoomAction::Person(person))] if person.unheard), "{changed:?}");
        people.room(&muted, true);
        assert_eq!(people.mute_over(device(1)), None);
        assert_eq!(people.mute_over(device(1)), Some(unheard(false)));
        assert_eq!(people.mute_over(device(1)), None);
    }

    #[test]
    fn who_restarts_is_not_announced_as_gone() {
        let mut people = People::default();
        let left = |reason| RoomEvent::MemberLeft { device: device(1), run: RunId([0; 8]), reason };
        assert_eq!(people.room(&left(Departure::Restarted), true).len(), 2);
        assert_eq!(people.room(&left(Departure::Silent), true).len(), 3);
        assert_eq!(people.room(&left(Departure::Silent), false).len(), 2);
    }
}
