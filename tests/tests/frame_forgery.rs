//! Nobody without a topic's keys can change a frame on its way: a relay passes no changed one on, and no member hears one.
//!
//! `MILANIO_FORGERIES` says how many changed frames are tried.

use milanio_identity::{Policy, TopicKeys, TopicName};
use milanio_node::{
    core::{
        room::{Moderation, Verdict},
        time::RoomTime,
    },
    wire::frame::{self, FrameError},
};
use milanio_tests::{
    sim::{NOON, World, for_seeds_at_once},
    tries::{Tries, forgeries},
};

/// Changed frames, unless the environment says another number.
const FORGERIES: u64 = 100_000;
/// Rooms they come from.
const ROOMS: u64 = 20;
/// Lengths of what stands in front of a frame, and of the signature behind it.
const HEADER: usize = 33;
const SIGNATURE: usize = 64;

/// Three people who came in through a lobby, wrote, and put one of them out: door and floors, in frames of several sizes.
fn room(seed: u64) -> World {
    let mut world = World::founded(seed, 3, NOON, Policy::Lobby);
    world.keeps = true;
    (0..3).for_each(|index| world.join(index));
    world.run(2_000);
    world.moderate(0, Moderation::AdmitAll).expect("a right to it");
    world.run(2_000);
    for (index, words) in [1, 60, 400, 1_500].into_iter().enumerate() {
        world.write(index % 3, &"words ".repeat(words)).expect("it is inside");
        world.run(1_000);
    }
    let out = world.nodes[2].account();
    world.moderate(0, Moderation::Remove(out)).expect("a right to it");
    world.run(3_000);
    world
}

/// The keys of every topic that was spoken on.
fn topics(world: &World) -> Vec<TopicKeys> {
    (0..3).flat_map(|index| world.readable(index)).chain([world.door()]).collect()
}

/// `frame`, changed in one of the ways that an attacker has; `other` is another frame of the room.
fn forged(world: &mut World, frame: &[u8], other: &[u8]) -> Vec<u8> {
    let mut forged = frame.to_vec();
    let at = world.random(frame.len() as u64) as usize;
    let common = at.min(other.len());
    match world.random(10) {
        0..=2 => world.flip(&mut forged),
        3 => forged.truncate(at),
        4 => forged.insert(at, 7),
        // Another's signature, another's time and nonce, and the head of one with the tail of another.
        5 => forged.splice(frame.len() - SIGNATURE.., other[other.len() - SIGNATURE..].iter().copied()).for_each(drop),
        6 => forged[..HEADER].copy_from_slice(&other[..HEADER]),
        7 => forged[..common].copy_from_slice(&other[..common]),
        // Said anew a moment later.
        8 => forged[8] = forged[8].wrapping_add(1 + world.random(100) as u8),
        // A signature that holds for almost anything under a weak key.
        _ => {
            forged[frame.len() - SIGNATURE..].fill(0);
            forged[frame.len() - SIGNATURE] = 1;
        }
    }
    forged
}

/// Tries one changed frame at a relay, at somebody with the topic's keys, and at a member. Whether the signature decided.
fn try_one(world: &mut World, keys: &TopicKeys, originals: &[(TopicName, Vec<u8>)], forged: &[u8]) -> bool {
    let now = RoomTime::from_millis(world.now());
    let judged = frame::check(&keys.topic(), forged, now).expect_err("the topic's key did not sign it");
    // To a member that is the same frame: it looks at the seal alone, which covers everything but the signature.
    let unsigned = |frame: &[u8]| frame[..frame.len().saturating_sub(SIGNATURE)].to_vec();
    let is_same = originals.iter().any(|(topic, original)| {
        *topic == keys.topic() && original.len() == forged.len() && unsigned(original) == unsigned(forged)
    });
    assert_eq!(frame::open(keys, forged, now).is_ok(), is_same, "{forged:?}");
    if !is_same {
        let member = world.random(2) as usize;
        assert_ne!(world.inject(member, keys.topic(), forged), Some(Verdict::Accept), "{forged:?}");
    }
    judged == FrameError::Signature
}

#[test]
fn no_changed_frame_is_passed_on_or_heard() {
    let tries = Tries::new("frames");
    for_seeds_at_once(ROOMS, |seed| {
        let mut world = room(seed);
        let topics = topics(&world);
        let originals = world.recorded.clone();
        let now = RoomTime::from_millis(world.now());
        for (topic, original) in &originals {
            assert_eq!(frame::check(topic, original, now), Ok(()));
        }
        let mut left = forgeries(FORGERIES).div_ceil(ROOMS);
        while left > 0 {
            let [frame, other] = [0; 2].map(|_| world.random(originals.len() as u64) as usize);
            let (topic, original) = &originals[frame];
            let Some(keys) = topics.iter().find(|keys| keys.topic() == *topic) else { continue };
            let forged = forged(&mut world, original, &originals[other].1);
            if !originals.iter().any(|(_, original)| *original == forged) {
                left -= 1;
                tries.refused(try_one(&mut world, keys, &originals, &forged));
            }
        }
    });
    tries.tell();
}

#[test]
fn no_frame_is_good_on_another_topic() {
    let mut world = room(1);
    let topics = topics(&world);
    let now = RoomTime::from_millis(world.now());
    for (topic, original) in world.recorded.clone() {
        for keys in topics.iter().filter(|keys| keys.topic() != topic) {
            assert_eq!(frame::check(&keys.topic(), &original, now), Err(FrameError::Signature));
            assert_eq!(frame::open(keys, &original, now), Err(FrameError::Unreadable));
            assert_ne!(world.inject(0, keys.topic(), &original), Some(Verdict::Accept));
        }
    }
}
