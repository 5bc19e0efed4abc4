//! Nobody can change a group message or a bundle on its way, or make one: changed ones are tried, none is accepted, and none does harm.
//!
//! `MILANIO_FORGERIES` says how many changes of each kind are tried.

use std::{collections::BTreeSet, time::Duration};

use milanio_identity::{AccountKey, ChainSigner, DeviceKey, OneTimeKey, RoomId, Signature};
use milanio_node::{
    core::{
        group::{Ephemeral, GroupCrypto as _, GroupRoster, OpenError, SenderKeys},
        time::Timestamp,
    },
    wire::{
        group::{ChainId, GroupMessage, GroupWireError, Heads, KeysWanted, MessagePlace, VerifiedBundle},
        message::RunId,
        operation::{Admitted, OperationHash},
    },
};
use milanio_tests::{
    sim::{for_seeds, for_seeds_at_once},
    tries::{Tries, forgeries},
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng as _};

/// Changes of each kind, unless the environment says another number.
const FORGERIES: u64 = 100_000;
/// Requests for keys.
const REQUESTS: u64 = 10_000;
/// Rooms they are tried in.
const ROOMS: u64 = 20;
/// Messages and bundles of one room.
const MESSAGES: usize = 12;
const ROOM: RoomId = RoomId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp::from_millis(1_000_000);
const OPERATION: OperationHash = OperationHash([9; 32]);

fn key(index: usize) -> DeviceKey {
    DeviceKey::from_seed([index as u8 + 100; 32])
}

fn admitted(index: usize) -> Admitted {
    Admitted { account: AccountKey::from_seed([index as u8 + 1; 32]).id(), device: key(index).id() }
}

fn run(index: usize) -> RunId {
    RunId([index as u8 + 1; 8])
}

fn knows(operation: &OperationHash) -> bool {
    *operation == OPERATION
}

/// Two who write, one who reads, and one who is not in; everything that was said, encoded.
struct Scene {
    rng: ChaCha20Rng,
    writers: Vec<SenderKeys>,
    reader: SenderKeys,
    bundles: Vec<Vec<u8>>,
    messages: Vec<Vec<u8>>,
}

fn keys(index: usize, rng: &mut ChaCha20Rng) -> SenderKeys {
    SenderKeys::new(ROOM, admitted(index).account, key(index), run(index), rng, NOW)
}

impl Scene {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut all: Vec<SenderKeys> = (0..3).map(|index| keys(index, &mut rng)).collect();
        let said: Vec<Ephemeral> = all.iter().map(|keys| keys.ephemeral(NOW)).collect();
        let roster = GroupRoster { heads: Heads::new(vec![OPERATION]), devices: (0..3).map(admitted).collect() };
        for keys in &mut all {
            keys.on_roster_change(roster.clone(), NOW);
            for (index, said) in said.iter().enumerate() {
                keys.on_ephemeral(key(index).id(), run(index), *said, NOW);
            }
        }
        let reader = all.pop().expect("there are three");
        let mut scene = Self { rng, writers: all, reader, bundles: Vec::new(), messages: Vec::new() };
        for number in 0..MESSAGES {
            scene.write(number);
        }
        scene
    }

    /// The writers by turns, with a new chain now and then.
    fn write(&mut self, number: usize) {
        let chains_old = Duration::from_secs(6 * 60) * (number as u32 / 5);
        let writer = &mut self.writers[number % 2];
        let text = format!("text {number}").repeat(1 + number);
        let now = NOW.after(chains_old);
        writer.on_ephemeral(key(2).id(), RunId([number as u8; 8]), self.reader.ephemeral(NOW), now);
        let sealed = writer.seal(text.as_bytes(), &mut self.rng, now).expect("it is in");
        self.bundles.extend(sealed.bundles.iter().map(|bundle| bundle.as_bytes().to_vec()));
        self.messages.push(sealed.message.to_bytes());
    }

    fn below(&mut self, end: usize) -> usize {
        self.rng.next_u32() as usize % end
    }

    /// One of `originals`, changed in one of the ways an attacker has, with another one at hand.
    fn forged(&mut self, originals: &[Vec<u8>], foreign: &[Vec<u8>]) -> Vec<u8> {
        let original = originals[self.below(originals.len())].clone();
        let other = originals[self.below(originals.len())].clone();
        let at = self.below(original.len());
        let mut forged = original.clone();
        let signature = |bytes: &[u8]| bytes[bytes.len() - Signature::LENGTH..].to_vec();
        match self.below(9) {
            0 | 1 => forged[at] ^= 1_u8 << self.below(8),
            2 => forged.truncate(at),
            3 => forged.insert(at, self.below(256) as u8),
            // One's words under another's signature.
            4 => forged.splice(original.len() - Signature::LENGTH.., signature(&other)).for_each(drop),
            // The head of one and the tail of another.
            5 => forged.splice(at.., other.get(at..).unwrap_or_default().iter().copied()).for_each(drop),
            // Another room, chain or number in front, as far as they are encoded alike.
            6 => {
                let end = at.min(other.len());
                forged[..end].copy_from_slice(&other[..end]);
            }
            // A bundle as a message, and the other way round.
            7 => forged = foreign[self.below(foreign.len())].clone(),
            // A weak key, under which almost anything verifies when it is checked laxly.
            _ => {
                let key = at.min(original.len() - 97);
                forged[key..key + 32].fill(0);
                forged[key] = 1;
                let length = forged.len();
                forged[length - Signature::LENGTH..].fill(0);
                forged[length - Signature::LENGTH] = 1;
            }
        }
        forged
    }
}

#[test]
fn no_changed_bundle_is_accepted() {
    let tries = Tries::new("bundles");
    for_seeds_at_once(ROOMS, |seed| {
        let mut scene = Scene::new(seed);
        let (bundles, messages) = (scene.bundles.clone(), scene.messages.clone());
        assert!(bundles.len() >= 4);
        let mut left = forgeries(FORGERIES).div_ceil(ROOMS);
        while left > 0 {
            let forged = scene.forged(&bundles, &messages);
            if !bundles.contains(&forged) {
                left -= 1;
                let refused = VerifiedBundle::from_bytes(ROOM, &forged).expect_err("it was changed");
                tries.refused(matches!(refused, GroupWireError::Signature(_)));
            }
        }
        for bundle in &bundles {
            assert!(VerifiedBundle::from_bytes(RoomId::from_bytes([2; 16]), bundle).is_err());
            let bundle = VerifiedBundle::from_bytes(ROOM, bundle).expect("unchanged");
            scene.reader.hear_bundle(&bundle, &knows, NOW).expect("unchanged");
        }
    });
    tries.tell();
}

#[test]
fn no_changed_message_is_opened_and_none_does_harm() {
    let tries = Tries::new("messages");
    for_seeds_at_once(ROOMS, |seed| {
        let mut scene = Scene::new(seed);
        let (bundles, messages) = (scene.bundles.clone(), scene.messages.clone());
        for bundle in &bundles {
            let bundle = VerifiedBundle::from_bytes(ROOM, bundle).expect("unchanged");
            scene.reader.hear_bundle(&bundle, &knows, NOW).expect("it is for the reader");
        }
        let mut left = forgeries(FORGERIES).div_ceil(ROOMS);
        while left > 0 {
            let forged = scene.forged(&messages, &bundles);
            if messages.contains(&forged) {
                continue;
            }
            left -= 1;
            let refused = GroupMessage::from_bytes(&forged).ok().map(|message| {
                let refused = scene.reader.open(&message, &knows, NOW).expect_err("it was changed");
                assert!(matches!(refused, OpenError::Forged | OpenError::UnknownChain), "{refused}");
                refused
            });
            tries.refused(refused == Some(OpenError::Forged));
        }
        for (number, message) in messages.iter().enumerate() {
            let message = GroupMessage::from_bytes(message).expect("unchanged");
            let opened = scene.reader.open(&message, &knows, NOW).expect("no forgery used its number up");
            assert!(opened.plaintext.starts_with(format!("text {number}").as_bytes()));
        }
    });
    tries.tell();
}

/// A member knows the keys of every message, but not what the chains sign with.
#[test]
fn no_member_writes_in_the_name_of_another() {
    for_seeds(ROOMS, |seed| {
        let mut scene = Scene::new(seed);
        for bundle in scene.bundles.clone() {
            let bundle = VerifiedBundle::from_bytes(ROOM, &bundle).expect("unchanged");
            scene.reader.hear_bundle(&bundle, &knows, NOW).expect("it is for the reader");
            let said = bundle.bundle();
            let mut contents = scene.reader.read(&bundle).expect("it is for the reader");
            let mallory = ChainSigner::generate(&mut scene.rng);
            let heads = Heads::new(vec![OPERATION]);
            for index in said.index..said.index + 20 {
                let place = MessagePlace { room: ROOM, account: said.account, chain: said.chain, index, heads: &heads };
                let key: OneTimeKey = contents.chain_key.step();
                let forged = GroupMessage::seal(&place, key, &mallory, b"not theirs").expect("short enough");
                assert_eq!(scene.reader.open(&forged, &knows, NOW), Err(OpenError::Forged));
            }
            // Nor does a bundle of one's own hand out a chain of another.
            assert!(VerifiedBundle::sign(&key(2), ROOM, said).is_err());
        }
    });
}

#[test]
fn no_request_gets_keys_to_who_is_not_in_or_to_another_than_who_asks() {
    for_seeds(ROOMS, |seed| {
        let mut scene = Scene::new(seed);
        let stranger = keys(3, &mut scene.rng).ephemeral(NOW);
        let chains: BTreeSet<ChainId> = scene
            .messages
            .iter()
            .filter_map(|message| GroupMessage::from_bytes(message).ok())
            .map(|message| message.chain())
            .collect();
        let chains: Vec<ChainId> = chains.into_iter().collect();
        // The time of the last message.
        let (mut answered, now) = (0, NOW.after(Duration::from_secs(6 * 60 * 2)));
        for _ in 0..REQUESTS / ROOMS {
            let mut chain = chains[scene.below(chains.len())];
            match scene.below(6) {
                0 => chain.number = scene.rng.next_u32(),
                1 => chain.run = RunId([scene.rng.next_u32() as u8; 8]),
                2 => chain.device = key(scene.below(4)).id(),
                _ => {}
            }
            let (from, owner) = (scene.below(4), scene.below(2));
            let mut keys = scene.writers[owner].clone();
            (0..4).for_each(|index| keys.on_ephemeral(key(index).id(), RunId([99; 8]), stranger, now));
            if let Ok(bundle) = keys.answer(key(from).id(), &KeysWanted { chain }, &mut scene.rng, now) {
                answered += 1;
                assert!(from < 3 && chain.device == key(owner).id() && chain.run == run(owner));
                assert!((0..4).all(|device| bundle.is_for(&key(device).id()) == (device == from)));
            }
        }
        assert!(answered > 0, "or nothing was tried");
    });
}
