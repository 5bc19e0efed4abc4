//! The life of accounts on virtual time, over the embedded store: what time, races and crashes do to them.

mod reclaim;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use milanio_identity::{AccountKey, DeviceId, DeviceKey, DeviceList, ListedDevice};
use zeroize::Zeroizing;

use super::*;
use crate::{
    api::{CodeText, RequestId, Session},
    core::{
        mail_proof::{self, Purpose},
        reclaim::Takeover,
        session::SESSION_LIFE_S,
    },
    mail::{MailConfig, MailRoute},
    metrics::Metrics,
    store::{
        EmbeddedStore,
        account_record::{ProfileRow, SeenRow, VaultRow, profile_key, seen_key, vault_key},
    },
};

const NOON_S: u64 = 1_900_000_000;

struct World {
    now_ms: Arc<AtomicU64>,
    accounts: Accounts,
    directory: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let now_ms = Arc::new(AtomicU64::new(NOON_S * 1_000));
        let clock: clock::Millis = {
            let now_ms = Arc::clone(&now_ms);
            Arc::new(move || now_ms.load(Ordering::Relaxed))
        };
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&directory.path().join("rooms"), clock::seconds(&clock)).unwrap();
        let keys = ServerKeys::from_seeds([1, 2, 3, 4, 5].map(|seed| Zeroizing::new([seed; 32])));
        let route = MailRoute::Spool(directory.path().join("mail"));
        let from = "Milanio <no-reply@meet.example>".parse().unwrap();
        let mail = MailConfig { from, origin: "https://meet.example".to_owned(), route };
        let mailer = Mailer::start(mail, Metrics::default()).unwrap();
        let accounts = Accounts::new(Arc::new(store), keys, mailer, MailBudget::default(), clock);
        Self { now_ms, accounts, directory }
    }

    fn pass(&self, seconds: u64) {
        self.now_ms.fetch_add(seconds * 1_000, Ordering::Relaxed);
    }

    async fn open(&self, account: u8, purpose: Purpose) -> (RequestId, CodeText) {
        let (code, sent) = self.accounts.open_request([account; 32], purpose).await.unwrap();
        (sent.request_id, CodeText::new(code.grouped()).unwrap())
    }

    async fn redeem(&self, id: &RequestId, code: &CodeText) -> Result<(), AccountError> {
        self.accounts.redeem(id, code, |_| true).await.map(drop)
    }

    /// An account as a verification leaves it.
    async fn registered(&self, seed: u8, email: [u8; 32]) -> (AccountKey, DeviceId, Account) {
        let (key, device) = (AccountKey::from_seed([seed; 32]), DeviceKey::from_seed([seed; 32]).id());
        let listed = vec![ListedDevice { device, added_day: 1 }];
        let devices = DeviceList::issue(&key, 1, listed, Vec::new()).unwrap();
        let account = Account { email, created_day: 1, devices };
        assert_eq!(self.accounts.claim(&email, key.id().as_bytes()).await, Ok(true));
        self.accounts.shelf.put(account_key(key.id().as_bytes()), None, &account).await.unwrap();
        (key, device, account)
    }

    async fn sign_in(&self, seed: u8, email: [u8; 32]) -> Session {
        let (key, device, account) = self.registered(seed, email).await;
        self.accounts.sign_in(&account, key.id(), device).await.unwrap()
    }
}

fn wrong() -> CodeText {
    CodeText::new("0000-0000").unwrap()
}

#[tokio::test]
async fn a_code_is_over_after_ten_minutes() {
    let world = World::new();
    let (id, code) = world.open(1, Purpose::Vault).await;
    world.pass(599);
    assert_eq!(world.redeem(&id, &wrong()).await, Err(AccountError::CodeInvalid));
    world.pass(1);
    assert_eq!(world.redeem(&id, &code).await, Err(AccountError::CodeInvalid), "a wrong try gives no new time");
    let (id, code) = world.open(1, Purpose::Vault).await;
    world.pass(599);
    assert_eq!(world.redeem(&id, &code).await, Ok(()));
}

#[tokio::test]
async fn of_many_who_redeem_one_code_at_once_one_succeeds() {
    let world = World::new();
    let (id, code) = world.open(1, Purpose::Vault).await;
    let all = futures::future::join_all((0..20).map(|_| world.redeem(&id, &code))).await;
    assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1, "{all:?}");
}

#[tokio::test]
async fn guesses_at_the_same_time_count_each() {
    let world = World::new();
    let (id, code) = world.open(1, Purpose::Vault).await;
    let guess = wrong();
    let all = futures::future::join_all((0..20).map(|_| world.redeem(&id, &guess))).await;
    assert!(all.iter().all(|one| *one == Err(AccountError::CodeInvalid)), "{all:?}");
    assert_eq!(world.redeem(&id, &code).await, Err(AccountError::CodeInvalid), "five tries were used up");
}

#[tokio::test]
async fn a_request_that_does_not_fit_costs_no_try() {
    let world = World::new();
    let (id, code) = world.open(1, Purpose::Vault).await;
    for _ in 0..10 {
        assert_eq!(world.accounts.redeem(&id, &wrong(), |_| false).await, Err(AccountError::CodeInvalid));
    }
    assert_eq!(world.redeem(&id, &code).await, Ok(()));
}

#[tokio::test]
async fn a_claim_that_a_crash_left_is_free_after_ten_minutes() {
    let world = World::new();
    assert_eq!(world.accounts.claim(&[7; 32], &[1; 32]).await, Ok(true));
    assert_eq!(world.accounts.holder(&[7; 32]).await, Ok(None), "a claim without its account counts for nothing");
    assert_eq!(world.accounts.claim(&[7; 32], &[1; 32]).await, Ok(true), "its own");
    world.pass(removal::CLAIM_GRACE_S - 1);
    assert_eq!(world.accounts.claim(&[7; 32], &[2; 32]).await, Ok(false));
    world.pass(1);
    assert_eq!(world.accounts.claim(&[7; 32], &[2; 32]).await, Ok(true));
    assert_eq!(world.accounts.claim(&[7; 32], &[3; 32]).await, Ok(false));
}

#[tokio::test]
async fn the_claim_of_an_account_is_never_taken_over() {
    let world = World::new();
    let (key, ..) = world.registered(1, [7; 32]).await;
    world.pass(1_000_000);
    assert_eq!(world.accounts.claim(&[7; 32], &[2; 32]).await, Ok(false));
    let holder = world.accounts.holder(&[7; 32]).await.unwrap();
    assert_eq!(holder.map(|(account, _)| account), Some(*key.id().as_bytes()));
}

#[tokio::test]
async fn an_interrupted_change_of_address_keeps_the_old_one_and_a_finished_one_frees_it() {
    let world = World::new();
    let (key, _, account) = world.registered(1, [7; 32]).await;
    // The new address was claimed, then the server died.
    assert_eq!(world.accounts.claim(&[8; 32], key.id().as_bytes()).await, Ok(true));
    assert!(world.accounts.holder(&[7; 32]).await.unwrap().is_some());
    assert_eq!(world.accounts.holder(&[8; 32]).await, Ok(None));
    // The account was changed, then the server died: the old claim was not removed.
    let found = world.accounts.account(key.id().as_bytes()).await.unwrap().unwrap();
    let changed = Account { email: [8; 32], ..account };
    world.accounts.shelf.put(account_key(key.id().as_bytes()), Some(found.revision), &changed).await.unwrap();
    assert_eq!(world.accounts.holder(&[7; 32]).await, Ok(None));
    assert!(world.accounts.holder(&[8; 32]).await.unwrap().is_some());
    world.pass(removal::CLAIM_GRACE_S);
    assert_eq!(world.accounts.sweep().await, Ok(1), "the old claim");
    assert_eq!(world.accounts.claim(&[7; 32], &[2; 32]).await, Ok(true));
}

#[tokio::test]
async fn a_sweep_removes_what_belongs_to_no_account_and_nothing_else() {
    let world = World::new();
    let (key, device, _) = world.registered(1, [7; 32]).await;
    let (here, gone) = (*key.id().as_bytes(), [9; 32]);
    let shelf = &world.accounts.shelf;
    for owner in [here, gone] {
        shelf.replace(&profile_key(&owner), &ProfileRow { seq: 1, sealed: vec![1; 100] }).await.unwrap();
        shelf.replace(&vault_key(&owner), &VaultRow::default()).await.unwrap();
        shelf.replace(&seen_key(&owner, &device), &SeenRow { last_day: 1 }).await.unwrap();
    }
    assert_eq!(world.accounts.claim(&[8; 32], &gone).await, Ok(true));
    assert_eq!(world.accounts.sweep().await, Ok(3), "a young claim may be about to be used");
    world.pass(removal::CLAIM_GRACE_S);
    assert_eq!(world.accounts.sweep().await, Ok(1));
    assert_eq!(world.accounts.sweep().await, Ok(0));
    let left = shelf.page(b"", None, 100).await.unwrap();
    assert_eq!(left.iter().map(|entry| entry.key[0] as char).collect::<String>(), "aepsv");
}

#[tokio::test]
async fn an_account_finds_nothing_that_a_deletion_cut_short_has_left_of_the_one_before_it() {
    let world = World::new();
    let (key, device, _) = world.registered(1, [7; 32]).await;
    let (owner, shelf) = (*key.id().as_bytes(), &world.accounts.shelf);
    shelf.replace(&profile_key(&owner), &ProfileRow { seq: 1, sealed: vec![1; 100] }).await.unwrap();
    shelf.replace(&vault_key(&owner), &VaultRow::default()).await.unwrap();
    shelf.replace(&seen_key(&owner, &device), &SeenRow { last_day: 1 }).await.unwrap();
    world.accounts.clear_leftovers(&owner).await.unwrap();
    assert_eq!(shelf.page(b"", None, 100).await.unwrap().len(), 5, "nothing of an account that is there");
    // The record went, then the server died.
    let found = world.accounts.account(&owner).await.unwrap().unwrap();
    shelf.delete(account_key(&owner), found.revision).await.unwrap();
    world.accounts.clear_leftovers(&owner).await.unwrap();
    let left = shelf.page(b"", None, 100).await.unwrap();
    assert_eq!(
        left.iter().map(|entry| entry.key[0] as char).collect::<String>(),
        "e",
        "the claim, which it makes anew"
    );
    assert_eq!(world.accounts.claim(&[7; 32], &owner).await, Ok(true));
}

#[tokio::test]
async fn a_slow_deletion_takes_nothing_of_an_account_that_came_back() {
    let world = World::new();
    let (key, _, account) = world.registered(1, [7; 32]).await;
    let (owner, shelf) = (*key.id().as_bytes(), &world.accounts.shelf);
    let claim = world.accounts.claim_of(&[7; 32], &owner).await.unwrap().unwrap();
    let found = world.accounts.account(&owner).await.unwrap().unwrap();
    shelf.delete(account_key(&owner), found.revision).await.unwrap();
    // Its owner comes back before the claim is gone.
    assert_eq!(world.accounts.claim(&[7; 32], &owner).await, Ok(true));
    shelf.put(account_key(&owner), None, &account).await.unwrap();
    world.accounts.discard(vec![claim]).await.unwrap();
    assert!(world.accounts.holder(&[7; 32]).await.unwrap().is_some());
}

#[tokio::test]
async fn a_session_ends_by_time_and_by_signing_out_and_the_next_one_begins_at_once() {
    let world = World::new();
    let session = world.sign_in(1, [7; 32]).await;
    let signed_in = world.accounts.authenticate(&session.token).await.unwrap();
    world.accounts.logout(&signed_in).await.unwrap();
    let ended = world.accounts.authenticate(&session.token).await.map(drop);
    assert_eq!(ended, Err(AccountError::SessionInvalid));
    let claims = signed_in.claims;
    let again = world.accounts.sign_in(&signed_in.account.row, claims.account, claims.device).await.unwrap();
    assert!(world.accounts.authenticate(&again.token).await.is_ok(), "within the same second");
    world.pass(SESSION_LIFE_S - 1);
    assert!(world.accounts.authenticate(&again.token).await.is_ok());
    world.pass(2);
    assert_eq!(world.accounts.authenticate(&again.token).await.map(drop), Err(AccountError::SessionInvalid));
}

#[tokio::test]
async fn a_revocation_holds_at_once_although_the_account_was_decoded_before() {
    let world = World::new();
    let session = world.sign_in(1, [7; 32]).await;
    let signed_in = world.accounts.authenticate(&session.token).await.unwrap();
    assert!(world.accounts.authenticate(&session.token).await.is_ok(), "decoded before");
    let (key, claims) = (AccountKey::from_seed([1; 32]), signed_in.claims);
    let devices = signed_in.account.row.devices.revoking(&key, claims.device).unwrap();
    let (row, over) = (Account { devices, ..signed_in.account.row }, signed_in.account.revision);
    world.accounts.shelf.put(account_key(key.id().as_bytes()), Some(over), &row).await.unwrap();
    let refused = world.accounts.authenticate(&session.token).await.map(drop);
    assert_eq!(refused, Err(AccountError::DeviceRevoked));
    let found = world.accounts.account(key.id().as_bytes()).await.unwrap().unwrap();
    world.accounts.shelf.delete(account_key(key.id().as_bytes()), found.revision).await.unwrap();
    assert!(world.accounts.account(key.id().as_bytes()).await.unwrap().is_none(), "deleted");
}

#[tokio::test]
async fn an_operator_names_an_account_in_three_ways_and_is_told_when_several_are_meant() {
    let world = World::new();
    let hash = world.accounts.email_hash(&EmailAddress::parse("ada@meet.example").unwrap());
    let (key, _, account) = world.registered(1, hash).await;
    let id = *key.id().as_bytes();
    let whole = data_encoding::BASE64URL_NOPAD.encode(&id);
    let find = async |named: &str| world.accounts.find(named).await;
    for named in [whole.as_str(), "Ada@Meet.Example", &key.id().short(), &key.id().short().to_uppercase()] {
        assert_eq!(find(named).await, Ok(id), "{named}");
    }
    for other in ["eve@meet.example", "000000000000", &data_encoding::BASE64URL_NOPAD.encode(&[7; 32])] {
        assert_eq!(find(other).await, Err(FindError::Unknown), "{other}");
    }
    assert_eq!(find("nobody").await, Err(FindError::NotAName));
    assert_eq!(find("@").await, Err(FindError::Account(AccountError::EmailInvalid(EmailInvalid))));
    let mut alike = id;
    // Beyond the 60 bits that are shown.
    alike[31] ^= 1;
    world.accounts.shelf.put(account_key(&alike), None, &account).await.unwrap();
    assert_eq!(find(&key.id().short()).await, Err(FindError::Ambiguous));
    assert_eq!(find(&whole).await, Ok(id));
}
