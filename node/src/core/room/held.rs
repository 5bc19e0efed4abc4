//! What devices said before it is known who they are.
//!
//! A signal or a message can overtake the presence of whoever sent it. It is kept for a moment and heard once the presence has
//! come. Bounded in all and per device, so that strangers cannot push each other out for long.

use std::collections::VecDeque;

use crate::core::sorted::SortedMap;
use milanio_identity::DeviceId;

use super::limits::{HELD_FOR, MAX_HELD, MAX_HELD_PER_DEVICE};
use crate::{
    core::time::Timestamp,
    wire::message::{Chat, Presence, RunId, SealedSignal},
};

/// What is worth holding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeldBody {
    /// A chat message that was opened, of this run.
    Chat(RunId, Chat),
    /// A signal for this device.
    Signal(SealedSignal),
}

/// The queue, oldest first.
#[derive(Default)]
pub struct Held {
    queue: VecDeque<(Timestamp, DeviceId, HeldBody)>,
    /// The latest of each device that does not belong to the room as far as is known, and when it came.
    presences: SortedMap<DeviceId, (Timestamp, Presence)>,
}

impl Held {
    /// Holds something; the oldest makes room when there is too much in all, and what is too much of one device is dropped.
    pub fn push(&mut self, from: DeviceId, body: HeldBody, now: Timestamp) {
        self.expire(now);
        if self.queue.iter().filter(|(_, device, _)| *device == from).count() >= MAX_HELD_PER_DEVICE {
            return;
        }
        if self.queue.len() >= MAX_HELD {
            self.queue.pop_front();
        }
        self.queue.push_back((now, from, body));
    }

    /// Holds a presence that came at `since`; of one device the one said last. Of too many the oldest goes.
    pub fn push_presence(&mut self, from: DeviceId, presence: Presence, since: Timestamp, now: Timestamp) {
        self.presences.retain(|_, (at, _)| now.since(*at) <= HELD_FOR);
        if self.presences.get(&from).is_some_and(|(_, known)| known.beat.said >= presence.beat.said) {
            return;
        }
        if self.presences.len() >= MAX_HELD {
            let oldest = self.presences.iter().min_by_key(|(_, (at, _))| *at).map(|(device, _)| *device);
            oldest.and_then(|device| self.presences.remove(&device));
        }
        self.presences.insert(from, (since, presence));
    }

    /// Takes out the presences, and when each came.
    pub fn take_presences(&mut self, now: Timestamp) -> Vec<(DeviceId, Presence, Timestamp)> {
        let held = std::mem::take(&mut self.presences).into_iter();
        held.filter(|(_, (at, _))| now.since(*at) <= HELD_FOR).map(|(from, (at, said))| (from, said, at)).collect()
    }

    /// Takes out what this device said, in the order it came.
    pub fn take(&mut self, from: DeviceId, now: Timestamp) -> Vec<HeldBody> {
        self.expire(now);
        let (theirs, others) = std::mem::take(&mut self.queue).into_iter().partition(|(_, device, _)| *device == from);
        self.queue = others;
        let theirs: VecDeque<_> = theirs;
        theirs.into_iter().map(|(_, _, body)| body).collect()
    }

    fn expire(&mut self, now: Timestamp) {
        while self.queue.front().is_some_and(|(at, _, _)| now.since(*at) > HELD_FOR) {
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;

    use super::*;

    fn device(number: u8) -> DeviceId {
        DeviceKey::from_seed([number; 32]).id()
    }

    fn signal(number: u8) -> HeldBody {
        HeldBody::Signal(SealedSignal { to: device(0), sealed: vec![number] })
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn what_a_device_said_comes_out_in_order_and_once() {
        let mut held = Held::default();
        held.push(device(1), signal(1), at(0));
        held.push(device(2), signal(2), at(0));
        held.push(device(1), signal(3), at(0));
        assert_eq!(held.take(device(1), at(10)), [signal(1), signal(3)]);
        assert_eq!(held.take(device(1), at(10)), []);
        assert_eq!(held.take(device(2), at(10)), [signal(2)]);
    }

    #[test]
    fn it_is_held_for_five_seconds() {
        let mut held = Held::default();
        held.push(device(1), signal(1), at(0));
        held.push(device(1), signal(2), at(3_000));
        assert_eq!(held.take(device(1), at(5_001)), [signal(2)]);
    }

    #[test]
    fn neither_one_device_nor_many_can_make_it_grow() {
        let mut held = Held::default();
        for number in 0..200 {
            held.push(device(1), signal(number), at(0));
        }
        assert_eq!(held.queue.len(), MAX_HELD_PER_DEVICE);
        for number in 2..200 {
            held.push(device(number), signal(number), at(0));
        }
        assert_eq!(held.queue.len(), MAX_HELD);
    }
}
