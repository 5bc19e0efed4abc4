//! Sender keys among a few devices, without a network between them.

use std::time::Duration;

use milanio_identity::AccountKey;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::{
    exchange::Exchange,
    limits::{CHAIN_KEPT, CHAIN_MESSAGES, CHAIN_USED, EPHEMERAL_TRUSTED, EPHEMERAL_USED},
    *,
};
use crate::wire::group::GroupBody;

const ROOM: RoomId = RoomId::from_bytes([1; 16]);
const OPERATION: OperationHash = OperationHash([9; 32]);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_000_000 + seconds * 1_000)
}

/// Some devices with one account each, who say everything to each other at once.
struct Circle {
    keys: Vec<SenderKeys>,
    rng: ChaCha20Rng,
    now: Timestamp,
}

fn knows(operation: &OperationHash) -> bool {
    *operation == OPERATION
}

fn device(index: usize) -> DeviceKey {
    DeviceKey::from_seed([index as u8 + 50; 32])
}

fn listed(index: usize) -> Admitted {
    Admitted { account: AccountKey::from_seed([index as u8 + 1; 32]).id(), device: device(index).id() }
}

fn roster(members: &[usize]) -> GroupRoster {
    let heads = Heads::new(vec![OPERATION]);
    GroupRoster { heads, devices: members.iter().map(|index| listed(*index)).collect() }
}

fn run(index: usize) -> RunId {
    RunId([index as u8; 8])
}

impl Circle {
    fn new(size: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let keys = (0..size)
            .map(|index| SenderKeys::new(ROOM, listed(index).account, device(index), run(index), &mut rng, at(0)));
        let keys = keys.collect();
        let mut circle = Self { keys, rng, now: at(0) };
        circle.list(&(0..size).collect::<Vec<_>>());
        circle
    }

    /// All have this roster, and tell each other their ephemeral keys.
    fn list(&mut self, members: &[usize]) {
        self.keys.iter_mut().for_each(|keys| keys.on_roster_change(roster(members), self.now));
        self.announce();
    }

    fn announce(&mut self) {
        for index in 0..self.keys.len() {
            let key = self.keys[index].ephemeral(self.now);
            self.keys.iter_mut().for_each(|keys| keys.on_ephemeral(device(index).id(), run(index), key, self.now));
        }
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now.after(time);
        while self.now < until {
            self.now = self.now.after(Duration::from_secs(1));
            self.keys.iter_mut().for_each(|keys| keys.handle_timeout(&mut self.rng, self.now));
            self.announce();
        }
    }

    fn seal(&mut self, from: usize, text: &str) -> Sealed {
        self.keys[from].seal(text.as_bytes(), &mut self.rng, self.now).unwrap()
    }

    fn hear(&mut self, who: usize, sealed: &Sealed) -> Vec<Result<BundleHeard, BundleError>> {
        sealed.bundles.iter().map(|bundle| self.keys[who].hear_bundle(bundle, &knows, self.now)).collect()
    }

    fn open(&mut self, who: usize, sealed: &Sealed) -> Result<String, OpenError> {
        let opened = self.keys[who].open(&sealed.message, &knows, self.now)?;
        Ok(String::from_utf8(opened.plaintext.to_vec()).unwrap())
    }

    fn answer(&mut self, from: usize, to: usize, sealed: &Sealed) -> Result<VerifiedBundle, AnswerError> {
        let wanted = KeysWanted { chain: sealed.message.chain() };
        self.keys[from].answer(device(to).id(), &wanted, &mut self.rng, self.now)
    }
}

#[test]
fn what_one_writes_the_others_read_once() {
    let mut circle = Circle::new(3);
    let first = circle.seal(0, "first");
    let second = circle.seal(0, "second");
    assert_eq!((first.bundles.len(), second.bundles.len()), (1, 0));
    for reader in [1, 2] {
        assert_eq!(circle.open(reader, &first), Err(OpenError::UnknownChain));
        assert_eq!(circle.hear(reader, &first), [Ok(BundleHeard::New)]);
        assert_eq!(circle.open(reader, &second), Ok("second".to_owned()));
        assert_eq!(circle.open(reader, &first), Ok("first".to_owned()));
        for again in [&first, &second] {
            assert_eq!(circle.open(reader, again), Err(OpenError::Index(IndexError::Replayed)));
        }
    }
    assert_eq!(circle.hear(1, &first), [Ok(BundleHeard::Known)]);
    assert_eq!(circle.open(0, &first), Err(OpenError::Own));
    assert_eq!(circle.hear(0, &first), [Err(BundleError::Own)]);
}

#[test]
fn who_left_gets_no_key_of_what_comes() {
    let mut circle = Circle::new(3);
    let before = circle.seal(0, "before");
    circle.hear(2, &before);
    circle.list(&[0, 1]);
    let after = circle.seal(0, "after");
    assert_ne!(after.message.chain(), before.message.chain());
    assert_eq!(circle.hear(1, &after), [Ok(BundleHeard::New)]);
    assert_eq!(circle.open(1, &after), Ok("after".to_owned()));
    assert!(after.bundles.iter().all(|bundle| !bundle.is_for(&device(2).id())));
    // Even who believes to be still in.
    circle.keys[2].on_roster_change(roster(&[0, 1, 2]), circle.now);
    assert_eq!(circle.hear(2, &after), [Err(BundleError::NotForUs)]);
    assert_eq!(circle.open(2, &after), Err(OpenError::UnknownChain));
    assert_eq!(circle.answer(0, 2, &after).err(), Some(AnswerError::NotListed));
    assert_eq!(circle.keys[2].seal(b"I", &mut circle.rng, circle.now).err(), None);
    circle.keys[2].on_roster_change(roster(&[0, 1]), circle.now);
    assert_eq!(circle.keys[2].seal(b"I", &mut circle.rng, circle.now), Err(SealError::NotListed));
}

#[test]
fn nothing_is_read_of_who_left() {
    let mut circle = Circle::new(3);
    let before = circle.seal(2, "before");
    circle.hear(1, &before);
    let (late, bundle) = (circle.seal(2, "late"), circle.seal(2, "x"));
    assert!(bundle.bundles.is_empty());
    circle.list(&[0, 1]);
    assert_eq!(circle.open(1, &late), Err(OpenError::UnknownChain));
    assert_eq!(circle.hear(0, &before), [Err(BundleError::NotListed)]);
    circle.list(&[0, 1, 2]);
    assert_eq!(circle.hear(1, &before), [Err(BundleError::Forgotten)], "it could be opened a second time");
    assert_eq!(circle.open(1, &late), Err(OpenError::UnknownChain));
}

#[test]
fn who_comes_later_reads_nothing_from_before() {
    let mut circle = Circle::new(3);
    circle.list(&[0, 1]);
    let before = circle.seal(0, "before");
    let before_too = circle.seal(0, "before too");
    circle.list(&[0, 1, 2]);
    let after = circle.seal(0, "after");
    assert_eq!(after.message.chain(), before.message.chain(), "nobody else needs new keys");
    assert!(after.bundles.iter().all(|bundle| !bundle.is_for(&device(1).id())));
    assert_eq!(circle.hear(2, &after), [Ok(BundleHeard::New)]);
    for old in [&before, &before_too] {
        assert_eq!(circle.open(2, old), Err(OpenError::Index(IndexError::Forgotten)));
    }
    assert_eq!(circle.open(2, &after), Ok("after".to_owned()));
}

#[test]
fn a_chain_ends_after_five_minutes_or_a_thousand_messages() {
    let mut circle = Circle::new(2);
    let first = circle.seal(0, "first");
    circle.pass(CHAIN_USED - Duration::from_secs(1));
    assert_eq!(circle.seal(0, "in time").message.chain(), first.message.chain());
    circle.pass(Duration::from_secs(1));
    let next = circle.seal(0, "later");
    assert_eq!(next.message.chain().number, 2);
    for _ in 1..CHAIN_MESSAGES {
        assert_eq!(circle.seal(0, "many").message.chain().number, 2);
    }
    assert_eq!(circle.seal(0, "too many").message.chain().number, 3);
}

#[test]
fn who_lost_a_bundle_asks_and_loses_no_message() {
    let mut circle = Circle::new(2);
    let first = circle.seal(0, "first");
    let second = circle.seal(0, "second");
    let bundle = circle.answer(0, 1, &second).unwrap();
    assert_eq!(circle.keys[1].hear_bundle(&bundle, &knows, circle.now), Ok(BundleHeard::New));
    assert_eq!(circle.open(1, &first), Ok("first".to_owned()));
    assert_eq!(circle.open(1, &second), Ok("second".to_owned()));
}

#[test]
fn only_the_owner_answers_and_only_so_often() {
    let mut circle = Circle::new(3);
    let sealed = circle.seal(0, "text");
    circle.hear(1, &sealed);
    assert_eq!(circle.answer(1, 2, &sealed).err(), Some(AnswerError::NotOurs));
    let unknown = Sealed { message: circle.seal(1, "other").message, ..sealed.clone() };
    assert_eq!(circle.answer(0, 2, &unknown).err(), Some(AnswerError::NotOurs));
    let answers: Vec<bool> = (0..5).map(|_| circle.answer(0, 2, &sealed).is_ok()).collect();
    assert_eq!(answers, [true, true, true, false, false]);
    assert!(circle.answer(0, 1, &sealed).is_ok(), "each device has a budget of its own");
    circle.now = circle.now.after(Duration::from_secs(20));
    assert!(circle.answer(0, 2, &sealed).is_ok());
}

#[test]
fn an_old_chain_is_told_to_those_who_had_it_and_not_for_long() {
    let mut circle = Circle::new(3);
    circle.list(&[0, 1]);
    let old = circle.seal(0, "old");
    circle.pass(CHAIN_USED);
    circle.list(&[0, 1, 2]);
    assert!(circle.answer(0, 1, &old).is_ok());
    assert_eq!(circle.answer(0, 2, &old).err(), Some(AnswerError::Forgotten));
    circle.pass(Duration::from_secs(130));
    assert_eq!(circle.answer(0, 1, &old).err(), Some(AnswerError::Forgotten));
}

#[test]
fn a_device_that_began_anew_is_handed_the_chain_again() {
    let mut circle = Circle::new(2);
    let first = circle.seal(0, "first");
    circle.keys[1] = SenderKeys::new(ROOM, listed(1).account, device(1), RunId([77; 8]), &mut circle.rng, circle.now);
    circle.keys[1].on_roster_change(roster(&[0, 1]), circle.now);
    let key = circle.keys[1].ephemeral(circle.now);
    circle.keys[0].on_ephemeral(device(1).id(), RunId([77; 8]), key, circle.now);
    let second = circle.seal(0, "second");
    assert_eq!(circle.hear(1, &second), [Ok(BundleHeard::New)]);
    assert_eq!(circle.open(1, &second), Ok("second".to_owned()));
    assert_eq!(circle.open(1, &first), Err(OpenError::Index(IndexError::Forgotten)));
}

#[test]
fn nobody_seals_to_a_key_that_was_not_replaced_in_time() {
    let mut circle = Circle::new(2);
    circle.now = circle.now.after(EPHEMERAL_TRUSTED);
    circle.keys[0].handle_timeout(&mut circle.rng, circle.now);
    let stale = circle.keys[1].ephemeral(circle.now);
    circle.keys[0].on_ephemeral(device(1).id(), run(1), stale, circle.now);
    let sealed = circle.seal(0, "text");
    assert_eq!(sealed.bundles, []);
    assert_eq!(circle.answer(0, 1, &sealed).err(), Some(AnswerError::NoKey));
    circle.keys[1].handle_timeout(&mut circle.rng, circle.now);
    circle.announce();
    assert!(circle.answer(0, 1, &sealed).is_ok());
}

#[test]
fn a_chain_is_forgotten_for_good() {
    let mut circle = Circle::new(2);
    let first = circle.seal(0, "first");
    let second = circle.seal(0, "second");
    circle.hear(1, &first);
    circle.pass(CHAIN_KEPT + Duration::from_secs(10));
    assert_eq!(circle.open(1, &second), Err(OpenError::UnknownChain));
    assert_eq!(circle.hear(1, &first), [Err(BundleError::Forgotten)]);
    circle.pass(2 * CHAIN_KEPT);
    assert!(matches!(circle.hear(1, &first)[..], [Err(BundleError::Unreadable)]), "its key is gone as well");
}

#[test]
fn a_bundle_that_contradicts_an_earlier_one_is_refused() {
    let mut circle = Circle::new(2);
    let first = circle.seal(0, "first");
    circle.hear(1, &first);
    // The same run once more, as a copied profile would be.
    circle.keys[0] = SenderKeys::new(ROOM, listed(0).account, device(0), run(0), &mut circle.rng, circle.now);
    circle.list(&[0, 1]);
    let twin = circle.seal(0, "twin");
    assert_eq!(circle.hear(1, &twin), [Err(BundleError::Contradiction)]);
    assert_eq!(circle.open(1, &twin), Err(OpenError::Forged));
    assert_eq!(circle.open(1, &first), Ok("first".to_owned()));
}

#[test]
fn media_keys_go_forward_when_somebody_comes() {
    let mut circle = Circle::new(3);
    circle.list(&[0, 1]);
    let first = circle.seal(0, "first");
    let chain = first.message.chain();
    circle.hear(1, &first);
    let before = circle.keys[0].export(chain, 0, b"call").unwrap();
    assert_eq!(circle.keys[1].export(chain, 0, b"call").as_ref(), Some(&before));
    circle.list(&[0, 1, 2]);
    let second = circle.seal(0, "second");
    circle.hear(2, &second);
    let after = circle.keys[0].export(chain, 1, b"call").unwrap();
    assert_ne!(before, after);
    for reader in [1, 2] {
        assert_eq!(circle.keys[reader].export(chain, 1, b"call").as_ref(), Some(&after));
    }
    assert_eq!(circle.keys[2].export(chain, 0, b"call"), None);
    assert_eq!(circle.keys[0].export(chain, 2, b"call"), None);
    assert_ne!(circle.keys[0].export(chain, 1, b"other"), Some(after));
}

/// One device behind an exchange hears what device 0 says.
fn exchange(circle: &Circle) -> Exchange<SenderKeys> {
    Exchange::new(ROOM, circle.keys[1].clone())
}

fn texts(exchange: &mut Exchange<SenderKeys>) -> Vec<String> {
    std::iter::from_fn(|| exchange.poll_opened())
        .map(|opened| String::from_utf8(opened.plaintext.to_vec()).unwrap())
        .collect()
}

fn bodies(sealed: &Sealed) -> Vec<GroupBody> {
    let bundles = sealed.bundles.iter().map(|bundle| GroupBody::Keys(bundle.as_bytes().to_vec()));
    bundles.chain([GroupBody::Message(sealed.message.to_bytes())]).collect()
}

#[test]
fn a_message_that_overtakes_its_keys_waits_for_them() {
    let mut circle = Circle::new(2);
    let mut reader = exchange(&circle);
    let mut said = bodies(&circle.seal(0, "text"));
    said.reverse();
    for body in &said {
        assert_eq!(texts(&mut reader), [""; 0]);
        reader.hear(device(0).id(), body, &knows, &mut circle.rng, circle.now).unwrap();
    }
    assert_eq!(texts(&mut reader), ["text"]);
    assert_eq!(reader.poll_say(), None);
    reader.handle_timeout(&mut circle.rng, circle.now.after(Duration::from_secs(1)));
    assert_eq!(reader.poll_say(), None, "nothing is missing");
}

#[test]
fn lost_keys_are_asked_for_and_what_waited_is_read() {
    let mut circle = Circle::new(2);
    let mut reader = exchange(&circle);
    let sealed = circle.seal(0, "text");
    let message = GroupBody::Message(sealed.message.to_bytes());
    reader.hear(device(0).id(), &message, &knows, &mut circle.rng, circle.now).unwrap();
    let soon = reader.poll_timeout();
    assert_eq!(soon, circle.now.after(Duration::from_millis(250)));
    reader.handle_timeout(&mut circle.rng, soon);
    let Some(GroupBody::KeysWanted(wanted)) = reader.poll_say() else { panic!("it asks") };
    let mut owner = Exchange::new(ROOM, circle.keys[0].clone());
    owner.hear(device(1).id(), &GroupBody::KeysWanted(wanted), &knows, &mut circle.rng, soon).unwrap();
    let keys = owner.poll_say().unwrap();
    reader.hear(device(0).id(), &keys, &knows, &mut circle.rng, soon).unwrap();
    assert_eq!(texts(&mut reader), ["text"]);
}

#[test]
fn keys_that_never_come_are_asked_for_three_times() {
    let mut circle = Circle::new(2);
    let mut reader = exchange(&circle);
    let message = GroupBody::Message(circle.seal(0, "text").message.to_bytes());
    reader.hear(device(0).id(), &message, &knows, &mut circle.rng, circle.now).unwrap();
    let mut asked = 0;
    for _ in 0..60 {
        circle.pass(Duration::from_secs(1));
        reader.handle_timeout(&mut circle.rng, circle.now);
        asked += std::iter::from_fn(|| reader.poll_say()).count();
    }
    assert_eq!(asked, 3);
}

#[test]
fn what_was_written_under_unknown_operations_waits_for_them() {
    let mut circle = Circle::new(2);
    let mut reader = exchange(&circle);
    let ignorant = |_: &OperationHash| false;
    for body in bodies(&circle.seal(0, "text")) {
        reader.hear(device(0).id(), &body, &ignorant, &mut circle.rng, circle.now).unwrap();
    }
    assert_eq!(texts(&mut reader), [""; 0]);
    reader.on_roster_change(roster(&[0, 1]), &knows, circle.now);
    assert_eq!(texts(&mut reader), ["text"]);
    for body in bodies(&circle.seal(0, "late")) {
        reader.hear(device(0).id(), &body, &ignorant, &mut circle.rng, circle.now).unwrap();
    }
    reader.on_roster_change(roster(&[0, 1]), &knows, circle.now.after(Duration::from_secs(31)));
    assert_eq!(texts(&mut reader), [""; 0], "half a minute is over");
}

#[test]
fn one_device_cannot_crowd_out_what_others_said() {
    let mut circle = Circle::new(3);
    let mut reader = exchange(&circle);
    let ignorant = |_: &OperationHash| false;
    for body in bodies(&circle.seal(0, "text")) {
        reader.hear(device(0).id(), &body, &ignorant, &mut circle.rng, circle.now).unwrap();
    }
    for _ in 0..1_000 {
        for body in bodies(&circle.seal(2, "noise")) {
            reader.hear(device(2).id(), &body, &ignorant, &mut circle.rng, circle.now).unwrap();
        }
    }
    reader.on_roster_change(roster(&[0, 1, 2]), &knows, circle.now);
    assert!(texts(&mut reader).contains(&"text".to_owned()));
}

#[test]
fn removal_is_rotated_for_ephemeral_keys_as_well() {
    let mut circle = Circle::new(3);
    circle.pass(Duration::from_secs(100));
    let before = circle.keys[0].ephemeral(circle.now).key;
    circle.list(&[0, 1]);
    circle.pass(Duration::from_secs(1));
    assert_ne!(circle.keys[0].ephemeral(circle.now).key, before);
    let next = circle.keys[0].ephemeral(circle.now).key;
    circle.pass(EPHEMERAL_USED);
    assert_ne!(circle.keys[0].ephemeral(circle.now).key, next);
}
