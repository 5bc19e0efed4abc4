//! Takeovers of addresses on virtual time, through signed requests and the letters that they lead to.

use std::{fs, path::PathBuf};

use milanio_identity::DeviceCert;

use super::*;
use crate::api::{
    Asker, Base64Bytes, Blob, CertText, CodeSent, EmailText, FinishReclaim, LanguageTag, Proven, RECLAIM_FINISH_PATH,
    RECLAIM_PATH, RECLAIM_STATUS_PATH, RECLAIM_VERIFY_PATH, Reclaim, ReclaimAnswer, ReclaimState, ReclaimStatus,
    StopReclaim, StopText, Target, VerifyReclaim,
};

const ORIGIN: &str = "https://meet.example";
const EMAIL: &str = "ada@example.org";
const DAY_S: u64 = 86_400;

/// A new account on a new device that asks for [`EMAIL`].
struct Claimant<'a> {
    world: &'a World,
    account: AccountKey,
    device: DeviceKey,
}

impl<'a> Claimant<'a> {
    fn new(world: &'a World, seed: u8) -> Self {
        Self { world, account: AccountKey::from_seed([seed; 32]), device: DeviceKey::from_seed([seed | 0x80; 32]) }
    }

    fn cert(&self) -> CertText {
        let now_s = self.world.accounts.now_s();
        let cert = DeviceCert::issue(&self.account, self.device.id(), now_s, now_s + DAY_S).unwrap();
        Base64Bytes::from_bytes(cert.to_bytes().try_into().unwrap())
    }

    fn key(&self) -> KeyText {
        KeyText::from_bytes(*self.account.id().as_bytes())
    }

    fn prove<T: serde::Serialize>(&self, path: &str, body: T) -> Proven<T> {
        let challenge = self.world.accounts.challenge().unwrap().challenge;
        let asker = Asker { origin: ORIGIN, account: self.account.id(), device: &self.device };
        Proven::sign(body, Target::post(path), challenge, &asker).unwrap()
    }

    async fn ask(&self) -> Result<CodeSent, AccountError> {
        let (account, cert) = (self.key(), self.cert());
        let body = Reclaim { email: email(), account, cert, language: LanguageTag::new("en").unwrap(), work: None };
        self.world.accounts.reclaim(&asked(), &self.prove(RECLAIM_PATH, body)).await
    }

    async fn verify(&self, sent: &CodeSent, code: &str) -> Result<ReclaimAnswer, AccountError> {
        let body = VerifyReclaim {
            request_id: sent.request_id,
            code: CodeText::new(code).unwrap(),
            email: email(),
            account: self.key(),
            cert: self.cert(),
            language: LanguageTag::new("en").unwrap(),
        };
        self.world.accounts.verify_reclaim(&asked(), &self.prove(RECLAIM_VERIFY_PATH, body)).await
    }

    /// Asks, reads the letter and answers it.
    async fn begin(&self) -> ReclaimAnswer {
        let before = self.world.letters().len();
        let sent = self.ask().await.unwrap();
        let letter = self.world.letter(before).await;
        let code = letter.rsplit("/#/reclaim/").next().unwrap().lines().next().unwrap().rsplit('/').next().unwrap();
        let answer = self.verify(&sent, code).await.unwrap();
        assert!(self.world.letter(before + 1).await.contains("/#/reclaim-stop/"), "the notice comes at once");
        answer
    }

    async fn state(&self) -> Result<ReclaimState, AccountError> {
        let body = ReclaimStatus { email: email(), account: self.key(), cert: self.cert() };
        let asked_for = self.prove(RECLAIM_STATUS_PATH, body);
        self.world.accounts.reclaim_status(&asked(), &asked_for).await.map(|answer| answer.state)
    }

    async fn finish(&self) -> Result<Session, AccountError> {
        let listed = vec![ListedDevice { device: self.device.id(), added_day: 1 }];
        let list = DeviceList::issue(&self.account, 1, listed, Vec::new()).unwrap();
        let device_list = Blob::new(list.to_bytes()).unwrap();
        let body = FinishReclaim { email: email(), account: self.key(), cert: self.cert(), device_list };
        self.world.accounts.finish_reclaim(&asked(), &self.prove(RECLAIM_FINISH_PATH, body)).await
    }
}

fn email() -> EmailText {
    EmailText::new(EMAIL).unwrap()
}

fn asked() -> Asked {
    Asked { origins: vec![ORIGIN.to_owned()], from: "192.0.2.1".parse().unwrap() }
}

impl World {
    fn hash(&self) -> [u8; 32] {
        self.accounts.email_hash(&EmailAddress::parse(EMAIL).unwrap())
    }

    fn letters(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.directory.path().join("mail")).into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
        paths.sort();
        paths
    }

    /// Waits for letter number `index`.
    async fn letter(&self, index: usize) -> String {
        let waited = tokio::time::timeout(std::time::Duration::from_secs(30), async {
            loop {
                match self.letters().get(index) {
                    Some(path) => return fs::read_to_string(path).unwrap(),
                    None => tokio::task::yield_now().await,
                }
            }
        });
        waited.await.expect("the letter comes")
    }

    async fn old_signs_in(&self, account: &Account, key: &AccountKey, device: DeviceId) -> Session {
        self.accounts.sign_in(account, key.id(), device).await.unwrap()
    }
}

#[tokio::test]
async fn after_seven_days_without_objection_the_new_account_has_the_address() {
    let world = World::new();
    let (old, device, _) = world.registered(1, world.hash()).await;
    let new = Claimant::new(&world, 2);
    let answer = new.begin().await;
    assert_eq!((answer.state, answer.ready_s), (ReclaimState::Waiting, NOON_S + 7 * DAY_S));
    world.pass(7 * DAY_S - 1);
    assert_eq!(new.finish().await.map(drop), Err(AccountError::ReclaimUnknown), "not a second early");
    assert_eq!(new.state().await, Ok(ReclaimState::Waiting));
    world.pass(1);
    assert_eq!(new.state().await, Ok(ReclaimState::Ready));
    let stranger = Claimant::new(&world, 3);
    assert_eq!(stranger.state().await, Err(AccountError::ReclaimUnknown));
    assert_eq!(stranger.finish().await.map(drop), Err(AccountError::ReclaimUnknown));
    let session = new.finish().await.unwrap();
    assert!(world.accounts.authenticate(&session.token).await.is_ok());
    let holder = world.accounts.holder(&world.hash()).await.unwrap().map(|(holder, _)| holder);
    assert_eq!(holder, Some(*new.account.id().as_bytes()));
    assert!(world.accounts.account(old.id().as_bytes()).await.unwrap().is_none(), "the old account is gone");
    assert_eq!(world.accounts.overview(old.id().as_bytes()).await, Ok(None));
    assert_eq!(new.state().await, Err(AccountError::ReclaimUnknown), "nothing of it is left");
    assert_ne!(device, new.device.id());
}

#[tokio::test]
async fn any_sign_in_of_the_old_account_stops_it_even_after_the_notice() {
    for after_s in [1, 7 * DAY_S + 5] {
        let world = World::new();
        let (old, device, account) = world.registered(1, world.hash()).await;
        let new = Claimant::new(&world, 2);
        new.begin().await;
        world.pass(after_s);
        let session = world.old_signs_in(&account, &old, device).await;
        let stopped = session.reclaim_stopped.unwrap();
        assert_eq!((stopped.asked_s, stopped.stopped_s), (NOON_S, NOON_S + after_s));
        world.pass(8 * DAY_S);
        assert_eq!(new.state().await, Ok(ReclaimState::Stopped));
        assert_eq!(new.finish().await.map(drop), Err(AccountError::ReclaimUnknown));
        let again = world.old_signs_in(&account, &old, device).await;
        assert_eq!(again.reclaim_stopped, Some(stopped), "told for weeks");
        world.pass(30 * DAY_S);
        assert_eq!(world.old_signs_in(&account, &old, device).await.reclaim_stopped, None);
        assert_eq!(new.state().await, Err(AccountError::ReclaimUnknown), "forgotten");
    }
}

#[tokio::test]
async fn the_link_of_a_notice_stops_it_and_no_other_text_does() {
    let world = World::new();
    world.registered(1, world.hash()).await;
    let new = Claimant::new(&world, 2);
    new.begin().await;
    let notice = world.letter(1).await;
    let text = notice.rsplit("/#/reclaim-stop/").next().unwrap().lines().next().unwrap();
    let stop: StopText = serde_json::from_value(text.into()).unwrap();
    for at in 0..48 {
        let mut changed = *stop.as_bytes();
        changed[at] ^= 1;
        let refused = world.accounts.stop_reclaim(&StopReclaim { stop: StopText::from_bytes(changed) }).await;
        assert_eq!(refused, Err(AccountError::CodeInvalid), "{at}");
    }
    assert_eq!(new.state().await, Ok(ReclaimState::Waiting));
    assert_eq!(world.accounts.stop_reclaim(&StopReclaim { stop }).await, Ok(()));
    assert_eq!(new.state().await, Ok(ReclaimState::Stopped));
}

#[tokio::test]
async fn reminders_come_after_three_and_six_days_and_not_when_it_was_stopped() {
    let world = World::new();
    world.registered(1, world.hash()).await;
    Claimant::new(&world, 2).begin().await;
    let mut written = Vec::new();
    for day in 0..9 {
        if world.accounts.remind().await.unwrap() == 1 {
            written.push(day);
        }
        world.pass(DAY_S);
    }
    assert_eq!(written, [3, 6]);
    let reminder = world.letter(3).await;
    assert!(reminder.starts_with(&format!("To: {EMAIL}\n")) && reminder.contains("move: 1."), "{reminder}");
    let key = crate::store::account_record::TAKEOVER_PREFIX;
    for entry in world.accounts.shelf.page(key, None, 10).await.unwrap() {
        assert!(!entry.value.windows(3).any(|bytes| bytes == b"ada"), "the address is sealed");
    }
}

#[tokio::test]
async fn an_unknown_address_is_answered_alike_and_told_by_its_letter() {
    let world = World::new();
    let new = Claimant::new(&world, 2);
    let sent = new.ask().await.unwrap();
    assert!(world.letter(0).await.contains("/#/signup"));
    assert_eq!(new.verify(&sent, "00000000").await, Err(AccountError::CodeInvalid));
    world.registered(1, world.hash()).await;
    world.pass(61);
    let known = new.ask().await.unwrap();
    assert_eq!((sent.request_id, sent.resend_after_s), (known.request_id, known.resend_after_s), "one shape");
}

#[tokio::test]
async fn a_crash_after_the_grant_can_be_gone_on_from_and_the_old_account_cannot_undo_it() {
    let world = World::new();
    let (old, device, account) = world.registered(1, world.hash()).await;
    let new = Claimant::new(&world, 2);
    new.begin().await;
    world.pass(7 * DAY_S);
    // What a crash leaves right after the first write of finishing.
    let id = mail_proof::request_id(&world.accounts.keys.codes, &world.hash(), &Purpose::Reclaim { email: [0; 32] });
    let key = crate::store::account_record::takeover_key(&id);
    let found = world.accounts.shelf.get::<Takeover>(&key).await.unwrap().unwrap();
    let granted = Takeover { granted: true, ..found.row };
    world.accounts.shelf.put(key, Some(found.revision), &granted).await.unwrap();
    assert_eq!(world.old_signs_in(&account, &old, device).await.reclaim_stopped, None);
    assert!(new.finish().await.is_ok());
    assert!(world.accounts.account(old.id().as_bytes()).await.unwrap().is_none());
}

#[tokio::test]
async fn of_finishing_and_signing_in_at_once_exactly_one_wins() {
    for _ in 0..10 {
        let world = World::new();
        let (old, device, account) = world.registered(1, world.hash()).await;
        let new = Claimant::new(&world, 2);
        new.begin().await;
        world.pass(7 * DAY_S);
        let (finished, session) = tokio::join!(new.finish(), world.accounts.sign_in(&account, old.id(), device));
        let stopped = session.is_ok_and(|session| session.reclaim_stopped.is_some());
        assert_ne!(finished.is_ok(), stopped);
        let is_old_there = world.accounts.account(old.id().as_bytes()).await.unwrap().is_some();
        assert_eq!(is_old_there, stopped);
    }
}
