//! A message said again, to some devices alone: those that were to read it and did not get it, or could not open it.
//!
//! The chain that it first went out on may be over, and others may read the one in use who were not to read this message. So it is
//! sealed once, under a key that is sealed by HPKE to each of those devices. Both seals have the context
//! `label | room(16) | author device(32) | run(8)`; that of HPKE goes on with the target's device(32). Who says it is its author: the
//! signature around it is theirs.

use milanio_identity::{DeviceId, EphemeralPublic, OneTimeKey, RoomId};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::SealedKey;
use crate::wire::{
    codec::{Checked, LimitError},
    limits,
    message::RunId,
};

/// The message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The author's run.
    pub run: RunId,
    /// What it says, sealed.
    pub sealed: Vec<u8>,
    /// Its key, for each device that it is for, sorted by device; at most [`limits::AGAIN_KEYS`].
    pub keys: Vec<SealedKey>,
}

impl Checked for Again {
    fn check(&self) -> Result<(), LimitError> {
        let length = OneTimeKey::OVERHEAD + 1..=OneTimeKey::OVERHEAD + limits::GROUP_PLAINTEXT_BYTES;
        if !length.contains(&self.sealed.len()) {
            return Err(LimitError::GroupMessage);
        }
        let fits = (1..=limits::AGAIN_KEYS).contains(&self.keys.len())
            && self.keys.iter().all(|key| key.sealed.len() == limits::SEALED_KEY_BYTES)
            && self.keys.is_sorted_by(|one, other| one.to < other.to);
        if fits { Ok(()) } else { Err(LimitError::Keys) }
    }
}

/// Whose message it is, and where.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    /// The room.
    pub room: RoomId,
    /// The device that says it.
    pub device: DeviceId,
    /// Its run.
    pub run: RunId,
}

impl Again {
    /// Seals `plaintext` to `targets`; those with weak keys get nothing. None if nobody is left, or a limit is broken.
    pub fn seal(
        author: Author,
        plaintext: &[u8],
        targets: &[(DeviceId, EphemeralPublic)],
        rng: &mut impl CryptoRng,
    ) -> Option<Self> {
        let key = OneTimeKey::generate(rng);
        let mut keys: Vec<SealedKey> = Vec::with_capacity(targets.len());
        for (to, target) in targets {
            let sealed = target.seal(&author.info(to), &[], key.as_bytes(), rng).ok();
            keys.extend(sealed.map(|sealed| SealedKey { to: *to, sealed }));
        }
        keys.sort_by_key(|key| key.to);
        let again = Self { run: author.run, sealed: key.seal(&author.context(), plaintext), keys };
        again.check().is_ok().then_some(again)
    }

    /// Whether `device` can read it.
    pub fn is_for(&self, device: &DeviceId) -> bool {
        self.key_of(device).is_some()
    }

    /// What it says to `me`, if `device` said it in `room`; `open` opens what is sealed to me in a context (the first argument).
    pub fn open<E>(
        &self,
        (room, device): (RoomId, DeviceId),
        me: &DeviceId,
        open: impl FnOnce(&[u8], &[u8]) -> Result<Vec<u8>, E>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let author = Author { room, device, run: self.run };
        let key = Zeroizing::new(open(&author.info(me), &self.key_of(me)?.sealed).ok()?);
        let key = <[u8; OneTimeKey::LENGTH]>::try_from(key.as_slice()).ok()?;
        OneTimeKey::from_bytes(key).open(&author.context(), &self.sealed).ok()
    }

    fn key_of(&self, device: &DeviceId) -> Option<&SealedKey> {
        let at = self.keys.binary_search_by_key(device, |key| key.to).ok()?;
        self.keys.get(at)
    }
}

impl Author {
    /// All parts have fixed lengths.
    fn context(&self) -> Vec<u8> {
        [LABEL, self.room.as_bytes().as_slice(), self.device.as_bytes(), &self.run.0].concat()
    }

    fn info(&self, to: &DeviceId) -> Vec<u8> {
        [self.context().as_slice(), to.as_bytes()].concat()
    }
}

const LABEL: &[u8] = b"milanio/v1/again\0";

#[cfg(test)]
mod tests {
    use milanio_identity::{DeviceKey, EphemeralSecret};
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;
    use crate::wire::codec::{decode, encode};

    const TEXT: &[u8] = b"what was missed";

    fn device(number: u8) -> DeviceId {
        DeviceKey::from_seed([number; 32]).id()
    }

    fn secret(number: u8) -> EphemeralSecret {
        EphemeralSecret::generate(&mut ChaCha20Rng::from_seed([number; 32]))
    }

    fn author() -> Author {
        Author { room: RoomId::from_bytes([1; 16]), device: device(9), run: RunId([2; 8]) }
    }

    fn again(targets: &[u8]) -> Option<Again> {
        let targets: Vec<_> = targets.iter().map(|number| (device(*number), secret(*number).public())).collect();
        Again::seal(author(), TEXT, &targets, &mut ChaCha20Rng::from_seed([7; 32]))
    }

    fn read(again: &Again, said: Author, number: u8) -> Option<Vec<u8>> {
        let opened = again
            .open((said.room, said.device), &device(number), |info, sealed| secret(number).open(info, &[], sealed));
        opened.map(|text| text.to_vec())
    }

    #[test]
    fn those_it_is_for_read_it_and_nobody_else() {
        let again = again(&[1, 2]).unwrap();
        for number in [1, 2] {
            assert_eq!(read(&again, author(), number).as_deref(), Some(TEXT));
        }
        assert_eq!(read(&again, author(), 3), None);
        assert!(again.is_for(&device(1)) && !again.is_for(&device(3)));
        let stolen = Again { keys: vec![SealedKey { to: device(3), ..again.keys[0].clone() }], ..again };
        assert_eq!(read(&stolen, author(), 3), None);
    }

    #[test]
    fn it_is_read_in_its_room_from_its_author_and_of_its_run_alone() {
        let again = again(&[1]).unwrap();
        assert_eq!(read(&again, Author { room: RoomId::from_bytes([2; 16]), ..author() }, 1), None);
        assert_eq!(read(&again, Author { device: device(8), ..author() }, 1), None);
        assert_eq!(read(&Again { run: RunId([3; 8]), ..again }, author(), 1), None);
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let most = limits::AGAIN_KEYS as u8;
        assert!(again(&[]).is_none());
        assert!(again(&(0..most).collect::<Vec<_>>()).is_some());
        assert!(again(&(0..=most).collect::<Vec<_>>()).is_none());
        assert!(again(&[1, 1]).is_none(), "one key for each");
        let targets = [(device(1), secret(1).public())];
        let sealed = |length| Again::seal(author(), &vec![0; length], &targets, &mut ChaCha20Rng::from_seed([7; 32]));
        assert!(sealed(0).is_none() && sealed(limits::GROUP_PLAINTEXT_BYTES + 1).is_none());
        assert!(sealed(limits::GROUP_PLAINTEXT_BYTES).is_some());
    }

    proptest! {
        #[test]
        fn what_is_accepted_encodes_to_what_came(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(again) = decode::<Again>(&bytes) {
                prop_assert_eq!(encode(&again), Ok(bytes));
            }
        }

        #[test]
        fn no_changed_one_opens(at: prop::sample::Index, bit in 0..8) {
            let mut bytes = encode(&again(&[1]).unwrap()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            if let Ok(changed) = decode::<Again>(&bytes) {
                prop_assert_eq!(read(&changed, author(), 1), None);
            }
        }
    }
}
