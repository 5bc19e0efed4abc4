//! The wallet: who the person is on this browser, and what there is to show of it.
//!
//! Pure: encoding, and keeping the device's certificate fresh. Where it is kept, and sealed, is `platform::wallet`. Its bytes are the
//! identity itself, so it is zeroised and never shown.

use std::collections::BTreeMap;

use milanio_identity::{AccountKey, Attestation, CertError, DeviceCert, DeviceId, DeviceKey, DeviceList};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The first byte of an encoded wallet.
const VERSION: u8 = 1;

/// A certificate with less than this left is renewed, in seconds: 15 days. Chosen: half of its life.
const RENEW_S: u64 = 15 * 86_400;

/// A day, in seconds.
const DAY_S: u64 = 86_400;

/// An attestation with so many days left or fewer is asked for anew: the first time on every day, of the 7 days that it lasts. Whoever
/// asks signs in, and that alone stops somebody else who wants the account's address.
const ATTESTATION_DAYS_LEFT: u64 = 6;

/// How long before its making a certificate begins, in seconds. Chosen: servers and members whose clocks are behind accept it.
const BACKDATED_S: u64 = 3_600;

/// Who the person is on this browser.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Wallet {
    /// The account key's seed: the identity.
    pub account_seed: [u8; 32],
    /// The device key's seed: this browser.
    pub device_seed: [u8; 32],
    /// The encoded [`DeviceCert`] that binds the two.
    pub cert: Vec<u8>,
    /// The encoded list of the account's devices, as last seen; empty before the first.
    pub device_list: Vec<u8>,
    /// The server's encoded attestation that the account has a verified address, if it has given one.
    pub attestation: Option<Vec<u8>>,
    /// The name that others see; at most 40 characters.
    pub name: String,
    /// The picture that others see, a WebP or JPEG of at most 32 KiB.
    pub avatar: Option<Vec<u8>>,
    /// What the person calls the account's devices, by their keys.
    #[zeroize(skip)]
    pub device_names: BTreeMap<DeviceId, String>,
    /// The server has an account for this identity.
    pub is_registered: bool,
    /// The identity was restored here while the server was out of reach: it is told as soon as it can be.
    pub is_untold: bool,
    /// The address the account was verified with, if this browser knows it.
    pub email: Option<String>,
    /// What is backed up.
    pub backed_up: Backups,
    /// How far this browser has seen what the server keeps.
    pub seqs: Seqs,
}

/// Which ways back there are if this browser is cleared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize)]
pub struct Backups {
    /// The words were written down and checked; when, in days since 1970.
    pub phrase_day: Option<u32>,
    /// An encrypted file was saved; when, in days since 1970.
    pub file_day: Option<u32>,
    /// The server keeps a vault under a password.
    pub has_vault: bool,
    /// Another device holds the identity.
    pub is_linked: bool,
}

impl Backups {
    /// Whether there is any way back.
    pub const fn exist(self) -> bool {
        self.phrase_day.is_some() || self.file_day.is_some() || self.has_vault || self.is_linked
    }
}

/// Sequence numbers of what the server keeps for the account; zero before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize)]
pub struct Seqs {
    /// Of the sealed profile.
    pub profile: u64,
    /// Of the vault.
    pub vault: u64,
}

/// Why there is no wallet in these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletError {
    /// Written by a version of the app that is not known here, or no wallet at all.
    #[error("not a wallet of this version")]
    Version,
    /// The bytes do not decode.
    #[error("the wallet is damaged")]
    Damaged,
}

impl Wallet {
    /// A device for this account, certified from now on. `now_s`: seconds since the Unix epoch.
    ///
    /// # Errors
    /// If the clock is unusable.
    pub fn new(account_seed: [u8; 32], device_seed: [u8; 32], name: String, now_s: u64) -> Result<Self, CertError> {
        let mut wallet = Self {
            account_seed,
            device_seed,
            cert: Vec::new(),
            device_list: Vec::new(),
            attestation: None,
            name,
            avatar: None,
            device_names: BTreeMap::new(),
            is_registered: false,
            is_untold: false,
            email: None,
            backed_up: Backups::default(),
            seqs: Seqs::default(),
        };
        wallet.renew(now_s)?;
        Ok(wallet)
    }

    /// The account key.
    pub fn account(&self) -> AccountKey {
        AccountKey::from_seed(self.account_seed)
    }

    /// The device key.
    pub fn device(&self) -> DeviceKey {
        DeviceKey::from_seed(self.device_seed)
    }

    /// The certificate, renewed in the wallet if it is about to end. Says in the second place whether it was, so that the wallet
    /// can be saved.
    ///
    /// # Errors
    /// If the clock is unusable.
    pub fn fresh_cert(&mut self, now_s: u64) -> Result<(DeviceCert, bool), CertError> {
        let stored = DeviceCert::from_bytes(&self.cert).ok();
        match stored.filter(|cert| self.is_good(cert, now_s)) {
            Some(cert) => Ok((cert, false)),
            None => self.renew(now_s).map(|cert| (cert, true)),
        }
    }

    /// The list of the account's devices, as last seen; `None` before the first.
    pub fn devices(&self) -> Option<DeviceList> {
        let list = DeviceList::from_bytes(&self.device_list).ok()?;
        (list.account() == self.account().id() && list.verify().is_ok()).then_some(list)
    }

    /// The address that a sign-in names, if this browser knows it: that of a device which the account's list lacks. The server knows no
    /// address and has no use for it otherwise.
    pub fn address_for_login(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| !self.is_listed())
    }

    fn is_listed(&self) -> bool {
        self.devices().is_some_and(|list| list.lists(&self.device().id()))
    }

    /// Whether a server should be told of this device, or asked for a new attestation: the server has an account, and the attestation
    /// ends soon or is missing. A server is not asked unbidden for what it refuses: who has neither the account's address nor a place in
    /// its list goes on without the account until the person names the address.
    pub fn wants_attestation(&self, now_s: u64) -> bool {
        let expires_day = self.attestation.as_ref().and_then(|bytes| Attestation::from_bytes(bytes).ok());
        let days_left =
            expires_day.map_or(0, |attestation| u64::from(attestation.expires_day()).saturating_sub(now_s / DAY_S));
        let can_be_told = self.is_untold && (self.email.is_some() || self.is_listed());
        can_be_told || self.is_registered && days_left <= ATTESTATION_DAYS_LEFT
    }

    fn is_good(&self, cert: &DeviceCert, now_s: u64) -> bool {
        cert.verify(now_s).is_ok_and(|verified| {
            verified.account == self.account().id()
                && verified.device == self.device().id()
                && verified.expires_s >= now_s.saturating_add(RENEW_S)
        })
    }

    fn renew(&mut self, now_s: u64) -> Result<DeviceCert, CertError> {
        let created_s = now_s.saturating_sub(BACKDATED_S);
        let expires_s = created_s.saturating_add(DeviceCert::MAX_LIFETIME_S);
        let cert = DeviceCert::issue(&self.account(), self.device().id(), created_s, expires_s)?;
        self.cert = cert.to_bytes();
        Ok(cert)
    }

    /// The wallet as bytes.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let bytes = postcard::to_extend(self, vec![VERSION]).expect("a vector grows, and every field encodes");
        Zeroizing::new(bytes)
    }

    /// The wallet of these bytes.
    ///
    /// # Errors
    /// If they are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WalletError> {
        match bytes.split_first() {
            Some((&VERSION, bytes)) => postcard::from_bytes(bytes).map_err(|_| WalletError::Damaged),
            _ => Err(WalletError::Version),
        }
    }
}

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wallet(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AttestationLevel, IssuerKey, ListedDevice};

    use super::*;

    const NOW_S: u64 = 1_800_000_000;

    fn wallet() -> Wallet {
        Wallet::new([1; 32], [2; 32], "Ines".into(), NOW_S).expect("the clock is fine")
    }

    #[test]
    fn a_wallet_comes_back_from_its_bytes() {
        let mut wallet = wallet();
        wallet.avatar = Some(vec![3; 100]);
        wallet.backed_up.phrase_day = Some(20_000);
        assert_eq!(Wallet::from_bytes(&wallet.to_bytes()), Ok(wallet));
    }

    #[test]
    fn what_is_no_wallet_is_refused() {
        assert_eq!(Wallet::from_bytes(&[]), Err(WalletError::Version));
        assert_eq!(Wallet::from_bytes(&[9, 1, 2]), Err(WalletError::Version));
        assert_eq!(Wallet::from_bytes(&wallet().to_bytes()[..40]), Err(WalletError::Damaged));
    }

    #[test]
    fn a_certificate_is_kept_for_half_of_its_life_and_then_renewed() {
        let mut wallet = wallet();
        let (first, renewed) = wallet.fresh_cert(NOW_S).expect("fine");
        assert!(!renewed);
        let (kept, renewed) = wallet.fresh_cert(NOW_S + 14 * 86_400).expect("fine");
        assert_eq!((kept, renewed), (first.clone(), false));
        let later_s = NOW_S + 16 * 86_400;
        let (second, renewed) = wallet.fresh_cert(later_s).expect("fine");
        assert!(renewed && second != first);
        let verified = second.verify(later_s + RENEW_S).expect("good for the next half");
        assert_eq!((verified.account, verified.device), (wallet.account().id(), wallet.device().id()));
    }

    #[test]
    fn a_certificate_of_somebody_else_is_not_used() {
        let mut wallet = wallet();
        wallet.account_seed = [7; 32];
        let (cert, renewed) = wallet.fresh_cert(NOW_S).expect("fine");
        assert!(renewed);
        assert_eq!(cert.account(), wallet.account().id());
    }

    #[test]
    fn an_attestation_is_asked_for_once_a_day_and_only_where_there_is_an_account() {
        let mut wallet = wallet();
        assert!(!wallet.wants_attestation(NOW_S), "no account");
        wallet.is_registered = true;
        assert!(wallet.wants_attestation(NOW_S), "none yet");
        let today = u32::try_from(NOW_S / DAY_S).expect("a day");
        let issuer = IssuerKey::from_seed([5; 32]);
        let made = Attestation::issue(&issuer, wallet.account().id(), AttestationLevel::Email, today);
        wallet.attestation = Some(made.to_bytes());
        assert!(!wallet.wants_attestation(NOW_S));
        assert!(wallet.wants_attestation(NOW_S + DAY_S));
    }

    #[test]
    fn a_server_is_told_by_itself_only_where_it_can_say_yes() {
        let mut wallet = wallet();
        wallet.is_untold = true;
        assert!(!wallet.wants_attestation(NOW_S), "no address, and not in the list");
        wallet.email = Some("ines@example.org".into());
        assert!(wallet.wants_attestation(NOW_S));
        wallet.email = None;
        let listed = ListedDevice { device: wallet.device().id(), added_day: 1 };
        let list = DeviceList::issue(&wallet.account(), 1, vec![listed], Vec::new()).expect("it is small");
        wallet.device_list = list.to_bytes();
        assert!(wallet.wants_attestation(NOW_S));
    }

    #[test]
    fn a_device_list_of_somebody_else_is_no_list() {
        let mut wallet = wallet();
        assert_eq!(wallet.devices(), None);
        let listed = ListedDevice { device: wallet.device().id(), added_day: 1 };
        let list = |account: &AccountKey| DeviceList::issue(account, 1, vec![listed], Vec::new()).expect("it is small");
        wallet.device_list = list(&AccountKey::from_seed([9; 32])).to_bytes();
        assert_eq!(wallet.devices(), None);
        let own = list(&wallet.account());
        wallet.device_list = own.to_bytes();
        assert_eq!(wallet.devices(), Some(own));
    }

    #[test]
    fn only_a_device_that_is_not_listed_names_the_address() {
        let mut wallet = wallet();
        assert_eq!(wallet.address_for_login(), None, "none is known");
        wallet.email = Some("ines@example.org".into());
        assert_eq!(wallet.address_for_login(), Some("ines@example.org"));
        let list_of = |seed: [u8; 32]| {
            let device = DeviceKey::from_seed(seed).id();
            let listed = vec![ListedDevice { device, added_day: 1 }];
            DeviceList::issue(&AccountKey::from_seed([1; 32]), 1, listed, Vec::new()).expect("it is small").to_bytes()
        };
        wallet.device_list = list_of([9; 32]);
        assert_eq!(wallet.address_for_login(), Some("ines@example.org"), "others are listed");
        wallet.device_list = list_of([2; 32]);
        assert_eq!(wallet.address_for_login(), None);
    }

    #[test]
    fn secrets_do_not_show() {
        assert_eq!(format!("{:?}", wallet()), "Wallet(redacted)");
    }

    #[test]
    fn any_of_four_ways_back_is_a_backup() {
        assert!(!Backups::default().exist());
        for backups in [
            Backups { phrase_day: Some(1), ..Backups::default() },
            Backups { file_day: Some(1), ..Backups::default() },
            Backups { has_vault: true, ..Backups::default() },
            Backups { is_linked: true, ..Backups::default() },
        ] {
            assert!(backups.exist());
        }
    }
}
