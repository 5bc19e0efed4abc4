//! The messages written here: what waits, what has gone out, and what others want again.
//!
//! A message is numbered when it is written and framed each time it is sent. It counts as sent when at least one peer took it;
//! until then it waits. Everything goes out through one token bucket, so that receivers never have to drop any of it.
//!
//! Left out: sealing and framing.

use std::{collections::BTreeMap, time::Duration};

use milanio_identity::AccountId;

use super::{
    bucket::Bucket,
    command::PublishTicket,
    limits::{CHAT_KEPT, MAX_CHAT_WAITING, Rate},
};
use crate::{
    core::time::Timestamp,
    wire::message::{Chat, ChatWanted},
};

/// The same message is not sent again within this, whoever asks: one copy serves all who miss it.
const RESEND_PAUSE: Duration = Duration::from_secs(1);
/// How long after a failed attempt the next is made while the connection seems to be there.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// A message as it was written, before it is sealed to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The message.
    pub chat: Chat,
    /// The account that alone can read it; everybody without.
    pub to: Option<AccountId>,
}

/// One's own messages of this run, by number.
pub struct Outbox {
    kept: BTreeMap<u32, Entry>,
    last_written: u32,
    last_sent: u32,
    bucket: Bucket,
    /// No attempt before this: the last one failed.
    held_until: Timestamp,
}

struct Entry {
    draft: Draft,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not sent yet.
    Waiting,
    /// Sent, and nobody knows yet whether a peer took it.
    Trying(PublishTicket),
    /// Taken by a peer, at this time or later.
    Sent(Timestamp),
    /// Taken by a peer before, and wanted again.
    Wanted,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// This message has gone out for the first time.
    Sent(u32),
    /// This message waits again.
    Waiting(u32),
}

impl Outbox {
    /// Empty, and allowed to send at `rate`.
    pub fn new(rate: Rate, now: Timestamp) -> Self {
        Self { kept: BTreeMap::new(), last_written: 0, last_sent: 0, bucket: Bucket::new(rate, now), held_until: now }
    }

    /// The highest number that was ever sent or tried: what beats announce.
    pub fn last_sent(&self) -> u32 {
        self.last_sent
    }

    /// The number the next message gets, or nothing when too many wait already.
    pub fn next_seq(&self) -> Option<u32> {
        let waiting = self.kept.values().filter(|e| matches!(e.state, State::Waiting | State::Trying(_))).count();
        if waiting < MAX_CHAT_WAITING { self.last_written.checked_add(1) } else { None }
    }

    /// Keeps a message, numbered as [`Self::next_seq`] said, to be sent.
    pub fn write(&mut self, draft: Draft) {
        self.last_written = draft.chat.seq;
        self.kept.insert(self.last_written, Entry { draft, state: State::Waiting });
        // Those that wait are at most MAX_CHAT_WAITING and the newest, so what falls off has been sent.
        self.kept = self.kept.split_off(&self.last_written.saturating_sub(CHAT_KEPT - 1));
    }

    /// Marks what another member misses, to be sent again.
    pub fn want(&mut self, wanted: &ChatWanted, now: Timestamp) {
        if wanted.first > wanted.last {
            return;
        }
        for (_, entry) in self.kept.range_mut(wanted.first..=wanted.last) {
            if let State::Sent(at) = entry.state
                && now.since(at) >= RESEND_PAUSE
            {
                entry.state = State::Wanted;
            }
        }
    }

    /// The next message to send, if one may be sent now; the attempt is named `ticket`.
    pub fn send_next(&mut self, ticket: PublishTicket, now: Timestamp) -> Option<Draft> {
        if self.next_due(now).is_none_or(|at| at > now) || !self.bucket.take(now) {
            return None;
        }
        let (_, entry) = self.kept.iter_mut().find(|(_, e)| e.state.is_due())?;
        entry.state = match entry.state {
            State::Wanted => State::Sent(now),
            _ => State::Trying(ticket),
        };
        self.last_sent = self.last_sent.max(entry.draft.chat.seq);
        Some(entry.draft.clone())
    }

    /// When [`Self::send_next`] has something next, if it has.
    pub fn next_due(&mut self, now: Timestamp) -> Option<Timestamp> {
        let due = self.kept.values().any(|e| e.state.is_due());
        due.then(|| self.bucket.ready_at(now).max(self.held_until))
    }

    /// True when this message has not gone out yet.
    pub fn is_waiting(&self, seq: u32) -> bool {
        self.kept.get(&seq).is_some_and(|e| e.state == State::Waiting)
    }

    /// What became of the attempt named `ticket`; nothing if it was no first attempt of a message.
    pub fn published(&mut self, ticket: PublishTicket, taken: bool, now: Timestamp) -> Option<Attempt> {
        let (&seq, entry) = self.kept.iter_mut().find(|(_, e)| e.state == State::Trying(ticket))?;
        if taken {
            entry.state = State::Sent(now);
            Some(Attempt::Sent(seq))
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
            if matches!(entry.state, State::Trying(_)) {
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
    fn is_due(self) -> bool {
        matches!(self, Self::Waiting | Self::Wanted)
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
        Draft { chat: Chat { run: RunId([0; 8]), seq, lamport: u64::from(seq), written, entry }, to: None }
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
        while let Some(draft) = outbox.send_next(PublishTicket(sent.len() as u64 + now.as_millis() * 100), now) {
            sent.push(draft.chat.seq);
        }
        sent
    }

    #[test]
    fn what_is_written_goes_out_in_order_and_no_faster_than_allowed() {
        let mut outbox = outbox_with(5);
        assert_eq!(sent_at(&mut outbox, at(0)), [1, 2, 3]);
        assert_eq!(outbox.next_due(at(0)), Some(at(1_000)));
        assert_eq!(sent_at(&mut outbox, at(1_000)), [4]);
        assert_eq!(sent_at(&mut outbox, at(2_000)), [5]);
        assert_eq!(outbox.next_due(at(2_000)), None);
        assert_eq!(outbox.last_sent(), 5);
    }

    #[test]
    fn what_nobody_took_waits_and_is_tried_again() {
        let mut outbox = outbox_with(1);
        let ticket = PublishTicket(7);
        assert!(outbox.send_next(ticket, at(0)).is_some());
        assert_eq!(outbox.published(ticket, false, at(10)), Some(Attempt::Waiting(1)));
        assert!(outbox.is_waiting(1));
        assert_eq!(outbox.send_next(PublishTicket(8), at(100)), None);
        assert!(outbox.send_next(PublishTicket(9), at(510)).is_some());
        assert_eq!(outbox.published(PublishTicket(9), true, at(520)), Some(Attempt::Sent(1)));
        assert_eq!(outbox.published(PublishTicket(9), true, at(520)), None);
    }

    #[test]
    fn attempts_without_a_report_wait_again_when_the_connection_is_lost() {
        let mut outbox = outbox_with(2);
        assert_eq!(sent_at(&mut outbox, at(0)), [1, 2]);
        assert_eq!(outbox.connection_lost(), [1, 2]);
        outbox.connection_back(at(5_000));
        assert_eq!(sent_at(&mut outbox, at(5_000)), [1, 2]);
    }

    #[test]
    fn one_copy_serves_all_who_ask_within_a_second() {
        let mut outbox = outbox_with(1);
        assert!(outbox.send_next(PublishTicket(1), at(0)).is_some());
        outbox.published(PublishTicket(1), true, at(0));
        let device = milanio_identity::DeviceKey::from_seed([1; 32]).id();
        let wanted = ChatWanted { author: device, run: RunId([0; 8]), first: 1, last: 9 };
        outbox.want(&wanted, at(900));
        assert_eq!(outbox.next_due(at(900)), None);
        outbox.want(&wanted, at(1_000));
        assert_eq!(sent_at(&mut outbox, at(1_000)), [1]);
        outbox.want(&wanted, at(1_500));
        assert_eq!(outbox.next_due(at(1_500)), None);
    }

    #[test]
    fn too_many_waiting_messages_are_refused_and_sent_ones_are_forgotten_in_the_end() {
        let mut outbox = outbox_with(MAX_CHAT_WAITING as u32);
        assert_eq!(outbox.next_seq(), None);
        let mut now = 0;
        for seq in 1..=2 * CHAT_KEPT {
            while let Some(sent) = outbox.send_next(PublishTicket(u64::from(seq)), at(now)) {
                outbox.published(PublishTicket(u64::from(seq)), true, at(now));
                assert!(sent.chat.seq > 0);
            }
            now += 1_000;
            if let Some(next) = outbox.next_seq() {
                outbox.write(draft(next));
            }
        }
        assert_eq!(outbox.kept.len(), CHAT_KEPT as usize);
    }
}
