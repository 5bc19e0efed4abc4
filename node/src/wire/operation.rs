//! Operations: the signed statements that make up a room's membership.
//!
//! `version(1) | operation (postcard) | Ed25519 signature by the device(64)`. The signature covers `genesis digest(32) | version |
//! operation`, so an operation belongs to one room with one founder, and the hash that names it is SHA-256 of the same bytes: two
//! valid signatures under one statement are one operation. What an operation is worth, and whether it has any effect, is left to
//! `core::membership`.

mod body;

use std::fmt;

use milanio_identity::{
    AccountId, CertError, DeviceCert, DeviceId, DeviceKey, Genesis, Label, Signature, SignatureError, verify,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

pub use body::{Door, OperationBody, Role, RoomPolicy};

use super::{
    codec::{self, Checked, DecodeError, LimitError},
    limits,
    message::RunId,
};

/// Names an operation: SHA-256 of everything its signature covers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OperationHash(pub [u8; 32]);

impl fmt::Debug for OperationHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}")
    }
}

/// What one device states about the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The account for which the device speaks.
    pub account: AccountId,
    /// The device.
    pub device: DeviceId,
    /// The device's run.
    pub run: RunId,
    /// The operation's number in that run, from 1.
    pub seq: u32,
    /// The latest operations that the author knew, sorted; with all that they know they are this one's causal past. At most
    /// [`limits::DEPENDENCIES`]; none means that only the genesis is known.
    pub dependencies: Vec<OperationHash>,
    /// What it does.
    pub body: OperationBody,
}

impl Checked for Operation {
    fn check(&self) -> Result<(), LimitError> {
        if self.seq == 0 {
            return Err(LimitError::Sequence);
        }
        let is_sorted = self.dependencies.is_sorted_by(|one, other| one < other);
        if self.dependencies.len() > limits::DEPENDENCIES || !is_sorted {
            return Err(LimitError::Dependencies);
        }
        self.body.check()
    }
}

/// Why bytes are no operation of this room. Whoever sent them is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OperationError {
    /// Too short to be one, or longer than [`limits::OPERATION_BYTES`].
    #[error("no operation has this length")]
    Length,
    /// Made by a version of the protocol that is not known here.
    #[error("unknown version of operation")]
    Version,
    /// Not an operation, or one that breaks a limit.
    #[error("the operation cannot be read: {0}")]
    Malformed(#[from] DecodeError),
    /// The device did not sign it, for this room.
    #[error("the author did not sign the operation: {0}")]
    Signature(#[from] SignatureError),
    /// The certificate in it is not signed by its account.
    #[error("the operation's certificate is refused: {0}")]
    Cert(#[from] CertError),
    /// A device may join for itself alone.
    #[error("the certificate in a join is not its author's")]
    NotTheAuthor,
}

/// A device of an account, as a certificate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Admitted {
    /// The account that comes in.
    pub account: AccountId,
    /// The device through which it does.
    pub device: DeviceId,
}

/// Proof that an operation's signature, and that of the certificate in it, were checked for one room.
///
/// The certificate's lifetime is not looked at: the meaning of a room's operations must not depend on when they are read. A room
/// looks at it when it hands out keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedOperation {
    operation: Operation,
    hash: OperationHash,
    admitted: Option<Admitted>,
    bytes: Vec<u8>,
}

impl VerifiedOperation {
    /// `device` states `operation` in the room founded by `genesis`. Fails when a field breaks its limit, `device` is not the
    /// author, or the certificate in it does not hold.
    pub fn sign(device: &DeviceKey, genesis: &Genesis, operation: &Operation) -> Result<Self, OperationError> {
        let mut bytes = vec![VERSION];
        bytes.extend(codec::encode(operation).map_err(DecodeError::Limit)?);
        let signature = device.sign(Label::Operation, &signed_bytes(&genesis.digest(), &bytes));
        bytes.extend_from_slice(&signature.0);
        Self::from_bytes(&genesis.digest(), &bytes)
    }

    /// Decodes and checks an operation in the room whose genesis has this digest ([`Genesis::digest`]).
    pub fn from_bytes(genesis: &[u8; 32], bytes: &[u8]) -> Result<Self, OperationError> {
        if bytes.len() > limits::OPERATION_BYTES {
            return Err(OperationError::Length);
        }
        let (statement, signature) = bytes.split_last_chunk::<{ Signature::LENGTH }>().ok_or(OperationError::Length)?;
        let operation = decode(statement)?;
        let signed = signed_bytes(genesis, statement);
        verify(operation.device.as_bytes(), Label::Operation, &signed, &Signature(*signature))?;
        let admitted = admitted(&operation)?;
        let hash = OperationHash(Sha256::digest(&signed).into());
        Ok(Self { operation, hash, admitted, bytes: bytes.to_vec() })
    }

    /// What bytes state, whoever signed them and for whichever room: for checks that cost less than a signature.
    pub fn claimed(bytes: &[u8]) -> Result<Operation, OperationError> {
        if bytes.len() > limits::OPERATION_BYTES {
            return Err(OperationError::Length);
        }
        let (statement, _) = bytes.split_last_chunk::<{ Signature::LENGTH }>().ok_or(OperationError::Length)?;
        decode(statement)
    }

    /// The encoding, to be passed on.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it states.
    pub const fn operation(&self) -> &Operation {
        &self.operation
    }

    /// What it is called.
    pub const fn hash(&self) -> OperationHash {
        self.hash
    }

    /// Whom a join or an addition lets in.
    pub const fn admitted(&self) -> Option<Admitted> {
        self.admitted
    }
}

/// Reads `version | operation` strictly.
fn decode(statement: &[u8]) -> Result<Operation, OperationError> {
    match statement.split_first() {
        Some((&VERSION, operation)) => Ok(codec::decode(operation)?),
        Some(_) => Err(OperationError::Version),
        None => Err(OperationError::Length),
    }
}

/// Whom the operation lets in, if its certificate holds.
fn admitted(operation: &Operation) -> Result<Option<Admitted>, OperationError> {
    let (OperationBody::Join(cert) | OperationBody::Add(cert)) = &operation.body else { return Ok(None) };
    let cert = DeviceCert::from_bytes(cert)?;
    let device = cert.verify(cert.created_s())?;
    let is_own = device.account == operation.account && device.device == operation.device;
    if matches!(operation.body, OperationBody::Join(_)) && !is_own {
        return Err(OperationError::NotTheAuthor);
    }
    Ok(Some(Admitted { account: device.account, device: device.device }))
}

fn signed_bytes(genesis: &[u8; 32], statement: &[u8]) -> Vec<u8> {
    [genesis.as_slice(), statement].concat()
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests;
