//! How a request is proven: the device signs a challenge together with the origin, the method, the path and what is asked.
//!
//! Whoever stands between page and server can use such a proof for nothing else: not elsewhere (origin), not for another
//! request (method, path and digest), not again (challenge). Left out: how old a challenge may be and whether it was used, which
//! the server knows.

use milanio_identity::{AccountId, DeviceId, DeviceKey, RequestContext, RequestProof, Signature};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Base64Bytes, KeyText, SignatureText};

/// A challenge, opaque to clients.
pub type ChallengeText = Base64Bytes<56>;

/// A request body `T` with its proof. On the wire the fields of both stand side by side: those of `T`, and `proof`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proven<T> {
    /// What is asked.
    #[serde(flatten)]
    pub body: T,
    /// That the device asks it.
    pub proof: Proof,
}

/// That a device asks what the request says.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// From `POST /api/auth/challenge`; good for one request.
    pub challenge: ChallengeText,
    /// The device.
    pub device: KeyText,
    /// Its signature.
    pub signature: SignatureText,
}

/// What a request is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
}

impl<'a> Target<'a> {
    /// `POST` to `path`.
    pub const fn post(path: &'a str) -> Self {
        Self { method: "POST", path }
    }

    /// `PUT` to `path`.
    pub const fn put(path: &'a str) -> Self {
        Self { method: "PUT", path }
    }

    /// `DELETE` of `path`.
    pub const fn delete(path: &'a str) -> Self {
        Self { method: "DELETE", path }
    }
}

/// Who asks, and on which page.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// The page's origin as browsers write it (`location.origin`).
    pub origin: &'a str,
    /// The account that the request is for.
    pub account: AccountId,
    /// The device's key.
    pub device: &'a DeviceKey,
}

/// Why a proof was not made or does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold")]
pub struct ProofError;

impl<T: Serialize> Proven<T> {
    /// `body`, to be sent to `target`, proven by `asker` with a fresh `challenge`.
    pub fn sign(body: T, target: Target<'_>, challenge: ChallengeText, asker: &Asker<'_>) -> Result<Self, ProofError> {
        let request = RequestContext {
            origin: asker.origin,
            challenge: challenge.as_bytes(),
            account: asker.account,
            method: target.method,
            path: target.path,
            digest: digest(&body)?,
        };
        let signature = RequestProof::sign(asker.device, &request).map_err(|_| ProofError)?;
        let device = KeyText::from_bytes(*asker.device.id().as_bytes());
        let proof = Proof { challenge, device, signature: SignatureText::from_bytes(signature.0) };
        Ok(Self { body, proof })
    }

    /// Checks that the device signed this body for `target` and `account` on a page of `origin`. Tells which device.
    pub fn verify(&self, target: Target<'_>, origin: &str, account: AccountId) -> Result<DeviceId, ProofError> {
        let device = DeviceId::from_bytes(self.proof.device.as_bytes()).map_err(|_| ProofError)?;
        let challenge = self.proof.challenge.as_bytes();
        let Target { method, path } = target;
        let request = RequestContext { origin, challenge, account, method, path, digest: digest(&self.body)? };
        let signature = Signature(*self.proof.signature.as_bytes());
        RequestProof::verify(&device, &request, &signature).map_err(|_| ProofError)?;
        Ok(device)
    }
}

// SHA-256 of the JSON of the body without its proof, its fields in the order of this crate's types and without spaces.
fn digest<T: Serialize>(body: &T) -> Result<[u8; 32], ProofError> {
    let json = serde_json::to_vec(body).map_err(|_| ProofError)?;
    Ok(Sha256::digest(json).into())
}

#[cfg(test)]
mod tests {
    use milanio_identity::AccountKey;

    use super::*;
    use crate::api::{Blob, DEVICES_PATH, Empty, PutDevices, VAULT_PATH};

    fn proof() -> Proof {
        Proof {
            challenge: ChallengeText::from_bytes([1; 56]),
            device: KeyText::from_bytes([2; 32]),
            signature: SignatureText::from_bytes([3; 64]),
        }
    }

    #[test]
    fn body_and_proof_stand_side_by_side_and_nothing_else_does() {
        let request = Proven { body: PutDevices { list: Blob::new(vec![1]).unwrap() }, proof: proof() };
        let text = serde_json::to_string(&request).unwrap();
        assert!(text.starts_with(r#"{"list":"AQ","proof":{"challenge":"#), "{text}");
        assert_eq!(serde_json::from_str::<Proven<PutDevices>>(&text).unwrap(), request);
        let more = text.replacen('{', r#"{"more":1,"#, 1);
        assert!(serde_json::from_str::<Proven<PutDevices>>(&more).is_err(), "an unknown field");
        let twice = text.replacen('{', r#"{"list":"AQ","#, 1);
        assert!(serde_json::from_str::<Proven<PutDevices>>(&twice).is_err(), "a field twice");
        let empty = serde_json::to_string(&Proven { body: Empty {}, proof: proof() }).unwrap();
        assert!(serde_json::from_str::<Proven<Empty>>(&empty).is_ok());
        assert!(serde_json::from_str::<Proven<Empty>>(&more).is_err());
    }

    #[test]
    fn a_proof_holds_for_its_request_method_path_origin_and_account_alone() {
        const DEVICES: Target<'_> = Target::put(DEVICES_PATH);
        let (account, device) = (AccountKey::from_seed([1; 32]), DeviceKey::from_seed([2; 32]));
        let asker = Asker { origin: "https://meet.example", account: account.id(), device: &device };
        let body = PutDevices { list: Blob::new(vec![1, 2]).unwrap() };
        let request = Proven::sign(body, DEVICES, ChallengeText::from_bytes([1; 56]), &asker).unwrap();
        let text = serde_json::to_string(&request).unwrap();
        let request: Proven<PutDevices> = serde_json::from_str(&text).unwrap();
        let verify = |request: &Proven<PutDevices>, target: Target<'_>, origin: &str, account: &AccountKey| {
            request.verify(target, origin, account.id())
        };
        assert_eq!(verify(&request, DEVICES, "https://meet.example", &account), Ok(device.id()));
        assert_eq!(verify(&request, Target::put(VAULT_PATH), "https://meet.example", &account), Err(ProofError));
        assert_eq!(
            verify(&request, Target::post(DEVICES_PATH), "https://meet.example", &account),
            Err(ProofError),
            "the method is signed"
        );
        assert_eq!(verify(&request, DEVICES, "https://meet.example:8443", &account), Err(ProofError));
        let stranger = AccountKey::from_seed([9; 32]);
        assert_eq!(verify(&request, DEVICES, "https://meet.example", &stranger), Err(ProofError));
        let mut changed = request;
        changed.body.list = Blob::new(vec![1, 3]).unwrap();
        assert_eq!(verify(&changed, DEVICES, "https://meet.example", &account), Err(ProofError));
    }
}
