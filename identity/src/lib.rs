//! Keys, strict signatures, device certificates, room codes and everything derived from them.
//!
//! Pure: no IO, no clock, no randomness of its own (generators are passed in). Secrets are wiped when dropped and never
//! shown by `Debug`. What it leaves out: the meaning of what is signed or sealed, which the callers decide.
//!
//! Some functions are slow on purpose (Argon2id, memory-hard): [`SignedGenesis::code`], [`RootSecret::derive`], [`seal_file`],
//! [`open_file`], and the last steps of OPAQUE and the first of a device link. In a browser they belong in a worker.
//!
//! Features: `opaque` (a password that no server sees), `phrase` (24 words, and linking devices), `vectors` (test vectors).

mod attestation;
mod cert;
mod chain;
mod code;
mod crockford;
mod device_list;
mod encoding;
mod ephemeral;
mod file;
mod genesis;
mod kdf;
mod keepsake;
mod key;
#[cfg(feature = "phrase")]
mod link;
#[cfg(feature = "opaque")]
mod opaque;
#[cfg(feature = "phrase")]
mod phrase;
mod profile;
mod registry;
mod request;
mod room;
mod safety;
mod sealed;
mod sign;
mod topic;
mod vault;
#[cfg(feature = "vectors")]
pub mod vectors;

pub use attestation::{Attestation, AttestationError, AttestationLevel, VerifiedAttestation};
pub use cert::{CertError, DeviceCert, VerifiedDevice};
pub use chain::{ChainKey, ChainSigner, ChainVerifier, MediaSecret, OneTimeKey, OneTimeKeyError};
pub use code::{CodeError, RoomCode};
pub use device_list::{DeviceList, DeviceListError, ListedDevice};
pub use ephemeral::{EphemeralPublic, EphemeralSecret, OpenError, SealError};
pub use file::{FileError, MAX_FILE_BYTES, open_file, seal_file};
pub use genesis::{Genesis, GenesisError, Policy, SignedGenesis};
pub use kdf::StretchError;
pub use keepsake::Keepsake;
pub use key::{AccountId, AccountKey, ChainSignerId, DeviceId, DeviceKey, IssuerId, IssuerKey, KeyError};
#[cfg(feature = "phrase")]
pub use link::{
    LinkAwaiting, LinkCode, LinkConfirming, LinkError, LinkNewDevice, LinkOldDevice, LinkSecret, LinkWords,
    MAX_LINK_MESSAGE_BYTES,
};
#[cfg(feature = "opaque")]
pub use opaque::{MAX_PASSWORD_BYTES, OpaqueError, OpaqueLogin, OpaqueRegistration, OpaqueServer, ServerLogin};
#[cfg(feature = "phrase")]
pub use phrase::{Phrase, PhraseError};
pub use profile::{Profile, ProfileError};
pub use registry::{RecordError, RegistryKeys, RoomOwnerKey};
pub use request::{RequestContext, RequestError, RequestProof};
pub use room::{FloorRoot, RoomId, RoomKeys, RootSecret};
pub use safety::{RoomCheck, SafetyNumber};
pub use sealed::SealedError;
pub use sign::{Label, Signature, SignatureError, verify};
pub use topic::{EnvelopeError, TopicKeys, TopicName, TopicNameError};
pub use vault::{ExportKey, MAX_VAULT_BYTES, open_vault, seal_vault};
