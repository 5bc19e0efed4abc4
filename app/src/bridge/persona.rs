//! Who the person is in a room: themselves, by the wallet of this browser, or a guest.
//!
//! A guest is an identity made for one room, used by one tab, and thrown away with it.

use milanio_identity::{AccountKey, Attestation, CertError, DeviceCert, DeviceKey};
use milanio_node::net::runtime;
use zeroize::Zeroizing;

use crate::{platform::wallet, state::room::Me, wallet::Wallet};

/// How long before its making a guest's certificate begins, in seconds. Chosen: members whose clocks are behind accept it.
const BACKDATED_S: u64 = 3_600;

/// How long a guest lasts, in seconds: longer than any call, shorter than the longest certificate.
const LIFE_S: u64 = 7 * 86_400;

/// Why there is nobody to be. Always local.
#[derive(Debug, thiserror::Error)]
pub enum PersonaError {
    /// The browser gives no randomness.
    #[error("the browser gives no randomness")]
    LocalRandomness(#[from] getrandom::Error),
    /// The clock stands before 1970 or after the end of time.
    #[error("the clock is unusable")]
    LocalClock(#[from] CertError),
}

/// The keys somebody is in a room with, and what goes with them.
#[derive(Clone)]
pub struct Persona {
    account_seed: Zeroizing<[u8; 32]>,
    device_seed: Zeroizing<[u8; 32]>,
    cert: DeviceCert,
    /// What else a person with an account has; `None` for guests.
    own: Option<Own>,
}

#[derive(Clone)]
struct Own {
    name: String,
    attestation: Option<Attestation>,
}

impl Persona {
    /// The person of this browser's wallet if there is one, or a new guest. `now_s`: seconds since the Unix epoch.
    ///
    /// # Errors
    /// Only for local reasons.
    pub async fn of_this_browser(now_s: u64) -> Result<Self, PersonaError> {
        let Some(mut wallet) = wallet::load().await else { return Self::guest(now_s) };
        let (persona, is_renewed) = Self::of_wallet(&mut wallet, now_s)?;
        if is_renewed {
            let renew = move |wallet: &mut Wallet| {
                // It worked a moment ago; if not now, the next time does it.
                let _ = wallet.fresh_cert(now_s);
            };
            if let Err(error) = wallet::update(renew).await {
                tracing::warn!(%error, "a renewed certificate is not kept");
            }
        }
        Ok(persona)
    }

    /// The person of this wallet; the certificate is renewed if it is about to end, and the second says so.
    fn of_wallet(wallet: &mut Wallet, now_s: u64) -> Result<(Self, bool), PersonaError> {
        let (cert, is_renewed) = wallet.fresh_cert(now_s)?;
        let own = Own { name: wallet.name.clone(), attestation: attestation(wallet) };
        let seeds = (wallet.account_seed.into(), wallet.device_seed.into());
        Ok((Self { account_seed: seeds.0, device_seed: seeds.1, cert, own: Some(own) }, is_renewed))
    }

    /// A guest who was nobody before. `now_s`: seconds since the Unix epoch.
    ///
    /// # Errors
    /// Only for local reasons.
    pub fn guest(now_s: u64) -> Result<Self, PersonaError> {
        Self::guest_from(runtime::seed()?, runtime::seed()?, now_s)
    }

    /// A guest who was here before the page was loaded again.
    ///
    /// # Errors
    /// If the clock is unusable.
    pub fn guest_from(account_seed: [u8; 32], device_seed: [u8; 32], now_s: u64) -> Result<Self, PersonaError> {
        let account = AccountKey::from_seed(account_seed);
        let device = DeviceKey::from_seed(device_seed);
        let created_s = now_s.saturating_sub(BACKDATED_S);
        let cert = DeviceCert::issue(&account, device.id(), created_s, created_s.saturating_add(LIFE_S))?;
        Ok(Self { account_seed: account_seed.into(), device_seed: device_seed.into(), cert, own: None })
    }

    /// Whether this is nobody's account.
    pub fn is_guest(&self) -> bool {
        self.own.is_none()
    }

    /// The account key.
    pub fn account(&self) -> AccountKey {
        AccountKey::from_seed(*self.account_seed)
    }

    /// The device key.
    pub fn device(&self) -> DeviceKey {
        DeviceKey::from_seed(*self.device_seed)
    }

    /// What to make a guest from again: account seed and device seed. `None` for others, whose wallet is not to be copied.
    pub fn guest_seeds(&self) -> Option<([u8; 32], [u8; 32])> {
        self.is_guest().then(|| (*self.account_seed, *self.device_seed))
    }

    /// What binds the two.
    pub fn cert(&self) -> &DeviceCert {
        &self.cert
    }

    /// The name of the account, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.own.as_ref().map(|own| own.name.as_str()).filter(|name| !name.is_empty())
    }

    /// What the server attests of the account.
    pub fn attestation(&self) -> Option<&Attestation> {
        self.own.as_ref()?.attestation.as_ref()
    }

    /// How the pages show it.
    pub fn me(&self) -> Me {
        Me {
            id: super::show::person_id(self.device().id()),
            account: *self.account().id().as_bytes(),
            short_id: self.account().id().short(),
            is_guest: self.is_guest(),
            is_verified: self.attestation().is_some(),
        }
    }
}

/// The attestation in a wallet, if it is one.
pub fn attestation(wallet: &Wallet) -> Option<Attestation> {
    wallet.attestation.as_ref().and_then(|bytes| Attestation::from_bytes(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_800_000_000;

    #[test]
    fn a_guest_is_certified_and_nobody_else() {
        let guest = Persona::guest(NOW_S).expect("the test machine has randomness");
        let verified = guest.cert().verify(NOW_S).expect("it is valid now");
        assert_eq!((verified.account, verified.device), (guest.account().id(), guest.device().id()));
        assert_ne!(Persona::guest(NOW_S).expect("again").account().id(), guest.account().id());
        assert!(guest.is_guest() && guest.guest_seeds().is_some());
    }

    #[test]
    fn a_person_with_a_wallet_is_who_the_wallet_says_and_leaves_no_copy() {
        let mut wallet = Wallet::new([1; 32], [2; 32], "Ines".into(), NOW_S).expect("the clock is fine");
        let (persona, is_renewed) = Persona::of_wallet(&mut wallet, NOW_S).expect("the clock is fine");
        assert_eq!((persona.account().id(), persona.device().id()), (wallet.account().id(), wallet.device().id()));
        assert_eq!((persona.name(), persona.is_guest(), is_renewed), (Some("Ines"), false, false));
        assert_eq!(persona.guest_seeds(), None);
        let (later, is_renewed) = Persona::of_wallet(&mut wallet, NOW_S + 20 * 86_400).expect("the clock is fine");
        assert!(is_renewed && later.cert().verify(NOW_S + 20 * 86_400).is_ok());
    }
}
