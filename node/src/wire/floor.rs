//! What members tell each other about the room itself: its operations, the secret of the next floor, and what moderators ask.

use milanio_identity::{DeviceId, EphemeralPublic};
use serde::{Deserialize, Serialize};

use super::{
    body::ensure,
    codec::{Checked, LimitError},
    limits,
    operation::OperationHash,
};
use crate::core::time::RoomTime;

/// The first half of the SHA-256 of the sorted heads of what a device knows of the room's operations. Two that say the same know
/// the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HeadsDigest(pub [u8; 16]);

/// Operations, past before future, each as `VerifiedOperation::as_bytes` gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operations(pub Vec<Vec<u8>>);

impl Checked for Operations {
    fn check(&self) -> Result<(), LimitError> {
        let fits = |operation: &Vec<u8>| (1..=limits::OPERATION_BYTES).contains(&operation.len());
        let total: usize = self.0.iter().map(Vec::len).sum();
        let bounded = !self.0.is_empty() && self.0.len() <= limits::OPERATIONS && total <= limits::OPERATIONS_BYTES;
        ensure(bounded && self.0.iter().all(fits), LimitError::Operations)
    }
}

/// "I know these and all before them; what else is there?"
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationsWanted {
    /// Sorted. Of more than [`limits::WANTED_HEADS`] some.
    pub heads: Vec<OperationHash>,
}

impl Checked for OperationsWanted {
    fn check(&self) -> Result<(), LimitError> {
        let sorted = self.heads.is_sorted_by(|one, other| one < other);
        ensure(sorted && self.heads.len() <= limits::WANTED_HEADS, LimitError::Operations)
    }
}

/// The secret of a new floor for those who stay, said on the floor before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorKeys {
    /// The rotation, which holds the commitment to the secret.
    pub rotation: OperationHash,
    /// The secret, HPKE-sealed to the key in each device's presence, by device. The context binds room, sender, target and
    /// rotation.
    pub sealed: Vec<(DeviceId, Vec<u8>)>,
}

impl Checked for FloorKeys {
    fn check(&self) -> Result<(), LimitError> {
        let sorted = self.sealed.is_sorted_by(|(one, _), (other, _)| one < other);
        let fits = |(_, sealed): &(DeviceId, Vec<u8>)| sealed.len() == EphemeralPublic::SEAL_OVERHEAD + 32;
        let bounded = (1..=limits::FLOOR_KEYS).contains(&self.sealed.len());
        ensure(sorted && bounded && self.sealed.iter().all(fits), LimitError::Sealed)
    }
}

/// Something a moderator asks of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskDevice {
    /// Whom.
    pub to: DeviceId,
    /// What.
    pub what: Ask,
    /// When it was said: differs each time and must be near now, so that another member cannot say it again.
    pub said: RoomTime,
}

/// What moderators can ask of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ask {
    /// Switch the microphone off. Done at once.
    Mute,
    /// Switch the camera off. Done at once.
    CameraOff,
    /// Switch the microphone on. A question to the person, never an act.
    Unmute,
    /// Lower the hand. Done at once.
    LowerHand,
}

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{codec::encode, message::FloorBody};

    fn operations(count: usize, bytes: usize) -> FloorBody {
        FloorBody::Operations(Operations(vec![vec![0; bytes]; count]))
    }

    fn wanted(heads: &[u8]) -> FloorBody {
        let heads = heads.iter().map(|number| OperationHash([*number; 32])).collect();
        FloorBody::OperationsWanted(OperationsWanted { heads })
    }

    fn keys(count: u8, bytes: usize) -> FloorBody {
        let mut devices: Vec<_> = (0..count).map(|number| DeviceKey::from_seed([number; 32]).id()).collect();
        devices.sort_unstable();
        let sealed = devices.into_iter().map(|device| (device, vec![0; bytes])).collect();
        FloorBody::FloorKeys(FloorKeys { rotation: OperationHash([1; 32]), sealed })
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let whole = EphemeralPublic::SEAL_OVERHEAD + 32;
        let most = limits::FLOOR_KEYS as u8;
        for (body, fits) in [
            (operations(1, limits::OPERATION_BYTES), true),
            (operations(1, limits::OPERATION_BYTES + 1), false),
            (operations(0, 1), false),
            (operations(1, 0), false),
            (operations(limits::OPERATIONS, 100), true),
            (operations(limits::OPERATIONS + 1, 100), false),
            (operations(limits::OPERATIONS_BYTES / limits::OPERATION_BYTES, limits::OPERATION_BYTES), true),
            (operations(limits::OPERATIONS_BYTES / limits::OPERATION_BYTES + 1, limits::OPERATION_BYTES), false),
            (wanted(&[]), true),
            (wanted(&[1, 2]), true),
            (wanted(&[2, 1]), false),
            (wanted(&[1, 1]), false),
            (keys(1, whole), true),
            (keys(0, whole), false),
            (keys(1, whole - 1), false),
            (keys(most, whole), true),
            (keys(most + 1, whole), false),
        ] {
            assert_eq!(encode(&body).is_ok(), fits, "{body:?}");
        }
    }

    #[test]
    fn the_largest_of_every_kind_fits_a_frame() {
        const SIGNED: usize = 32 + 8 + 64;
        let heads = (0..limits::WANTED_HEADS as u32).map(|number| {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            OperationHash(hash)
        });
        let wanted = FloorBody::OperationsWanted(OperationsWanted { heads: heads.collect() });
        let many = limits::OPERATIONS_BYTES / limits::OPERATIONS;
        for body in [
            operations(limits::OPERATIONS_BYTES / limits::OPERATION_BYTES, limits::OPERATION_BYTES),
            operations(limits::OPERATIONS, many),
            keys(limits::FLOOR_KEYS as u8, EphemeralPublic::SEAL_OVERHEAD + 32),
            wanted,
        ] {
            let bytes = encode(&body).unwrap().len() + SIGNED;
            assert!(bytes <= crate::wire::frame::MAX_INNER_BYTES, "{bytes}");
        }
    }

    proptest! {
        #[test]
        fn keys_out_of_order_are_refused(one in 0_u8..50, other in 0_u8..50) {
            let ids = [one, other].map(|number| DeviceKey::from_seed([number; 32]).id());
            let sealed = ids.map(|device| (device, vec![0; EphemeralPublic::SEAL_OVERHEAD + 32])).to_vec();
            let body = FloorBody::FloorKeys(FloorKeys { rotation: OperationHash([1; 32]), sealed });
            prop_assert_eq!(encode(&body).is_ok(), ids[0] < ids[1]);
        }
    }
}
