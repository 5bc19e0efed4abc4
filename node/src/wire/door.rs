//! Getting in: what somebody at the door asks, and what they are answered.
//!
//! A knock shows who asks to everybody who has the room code. The answer is sealed to the knocker alone, so those who are left
//! outside learn neither where the floor is nor why another was refused.

use std::fmt;

use milanio_identity::{DeviceId, EphemeralPublic};
use serde::{Deserialize, Serialize};

use super::{
    body::ensure,
    codec::{Checked, LimitError},
    limits, name,
    operation::OperationHash,
};
use crate::core::time::RoomTime;

/// "Let me in": who has no way onto the floor says this at the door.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knock {
    /// The device certificate, as `DeviceCert::to_bytes` gives it.
    pub cert: Vec<u8>,
    /// What a server attests of the account, as `Attestation::to_bytes` gives it.
    pub attestation: Option<Vec<u8>>,
    /// What the answer is sealed to.
    pub ephemeral: EphemeralPublic,
    /// The name to show.
    pub name: String,
    /// When it was said. Rises, so that nobody can say a stored knock again later.
    pub said: RoomTime,
    /// A join, where the knocker believes that it may state one: members on another floor have not heard it.
    pub join: Option<Vec<u8>>,
    /// What shows that this knock cost something (`wire::work`), where many knock; any number elsewhere.
    pub work: u64,
}

impl fmt::Debug for Knock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names are in no log.
        f.debug_struct("Knock").field("said", &self.said).finish_non_exhaustive()
    }
}

impl Checked for Knock {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.cert.len() == limits::CERT_BYTES, LimitError::Cert)?;
        let attestation = self.attestation.as_ref();
        let fits = attestation.is_none_or(|attestation| attestation.len() == limits::ATTESTATION_BYTES);
        ensure(fits, LimitError::Attestation)?;
        ensure(name::is_clean(&self.name), LimitError::Name)?;
        let join = self.join.as_ref();
        ensure(join.is_none_or(|join| join.len() <= limits::OPERATION_BYTES), LimitError::Operations)
    }
}

/// A [`KnockAnswer`] for one knocker, HPKE-sealed to the key in the knock. The context binds room, sender and target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedAnswer {
    /// For whom.
    pub to: DeviceId,
    /// HPKE encapsulated key and ciphertext.
    pub sealed: Vec<u8>,
}

impl Checked for SealedAnswer {
    fn check(&self) -> Result<(), LimitError> {
        let allowed = EphemeralPublic::SEAL_OVERHEAD + 1..=limits::KNOCK_ANSWER_BYTES;
        ensure(allowed.contains(&self.sealed.len()), LimitError::Sealed)
    }
}

/// What a knocker is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KnockAnswer {
    /// "Come in": the secrets of the floors in use; none where the floor that the code opens is.
    Admit(Vec<FloorSecret>),
    /// "You cannot come in." Only those say it who can show that they decide.
    Refuse {
        /// Why.
        reason: RefusalReason,
        /// Shows that the device that answers decides in the room.
        right: Right,
    },
    /// "Wait": somebody has to decide.
    Wait {
        /// Whether somebody who can decide is in the room.
        host_online: bool,
    },
}

impl Checked for KnockAnswer {
    fn check(&self) -> Result<(), LimitError> {
        match self {
            Self::Admit(floors) => {
                let sorted = floors.is_sorted_by(|one, other| one.rotation < other.rotation);
                ensure(floors.len() <= limits::FLOOR_HEADS && sorted, LimitError::Sealed)?;
                floors.iter().filter_map(|floor| floor.proof.as_ref()).try_for_each(RotationProof::check)
            }
            Self::Refuse { right, .. } => right.check(),
            Self::Wait { .. } => Ok(()),
        }
    }
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RefusalReason {
    /// The account is banned.
    Banned,
    /// Nobody new comes in.
    Locked,
    /// A moderator said no.
    Declined,
    /// There are as many members as there can be.
    Full,
}

/// The secret of a floor, and the rotation that announced it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorSecret {
    /// The rotation, which holds the commitment to the secret.
    pub rotation: OperationHash,
    /// The secret.
    pub secret: [u8; 32],
    /// Shows that somebody who decides made that floor, where it can be shown.
    pub proof: Option<RotationProof>,
}

/// A rotation, and what shows that its author decides in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationProof {
    /// The operation, as `VerifiedOperation::as_bytes` gives it.
    pub operation: Vec<u8>,
    /// Of its author's device.
    pub right: Right,
}

impl RotationProof {
    /// How many bytes it takes at most.
    pub fn size(&self) -> usize {
        let links = self.right.links.iter().map(|link| 4 + link.cert.len() + link.operation.len());
        5 + self.operation.len() + self.right.cert.len() + links.sum::<usize>()
    }
}

impl Checked for RotationProof {
    fn check(&self) -> Result<(), LimitError> {
        ensure((1..=limits::RIGHT_OPERATION_BYTES).contains(&self.operation.len()), LimitError::Operations)?;
        self.right.check()
    }
}

/// Shows somebody who knows the genesis alone that a device decides in the room, or did: the founder's device does; so does whom the
/// room was given to, and whom its owner made a moderator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// The device's certificate.
    pub cert: Vec<u8>,
    /// From the founder to the device's account.
    pub links: Vec<Link>,
}

impl Checked for Right {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.cert.len() == limits::CERT_BYTES, LimitError::Cert)?;
        let fits = |link: &Link| {
            let operation = 1..=limits::RIGHT_OPERATION_BYTES;
            link.cert.len() == limits::CERT_BYTES && operation.contains(&link.operation.len())
        };
        ensure(self.links.len() <= limits::RIGHT_LINKS && self.links.iter().all(fits), LimitError::Operations)
    }
}

/// One step of a [`Right`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The certificate of the operation's author.
    pub cert: Vec<u8>,
    /// A transfer, or as the last one an appointment.
    pub operation: Vec<u8>,
}

impl fmt::Debug for FloorSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FloorSecret({:?})", self.rotation)
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{
        codec::{decode, encode},
        message::DoorBody,
    };

    fn knock(name: &str, join: Option<usize>) -> DoorBody {
        DoorBody::Knock(Knock {
            cert: vec![0; limits::CERT_BYTES],
            attestation: None,
            ephemeral: EphemeralPublic::from_bytes([1; 32]),
            name: name.to_owned(),
            said: RoomTime::from_millis(u64::MAX),
            join: join.map(|bytes| vec![0; bytes]),
            work: u64::MAX,
        })
    }

    fn answer(bytes: usize) -> DoorBody {
        let to = DeviceKey::from_seed([1; 32]).id();
        DoorBody::Answer(SealedAnswer { to, sealed: vec![0; bytes] })
    }

    fn floor(number: u8) -> FloorSecret {
        let proof = RotationProof { operation: vec![1; limits::RIGHT_OPERATION_BYTES], right: right(4) };
        FloorSecret { rotation: OperationHash([number; 32]), secret: [number; 32], proof: Some(proof) }
    }

    fn right(links: usize) -> Right {
        let cert = vec![0; limits::CERT_BYTES];
        let link = Link { cert: cert.clone(), operation: vec![1; limits::RIGHT_OPERATION_BYTES] };
        Right { cert, links: vec![link; links] }
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let least = EphemeralPublic::SEAL_OVERHEAD + 1;
        for (body, expected) in [
            (knock("Ada", None), Ok(())),
            (knock("Ada\u{202e}", None), Err(LimitError::Name)),
            (knock("Ada", Some(limits::OPERATION_BYTES)), Ok(())),
            (knock("Ada", Some(limits::OPERATION_BYTES + 1)), Err(LimitError::Operations)),
            (answer(least), Ok(())),
            (answer(least - 1), Err(LimitError::Sealed)),
            (answer(limits::KNOCK_ANSWER_BYTES), Ok(())),
            (answer(limits::KNOCK_ANSWER_BYTES + 1), Err(LimitError::Sealed)),
        ] {
            assert_eq!(encode(&body).map(|_| ()), expected, "{body:?}");
        }
    }

    #[test]
    fn an_admission_names_each_floor_once_and_not_too_many() {
        let heads = limits::FLOOR_HEADS as u8;
        assert!(encode(&KnockAnswer::Admit((0..heads).map(floor).collect())).is_ok());
        for bad in [vec![floor(1), floor(1)], vec![floor(2), floor(1)], (0..=heads).map(floor).collect()] {
            assert_eq!(encode(&KnockAnswer::Admit(bad)), Err(LimitError::Sealed));
        }
    }

    #[test]
    fn the_largest_admission_fits_its_limit() {
        let floors = (0..limits::FLOOR_HEADS as u8).map(floor).collect();
        let bytes = encode(&KnockAnswer::Admit(floors)).unwrap().len() + EphemeralPublic::SEAL_OVERHEAD;
        assert!(bytes <= limits::KNOCK_ANSWER_BYTES, "{bytes}");
        for links in [0, 1, 4, limits::RIGHT_LINKS] {
            let proof = RotationProof { operation: vec![1; limits::RIGHT_OPERATION_BYTES], right: right(links) };
            assert!(encode(&proof).unwrap().len() <= proof.size(), "{links}");
            assert!(proof.size() < encode(&proof).unwrap().len() + 16, "{links}");
        }
    }

    #[test]
    fn rights_have_few_links_and_whole_certificates() {
        let refuse = |right| encode(&KnockAnswer::Refuse { reason: RefusalReason::Banned, right });
        assert!(refuse(right(0)).is_ok() && refuse(right(limits::RIGHT_LINKS)).is_ok());
        assert_eq!(refuse(right(limits::RIGHT_LINKS + 1)), Err(LimitError::Operations));
        assert_eq!(refuse(Right { cert: vec![0; 144], links: Vec::new() }), Err(LimitError::Cert));
        let mut short = right(1);
        short.links[0].operation.clear();
        assert_eq!(refuse(short), Err(LimitError::Operations));
    }

    #[test]
    fn the_largest_answer_fits_a_frame() {
        let to = DeviceKey::from_seed([1; 32]).id();
        let body = DoorBody::Answer(SealedAnswer { to, sealed: vec![0; limits::KNOCK_ANSWER_BYTES] });
        assert!(encode(&body).unwrap().len() + 32 + 8 + 64 <= crate::wire::frame::MAX_INNER_BYTES);
    }

    #[test]
    fn a_secret_is_in_no_log() {
        let shown = format!("{:?}", KnockAnswer::Admit(vec![FloorSecret { secret: [0xab; 32], ..floor(1) }]));
        assert!(!shown.contains("171") && !shown.contains("abab"), "{shown}");
    }

    proptest! {
        #[test]
        fn answers_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(answer) = decode::<KnockAnswer>(&bytes) {
                prop_assert_eq!(encode(&answer), Ok(bytes));
            }
        }
    }
}
