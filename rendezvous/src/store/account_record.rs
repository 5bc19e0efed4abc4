//! How accounts lie in the store: keys, and versioned encodings of what is under them.
//!
//! | key | what | vanishes |
//! |---|---|---|
//! | `a/<account>` | address hash, day of registration, device list | |
//! | `e/<address hash>` | the account that claims the address; counts only if the account says so too | |
//! | `p/<account>` | sealed profile | |
//! | `v/<account>` | sealed vault and the OPAQUE record that guards it | |
//! | `s/<account>/<device>` | day of the last sign-in | |
//! | `q/<request>` | a code that was mailed, as a hash | after ten minutes |
//! | `r/<takeover>` | a takeover of an address that was asked for; the address sealed, for reminders | after 30 days |
//! | `m/<device>` | sessions up to here are over | when they would be anyway |
//!
//! Versions are read for ever, and only the newest is written. Left out: when a record changes.

use std::time::Duration;

use milanio_identity::{DeviceId, DeviceList};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::StoreError;
use crate::{
    api::RequestId,
    core::{
        account::Account,
        mail_proof::{CODE_LIFE_S, OpenRequest, Purpose},
        reclaim::{LIFE_S, Takeover},
        session::{MAX_LEAD_S, SESSION_LIFE_S},
    },
};

/// Every account's key starts with this.
pub const ACCOUNT_PREFIX: &[u8] = b"a/";
/// Every claim's key starts with this.
pub const CLAIM_PREFIX: &[u8] = b"e/";
/// Every profile's key starts with this.
pub const PROFILE_PREFIX: &[u8] = b"p/";
/// Every vault's key starts with this.
pub const VAULT_PREFIX: &[u8] = b"v/";
/// Every sign-in's key starts with this.
pub const SEEN_PREFIX: &[u8] = b"s/";

/// Every takeover's key starts with this.
pub const TAKEOVER_PREFIX: &[u8] = b"r/";

/// The key of an account.
pub fn account_key(account: &[u8; 32]) -> Vec<u8> {
    [ACCOUNT_PREFIX, account].concat()
}

/// The key of the claim on the address with this hash.
pub fn claim_key(email: &[u8; 32]) -> Vec<u8> {
    [CLAIM_PREFIX, email].concat()
}

/// The key of an account's profile.
pub fn profile_key(account: &[u8; 32]) -> Vec<u8> {
    [PROFILE_PREFIX, account].concat()
}

/// The key of an account's vault.
pub fn vault_key(account: &[u8; 32]) -> Vec<u8> {
    [VAULT_PREFIX, account].concat()
}

/// What the keys of an account's sign-ins start with.
pub fn seen_prefix(account: &[u8; 32]) -> Vec<u8> {
    [SEEN_PREFIX, account, b"/"].concat()
}

/// The key of a device's last sign-in.
pub fn seen_key(account: &[u8; 32], device: &DeviceId) -> Vec<u8> {
    [seen_prefix(account).as_slice(), device.as_bytes()].concat()
}

/// The key of an open request.
pub fn request_key(id: &RequestId) -> Vec<u8> {
    [b"q/", id.as_bytes().as_slice()].concat()
}

/// The key of a takeover of an address.
pub fn takeover_key(id: &RequestId) -> Vec<u8> {
    [TAKEOVER_PREFIX, id.as_bytes()].concat()
}

/// The takeover that a key belongs to.
pub fn takeover_id(key: &[u8]) -> Result<RequestId, StoreError> {
    let id = key.get(2..).and_then(|id| id.try_into().ok());
    id.map(RequestId::from_bytes).ok_or(StoreError::Unreadable)
}

/// The key of a device's sign-out.
pub fn logout_key(device: &DeviceId) -> Vec<u8> {
    [b"m/", device.as_bytes().as_slice()].concat()
}

/// The account that a profile's, vault's or sign-in's key belongs to.
pub fn owner_of(key: &[u8]) -> Result<[u8; 32], StoreError> {
    let owner = key.get(2..34).and_then(|owner| owner.try_into().ok());
    owner.ok_or(StoreError::Unreadable)
}

/// A kind of record.
pub trait Row: Sized {
    /// When it vanishes after a write.
    const TTL: Option<Duration> = None;

    /// The stored form.
    fn encode(&self) -> Result<Vec<u8>, StoreError>;

    /// Reads the stored form strictly.
    fn decode(bytes: &[u8]) -> Result<Self, StoreError>;
}

/// Who claims an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRow {
    /// The account.
    pub account: [u8; 32],
    /// Since when, in seconds since the Unix epoch.
    pub claimed_s: u64,
}

/// A sealed profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileRow {
    /// Counts the writes.
    pub seq: u64,
    /// The profile.
    pub sealed: Vec<u8>,
}

/// A vault, or that there was one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultRow {
    /// Counts writes and removals.
    pub seq: u64,
    /// What is kept.
    pub kept: Option<KeptVault>,
}

/// A vault with its guard, written together so that they always belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptVault {
    /// The sealed vault.
    pub sealed: Vec<u8>,
    /// The OPAQUE record.
    pub opaque: Vec<u8>,
}

/// When a device last signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenRow {
    /// The day, counted from the Unix epoch.
    pub last_day: u32,
}

/// That a device signed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRow {
    /// Sessions that began until then are over, in seconds since the Unix epoch.
    pub until_s: u64,
}

#[derive(Serialize, Deserialize)]
struct AccountRow {
    email: [u8; 32],
    created_day: u32,
    devices: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct RequestRow {
    account: [u8; 32],
    purpose: PurposeRow,
    code: [u8; 32],
    tries: u8,
    expires_s: u64,
}

#[derive(Serialize, Deserialize)]
enum PurposeRow {
    Register([u8; 32]),
    ChangeEmail([u8; 32]),
    Vault,
    Reclaim([u8; 32]),
}

#[derive(Serialize, Deserialize)]
struct TakeoverRow {
    holder: [u8; 32],
    claimant: [u8; 32],
    asked_s: u64,
    notice_s: u64,
    stopped_s: Option<u64>,
    granted: bool,
    reminded: u8,
    address: Vec<u8>,
    language: u8,
}

// The variant's number is the record's schema version.
#[derive(Serialize, Deserialize)]
enum Versioned<T> {
    V1(T),
}

fn encode<T: Serialize>(row: T) -> Result<Vec<u8>, StoreError> {
    postcard::to_allocvec(&Versioned::V1(row)).map_err(|_| StoreError::TooLarge)
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    match postcard::take_from_bytes(bytes) {
        Ok((Versioned::V1(row), [])) => Ok(row),
        _ => Err(StoreError::Unreadable),
    }
}

/// Rows that are stored as they are.
macro_rules! plain_row {
    ($row:ident, $ttl:expr) => {
        impl Row for $row {
            const TTL: Option<Duration> = $ttl;

            fn encode(&self) -> Result<Vec<u8>, StoreError> {
                encode(self)
            }

            fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
                decode(bytes)
            }
        }
    };
}

plain_row!(ClaimRow, None);
plain_row!(ProfileRow, None);
plain_row!(VaultRow, None);
plain_row!(SeenRow, None);
plain_row!(LogoutRow, Some(Duration::from_secs(SESSION_LIFE_S + MAX_LEAD_S)));

impl Row for Account {
    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let devices = self.devices.to_bytes();
        encode(AccountRow { email: self.email, created_day: self.created_day, devices })
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let AccountRow { email, created_day, devices } = decode(bytes)?;
        // Verified when it was taken.
        let devices = DeviceList::from_bytes(&devices).map_err(|_| StoreError::Unreadable)?;
        Ok(Self { email, created_day, devices })
    }
}

impl Row for OpenRequest {
    const TTL: Option<Duration> = Some(Duration::from_secs(CODE_LIFE_S));

    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let purpose = match self.purpose {
            Purpose::Register { email } => PurposeRow::Register(email),
            Purpose::ChangeEmail { email } => PurposeRow::ChangeEmail(email),
            Purpose::Vault => PurposeRow::Vault,
            Purpose::Reclaim { email } => PurposeRow::Reclaim(email),
        };
        let Self { account, code, tries, expires_s, .. } = *self;
        encode(RequestRow { account, purpose, code, tries, expires_s })
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let RequestRow { account, purpose, code, tries, expires_s } = decode(bytes)?;
        let purpose = match purpose {
            PurposeRow::Register(email) => Purpose::Register { email },
            PurposeRow::ChangeEmail(email) => Purpose::ChangeEmail { email },
            PurposeRow::Vault => Purpose::Vault,
            PurposeRow::Reclaim(email) => Purpose::Reclaim { email },
        };
        Ok(Self { account, purpose, code, tries, expires_s })
    }
}

impl Row for Takeover {
    const TTL: Option<Duration> = Some(Duration::from_secs(LIFE_S));

    fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let Self { holder, claimant, asked_s, notice_s, stopped_s, granted, reminded, address, language } =
            self.clone();
        encode(TakeoverRow { holder, claimant, asked_s, notice_s, stopped_s, granted, reminded, address, language })
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let TakeoverRow { holder, claimant, asked_s, notice_s, stopped_s, granted, reminded, address, language } =
            decode(bytes)?;
        Ok(Self { holder, claimant, asked_s, notice_s, stopped_s, granted, reminded, address, language })
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey, ListedDevice};
    use proptest::prelude::*;

    use super::*;
    use crate::store::{MAX_KEY_BYTES, max_value_bytes};

    fn account() -> Account {
        let key = AccountKey::from_seed([1; 32]);
        let device = |seed| DeviceKey::from_seed([seed; 32]).id();
        let listed = (0..16).map(|seed| ListedDevice { device: device(seed), added_day: 7 }).collect();
        let revoked = (16..80).map(device).collect();
        Account { email: [2; 32], created_day: 9, devices: DeviceList::issue(&key, 5, listed, revoked).unwrap() }
    }

    #[test]
    fn the_largest_records_come_back_and_fit() {
        let account = account();
        let bytes = account.encode().unwrap();
        assert_eq!(Account::decode(&bytes), Ok(account));
        assert!(bytes.len() <= max_value_bytes(&account_key(&[1; 32])));
        let profile = ProfileRow { seq: u64::MAX, sealed: vec![1; crate::api::MAX_PROFILE_BYTES] };
        let bytes = profile.encode().unwrap();
        assert!(bytes.len() <= max_value_bytes(&profile_key(&[1; 32])));
        assert_eq!(ProfileRow::decode(&bytes), Ok(profile));
        let kept =
            KeptVault { sealed: vec![1; crate::api::MAX_VAULT_BYTES], opaque: vec![2; crate::api::MAX_OPAQUE_BYTES] };
        let vault = VaultRow { seq: u64::MAX, kept: Some(kept) };
        let bytes = vault.encode().unwrap();
        assert!(bytes.len() <= max_value_bytes(&vault_key(&[1; 32])));
        assert_eq!(VaultRow::decode(&bytes), Ok(vault));
        let device = DeviceKey::from_seed([1; 32]).id();
        assert!(seen_key(&[1; 32], &device).len() <= MAX_KEY_BYTES);
        assert_eq!(owner_of(&seen_key(&[1; 32], &device)), Ok([1; 32]));
    }

    #[test]
    fn version_one_of_an_open_request_has_not_changed() {
        let purpose = Purpose::ChangeEmail { email: [2; 32] };
        let request = OpenRequest { account: [1; 32], purpose, code: [3; 32], tries: 4, expires_s: 5 };
        let bytes = request.encode().unwrap();
        let expected = [&[0][..], &[1; 32], &[1], &[2; 32], &[3; 32], &[4, 5]].concat();
        assert_eq!(bytes, expected);
        assert_eq!(OpenRequest::decode(&bytes), Ok(request));
    }

    #[test]
    fn a_takeover_comes_back_and_is_named_by_its_key() {
        let (holder, claimant, address) = ([1; 32], [2; 32], vec![3; 296]);
        let rest = Takeover {
            holder,
            claimant,
            asked_s: u64::MAX,
            notice_s: u64::MAX,
            stopped_s: Some(u64::MAX),
            granted: true,
            reminded: 2,
            address,
            language: 2,
        };
        let bytes = rest.encode().unwrap();
        assert!(bytes.len() <= max_value_bytes(TAKEOVER_PREFIX));
        assert_eq!(Takeover::decode(&bytes), Ok(rest));
        let id = RequestId::from_bytes([7; 16]);
        assert_eq!(takeover_id(&takeover_key(&id)), Ok(id));
        assert_eq!(takeover_id(b"r/short"), Err(StoreError::Unreadable));
    }

    proptest! {
        #[test]
        fn damaged_records_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(request) = OpenRequest::decode(&bytes) {
                prop_assert_eq!(OpenRequest::decode(&request.encode().unwrap()), Ok(request));
            }
            if let Ok(takeover) = Takeover::decode(&bytes) {
                prop_assert_eq!(Takeover::decode(&takeover.encode().unwrap()), Ok(takeover));
            }
            let _ = (Account::decode(&bytes), ClaimRow::decode(&bytes), VaultRow::decode(&bytes));
        }
    }
}
