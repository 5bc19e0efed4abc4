//! What somebody who has the room code can do with forged, stored and endless frames: nothing but be ignored.

use milanio_identity::{AccountKey, DeviceCert, DeviceKey, EphemeralSecret};
use milanio_node::{
    core::{
        room::{Moderation, RoomEvent, Verdict},
        time::{ClockOffset, RoomTime},
    },
    wire::{
        entry::Entry,
        floor::HeadsDigest,
        group::{ChainId, GroupBody, KeysWanted},
        message::{Beat, Chat, ChatWanted, FloorBody, MediaState, MessageId, Presence, RunId},
        operation::{Door, RoomPolicy},
        proof::{Proof, ProofPlace},
    },
};
use milanio_tests::{
    sim::{NOON, World, for_seeds},
    stranger::Stranger,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

fn meeting(seed: u64, size: usize) -> World {
    let mut world = World::new(seed, size, NOON);
    (0..size).for_each(|index| world.join(index));
    world.run(2_000);
    world
}

fn beat(run: RunId, world: &World) -> Beat {
    Beat {
        run,
        said: RoomTime::from_millis(world.now()),
        last_chat: 0,
        lamport: 0,
        revision: 0,
        media: MediaState::default(),
        away: false,
        hand: None,
        heads: HeadsDigest::default(),
    }
}

/// A stranger joins and comes in, as far as node 0 hears.
fn come(world: &mut World, account: &AccountKey, device: &DeviceKey, presence: Presence) {
    world.introduce(0, account, device);
    world.say_as(0, device, &FloorBody::Presence(presence));
}

/// A presence as the stranger's own room would make it.
fn presence(account: &AccountKey, device: &DeviceKey, world: &World) -> Presence {
    let now_s = world.now() / 1_000;
    let ephemeral = EphemeralSecret::generate(&mut ChaCha20Rng::seed_from_u64(1)).public();
    Presence {
        cert: DeviceCert::issue(account, device.id(), now_s, now_s + 60).expect("a minute is allowed").to_bytes(),
        attestation: None,
        ephemeral,
        ephemeral_age: 0,
        name: "Stranger".into(),
        entered: RoomTime::from_millis(world.now()),
        answer_wanted: false,
        beat: beat(RunId([9; 8]), world),
    }
}

#[test]
fn a_frame_is_heard_once_however_often_it_comes() {
    let mut world = meeting(1, 2);
    world.write(0, "once").unwrap();
    world.run(100);
    let told = world.nodes[1].told.len();
    for (topic, data) in world.recorded.clone() {
        assert_ne!(world.inject(1, topic, &data), Some(Verdict::Reject));
    }
    assert_eq!(world.nodes[1].told.len(), told);
}

#[test]
fn changed_frames_and_noise_are_refused_without_effect() {
    for_seeds(20, |seed| {
        let mut world = meeting(seed, 2);
        world.write(0, "something").unwrap();
        world.run(100);
        let told = world.nodes[1].told.len();
        for (topic, mut data) in world.recorded.clone() {
            let at = world.random(data.len() as u64) as usize;
            data[at] ^= 1 << world.random(8);
            assert_ne!(world.inject(1, topic, &data), Some(Verdict::Accept));
            data.truncate(at);
            assert_ne!(world.inject(1, topic, &data), Some(Verdict::Accept));
        }
        assert_eq!(world.nodes[1].told.len(), told);
    });
}

#[test]
fn nobody_is_a_member_without_a_certificate_that_holds_and_is_theirs() {
    let mut world = meeting(2, 1);
    let (account, device) = (AccountKey::from_seed([50; 32]), DeviceKey::from_seed([51; 32]));
    let other = DeviceKey::from_seed([52; 32]);
    let good = presence(&account, &device, &world);
    let mut expired = good.clone();
    let past = world.now() / 1_000 - 100;
    expired.cert = DeviceCert::issue(&account, device.id(), past - 50, past).unwrap().to_bytes();
    let mut forged = good.clone();
    *forged.cert.last_mut().unwrap() ^= 1;
    for (speaker, bad) in [(&other, &good), (&device, &expired), (&device, &forged)] {
        world.say_as(0, speaker, &FloorBody::Presence(bad.clone()));
        assert_eq!(world.nodes[0].sees().len(), 0);
    }
    come(&mut world, &account, &device, good);
    assert_eq!(world.nodes[0].sees().len(), 1);
    world.run(61_000);
    assert_eq!(world.nodes[0].sees().len(), 0);
}

#[test]
fn a_members_stored_words_do_not_bring_it_back() {
    let mut world = meeting(3, 2);
    let (account, device) = (AccountKey::from_seed([50; 32]), DeviceKey::from_seed([51; 32]));
    let stored = presence(&account, &device, &world);
    come(&mut world, &account, &device, stored.clone());
    assert_eq!(world.nodes[0].sees().len(), 2);
    world.say_as(0, &device, &FloorBody::Leave(RunId([9; 8])));
    assert_eq!(world.nodes[0].sees().len(), 1);
    // Another member has the floor's keys, and frames the same signed words anew.
    world.say_as(0, &device, &FloorBody::Presence(stored.clone()));
    world.say_as(0, &device, &FloorBody::Beat(stored.beat));
    assert_eq!(world.nodes[0].sees().len(), 1);
    world.run(150_000);
    world.say_as(0, &device, &FloorBody::Presence(stored));
    assert_eq!(world.nodes[0].sees().len(), 1);
}

#[test]
fn a_stored_goodbye_of_an_earlier_run_does_not_remove_the_member() {
    let mut world = meeting(4, 2);
    let key = world.nodes[1].device_key().clone();
    world.say_as(0, &key, &FloorBody::Leave(RunId([77; 8])));
    assert_eq!(world.nodes[0].sees().len(), 1);
}

#[test]
fn a_flooding_author_is_cut_to_its_rate_and_nobody_else_suffers() {
    let mut world = meeting(5, 3);
    let (account, device) = (AccountKey::from_seed([50; 32]), DeviceKey::from_seed([51; 32]));
    let stranger = presence(&account, &device, &world);
    come(&mut world, &account, &device, stranger);
    let mut stranger = Stranger::new(&world, 0, (&account, &device), RunId([9; 8]));
    for seq in 1..=2_000 {
        let written = RoomTime::from_millis(world.now());
        let chat = Chat { seq, lamport: u64::MAX, written, entry: Entry::text("spam"), proof: None };
        stranger.say(&mut world, 0, &chat);
        world.run(1);
    }
    let spam = world.nodes[0].chats().iter().filter(|message| message.text() == "spam").count();
    assert!(spam <= 50, "{spam}");
    world.write(1, "still heard").unwrap();
    world.write(0, "and the clock still counts").unwrap();
    world.run(500);
    assert!(world.nodes[0].chats().iter().any(|message| message.text() == "still heard"));
    let lamports: Vec<_> = world.nodes[2].chats().iter().map(|message| message.lamport).collect();
    assert!(lamports.iter().all(|lamport| *lamport < 1_000_000), "{lamports:?}");
}

/// Whoever numbers itself above all others stays above them: newcomers would read nothing else.
#[test]
fn what_is_numbered_far_ahead_of_all_is_not_kept_for_newcomers() {
    let mut world = World::new(11, 3, NOON);
    (0..2).for_each(|index| world.join(index));
    world.run(2_000);
    let policy = RoomPolicy { history: true, ..RoomPolicy::plain(Door::Open) };
    world.moderate(0, Moderation::SetPolicy(policy)).unwrap();
    world.run(1_000);
    let (account, device) = (AccountKey::from_seed([50; 32]), DeviceKey::from_seed([51; 32]));
    let stranger = presence(&account, &device, &world);
    come(&mut world, &account, &device, stranger);
    let run = RunId([9; 8]);
    let mut stranger = Stranger::new(&world, 0, (&account, &device), run);
    for (seq, lamport) in [(1, 5), (2, u64::MAX)] {
        let (written, entry) = (RoomTime::from_millis(world.now()), Entry::text(format!("number {lamport}")));
        let id = MessageId { device: device.id(), run, seq };
        let at = ProofPlace { room: world.room_id(), account: account.id(), id, lamport, written };
        let proof = Some(Proof::sign(&device, &at, &entry, "Stranger", [7; 16]));
        stranger.say(&mut world, 0, &Chat { seq, lamport, written, entry, proof });
    }
    assert_eq!(world.nodes[0].chats().len(), 2, "it is heard");
    world.crash(1);
    world.join(2);
    world.run(10_000);
    let told = world.nodes[2].told.iter().filter_map(|(_, event)| match event {
        RoomEvent::History { messages, .. } => Some(messages),
        _ => None,
    });
    let texts: Vec<_> = told.flatten().map(|message| message.text()).collect();
    assert_eq!(texts, ["number 5"]);
}

#[test]
fn many_devices_of_one_account_say_no_more_than_two() {
    let mut world = meeting(10, 2);
    let account = AccountKey::from_seed([50; 32]);
    let devices: Vec<_> = (0..5).map(|number| DeviceKey::from_seed([51 + number; 32])).collect();
    for device in &devices {
        let stranger = presence(&account, device, &world);
        come(&mut world, &account, device, stranger);
    }
    let stranger = |device| Stranger::new(&world, 0, (&account, device), RunId([9; 8]));
    let mut strangers: Vec<_> = devices.iter().map(stranger).collect();
    for seq in 1..=100 {
        for stranger in &mut strangers {
            let written = RoomTime::from_millis(world.now());
            let chat = Chat { seq, lamport: 1, written, entry: Entry::text("spam"), proof: None };
            stranger.say(&mut world, 0, &chat);
        }
    }
    let spam = world.nodes[0].chats().iter().filter(|message| message.text() == "spam").count();
    assert_eq!(spam, 80, "twice what a receiver bears of one device");
}

#[test]
fn fresh_keys_are_no_fresh_budget() {
    let mut world = meeting(11, 2);
    let told = world.nodes[0].told.len();
    for number in 0..1_000_u32 {
        let mut seed = [3; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let (account, device) = (AccountKey::from_seed(seed), DeviceKey::from_seed(seed));
        let mut stranger = presence(&account, &device, &world);
        come(&mut world, &account, &device, stranger.clone());
        stranger.beat.said = RoomTime::from_millis(world.now() + 1);
        world.say_as(0, &device, &FloorBody::Leave(stranger.beat.run));
    }
    let told = world.nodes[0].told.len() - told;
    // And once that somebody knows something else of the room.
    assert!(told <= 2 * 200 + 1, "200 strangers at once come and go: {told}");
    world.write(1, "still heard").unwrap();
    world.run(500);
    assert!(world.nodes[0].chats().iter().any(|message| message.text() == "still heard"));
}

#[test]
fn a_relay_that_turns_the_clock_back_brings_back_neither_people_nor_words() {
    let mut world = meeting(12, 3);
    world.write(1, "long ago").unwrap();
    world.run(1_000);
    let (then, stored) = (RoomTime::from_millis(world.now()), world.recorded.clone());
    world.leave(1);
    // Ten minutes later somebody looks in anew, remembers nothing, and hears who is there.
    world.crash(0);
    world.run(600_000);
    world.join(0);
    world.run(2_000);
    assert_eq!(world.nodes[0].sees().len(), 1);
    let told = world.nodes[0].told.len();
    world.act(0, |room, now| room.handle_clock(ClockOffset::between(now, then), now));
    for (topic, data) in stored {
        assert_ne!(world.inject(0, topic, &data), Some(Verdict::Accept));
    }
    assert_eq!(world.nodes[0].told.len(), told);
    world.write(2, "now").unwrap();
    world.run(500);
    assert!(world.nodes[0].chats().iter().any(|message| message.text() == "now"), "the present is still heard");
}

#[test]
fn strangers_and_their_requests_make_nobody_talk_without_end() {
    let mut world = meeting(6, 2);
    let before = world.nodes[0].published.len();
    for number in 0..3_000_u32 {
        let mut seed = [3; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let device = DeviceKey::from_seed(seed);
        let unknown = Beat { last_chat: u32::MAX, ..beat(RunId([1; 8]), &world) };
        world.say_as(0, &device, &FloorBody::Beat(unknown));
        world.say_as(0, &device, &FloorBody::PresenceWanted(None));
        let (author, run) = (world.nodes[0].device, RunId([1, 0, 0, 0, 0, 0, 0, 0]));
        world.say_as(0, &device, &FloorBody::ChatWanted(ChatWanted { author, run, first: 1, last: 200 }));
        world.run(10);
    }
    // 30 s: presences and requests each have a budget of 10 at once, and 20 or 60 a minute.
    let said = world.nodes[0].published.len() - before;
    assert!(said < 90, "{said}");
}

#[test]
fn more_members_than_the_table_holds_are_not_let_in() {
    let mut world = meeting(7, 1);
    for number in 0..150_u8 {
        let (account, device) = (AccountKey::from_seed([number; 32]), DeviceKey::from_seed([number ^ 255; 32]));
        let stranger = presence(&account, &device, &world);
        come(&mut world, &account, &device, stranger);
    }
    assert_eq!(world.nodes[0].sees().len(), 100);
    let mut world = meeting(8, 1);
    let account = AccountKey::from_seed([200; 32]);
    for number in 0..10 {
        let device = DeviceKey::from_seed([number; 32]);
        let stranger = presence(&account, &device, &world);
        come(&mut world, &account, &device, stranger);
    }
    assert_eq!(world.nodes[0].sees().len(), 5);
}

#[test]
fn a_liars_numbers_are_no_burden() {
    let mut world = meeting(9, 2);
    let (account, device) = (AccountKey::from_seed([50; 32]), DeviceKey::from_seed([51; 32]));
    let mut liar = presence(&account, &device, &world);
    come(&mut world, &account, &device, liar.clone());
    for (step, last_chat) in [u32::MAX, 0, u32::MAX - 1, 7].into_iter().enumerate() {
        liar.beat.said = RoomTime::from_millis(world.now() + step as u64 + 1);
        liar.beat.last_chat = last_chat;
        world.say_as(0, &device, &FloorBody::Presence(liar.clone()));
    }
    let written = RoomTime::from_millis(world.now());
    let mut stranger = Stranger::new(&world, 0, (&account, &device), RunId([9; 8]));
    for seq in [u32::MAX, 1, 1_000_000, u32::MAX - 1] {
        let chat = Chat { seq, lamport: u64::from(seq), written, entry: Entry::text("high"), proof: None };
        stranger.say(&mut world, 0, &chat);
    }
    world.run(120_000);
    assert!(world.nodes[0].count(|event| matches!(event, RoomEvent::ChatMissing { .. })) <= 4);
}

#[test]
fn a_room_survives_random_words_of_its_members() {
    for_seeds(30, |seed| {
        let mut world = meeting(seed, 3);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let keys: Vec<_> = (0..6).map(|number| DeviceKey::from_seed([number; 32])).collect();
        for _ in 0..300 {
            let pick = rng.next_u64();
            let device = &keys[pick as usize % keys.len()];
            let account = AccountKey::from_seed([(pick >> 8) as u8 % 4; 32]);
            let run = RunId([(pick >> 16) as u8 % 3; 8]);
            let mut someone = presence(&account, device, &world);
            someone.beat.run = run;
            someone.entered = RoomTime::from_millis(world.now() ^ ((pick >> 24) % 7));
            someone.beat.last_chat = (pick >> 32) as u32 % 5;
            let number = (pick >> 40) as u32 % 6 + 1;
            let written = RoomTime::from_millis(pick);
            let (author, first) = (world.nodes[pick as usize % 3].device, number);
            let chat = Chat { seq: number, lamport: pick, written, entry: Entry::text("text"), proof: None };
            let body = match pick % 9 {
                0 => FloorBody::Presence(someone),
                1 => FloorBody::Beat(someone.beat),
                2 => FloorBody::Leave(run),
                3 | 4 => Stranger::again(&world, device.id(), run, &chat),
                7 => FloorBody::Group(GroupBody::Message(pick.to_be_bytes().repeat(20))),
                8 => FloorBody::Group(GroupBody::KeysWanted(KeysWanted {
                    chain: ChainId { device: author, run: RunId([1, pick as u8 % 3, 0, 0, 0, 0, 0, 0]), number },
                })),
                5 => FloorBody::ChatWanted(ChatWanted { author, run, first, last: first + 2 }),
                _ => FloorBody::PresenceWanted((pick & 1 == 0).then_some(author)),
            };
            for index in 0..3 {
                world.say_as(index, device, &body);
            }
            world.run((pick >> 48) % 200);
        }
        world.run(10_000);
        let id = world.write(0, "after all this").unwrap();
        world.run(10_000);
        for node in &world.nodes {
            assert_eq!(node.chats().iter().filter(|message| message.id == id).count(), 1);
        }
    });
}
