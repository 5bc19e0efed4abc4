//! A guest: an identity made for one room, used by one tab, and thrown away with it.

use milanio_identity::{AccountKey, CertError, DeviceCert, DeviceKey};
use milanio_node::net::runtime;
use zeroize::Zeroizing;

/// How long before its making a guest's certificate begins, in seconds. Chosen: members whose clocks are behind accept it.
const BACKDATED_S: u64 = 3_600;

/// How long a guest lasts, in seconds: longer than any call, shorter than the longest certificate.
const LIFE_S: u64 = 7 * 86_400;

/// Why there is no guest. Always local.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The browser gives no randomness.
    #[error("the browser gives no randomness")]
    LocalRandomness(#[from] getrandom::Error),
    /// The clock stands before 1970 or after the end of time.
    #[error("the clock is unusable")]
    LocalClock(#[from] CertError),
}

/// The keys of a guest.
#[derive(Clone)]
pub struct Guest {
    account_seed: Zeroizing<[u8; 32]>,
    device_seed: Zeroizing<[u8; 32]>,
    cert: DeviceCert,
}

impl Guest {
    /// Somebody new. `now_s`: seconds since the Unix epoch.
    ///
    /// # Errors
    /// Only for local reasons.
    pub fn new(now_s: u64) -> Result<Self, GuestError> {
        Self::from_seeds(runtime::seed()?, runtime::seed()?, now_s)
    }

    /// Somebody who was here before the page was loaded again.
    ///
    /// # Errors
    /// If the clock is unusable.
    pub fn from_seeds(account_seed: [u8; 32], device_seed: [u8; 32], now_s: u64) -> Result<Self, GuestError> {
        let account = AccountKey::from_seed(account_seed);
        let device = DeviceKey::from_seed(device_seed);
        let created_s = now_s.saturating_sub(BACKDATED_S);
        let cert = DeviceCert::issue(&account, device.id(), created_s, created_s.saturating_add(LIFE_S))?;
        Ok(Self { account_seed: account_seed.into(), device_seed: device_seed.into(), cert })
    }

    /// The account key.
    pub fn account(&self) -> AccountKey {
        AccountKey::from_seed(*self.account_seed)
    }

    /// The device key.
    pub fn device(&self) -> DeviceKey {
        DeviceKey::from_seed(*self.device_seed)
    }

    /// What to make this guest from again: account seed and device seed.
    pub fn seeds(&self) -> ([u8; 32], [u8; 32]) {
        (*self.account_seed, *self.device_seed)
    }

    /// What binds the two.
    pub fn cert(&self) -> &DeviceCert {
        &self.cert
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_certified_and_nobody_else() {
        let now_s = 1_800_000_000;
        let guest = Guest::new(now_s).expect("the test machine has randomness");
        let verified = guest.cert().verify(now_s).expect("it is valid now");
        assert_eq!((verified.account, verified.device), (guest.account().id(), guest.device().id()));
        assert_ne!(Guest::new(now_s).expect("again").account().id(), guest.account().id());
    }
}
