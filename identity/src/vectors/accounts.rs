//! Vectors of what accounts, servers and devices sign, and of the words of an account.

use serde::Deserialize;

use super::cases::{Array, Bytes, Mismatch, holds, same};
use crate::{
    AccountKey, AttestationLevel, DeviceKey, IssuerKey, ListedDevice, PhraseError, RequestContext, RequestProof,
};

/// One device list.
#[derive(Deserialize)]
pub(super) struct DeviceList {
    account_seed: Array<32>,
    seq: u64,
    devices: Vec<Listed>,
    revoked_seeds: Vec<Array<32>>,
    bytes: Bytes,
}

#[derive(Deserialize)]
struct Listed {
    seed: Array<32>,
    added_day: u32,
}

impl DeviceList {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let account = AccountKey::from_seed(self.account_seed.0);
        let listed =
            |it: &Listed| ListedDevice { device: DeviceKey::from_seed(it.seed.0).id(), added_day: it.added_day };
        let devices = self.devices.iter().map(listed).collect();
        let revoked = self.revoked_seeds.iter().map(|seed| DeviceKey::from_seed(seed.0).id()).collect();
        let made = crate::DeviceList::issue(&account, self.seq, devices, revoked).map_err(|_| Mismatch("making"))?;
        same("device list", &made.to_bytes(), &self.bytes.0)?;
        holds("reading", crate::DeviceList::from_bytes(&self.bytes.0) == Ok(made.clone()))?;
        holds("verification", made.verify().is_ok())
    }
}

/// One attestation.
#[derive(Deserialize)]
pub(super) struct Attestation {
    issuer_seed: Array<32>,
    account_seed: Array<32>,
    issued_day: u32,
    bytes: Bytes,
}

impl Attestation {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let issuer = IssuerKey::from_seed(self.issuer_seed.0);
        let account = AccountKey::from_seed(self.account_seed.0).id();
        let made = crate::Attestation::issue(&issuer, account, AttestationLevel::Email, self.issued_day);
        same("attestation", &made.to_bytes(), &self.bytes.0)?;
        let read = crate::Attestation::from_bytes(&self.bytes.0).map_err(|_| Mismatch("reading"))?;
        let verified = read.verify(&[issuer.id()], u64::from(self.issued_day) * 86_400);
        holds("verification", verified.is_ok_and(|verified| verified.account == account))
    }
}

/// One proof for a request.
#[derive(Deserialize)]
pub(super) struct Request {
    device_seed: Array<32>,
    account_seed: Array<32>,
    origin: String,
    challenge: Bytes,
    method: String,
    path: String,
    digest: Array<32>,
    signature: Array<64>,
}

impl Request {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let device = DeviceKey::from_seed(self.device_seed.0);
        let context = RequestContext {
            origin: &self.origin,
            challenge: &self.challenge.0,
            account: AccountKey::from_seed(self.account_seed.0).id(),
            method: &self.method,
            path: &self.path,
            digest: self.digest.0,
        };
        let proof = RequestProof::sign(&device, &context).map_err(|_| Mismatch("signing"))?;
        same("signature", &proof.0, &self.signature.0)?;
        holds("verification", RequestProof::verify(&device.id(), &context, &proof).is_ok())
    }
}

/// One text that somebody typed as a phrase, and what it means.
#[derive(Deserialize)]
pub(super) struct Phrase {
    typed: String,
    #[serde(flatten)]
    meaning: Meaning,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Meaning {
    Seed { seed: Array<32> },
    Error(Refusal),
}

#[derive(Deserialize)]
#[serde(tag = "error", rename_all = "kebab-case")]
enum Refusal {
    UnknownWord { index: usize },
    Count { found: usize },
    Checksum,
}

impl Phrase {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let read = crate::Phrase::parse(&self.typed);
        match &self.meaning {
            Meaning::Seed { seed } => {
                let words = crate::Phrase::of(&AccountKey::from_seed(seed.0)).words().join(" ");
                let is_plain = self.typed.split(' ').count() == 24 && !self.typed.contains(',');
                holds("words", !is_plain || words == self.typed)?;
                holds("account", read.is_ok_and(|account| *account.seed() == seed.0))
            }
            Meaning::Error(refusal) => holds("error", read.err() == Some(refusal.error())),
        }
    }
}

impl Refusal {
    const fn error(&self) -> PhraseError {
        match *self {
            Self::UnknownWord { index } => PhraseError::UnknownWord { index },
            Self::Count { found } => PhraseError::Count { found },
            Self::Checksum => PhraseError::Checksum,
        }
    }
}
