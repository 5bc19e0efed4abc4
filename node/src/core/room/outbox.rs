//! The messages written here: what waits, what has gone out, and what others want again.
//!
//! A message is numbered when it is written. It counts as sent when at least one peer took it; until then it waits. It is sent to
//! everybody once, and after that to those who ask for it and were its audience. Everything goes out through one token bucket, so
//! that receivers never have to drop any of it.
//!
//! Left out: sealing and framing.

use std::time::Duration;

use milanio_identity::{AccountId, DeviceId};

use super::{
    audience::AudienceNumber,
    bucket::Bucket,
    command::PublishTicket,
    limits::{CHAT_KEPT, MAX_CHAT_WAITING, Rate},
};
use crate::{
    core::{
        sorted::{SortedMap, SortedSet},
        time::Timestamp,
    },
    wire::{
        limits::AGAIN_KEYS,
        message::{Chat, ChatWanted},
    },
};

/// The same message is not sent again within this, whoever asks.
const RESEND_PAUSE: Duration = Duration::from_secs(1);
/// How long those who ask for a message are gathered: one copy serves them all. Chosen: what is missed together is asked for
/// together.
const GATHERED_FOR: Duration = Duration::from_millis(100);
/// How long after a failed attempt the next is made while the connection seems to be there.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// A message as it was written, before it is sealed to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The message.
    pub chat: Chat,
    /// The account that alone can read it; everybody without.
    pub to: Option<AccountId>,
    /// Written under a policy that has newcomers read it, which has held since.
    pub is_handed_on: bool,
}

/// One's own messages of this run, by number.
pub struct Outbox {
    kept: SortedMap<u32, Entry>,
    last_written: u32,
    last_sent: u32,
    bucket: Bucket,
    /// No attempt before this: the last one failed.
    held_until: Timestamp,
}

struct Entry {
    draft: Draft,
    state: State,
    /// For whom it was, when it was sent last to everybody.
    audience: AudienceNumber,
    askers: SortedSet<DeviceId>,
    /// When it is sent to those who ask for it, if somebody does.
    again_at: Option<Timestamp>,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// To everybody.
    First(Draft),
    /// To those who asked for it.
    Again(Draft, Vec<DeviceId>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not sent yet.
    Waiting,
    /// Sent, and nobody knows yet whether a peer took it.
    Trying(PublishTicket),
    /// The same with what nobody can read: the account that it is for is not there.
    Vain(PublishTicket),
    /// Taken by a peer, at this time or later.
    Sent(Timestamp),
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// This message has gone out for the first time.
    Sent(u32),
    /// Its number has, but nobody could read the message.
    Undelivered(u32),
    /// This message waits again.
    Waiting(u32),
}

impl Outbox {
    /// Empty, and allowed to send at `rate`.
    pub fn new(rate: Rate, now: Timestamp) -> Self {
        Self { kept: SortedMap::new(), last_written: 0, last_sent: 0, bucket: Bucket::new(rate, now), held_until: now }
    }

    /// Nothing that was written so far is for newcomers any more.
    pub fn keep_from_newcomers(&mut self) {
        self.kept.iter_mut().for_each(|(_, entry)| entry.draft.is_handed_on = false);
    }

    /// The highest number that was ever sent or tried: what beats announce.
    pub fn last_sent(&self) -> u32 {
        self.last_sent
    }

    /// The number the next message gets, or nothing when too many wait already.
    pub fn next_seq(&self) -> Option<u32> {
        let waiting = self.kept.values().filter(|e| e.state.is_open()).count();
        if waiting < MAX_CHAT_WAITING { self.last_written.checked_add(1) } else { None }
    }

    /// Keeps a message, numbered as [`Self::next_seq`] said, to be sent.
    pub fn write(&mut self, draft: Draft) {
        self.last_written = draft.chat.seq;
        self.kept.insert(self.last_written, Entry::new(draft));
        // Those that wait are at most MAX_CHAT_WAITING and the newest, so what falls off has been sent.
        let first = self.last_written.saturating_sub(CHAT_KEPT - 1);
        self.kept.retain(|seq, _| *seq >= first);
    }

    /// `asker`, who belongs to all audiences from `since` on, misses these messages: those of them that were for it are sent again.
    pub fn want(&mut self, wanted: &ChatWanted, (asker, since): (DeviceId, AudienceNumber), now: Timestamp) {
        let is_wanted = |seq: &u32| (wanted.first..=wanted.last).contains(seq);
        for (_, entry) in self.kept.iter_mut().filter(|(seq, _)| is_wanted(seq)) {
            if let State::Sent(at) = entry.state
                && entry.audience >= since
                && entry.askers.len() < AGAIN_KEYS
            {
                entry.askers.insert(asker);
                entry.again_at.get_or_insert(now.after(GATHERED_FOR).max(at.after(RESEND_PAUSE)));
            }
        }
    }

    /// The next message to send, if one may be sent now; the attempt is named `ticket`, and what goes to everybody is for `audience`.
    /// What is for one of `unheard` alone is passed over.
    pub fn send_next(
        &mut self,
        ticket: PublishTicket,
        audience: AudienceNumber,
        unheard: &SortedSet<AccountId>,
        now: Timestamp,
    ) -> Option<Outgoing> {
        if self.next_due(unheard, now).is_none_or(|at| at > now) || !self.bucket.take(now) {
            return None;
        }
        let (_, entry) = self.kept.iter_mut().find(|(_, entry)| entry.due_at(unheard).is_some_and(|at| at <= now))?;
        let draft = entry.draft.clone();
        if entry.again_at.take().is_some() {
            entry.state = State::Sent(now);
            let askers = std::mem::take(&mut entry.askers).into_iter().collect();
            return Some(Outgoing::Again(draft, askers));
        }
        (entry.state, entry.audience) = (State::Trying(ticket), audience);
        self.last_sent = self.last_sent.max(draft.chat.seq);
        Some(Outgoing::First(draft))
    }

    /// Nobody can read what is sent with this attempt.
    pub fn reaches_nobody(&mut self, ticket: PublishTicket) {
        if let Some(entry) = self.kept.values_mut().find(|entry| entry.state == State::Trying(ticket)) {
            entry.state = State::Vain(ticket);
        }
    }

    /// When [`Self::send_next`] has something next, if it has.
    pub fn next_due(&mut self, unheard: &SortedSet<AccountId>, now: Timestamp) -> Option<Timestamp> {
        let due = self.kept.values().filter_map(|entry| entry.due_at(unheard)).min()?;
        Some(self.bucket.ready_at(now).max(self.held_until).max(due))
    }

    /// True when this message has not gone out yet.
    pub fn is_waiting(&self, seq: u32) -> bool {
        self.kept.get(&seq).is_some_and(|e| e.state == State::Waiting)
    }

    /// What became of the attempt named `ticket`; nothing if it was no first attempt of a message.
    pub fn published(&mut self, ticket: PublishTicket, taken: bool, now: Timestamp) -> Option<Attempt> {
        let (&seq, entry) = self.kept.iter_mut().find(|(_, e)| e.state.ticket() == Some(ticket))?;
        if taken {
            let was_vain = entry.state == State::Vain(ticket);
            entry.state = State::Sent(now);
            Some(if was_vain { Attempt::Undelivered(seq) } else { Attempt::Sent(seq) })
        } else {
            entry.state = State::Waiting;
            self.held_until = now.after(RETRY_AFTER);
            Some(Attempt::Waiting(seq))
        }
    }

    /// The connection is gone: attempts nobody reported on count as failed. Returns their numbers.
    pub fn connection_lost(&mut self) -> Vec<u32> {
        let mut waiting = Vec::new();
        for (&seq, entry) in &mut self.kept {
            if entry.state.ticket().is_some() {
                entry.state = State::Waiting;
                waiting.push(seq);
            }
        }
        waiting
    }

    /// The connection is back: nothing is held back.
    pub fn connection_back(&mut self, now: Timestamp) {
        self.held_until = now;
    }
}

impl State {
    /// Not known to have gone out.
    fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Trying(_) | Self::Vain(_))
    }

    /// The attempt that nobody has reported on.
    fn ticket(self) -> Option<PublishTicket> {
        match self {
            Self::Trying(ticket) | Self::Vain(ticket) => Some(ticket),
            Self::Waiting | Self::Sent(_) => None,
        }
    }
}

impl Entry {
    fn new(draft: Draft) -> Self {
        let (audience, askers) = (AudienceNumber::default(), SortedSet::new());
        Self { draft, state: State::Waiting, audience, askers, again_at: None }
    }

    fn due_at(&self, unheard: &SortedSet<AccountId>) -> Option<Timestamp> {
        match self.state {
            State::Waiting if self.draft.to.is_some_and(|to| unheard.contains(&to)) => None,
            State::Waiting => Some(Timestamp::default()),
            State::Trying(_) | State::Vain(_) | State::Sent(_) => self.again_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::time::RoomTime,
        wire::{entry, message::RunId},
    };

    const RATE: Rate = Rate { burst: 3, every: Duration::from_secs(1) };

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn draft(seq: u32) -> Draft {
        let written = RoomTime::from_millis(0);
        let entry = entry::Entry::text(format!("text {seq}"));
        Draft {
            chat: Chat { seq, lamport: u64::from(seq), written, entry, proof: None },
            to: None,
            is_handed_on: false,
        }
    }

    fn outbox_with(messages: u32) -> Outbox {
        let mut outbox = Outbox::new(RATE, at(0));
        for seq in 1..=messages {
            assert_eq!(outbox.next_seq(), Some(seq));
            outbox.write(draft(seq));
        }
        outbox
    }

    fn sent_at(outbox: &mut Outbox, now: Timestamp) -> Vec<u32> {
        let mut sent = Vec::new();
        while let Some(out) = outbox.send_next(
            PublishTicket(sent.len() as u64 + now.as_millis() * 100),
            AudienceNumber::default(),
            &SortedSet::new(),
            now,
        ) {
            let (Outgoing::First(draft) | Outgoing::Again(draft, _)) = out;
            sent.push(draft.chat.seq);
        }
        sent
    }

    fn first(outbox: &mut Outbox, ticket: u64, now: Timestamp) -> bool {
        let next = outbox.send_next(PublishTicket(ticket), AudienceNumber::default(), &SortedSet::new(), now);
        matches!(next, Some(Outgoing::First(_)))
    }

    #[test]
    fn what_is_written_goes_out_in_order_and_no_faster_than_allowed() {
        let mut outbox = outbox_with(5);
        assert_eq!(sent_at(&mut outbox, at(0)), [1, 2, 3]);
        assert_eq!(outbox.next_due(&SortedSet::new(), at(0)), Some(at(1_000)));
        assert_eq!(sent_at(&mut outbox, at(1_000)), [4]);
        assert_eq!(sent_at(&mut outbox, at(2_000)), [5]);
        assert_eq!(outbox.next_due(&SortedSet::new(), at(2_000)), None);
        assert_eq!(outbox.last_sent(), 5);
    }

    #[test]
    fn what_nobody_took_waits_and_is_tried_again() {
        let mut outbox = outbox_with(1);
        let ticket = PublishTicket(7);
        assert!(first(&mut outbox, 7, at(0)));
        assert_eq!(outbox.published(ticket, false, at(10)), Some(Attempt::Waiting(1)));
        assert!(outbox.is_waiting(1));
        assert!(!first(&mut outbox, 8, at(100)));
        assert!(first(&mut outbox, 9, at(510)));
        assert_eq!(outbox.published(PublishTicket(9), true, at(520)), Some(Attempt::Sent(1)));
        assert_eq!(outbox.published(PublishTicket(9), true, at(520)), None);
    }

    #[test]
    fn what_nobody_can_read_is_told_apart_and_may_be_read_when_it_is_tried_again() {
        let mut outbox = outbox_with(1);
        let tickets = [7, 8].map(PublishTicket);
        assert!(first(&mut outbox, 7, at(0)));
        outbox.reaches_nobody(tickets[0]);
        assert_eq!(outbox.published(tickets[0], false, at(10)), Some(Attempt::Waiting(1)));
        assert!(first(&mut outbox, 8, at(510)));
        assert_eq!(outbox.published(tickets[1], true, at(520)), Some(Attempt::Sent(1)));
        let mut outbox = outbox_with(1);
        assert!(first(&mut outbox, 7, at(0)));
        outbox.reaches_nobody(tickets[0]);
        assert_eq!(outbox.published(tickets[0], true, at(10)), Some(Attempt::Undelivered(1)));
        assert_eq!(outbox.next_due(&SortedSet::new(), at(10)), None);
    }

    #[test]
    fn what_was_written_before_newcomers_were_kept_out_is_not_for_them_afterwards() {
        let mut outbox = Outbox::new(RATE, at(0));
        outbox.write(Draft { is_handed_on: true, ..draft(1) });
        outbox.keep_from_newcomers();
        outbox.write(Draft { is_handed_on: true, ..draft(2) });
        let mut next = || outbox.send_next(PublishTicket(1), AudienceNumber::default(), &SortedSet::new(), at(0));
        let is_handed_on = [next(), next()].map(|out| match out {
            Some(Outgoing::First(draft)) => draft.is_handed_on,
            _ => panic!("there are two to send"),
        });
        assert_eq!(is_handed_on, [false, true]);
    }

    #[test]
    fn what_is_for_one_person_waits_until_that_person_is_heard_and_holds_nothing_up() {
        let mut outbox = Outbox::new(RATE, at(0));
        let ravi = milanio_identity::AccountKey::from_seed([2; 32]).id();
        outbox.write(Draft { to: Some(ravi), ..draft(1) });
        outbox.write(draft(2));
        let (unheard, ticket) = (SortedSet::from([ravi]), PublishTicket(1));
        let mut next = |unheard: &SortedSet<AccountId>| {
            let out = outbox.send_next(ticket, AudienceNumber::default(), unheard, at(0));
            (
                out.map(|(Outgoing::First(draft) | Outgoing::Again(draft, _))| draft.chat.seq),
                outbox.next_due(unheard, at(0)),
            )
        };
        assert_eq!(next(&unheard), (Some(2), None));
        assert_eq!(next(&unheard), (None, None));
        assert_eq!(next(&SortedSet::new()).0, Some(1));
    }

    #[test]
    fn attempts_without_a_report_wait_again_when_the_connection_is_lost() {
        let mut outbox = outbox_with(2);
        assert_eq!(sent_at(&mut outbox, at(0)), [1, 2]);
        assert_eq!(outbox.connection_lost(), [1, 2]);
        outbox.connection_back(at(5_000));
        assert_eq!(sent_at(&mut outbox, at(5_000)), [1, 2]);
    }

    fn device(number: u8) -> DeviceId {
        milanio_identity::DeviceKey::from_seed([number; 32]).id()
    }

    fn wanted(first: u32, last: u32) -> ChatWanted {
        ChatWanted { author: device(9), run: RunId([0; 8]), first, last }
    }

    fn again_to(outbox: &mut Outbox, now: Timestamp) -> Option<Vec<DeviceId>> {
        match outbox.send_next(PublishTicket(99), AudienceNumber::default(), &SortedSet::new(), now) {
            Some(Outgoing::Again(_, askers)) => Some(askers),
            Some(Outgoing::First(_)) | None => None,
        }
    }

    #[test]
    fn one_copy_serves_all_who_ask_within_a_second() {
        let mut outbox = outbox_with(1);
        assert!(first(&mut outbox, 1, at(0)));
        outbox.published(PublishTicket(1), true, at(0));
        let since = AudienceNumber::default();
        outbox.want(&wanted(1, 9), (device(1), since), at(500));
        outbox.want(&wanted(1, 9), (device(2), since), at(900));
        assert_eq!(outbox.next_due(&SortedSet::new(), at(900)), Some(at(1_000)));
        let mut both = vec![device(1), device(2)];
        both.sort();
        assert_eq!(again_to(&mut outbox, at(1_000)), Some(both));
        outbox.want(&wanted(1, 9), (device(3), since), at(5_000));
        assert_eq!(again_to(&mut outbox, at(5_099)), None);
        assert_eq!(again_to(&mut outbox, at(5_100)), Some(vec![device(3)]));
        assert_eq!(outbox.next_due(&SortedSet::new(), at(9_000)), None);
    }

    #[test]
    fn what_waits_is_sent_to_everybody_and_to_nobody_alone() {
        let mut outbox = outbox_with(1);
        outbox.want(&wanted(1, 1), (device(1), AudienceNumber::default()), at(0));
        assert!(first(&mut outbox, 1, at(0)));
        outbox.connection_lost();
        assert!(first(&mut outbox, 2, at(1)));
    }

    #[test]
    fn who_came_later_is_sent_nothing_from_before() {
        let mut audience = crate::core::room::audience::Audience::default();
        let listed = |number| crate::wire::operation::Admitted {
            account: milanio_identity::AccountKey::from_seed([number; 32]).id(),
            device: device(number),
        };
        audience.update(&[listed(1)].into());
        let mut outbox = outbox_with(2);
        assert!(outbox.send_next(PublishTicket(1), audience.latest(), &SortedSet::new(), at(0)).is_some());
        audience.update(&[listed(1), listed(2)].into());
        assert!(outbox.send_next(PublishTicket(2), audience.latest(), &SortedSet::new(), at(0)).is_some());
        for ticket in [1, 2].map(PublishTicket) {
            assert!(outbox.published(ticket, true, at(0)).is_some());
        }
        for number in [1, 2] {
            let since = audience.since(&device(number)).unwrap();
            outbox.want(&wanted(1, 2), (device(number), since), at(5_000));
        }
        assert_eq!(again_to(&mut outbox, at(6_000)), Some(vec![device(1)]));
        assert_eq!(again_to(&mut outbox, at(6_000)).map(|askers| askers.len()), Some(2));
    }

    #[test]
    fn too_many_waiting_messages_are_refused_and_sent_ones_are_forgotten_in_the_end() {
        let mut outbox = outbox_with(MAX_CHAT_WAITING as u32);
        assert_eq!(outbox.next_seq(), None);
        let mut now = 0;
        for seq in 1..=2 * CHAT_KEPT {
            while first(&mut outbox, u64::from(seq), at(now)) {
                outbox.published(PublishTicket(u64::from(seq)), true, at(now));
            }
            now += 1_000;
            if let Some(next) = outbox.next_seq() {
                outbox.write(draft(next));
            }
        }
        assert_eq!(outbox.kept.len(), CHAT_KEPT as usize);
    }
}
