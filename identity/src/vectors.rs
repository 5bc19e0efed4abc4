//! Test vectors, and running them: the same files hold natively and in a browser.
//!
//! The figures were computed with other implementations (libsodium, the Argon2 reference code, the BIP-39 reference library,
//! HPKE and OPAQUE written down from their RFCs) or taken from RFC 9180 and RFC 9807, so they tell whether this crate keeps to
//! the formats, not only whether it agrees with itself. Behind the feature `vectors`.

mod accounts;
mod cases;
mod chain;
mod opaque;
mod password;
mod safety;
mod scripted;
mod sealed;

use serde::Deserialize;
use thiserror::Error;

pub use cases::Mismatch;

/// Every vector file: its name and its contents.
pub const ALL: [(&str, &str); 16] = [
    ("signature", include_str!("../tests/vectors/signature.json")),
    ("refused_keys", include_str!("../tests/vectors/refused_keys.json")),
    ("device_cert", include_str!("../tests/vectors/device_cert.json")),
    ("room_code", include_str!("../tests/vectors/room_code.json")),
    ("room", include_str!("../tests/vectors/room.json")),
    ("hpke", include_str!("../tests/vectors/hpke.json")),
    ("opaque", include_str!("../tests/vectors/opaque.json")),
    ("password", include_str!("../tests/vectors/password.json")),
    ("device_list", include_str!("../tests/vectors/device_list.json")),
    ("attestation", include_str!("../tests/vectors/attestation.json")),
    ("request", include_str!("../tests/vectors/request.json")),
    ("phrase", include_str!("../tests/vectors/phrase.json")),
    ("sealed", include_str!("../tests/vectors/sealed.json")),
    ("device_link", include_str!("../tests/vectors/device_link.json")),
    ("chain", include_str!("../tests/vectors/chain.json")),
    ("safety", include_str!("../tests/vectors/safety.json")),
];

/// Why vectors do not hold.
#[derive(Debug, Error)]
pub enum VectorError {
    /// The file is not what it should be.
    #[error("the vectors cannot be read: {0}")]
    Format(#[from] serde_json::Error),
    /// A case came out differently.
    #[error("case {case}: {mismatch}")]
    Mismatch {
        /// Its place in the file, from 0.
        case: usize,
        /// What differs.
        mismatch: Mismatch,
    },
}

/// Runs all cases of one vector file.
pub fn run_all(json: &str) -> Result<(), VectorError> {
    match serde_json::from_str(json)? {
        File::Signature { cases } => run(&cases, cases::Signature::run),
        File::RefusedKeys { cases } => run(&cases, cases::RefusedKey::run),
        File::DeviceCert { cases } => run(&cases, cases::DeviceCert::run),
        File::RoomCode { cases } => run(&cases, cases::RoomCode::run),
        File::Room { cases } => run(&cases, cases::Room::run),
        File::Hpke { cases } => run(&cases, cases::Hpke::run),
        File::Opaque { cases } => run(&cases, opaque::Opaque::run),
        File::Password { cases } => run(&cases, password::Password::run),
        File::DeviceList { cases } => run(&cases, accounts::DeviceList::run),
        File::Attestation { cases } => run(&cases, accounts::Attestation::run),
        File::Request { cases } => run(&cases, accounts::Request::run),
        File::Phrase { cases } => run(&cases, accounts::Phrase::run),
        File::Sealed { cases } => run(&cases, sealed::Sealed::run),
        File::DeviceLink { cases } => run(&cases, sealed::Link::run),
        File::Chain { cases } => run(&cases, chain::Chain::run),
        File::Safety { cases } => run(&cases, safety::Safety::run),
    }
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum File {
    Signature { cases: Vec<cases::Signature> },
    RefusedKeys { cases: Vec<cases::RefusedKey> },
    DeviceCert { cases: Vec<cases::DeviceCert> },
    RoomCode { cases: Vec<cases::RoomCode> },
    Room { cases: Vec<cases::Room> },
    Hpke { cases: Vec<cases::Hpke> },
    Opaque { cases: Vec<opaque::Opaque> },
    Password { cases: Vec<password::Password> },
    DeviceList { cases: Vec<accounts::DeviceList> },
    Attestation { cases: Vec<accounts::Attestation> },
    Request { cases: Vec<accounts::Request> },
    Phrase { cases: Vec<accounts::Phrase> },
    Sealed { cases: Vec<sealed::Sealed> },
    DeviceLink { cases: Vec<sealed::Link> },
    Chain { cases: Vec<chain::Chain> },
    Safety { cases: Vec<safety::Safety> },
}

fn run<T>(cases: &[T], check: impl Fn(&T) -> Result<(), Mismatch>) -> Result<(), VectorError> {
    if cases.is_empty() {
        return Err(VectorError::Mismatch { case: 0, mismatch: Mismatch("no cases") });
    }
    cases
        .iter()
        .enumerate()
        .try_for_each(|(case, vector)| check(vector).map_err(|mismatch| VectorError::Mismatch { case, mismatch }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vector_holds() {
        for (name, json) in ALL {
            if let Err(error) = run_all(json) {
                panic!("{name}: {error}");
            }
        }
    }

    #[test]
    fn a_changed_vector_does_not_hold() {
        let (_, json) = ALL[0];
        let changed = json.replacen("\"label\": \"frame\"", "\"label\": \"floor\"", 1);
        assert_ne!(changed, json);
        assert!(matches!(run_all(&changed), Err(VectorError::Mismatch { case: 2, .. })));
    }
}
