//! Rooms in the registry: what is asked, what is answered, and which bytes are signed.
//!
//! The server learns neither the code nor the members: `rid` and both keys are derived for this room alone, and the record is
//! sealed. Its states are advice to people who are about to join; those who are in obey the owner's signed operations.

use milanio_identity::{Label, RegistryKeys, RoomOwnerKey, Signature, SignatureError, verify};
use serde::{Deserialize, Serialize};

use super::{KeyText, Rid, Sealed, SignatureText, TurnGrant};

/// Largest sealed record, in bytes (chosen: a signed genesis takes less than 600).
pub const MAX_SEALED_BYTES: usize = 1024;
/// Life of a room after its last heartbeat unless asked otherwise, in seconds: a day.
pub const DEFAULT_TTL_S: u32 = 86_400;
/// Shortest life that can be asked for, in seconds: a minute.
pub const MIN_TTL_S: u32 = 60;
/// Longest life that can be asked for, in seconds: 30 days.
pub const MAX_TTL_S: u32 = 30 * 86_400;
/// How far a signed time may be from the server's, in seconds (chosen: the window of room frames).
pub const STATEMENT_WINDOW_S: u64 = 120;

/// Where a room is in its life.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomState {
    /// Asked for, not yet written. Never stored.
    Created,
    /// Open, with nobody in.
    Waiting,
    /// Open, and somebody in it sent a heartbeat in the last 90 s.
    Active,
    /// Its time to live passed without a heartbeat.
    Expired,
    /// Its creator ended it.
    Destroyed,
}

/// Asks to open a room.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRoom {
    /// The room's name in the registry.
    pub rid: Rid,
    /// Whose signature destroys it: known to the creator alone.
    pub owner_key: KeyText,
    /// Whose signature is a heartbeat: known to everybody who has the code.
    pub beat_key: KeyText,
    /// Life after the last heartbeat, in seconds: [`MIN_TTL_S`] to [`MAX_TTL_S`].
    pub ttl_s: u32,
    /// The genesis, sealed so that only those with the code can open it.
    pub sealed: Sealed,
    /// When this was signed, in seconds since the Unix epoch, by room time.
    pub at_s: u64,
    /// Signature by `owner_key` over all other fields.
    pub signature: SignatureText,
}

/// Asks for a room's record, and for first TURN credentials.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinRoom {
    /// The room's name in the registry.
    pub rid: Rid,
}

/// Says a heartbeat (signed by the beat key) or destroys a room (signed by the owner key).
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// When this was signed, in seconds since the Unix epoch, by room time.
    pub at_s: u64,
    /// Signature over the room's rid and the time.
    pub signature: SignatureText,
}

/// What the registry says of a room.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAnswer {
    /// Where it is in its life.
    pub state: RoomState,
    /// When it expires if no heartbeat comes, in seconds since the Unix epoch.
    pub expires_s: u64,
    /// The server's time, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// The answer to a join.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinAnswer {
    /// The room.
    pub room: RoomAnswer,
    /// Its sealed genesis.
    pub sealed: Sealed,
    /// First TURN credentials; none if this server has no TURN. Later ones come from the relay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<TurnGrant>,
}

impl CreateRoom {
    /// Asks for the room that `keys` belong to, signed by its `owner` at `at_s` (seconds since the Unix epoch, room time).
    pub fn signed(keys: &RegistryKeys, owner: &RoomOwnerKey, ttl_s: u32, sealed: Sealed, at_s: u64) -> Self {
        let mut request = Self {
            rid: Rid::from_bytes(*keys.rid()),
            owner_key: KeyText::from_bytes(owner.public()),
            beat_key: KeyText::from_bytes(keys.beat_public()),
            ttl_s,
            sealed,
            at_s,
            signature: SignatureText::from_bytes([0; 64]),
        };
        let signature = owner.sign(Label::RegistryCreate, &request.signed_bytes());
        request.signature = SignatureText::from_bytes(signature.0);
        request
    }

    /// Checks that the holder of `owner_key` signed this very request.
    pub fn verify(&self) -> Result<(), SignatureError> {
        let signature = Signature(*self.signature.as_bytes());
        verify(self.owner_key.as_bytes(), Label::RegistryCreate, &self.signed_bytes(), &signature)
    }

    // Fixed-length fields first, so that two requests never share these bytes.
    fn signed_bytes(&self) -> Vec<u8> {
        [
            self.rid.as_bytes().as_slice(),
            self.owner_key.as_bytes(),
            self.beat_key.as_bytes(),
            &self.ttl_s.to_be_bytes(),
            &self.at_s.to_be_bytes(),
            self.sealed.as_bytes(),
        ]
        .concat()
    }
}

impl Statement {
    /// "Somebody is in the room that `keys` belong to", at `at_s` (seconds since the Unix epoch, room time).
    pub fn beat(keys: &RegistryKeys, at_s: u64) -> Self {
        let signature = keys.sign_beat(&statement_bytes(&Rid::from_bytes(*keys.rid()), at_s));
        Self { at_s, signature: SignatureText::from_bytes(signature.0) }
    }

    /// "This room shall end", at `at_s` (seconds since the Unix epoch, room time).
    pub fn destroy(rid: &Rid, owner: &RoomOwnerKey, at_s: u64) -> Self {
        let signature = owner.sign(Label::RegistryDestroy, &statement_bytes(rid, at_s));
        Self { at_s, signature: SignatureText::from_bytes(signature.0) }
    }

    /// Checks that this is a heartbeat of `rid` by the holder of `beat_key`.
    pub fn verify_beat(&self, rid: &Rid, beat_key: &KeyText) -> Result<(), SignatureError> {
        self.verify(Label::RegistryBeat, rid, beat_key)
    }

    /// Checks that this is the destruction of `rid` by the holder of `owner_key`.
    pub fn verify_destroy(&self, rid: &Rid, owner_key: &KeyText) -> Result<(), SignatureError> {
        self.verify(Label::RegistryDestroy, rid, owner_key)
    }

    // Which of the two it is, the label says.
    fn verify(&self, label: Label, rid: &Rid, key: &KeyText) -> Result<(), SignatureError> {
        verify(key.as_bytes(), label, &statement_bytes(rid, self.at_s), &Signature(*self.signature.as_bytes()))
    }
}

fn statement_bytes(rid: &Rid, at_s: u64) -> Vec<u8> {
    [rid.as_bytes().as_slice(), &at_s.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, RoomKeys, RootSecret};
    use proptest::prelude::*;

    use super::*;

    fn keys(seed: u8) -> (RegistryKeys, RoomOwnerKey) {
        let room = RoomKeys::new(&RootSecret::from_bytes([seed; 32]));
        (room.registry(), RoomOwnerKey::derive(&AccountKey::from_seed([seed; 32]), room.room_id()))
    }

    fn request() -> CreateRoom {
        let (keys, owner) = keys(1);
        CreateRoom::signed(&keys, &owner, DEFAULT_TTL_S, Sealed::new(vec![5; 300]).unwrap(), 1_900_000_000)
    }

    #[test]
    fn a_request_verifies_after_its_trip_and_no_changed_one_does() {
        let text = serde_json::to_string(&request()).unwrap();
        let arrived: CreateRoom = serde_json::from_str(&text).unwrap();
        assert_eq!(arrived, request());
        assert_eq!(arrived.verify(), Ok(()));
        let (other_keys, other_owner) = keys(2);
        let changed = [
            CreateRoom { rid: Rid::from_bytes(*other_keys.rid()), ..request() },
            CreateRoom { owner_key: KeyText::from_bytes(other_owner.public()), ..request() },
            CreateRoom { beat_key: KeyText::from_bytes(other_keys.beat_public()), ..request() },
            CreateRoom { ttl_s: MAX_TTL_S, ..request() },
            CreateRoom { sealed: Sealed::new(vec![6; 300]).unwrap(), ..request() },
            CreateRoom { at_s: 1_900_000_001, ..request() },
        ];
        for changed in changed {
            assert_eq!(changed.verify(), Err(SignatureError::Mismatch), "{changed:?}");
        }
    }

    #[test]
    fn a_heartbeat_destroys_nothing_and_belongs_to_one_room_and_time() {
        let (keys, owner) = keys(1);
        let (rid, beat_key) = (Rid::from_bytes(*keys.rid()), KeyText::from_bytes(keys.beat_public()));
        let beat = Statement::beat(&keys, 7);
        assert_eq!(beat.verify_beat(&rid, &beat_key), Ok(()));
        assert_eq!(beat.verify_destroy(&rid, &beat_key), Err(SignatureError::Mismatch));
        assert_eq!(beat.verify_beat(&Rid::from_bytes([0; 16]), &beat_key), Err(SignatureError::Mismatch));
        assert_eq!(Statement { at_s: 8, ..beat }.verify_beat(&rid, &beat_key), Err(SignatureError::Mismatch));
        let owner_key = KeyText::from_bytes(owner.public());
        let destroy = Statement::destroy(&rid, &owner, 7);
        assert_eq!(destroy.verify_destroy(&rid, &owner_key), Ok(()));
        assert_eq!(destroy.verify_beat(&rid, &owner_key), Err(SignatureError::Mismatch));
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<JoinRoom>(r#"{"rid":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}"#).is_ok());
        assert!(serde_json::from_str::<JoinRoom>(r#"{"rid":"aaaaaaaaaaaaaaaaaaaaaaaaaa","code":"x"}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_body_makes_a_decoder_panic(body in "\\PC{0,200}") {
            let _ = serde_json::from_str::<CreateRoom>(&body);
            let _ = serde_json::from_str::<JoinRoom>(&body);
            let _ = serde_json::from_str::<Statement>(&body);
        }

        #[test]
        fn no_mutated_body_verifies(at in 0usize..1_000, byte: u8) {
            let mut body = serde_json::to_vec(&request()).unwrap();
            let at = at % body.len();
            prop_assume!(body[at] != byte);
            body[at] = byte;
            if let Ok(changed) = serde_json::from_slice::<CreateRoom>(&body) && changed != request() {
                prop_assert_eq!(changed.verify().is_ok(), false);
            }
        }
    }
}
