//! The old device's side: it answers, checks the key against the commitment, and hands the account over.

use std::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    ANSWER, Answer, COMMIT, HAND_OVER, LinkError, LinkSecret, LinkWords, REVEAL, Reveal, hand_over_info, transcript,
    words,
};
use crate::{
    DeviceCert, DeviceList, EphemeralPublic, Keepsake,
    kdf::Secret,
    key::{AccountId, DeviceId},
};

/// A device that has an account to hand over, before the new device has shown its key.
#[derive(ZeroizeOnDrop)]
pub struct LinkOldDevice {
    secret: LinkSecret,
    #[zeroize(skip)]
    commitment: [u8; 32],
    #[zeroize(skip)]
    answer: Answer,
}

impl LinkOldDevice {
    /// Takes message 0 and offers `account`. Returns the state and message 1.
    pub fn answer(
        secret: LinkSecret,
        account: AccountId,
        message: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Vec<u8>), LinkError> {
        let commitment = secret.open(COMMIT, message)?;
        let commitment = commitment.as_slice().try_into().map_err(|_| LinkError::Malformed)?;
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let answer = Answer { nonce, account };
        let message = secret.seal(ANSWER, &answer.to_bytes(), rng)?;
        Ok((Self { secret, commitment, answer }, message))
    }

    /// Takes message 2. Returns the state, the words to show, and the device that wants the account.
    pub fn check(self, message: &[u8]) -> Result<(LinkConfirming, LinkWords, DeviceId), LinkError> {
        let reveal = Reveal::from_bytes(&self.secret.open(REVEAL, message)?)?;
        if !bool::from(reveal.commitment().ct_eq(&self.commitment)) {
            return Err(LinkError::CommitmentBroken);
        }
        let transcript = transcript(&self.secret, &self.commitment, self.answer, reveal);
        let words = words(&transcript);
        Ok((LinkConfirming { linking: self, reveal, transcript }, words, reveal.device))
    }
}

impl fmt::Debug for LinkOldDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkOldDevice(redacted)")
    }
}

/// An old device that shows the words and waits for its owner's word.
#[derive(ZeroizeOnDrop)]
pub struct LinkConfirming {
    linking: LinkOldDevice,
    #[zeroize(skip)]
    pub(super) reveal: Reveal,
    pub(super) transcript: Secret,
}

impl LinkConfirming {
    /// Hands the account over, once the owner has found the same words on both screens. `cert` and `list` must be of the
    /// keepsake's account and for the new device. Returns message 3.
    pub fn hand_over(
        self,
        keepsake: &Keepsake,
        cert: &DeviceCert,
        list: &DeviceList,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, LinkError> {
        let account = self.linking.answer.account;
        let is_consistent = keepsake.account.id() == account
            && (cert.account(), cert.device()) == (account, self.reveal.device)
            && list.account() == account
            && list.lists(&self.reveal.device);
        if !is_consistent {
            return Err(LinkError::Inconsistent);
        }
        let list = list.to_bytes();
        let length = u16::try_from(list.len()).map_err(|_| LinkError::Inconsistent)?.to_be_bytes();
        let keepsake = keepsake.padded()?;
        let plaintext = Zeroizing::new([cert.to_bytes().as_slice(), &length, &list, &keepsake].concat());
        let target = EphemeralPublic::from_bytes(self.reveal.key);
        let sealed = target.seal(&hand_over_info(&self.transcript), &[], &plaintext, rng)?;
        self.linking.secret.seal(HAND_OVER, &sealed, rng)
    }
}

impl fmt::Debug for LinkConfirming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkConfirming(redacted)")
    }
}
