//! Work that makes a knock cost something: a number for which a hash begins with zeros.
//!
//! One knock is cheap to make for a person, and thousands of them are not for whoever keeps others out by knocking. The number is
//! bound to room, device and minute, so that none is found in advance, lent or kept. It is looked for in slices, since what looks for it
//! may have a page to draw.
//!
//! Left out: when it is asked for (`core::room::gate`).

use std::fmt;

use milanio_identity::{DeviceId, RoomId};
use sha2::{Digest as _, Sha256};

use crate::core::time::RoomTime;

/// With room and device it fills the first block of the hash, which is hashed once for all numbers.
const LABEL: &[u8; 16] = b"milanio/v1/work\0";
/// Work counts in the minute for which it is done, and in the next one.
const MINUTE_MILLIS: u64 = 60_000;

/// The search for one number.
#[derive(Clone)]
pub struct Work {
    bound: Sha256,
    minute: u64,
    bits: u32,
    number: u64,
    is_done: bool,
}

impl Work {
    /// For what `device` says in `room` at `said` or soon afterwards; `bits` zeros are wanted.
    pub fn new(room: RoomId, device: DeviceId, said: RoomTime, bits: u32) -> Self {
        let bound = Sha256::new().chain_update(LABEL).chain_update(room.as_bytes()).chain_update(device.as_bytes());
        Self { bound, minute: minute(said), bits, number: 0, is_done: false }
    }

    /// Tries at most so many numbers. True once the right one is found.
    pub fn step(&mut self, tries: u32) -> bool {
        for _ in 0..tries {
            if self.is_done {
                break;
            }
            match self.holds(self.number) {
                true => self.is_done = true,
                false => self.number += 1,
            }
        }
        self.is_done
    }

    /// The number, if it is found and still counts for what is said at `said`.
    pub fn number(&self, said: RoomTime) -> Option<u64> {
        (self.is_done && self.counts(said)).then_some(self.number)
    }

    /// Whether the number, found or not yet, counts for what is said at `said`.
    pub const fn counts(&self, said: RoomTime) -> bool {
        let minute = minute(said);
        minute == self.minute || minute == self.minute + 1
    }

    fn holds(&self, number: u64) -> bool {
        let hashed = self.bound.clone().chain_update(self.minute.to_be_bytes()).chain_update(number.to_be_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hashed.finalize());
        u32::from_be_bytes([a, b, c, d]).leading_zeros() >= self.bits
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("number", &self.number).field("is_done", &self.is_done).finish_non_exhaustive()
    }
}

/// Whether `number` shows the work of `bits` zeros for what `device` says in `room` at `said`.
pub fn is_worked_for(number: u64, (room, device): (RoomId, DeviceId), said: RoomTime, bits: u32) -> bool {
    let work = Work::new(room, device, said, bits);
    let before = work.minute.checked_sub(1).map(|minute| Work { minute, ..work.clone() });
    work.holds(number) || before.is_some_and(|before| before.holds(number))
}

const fn minute(said: RoomTime) -> u64 {
    said.as_millis() / MINUTE_MILLIS
}

#[cfg(test)]
mod tests {
    use milanio_identity::{DeviceCert, DeviceKey};
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{
        codec::{decode, encode},
        message::DoorBody,
    };

    const BITS: u32 = 10;
    const ROOM: RoomId = RoomId::from_bytes([1; 16]);

    fn device(number: u8) -> DeviceId {
        DeviceKey::from_seed([number; 32]).id()
    }

    fn minutes(count: u64) -> RoomTime {
        RoomTime::from_millis(count * MINUTE_MILLIS)
    }

    fn worked(said: RoomTime) -> u64 {
        let mut work = Work::new(ROOM, device(1), said, BITS);
        while !work.step(100) {
            assert_eq!(work.number(said), None);
        }
        work.number(said).unwrap()
    }

    #[test]
    fn it_counts_for_room_device_and_two_minutes_alone() {
        let number = worked(minutes(7));
        let counts = |room, device, minute| is_worked_for(number, (room, device), minutes(minute), BITS);
        assert_eq!([6, 7, 8, 9].map(|minute| counts(ROOM, device(1), minute)), [false, true, true, false]);
        assert!(!counts(RoomId::from_bytes([2; 16]), device(1), 7));
        assert!(!counts(ROOM, device(2), 7));
    }

    #[test]
    fn it_is_found_slice_by_slice_as_at_once() {
        let (mut small, mut large) = (Work::new(ROOM, device(1), minutes(7), BITS), worked(minutes(7)));
        while !small.step(1) {
            large -= 1;
        }
        assert_eq!(large, 0);
        assert!(small.step(0) && small.number(minutes(9)).is_none());
    }

    #[test]
    fn the_first_minute_of_all_has_none_before() {
        let number = worked(minutes(0));
        assert!(is_worked_for(number, (ROOM, device(1)), minutes(0), BITS));
    }

    #[derive(serde::Deserialize)]
    struct Vectors {
        room: String,
        knocks: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        device: String,
        said: u64,
        work: u64,
        body: String,
    }

    /// The figures were computed with another implementation of the hash and the encoding.
    #[test]
    fn knocks_and_their_work_match_the_vectors() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/door.json")).unwrap();
        let room = RoomId::from_bytes(hex::decode(vectors.room).unwrap().try_into().unwrap());
        assert_eq!(vectors.knocks.len(), 2);
        for case in vectors.knocks {
            let body = hex::decode(case.body).unwrap();
            let said: DoorBody = decode(&body).unwrap();
            assert_eq!(encode(&said), Ok(body));
            let DoorBody::Knock(knock) = said else { panic!("no knock") };
            assert_eq!((knock.said.as_millis(), knock.work), (case.said, case.work));
            let device = DeviceCert::from_bytes(&knock.cert).unwrap().device();
            assert_eq!(hex::encode(device.as_bytes()), case.device);
            let bits = 18;
            assert!(is_worked_for(knock.work, (room, device), knock.said, bits));
            let mut work = Work::new(room, device, knock.said, bits);
            while !work.step(8_192) {}
            assert_eq!(work.number(knock.said), Some(case.work));
        }
    }

    proptest! {
        #[test]
        fn any_number_and_time_are_survived(number: u64, millis: u64, bits in 0..64_u32) {
            let said = RoomTime::from_millis(millis);
            let holds = is_worked_for(number, (ROOM, device(1)), said, bits);
            prop_assert!(holds || bits > 0);
            prop_assert!(!holds || bits <= 32);
        }
    }
}
