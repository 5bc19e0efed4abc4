//! The kinds of vectors, and what each must come out as.

use serde::{Deserialize, Deserializer, de::Error as _};
use thiserror::Error;

use super::scripted::Scripted;
use crate::{
    AccountId, AccountKey, CodeError, DeviceId, DeviceKey, EphemeralPublic, EphemeralSecret, Genesis, Label, Policy,
    RoomKeys, RoomOwnerKey, RootSecret, SignedGenesis, TopicKeys, TopicName, verify,
};

/// What came out differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} differs")]
pub struct Mismatch(pub &'static str);

/// One signature.
#[derive(Deserialize)]
pub(super) struct Signature {
    seed: Array<32>,
    label: String,
    message: Bytes,
    public: Array<32>,
    signature: Array<64>,
}

impl Signature {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let key = DeviceKey::from_seed(self.seed.0);
        let label = Label::ALL.into_iter().find(|label| label.as_str() == self.label).ok_or(Mismatch("label"))?;
        same("public key", key.id().as_bytes(), &self.public.0)?;
        same("signature", &key.sign(label, &self.message.0).0, &self.signature.0)?;
        holds(
            "verification",
            verify(&self.public.0, label, &self.message.0, &crate::Signature(self.signature.0)).is_ok(),
        )
    }
}

/// One key that nobody may use.
#[derive(Deserialize)]
pub(super) struct RefusedKey {
    public: Array<32>,
}

impl RefusedKey {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        holds("device id", DeviceId::from_bytes(&self.public.0).is_err())?;
        holds("account id", AccountId::from_bytes(&self.public.0).is_err())
    }
}

/// One device certificate.
#[derive(Deserialize)]
pub(super) struct DeviceCert {
    account_seed: Array<32>,
    device_seed: Array<32>,
    account_short: String,
    device_short: String,
    created_s: u64,
    expires_s: u64,
    bytes: Bytes,
}

impl DeviceCert {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let account = AccountKey::from_seed(self.account_seed.0);
        let device = DeviceKey::from_seed(self.device_seed.0).id();
        same("account's short id", account.id().short().as_bytes(), self.account_short.as_bytes())?;
        same("device's short id", device.short().as_bytes(), self.device_short.as_bytes())?;
        let cert = crate::DeviceCert::issue(&account, device, self.created_s, self.expires_s)
            .map_err(|_| Mismatch("certificate"))?;
        same("certificate", &cert.to_bytes(), &self.bytes.0)?;
        let read = crate::DeviceCert::from_bytes(&self.bytes.0).and_then(|cert| cert.verify(self.created_s));
        holds("verified device", read.is_ok_and(|read| (read.account, read.device) == (account.id(), device)))
    }
}

/// One text that somebody typed, and what it means.
#[derive(Deserialize)]
pub(super) struct RoomCode {
    typed: String,
    #[serde(flatten)]
    meaning: Meaning,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Meaning {
    Code { code: String },
    Error(Refusal),
}

#[derive(Deserialize)]
#[serde(tag = "error", rename_all = "kebab-case")]
enum Refusal {
    WrongLength { found: usize },
    BadCharacter { position: usize },
    CheckFailed,
}

impl RoomCode {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let read = crate::RoomCode::from_input(&self.typed);
        match &self.meaning {
            Meaning::Code { code } => holds("code", read.is_ok_and(|read| read.to_string() == *code)),
            Meaning::Error(refusal) => holds("error", read.err() == Some(refusal.error())),
        }
    }
}

impl Refusal {
    const fn error(&self) -> CodeError {
        match *self {
            Self::WrongLength { found } => CodeError::WrongLength { found },
            Self::BadCharacter { position } => CodeError::BadCharacter { position },
            Self::CheckFailed => CodeError::CheckFailed,
        }
    }
}

/// One room: from its founding to all its keys.
#[derive(Deserialize)]
pub(super) struct Room {
    account_seed: Array<32>,
    device_seed: Array<32>,
    cert: Bytes,
    nonce: Array<16>,
    policy: String,
    created_s: u64,
    ttl_s: u32,
    signed_genesis: Bytes,
    code: String,
    root: Array<32>,
    room_id: Array<16>,
    rid: Array<16>,
    record: Bytes,
    beat_public: Array<32>,
    owner_public: Array<32>,
    day: u32,
    door: Topic,
    floor: Topic,
}

#[derive(Deserialize)]
struct Topic {
    topic: String,
    envelope_key: Array<32>,
}

impl Room {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        self.founding()?;
        let code = crate::RoomCode::parse(&self.code).map_err(|_| Mismatch("room code"))?;
        let root = RootSecret::derive(&code).map_err(|_| Mismatch("root secret"))?;
        same("root secret", root.as_bytes(), &self.root.0)?;
        let keys = RoomKeys::new(&root);
        same("room id", keys.room_id().as_bytes(), &self.room_id.0)?;
        self.registry(&keys)?;
        self.door.check(&keys.door(self.day))?;
        self.floor.check(&keys.floor_epoch_zero(self.day))
    }

    fn founding(&self) -> Result<(), Mismatch> {
        let device = DeviceKey::from_seed(self.device_seed.0);
        let cert = crate::DeviceCert::from_bytes(&self.cert.0).map_err(|_| Mismatch("certificate"))?;
        let policy = match self.policy.as_str() {
            "open" => Policy::Open,
            "lobby" => Policy::Lobby,
            _ => Policy::Locked,
        };
        let owner = AccountKey::from_seed(self.account_seed.0).id();
        let genesis = Genesis { nonce: self.nonce.0, owner, policy, created_s: self.created_s, ttl_s: self.ttl_s };
        let signed = SignedGenesis::create(&device, &cert, genesis).map_err(|_| Mismatch("founding"))?;
        same("signed genesis", &signed.to_bytes(), &self.signed_genesis.0)?;
        holds("reading of the genesis", SignedGenesis::from_bytes(&self.signed_genesis.0) == Ok(signed.clone()))?;
        holds("verification of the genesis", signed.verify(self.created_s).is_ok())?;
        holds("room code", signed.code().is_ok_and(|code| code.to_string() == self.code))
    }

    fn registry(&self, keys: &RoomKeys) -> Result<(), Mismatch> {
        let registry = keys.registry();
        let owner = RoomOwnerKey::derive(&AccountKey::from_seed(self.account_seed.0), keys.room_id());
        same("record id", registry.rid(), &self.rid.0)?;
        same("heartbeat key", &registry.beat_public(), &self.beat_public.0)?;
        same("owner's key", &owner.public(), &self.owner_public.0)?;
        let sealed = registry.seal_record(&self.signed_genesis.0, &mut Scripted::new(&self.record.0));
        same("record", &sealed.map_err(|_| Mismatch("record"))?, &self.record.0)?;
        holds("opened record", registry.open_record(&self.record.0).is_ok_and(|opened| opened == self.signed_genesis.0))
    }
}

impl Topic {
    fn check(&self, keys: &TopicKeys) -> Result<(), Mismatch> {
        same("topic", keys.topic().as_str().as_bytes(), self.topic.as_bytes())?;
        holds("reading of the topic", TopicName::parse(&self.topic) == Ok(keys.topic()))?;
        same("envelope key", keys.envelope_key(), &self.envelope_key.0)
    }
}

/// One message sealed with HPKE.
#[derive(Deserialize)]
pub(super) struct Hpke {
    ikm_recipient: Array<32>,
    ikm_ephemeral: Array<32>,
    public: Array<32>,
    info: Bytes,
    aad: Bytes,
    plaintext: Bytes,
    sealed: Bytes,
}

impl Hpke {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let secret = EphemeralSecret::generate(&mut Scripted::new(&self.ikm_recipient.0));
        let public = EphemeralPublic::from_bytes(self.public.0);
        holds("public key", secret.public() == public)?;
        let mut rng = Scripted::new(&self.ikm_ephemeral.0);
        let sealed = public.seal(&self.info.0, &self.aad.0, &self.plaintext.0, &mut rng);
        same("sealed message", &sealed.map_err(|_| Mismatch("sealing"))?, &self.sealed.0)?;
        let opened = secret.open(&self.info.0, &self.aad.0, &self.sealed.0).map_err(|_| Mismatch("opening"))?;
        same("opened message", &opened, &self.plaintext.0)
    }
}

pub(super) fn same(what: &'static str, ours: &[u8], theirs: &[u8]) -> Result<(), Mismatch> {
    holds(what, ours == theirs)
}

pub(super) const fn holds(what: &'static str, condition: bool) -> Result<(), Mismatch> {
    if condition { Ok(()) } else { Err(Mismatch(what)) }
}

/// Bytes written in hexadecimal.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

/// Exactly `N` bytes written in hexadecimal.
pub(super) struct Array<const N: usize>(pub(super) [u8; N]);

impl<'de, const N: usize> Deserialize<'de> for Array<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Bytes::deserialize(deserializer)?.0;
        bytes.try_into().map(Self).map_err(|_| D::Error::custom("wrong length"))
    }
}
