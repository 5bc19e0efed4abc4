//! A message to the group: `version(1) | message (postcard) | Ed25519 signature by the chain(64)`.
//!
//! The seal's context is `place` (see the parent); the signature covers `place | sealed` under the label of group messages.

use milanio_identity::{
    AccountId, ChainSigner, ChainVerifier, OneTimeKey, OneTimeKeyError, RoomId, Signature, SignatureError,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ChainId, GroupWireError, Heads, VERSION, place};
use crate::wire::{
    codec::{self, Checked, LimitError},
    limits,
};

/// A sealed message at one place of a chain. Nothing in it is checked before [`verify`](Self::verify).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMessage {
    header: Header,
    signature: Signature,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    chain: ChainId,
    index: u32,
    heads: Heads,
    sealed: Vec<u8>,
}

impl Checked for Header {
    fn check(&self) -> Result<(), LimitError> {
        self.chain.check()?;
        self.heads.check()?;
        let allowed = OneTimeKey::OVERHEAD + 1..=OneTimeKey::OVERHEAD + limits::GROUP_PLAINTEXT_BYTES;
        if allowed.contains(&self.sealed.len()) { Ok(()) } else { Err(LimitError::GroupMessage) }
    }
}

/// Where a message is said: all that its seal and signature are bound to.
#[derive(Clone, Debug)]
pub struct MessagePlace<'a> {
    /// The room.
    pub room: RoomId,
    /// For which account the device speaks.
    pub account: AccountId,
    /// The chain.
    pub chain: ChainId,
    /// The message's number in the chain, from 0.
    pub index: u32,
    /// The latest operations that the sender knows.
    pub heads: &'a Heads,
}

impl GroupMessage {
    /// Seals `plaintext` at `at` with the key of that place. Fails when it is empty or longer than
    /// [`limits::GROUP_PLAINTEXT_BYTES`].
    pub fn seal(
        at: &MessagePlace<'_>,
        key: OneTimeKey,
        signer: &ChainSigner,
        plaintext: &[u8],
    ) -> Result<Self, LimitError> {
        let place = place(at.room, at.account, at.chain, at.index, at.heads);
        let sealed = key.seal(&place, plaintext);
        let header = Header { chain: at.chain, index: at.index, heads: at.heads.clone(), sealed };
        header.check()?;
        let signature = signer.sign(&[place, header.sealed.clone()].concat());
        Ok(Self { header, signature })
    }

    /// Decodes a message strictly.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GroupWireError> {
        let (statement, signature) = bytes.split_last_chunk::<{ Signature::LENGTH }>().ok_or(GroupWireError::Length)?;
        match statement.split_first() {
            Some((&VERSION, header)) => Ok(Self { header: codec::decode(header)?, signature: Signature(*signature) }),
            Some(_) => Err(GroupWireError::Version),
            None => Err(GroupWireError::Length),
        }
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = codec::encode(&self.header).expect("every message that exists was checked");
        [&[VERSION], header.as_slice(), &self.signature.0].concat()
    }

    /// The chain it says it belongs to.
    pub const fn chain(&self) -> ChainId {
        self.header.chain
    }

    /// Its number in the chain, from 0.
    pub const fn index(&self) -> u32 {
        self.header.index
    }

    /// The latest operations that its sender knew.
    pub const fn heads(&self) -> &Heads {
        &self.header.heads
    }

    /// Checks that the chain with this signing key said it, for `account` in `room`.
    pub fn verify(&self, room: RoomId, account: AccountId, signer: &ChainVerifier) -> Result<(), SignatureError> {
        let mut signed = self.place(room, account);
        signed.extend_from_slice(&self.header.sealed);
        signer.verify(&signed, &self.signature)
    }

    /// Opens it with the key of its place.
    pub fn open(
        &self,
        room: RoomId,
        account: AccountId,
        key: OneTimeKey,
    ) -> Result<Zeroizing<Vec<u8>>, OneTimeKeyError> {
        key.open(&self.place(room, account), &self.header.sealed)
    }

    fn place(&self, room: RoomId, account: AccountId) -> Vec<u8> {
        place(room, account, self.header.chain, self.header.index, &self.header.heads)
    }
}
