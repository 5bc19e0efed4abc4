//! Request proofs: a device stands behind one HTTP request, to one site, once.
//!
//! What is signed names the site as the browser shows it, the server's challenge, the account, the method, the path and the digest
//! of the body, so a proof that a foreign site asked for, an old one, or one for another request does not verify. Each part has its
//! length in front (two bytes, big-endian), so no two requests share their bytes. That a challenge is fresh and used once is
//! for the server to see to.

use thiserror::Error;

use crate::{
    key::{AccountId, DeviceId, DeviceKey},
    sign::{self, Label, Signature, SignatureError},
};

/// Why a proof was not made or was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// A part is longer than [`RequestContext::MAX_PART_LENGTH`]. Whoever chose the request is at fault.
    #[error("a part of the request is too long to be signed")]
    TooLong,
    /// The device did not sign this request. The presenter is at fault.
    #[error("the device did not sign the request: {0}")]
    Signature(#[from] SignatureError),
}

/// The request that a proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestContext<'a> {
    /// The site's origin as browsers write it, such as `https://milanio.example`.
    pub origin: &'a str,
    /// What the server gave out for this request.
    pub challenge: &'a [u8],
    /// For whom the device speaks.
    pub account: AccountId,
    /// The method, in upper case.
    pub method: &'a str,
    /// The path, without host and query.
    pub path: &'a str,
    /// SHA-256 of the body without the proof.
    pub digest: [u8; 32],
}

impl RequestContext<'_> {
    /// The longest part in bytes. Chosen: origins, challenges and paths are far shorter.
    pub const MAX_PART_LENGTH: usize = 1024;

    fn signed_bytes(&self, device: &DeviceId) -> Result<Vec<u8>, RequestError> {
        let parts: [&[u8]; 7] = [
            self.origin.as_bytes(),
            self.challenge,
            self.account.as_bytes(),
            device.as_bytes(),
            self.method.as_bytes(),
            self.path.as_bytes(),
            &self.digest,
        ];
        let mut bytes = vec![VERSION];
        for part in parts {
            let length = u16::try_from(part.len()).map_err(|_| RequestError::TooLong)?;
            if part.len() > Self::MAX_PART_LENGTH {
                return Err(RequestError::TooLong);
            }
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part);
        }
        Ok(bytes)
    }
}

/// Proofs for requests. A proof is a signature; this is how it is made and checked.
#[derive(Clone, Copy, Debug)]
pub struct RequestProof;

impl RequestProof {
    /// `device` stands behind `request`.
    pub fn sign(device: &DeviceKey, request: &RequestContext<'_>) -> Result<Signature, RequestError> {
        Ok(device.sign(Label::Request, &request.signed_bytes(&device.id())?))
    }

    /// Checks that `device` stands behind `request`.
    pub fn verify(device: &DeviceId, request: &RequestContext<'_>, proof: &Signature) -> Result<(), RequestError> {
        Ok(sign::verify(device.as_bytes(), Label::Request, &request.signed_bytes(device)?, proof)?)
    }
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::AccountKey;

    const MISMATCH: Result<(), RequestError> = Err(RequestError::Signature(SignatureError::Mismatch));

    fn device() -> DeviceKey {
        DeviceKey::from_seed([1; 32])
    }

    fn request() -> RequestContext<'static> {
        RequestContext {
            origin: "https://milanio.example",
            challenge: b"challenge",
            account: AccountKey::from_seed([2; 32]).id(),
            method: "POST",
            path: "/api/auth/login",
            digest: [3; 32],
        }
    }

    #[test]
    fn a_proof_is_for_one_request_of_one_device() {
        let proof = RequestProof::sign(&device(), &request()).unwrap();
        assert_eq!(RequestProof::verify(&device().id(), &request(), &proof), Ok(()));
        let others = [
            RequestContext { origin: "https://milanio.example.net", ..request() },
            RequestContext { challenge: b"challengf", ..request() },
            RequestContext { account: AccountKey::from_seed([9; 32]).id(), ..request() },
            RequestContext { method: "PUT", ..request() },
            RequestContext { path: "/api/auth/logout", ..request() },
            RequestContext { digest: [4; 32], ..request() },
        ];
        for other in others {
            assert_eq!(RequestProof::verify(&device().id(), &other, &proof), MISMATCH, "{other:?}");
        }
        let stranger = DeviceKey::from_seed([9; 32]).id();
        assert_eq!(RequestProof::verify(&stranger, &request(), &proof), MISMATCH);
    }

    #[test]
    fn parts_cannot_lend_each_other_bytes() {
        let proof = RequestProof::sign(&device(), &request()).unwrap();
        let moved = RequestContext { origin: "https://milanio.examplec", challenge: b"hallenge", ..request() };
        assert_eq!(RequestProof::verify(&device().id(), &moved, &proof), MISMATCH);
        let moved = RequestContext { method: "POST/", path: "api/auth/login", ..request() };
        assert_eq!(RequestProof::verify(&device().id(), &moved, &proof), MISMATCH);
    }

    #[test]
    fn parts_have_a_longest_length() {
        let longest = "x".repeat(RequestContext::MAX_PART_LENGTH);
        let fits = RequestContext { path: &longest, ..request() };
        assert!(RequestProof::sign(&device(), &fits).is_ok());
        for length in [RequestContext::MAX_PART_LENGTH + 1, 70_000] {
            let too_long = "x".repeat(length);
            let request = RequestContext { origin: &too_long, ..request() };
            assert_eq!(RequestProof::sign(&device(), &request), Err(RequestError::TooLong));
            let refused = RequestProof::verify(&device().id(), &request, &Signature([0; 64]));
            assert_eq!(refused, Err(RequestError::TooLong));
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies(origin in ".{0,100}", challenge: Vec<u8>, path in ".{0,100}", digest: [u8; 32]) {
            let request = RequestContext { origin: &origin, challenge: &challenge, path: &path, digest, ..request() };
            let proof = RequestProof::sign(&device(), &request).unwrap();
            prop_assert_eq!(RequestProof::verify(&device().id(), &request, &proof), Ok(()));
        }

        #[test]
        fn no_flipped_bit_is_accepted(bit in 0_usize..512) {
            let mut proof = RequestProof::sign(&device(), &request()).unwrap();
            proof.0[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(RequestProof::verify(&device().id(), &request(), &proof), MISMATCH);
        }
    }
}
