//! Keys, strict signatures, device certificates, room codes and everything derived from them.
//!
//! Pure: no IO, no clock, no randomness of its own (generators are passed in). Secrets are wiped when dropped and never
//! shown by `Debug`. What it leaves out: the meaning of what is signed or sealed, which the callers decide.
//!
//! Two functions are slow on purpose (Argon2id, memory-hard): [`SignedGenesis::code`] and [`RootSecret::derive`]. In a
//! browser they belong in a worker.

mod attestation;
mod cert;
mod code;
mod crockford;
mod device_list;
mod encoding;
mod ephemeral;
mod genesis;
mod kdf;
mod key;
#[cfg(feature = "opaque")]
mod opaque;
mod registry;
mod request;
mod room;
mod sign;
mod topic;
mod vault;
#[cfg(feature = "vectors")]
pub mod vectors;

pub use attestation::{Attestation, AttestationError, AttestationLevel, VerifiedAttestation};
pub use cert::{CertError, DeviceCert, VerifiedDevice};
pub use code::{CodeError, RoomCode};
pub use device_list::{DeviceList, DeviceListError, ListedDevice};
pub use ephemeral::{EphemeralPublic, EphemeralSecret, OpenError, SealError};
pub use genesis::{Genesis, GenesisError, Policy, SignedGenesis};
pub use kdf::StretchError;
pub use key::{AccountId, AccountKey, DeviceId, DeviceKey, IssuerId, IssuerKey, KeyError};
#[cfg(feature = "opaque")]
pub use opaque::{MAX_PASSWORD_BYTES, OpaqueError, OpaqueLogin, OpaqueRegistration, OpaqueServer, ServerLogin};
pub use registry::{RecordError, RegistryKeys, RoomOwnerKey};
pub use request::{RequestContext, RequestError, RequestProof};
pub use room::{RoomId, RoomKeys, RootSecret};
pub use sign::{Label, Signature, SignatureError, verify};
pub use topic::{EnvelopeError, TopicKeys, TopicName, TopicNameError};
pub use vault::ExportKey;
