//! The new device's side: it commits, shows its key, and receives the account.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{
    ANSWER, Answer, COMMIT, HAND_OVER, LinkError, LinkSecret, LinkWords, REVEAL, Reveal, hand_over_info, transcript,
    words,
};
use crate::{
    DeviceCert, DeviceList, EphemeralSecret, Keepsake,
    encoding::Reader,
    kdf::Secret,
    key::{AccountId, DeviceId},
};

/// A device that wants an account, before the old device has answered.
#[derive(ZeroizeOnDrop)]
pub struct LinkNewDevice {
    secret: LinkSecret,
    ephemeral: EphemeralSecret,
    #[zeroize(skip)]
    reveal: Reveal,
}

impl LinkNewDevice {
    /// Begins as `device`. Returns the state and message 0.
    pub fn start(secret: LinkSecret, device: DeviceId, rng: &mut impl CryptoRng) -> Result<(Self, Vec<u8>), LinkError> {
        let ephemeral = EphemeralSecret::generate(rng);
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let reveal = Reveal { key: *ephemeral.public().as_bytes(), device, nonce };
        let message = secret.seal(COMMIT, &reveal.commitment(), rng)?;
        Ok((Self { secret, ephemeral, reveal }, message))
    }

    /// Takes message 1. Returns the state, message 2 and the words to show.
    pub fn reveal(
        self,
        message: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<(LinkAwaiting, Vec<u8>, LinkWords), LinkError> {
        let answer = Answer::from_bytes(&self.secret.open(ANSWER, message)?)?;
        let transcript = transcript(&self.secret, &self.reveal.commitment(), answer, self.reveal);
        let message = self.secret.seal(REVEAL, &self.reveal.to_bytes(), rng)?;
        let words = words(&transcript);
        let state = LinkAwaiting { account: answer.account, linking: self, transcript };
        Ok((state, message, words))
    }
}

impl fmt::Debug for LinkNewDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkNewDevice(redacted)")
    }
}

/// A new device that shows the words and waits for the account.
#[derive(ZeroizeOnDrop)]
pub struct LinkAwaiting {
    linking: LinkNewDevice,
    #[zeroize(skip)]
    account: AccountId,
    transcript: Secret,
}

impl LinkAwaiting {
    /// Takes message 3: the account, this device's certificate and the device list that names it. To be called only once the
    /// owner has found the same words on both screens; otherwise the account may be somebody else's. Checks that the three
    /// belong together and to this device, not what time it is.
    pub fn receive(self, message: &[u8]) -> Result<(Keepsake, DeviceCert, DeviceList), LinkError> {
        let sealed = self.linking.secret.open(HAND_OVER, message)?;
        let opened = self.linking.ephemeral.open(&hand_over_info(&self.transcript), &[], &sealed);
        let opened = Zeroizing::new(opened.map_err(|_| LinkError::Unreadable)?);
        let (cert, list, keepsake) = read(&opened)?;
        let is_ours = keepsake.account.id() == self.account
            && cert.account() == self.account
            && cert.device() == self.linking.reveal.device
            && cert.verify(cert.created_s()).is_ok()
            && list.account() == self.account
            && list.lists(&self.linking.reveal.device)
            && list.verify().is_ok();
        if is_ours { Ok((keepsake, cert, list)) } else { Err(LinkError::Inconsistent) }
    }
}

impl fmt::Debug for LinkAwaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkAwaiting(redacted)")
    }
}

/// Reads `certificate | length of the list (2, big-endian) | list | padded keepsake`.
fn read(opened: &[u8]) -> Result<(DeviceCert, DeviceList, Keepsake), LinkError> {
    const MALFORMED: LinkError = LinkError::Malformed;
    let mut reader = Reader::new(opened);
    let cert = reader.slice(DeviceCert::LENGTH).ok_or(MALFORMED)?;
    let cert = DeviceCert::from_bytes(cert).map_err(|_| MALFORMED)?;
    let length = u16::from_be_bytes(reader.array().ok_or(MALFORMED)?);
    let list = reader.slice(length.into()).ok_or(MALFORMED)?;
    let list = DeviceList::from_bytes(list).map_err(|_| MALFORMED)?;
    let keepsake = Keepsake::from_padded(reader.rest()).map_err(|_| MALFORMED)?;
    Ok((cert, list, keepsake))
}
