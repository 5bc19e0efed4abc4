//! Private messages: an entry that only the devices of one account can read.
//!
//! Each seal's context names the room, the author and the message, and the frame's inner signature names the author: nobody
//! can pass another's words off as their own, or repeat them elsewhere. Seals carry no names, so who is written to shows
//! neither in the message nor to the other members.

use milanio_identity::{EphemeralPublic, EphemeralSecret, RoomId};
use rand_core::CryptoRng;

use super::content::Opens;
use crate::wire::{
    codec::{Checked as _, decode, encode},
    entry::Entry,
    limits::{PRIVATE_BYTES, PRIVATE_SEALS},
    message::MessageId,
};

const INFO_LABEL: &[u8] = b"milanio/v1/private\0";

/// Whether `entry` can be sealed: it keeps its limits, is short enough, and is not sealed already.
pub fn fits(entry: &Entry) -> bool {
    !matches!(entry, Entry::Private(_)) && encode(entry).is_ok_and(|bytes| bytes.len() <= PRIVATE_BYTES)
}

/// Seals an entry that [`fits`] to each of `targets`, at most [`PRIVATE_SEALS`] of them; to a key that nobody keeps if there are
/// none any more, so that the message's number is not missed. `None` if a key is weak.
pub fn seal(
    room: RoomId,
    id: MessageId,
    entry: &Entry,
    targets: &[EphemeralPublic],
    rng: &mut impl CryptoRng,
) -> Option<Entry> {
    let plaintext = encode(entry).ok()?;
    let nobody = [EphemeralSecret::generate(rng).public()];
    let targets = if targets.is_empty() { &nobody } else { targets };
    let info = info(room, id);
    let seal = |target: &EphemeralPublic| target.seal(&info, &[], &plaintext, rng).ok();
    let sealed: Option<Vec<_>> = targets.iter().take(PRIVATE_SEALS).map(seal).collect();
    sealed.map(Entry::Private).filter(|entry| entry.check().is_ok())
}

/// The entry that one of `seals` holds for this device. Nothing if it is for others, or holds what must not be sealed.
pub fn open(room: RoomId, id: MessageId, seals: &[Vec<u8>], keys: &impl Opens) -> Option<Entry> {
    let info = info(room, id);
    let opened = seals.iter().take(PRIVATE_SEALS).find_map(|seal| keys.open(&info, seal).ok())?;
    decode::<Entry>(&opened).ok().filter(fits)
}

/// All parts have fixed lengths.
fn info(room: RoomId, id: MessageId) -> Vec<u8> {
    let number = id.seq.to_be_bytes();
    [INFO_LABEL, room.as_bytes().as_slice(), id.device.as_bytes(), &id.run.0, &number].concat()
}

#[cfg(test)]
mod tests {
    use milanio_identity::{DeviceKey, RoomKeys, RootSecret};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::*;
    use crate::wire::message::RunId;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([9; 32])
    }

    fn room(seed: u8) -> RoomId {
        RoomKeys::new(&RootSecret::from_bytes([seed; 32])).room_id()
    }

    fn id(seq: u32) -> MessageId {
        MessageId { device: DeviceKey::from_seed([1; 32]).id(), run: RunId([1; 8]), seq }
    }

    fn secrets() -> [EphemeralSecret; 2] {
        [1, 2].map(|seed| EphemeralSecret::generate(&mut ChaCha20Rng::from_seed([seed; 32])))
    }

    fn seals(entry: &Entry, targets: &[EphemeralPublic]) -> Vec<Vec<u8>> {
        let Some(Entry::Private(seals)) = seal(room(1), id(1), entry, targets, &mut rng()) else { unreachable!() };
        seals
    }

    #[test]
    fn every_device_it_is_for_reads_it_and_no_other() {
        let [mine, other] = secrets();
        let entry = Entry::text("after the call?");
        let sealed = seals(&entry, &[other.public(), mine.public()]);
        assert_eq!(open(room(1), id(1), &sealed, &mine), Some(entry.clone()));
        assert_eq!(open(room(1), id(1), &sealed, &other), Some(entry));
        let stranger = EphemeralSecret::generate(&mut ChaCha20Rng::from_seed([3; 32]));
        assert_eq!(open(room(1), id(1), &sealed, &stranger), None);
    }

    #[test]
    fn it_opens_in_its_room_and_as_its_message_alone() {
        let [mine, _] = secrets();
        let sealed = seals(&Entry::text("after the call?"), &[mine.public()]);
        assert_eq!(open(room(2), id(1), &sealed, &mine), None);
        assert_eq!(open(room(1), id(2), &sealed, &mine), None);
    }

    #[test]
    fn a_private_message_holds_no_other() {
        let [mine, _] = secrets();
        let inner = Entry::Private(seals(&Entry::text("x"), &[mine.public()]));
        assert!(!fits(&inner));
        let sealed = seals(&inner, &[mine.public()]);
        assert_eq!(open(room(1), id(1), &sealed, &mine), None);
    }

    #[test]
    fn a_message_to_who_has_left_is_read_by_nobody() {
        let sealed = seals(&Entry::text("too late"), &[]);
        assert!(secrets().iter().all(|secret| open(room(1), id(1), &sealed, secret).is_none()));
    }
}
