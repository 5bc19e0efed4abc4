//! Proven requests: the device's signature under one of the origins that count, the certificate, and the challenge, in that order.

use std::net::IpAddr;

use milanio_identity::{AccountId, DeviceId};
use serde::Serialize;

use super::{AccountError, Accounts, SignedIn, lock};
use crate::{
    api::{CertText, Proven, Target},
    core::account::is_certified,
};

/// How a request came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The origins of the pages that may prove it.
    pub origins: Vec<String>,
    /// Where it came from.
    pub from: IpAddr,
}

impl Accounts {
    /// Checks a request to `target` of a device that `cert` says is `account`'s.
    pub(super) fn prove_certified<T: Serialize>(
        &self,
        asked: &Asked,
        target: Target<'_>,
        request: &Proven<T>,
        account: AccountId,
        cert: &CertText,
    ) -> Result<DeviceId, AccountError> {
        let device = proven_by(asked, target, request, account)?;
        if !is_certified(cert, account, device, self.now_s()) {
            return Err(AccountError::SignatureInvalid);
        }
        self.spend(request)?;
        Ok(device)
    }

    /// Checks a request to `target` within a session: the session's own device must prove it.
    pub(super) fn prove_in_session<T: Serialize>(
        &self,
        asked: &Asked,
        target: Target<'_>,
        request: &Proven<T>,
        session: &SignedIn,
    ) -> Result<(), AccountError> {
        let device = proven_by(asked, target, request, session.claims.account)?;
        if device != session.claims.device {
            return Err(AccountError::ProofInvalid);
        }
        self.spend(request)
    }

    // Last, so that nobody can use up a challenge with a request that does not hold.
    fn spend<T>(&self, request: &Proven<T>) -> Result<(), AccountError> {
        Ok(lock(&self.used).spend(&self.keys.challenge, &request.proof.challenge, self.now_s())?)
    }
}

fn proven_by<T: Serialize>(
    asked: &Asked,
    target: Target<'_>,
    request: &Proven<T>,
    account: AccountId,
) -> Result<DeviceId, AccountError> {
    let device = asked.origins.iter().find_map(|origin| request.verify(target, origin, account).ok());
    device.ok_or(AccountError::ProofInvalid)
}
