//! What people say, what they are called, what their files are called and sealed with, and who they are shows in no frame that relays
//! carry: not before somebody is put out, and not after. Nor does who is out read what is said then.
//!
//! Left out: the bytes of files, which pass through no room, and what a relay's process holds and writes.

use milanio_identity::Policy;
use milanio_node::{
    core::room::Moderation,
    wire::{
        entry::Entry,
        file::{FileId, FileKey, FileOffer},
        message::MessageId,
    },
};
use milanio_tests::sim::{NOON, World, for_seeds};

/// Who is put out.
const OUT: usize = 2;
/// The shortest thing that is looked for: nothing so long is there by chance.
const LEAST_BYTES: usize = 12;

/// Something that must not be seen, and what it is.
type Secret = (String, Vec<u8>);

/// Three people in a lobby's room, and a fourth who is not there yet.
fn meeting(seed: u64) -> World {
    let mut world = World::founded(seed, 4, NOON, Policy::Lobby);
    world.keeps = true;
    (0..3).for_each(|index| come(&mut world, index));
    admit(&mut world);
    world
}

fn come(world: &mut World, index: usize) {
    world.join(index);
    world.act(index, |room, now| room.set_name(&name(index), now));
    world.run(2_000);
}

fn admit(world: &mut World) {
    world.moderate(0, Moderation::AdmitAll).expect("a right to it");
    world.run(3_000);
}

fn name(index: usize) -> String {
    format!("Canary name {index}")
}

fn offer(number: u8) -> FileOffer {
    FileOffer {
        id: FileId([number; 16]),
        name: format!("canary-file-{number}.pdf"),
        size_bytes: 1_000,
        sha256: std::array::from_fn(|byte| number.wrapping_mul(31).wrapping_add((byte as u8).wrapping_mul(7))),
        key: FileKey(std::array::from_fn(|byte| number.wrapping_mul(57).wrapping_add((byte as u8).wrapping_mul(11)))),
    }
}

/// Node `index` says one thing of every kind, each marked with `number`. What is secret of it.
fn say_everything(world: &mut World, index: usize, reader: usize, number: u8) -> Vec<Secret> {
    let of = world.say(index, Entry::text(format!("canary text {number}")));
    let reply = Entry::Text { text: format!("canary reply {number}"), reply_to: Some(of) };
    let edit = Entry::Edit { of, text: format!("canary edit {number}") };
    let file = offer(number);
    for entry in [reply, edit, Entry::Offer(file.clone())] {
        world.say(index, entry);
        world.run(500);
    }
    whisper(world, index, reader, number);
    world.run(3_000);
    let texts = ["text", "reply", "edit", "whisper"].map(|kind| format!("canary {kind} {number}"));
    let texts = texts.into_iter().chain([file.name]).map(|text| (text.clone(), text.into_bytes()));
    let key = (format!("the key of file {number}"), file.key.0.to_vec());
    texts.chain([key, (format!("the hash of file {number}"), file.sha256.to_vec())]).collect()
}

fn whisper(world: &mut World, index: usize, reader: usize, number: u8) -> MessageId {
    world.whisper(index, reader, &format!("canary whisper {number}")).expect("the reader is there")
}

/// Who they are, and what opens the room.
fn standing_secrets(world: &World) -> Vec<Secret> {
    let names = (0..4).map(|index| (name(index), name(index).into_bytes()));
    let accounts = (0..4).map(|index| (format!("account {index}"), world.nodes[index].account().as_bytes().to_vec()));
    let devices = (0..4).map(|index| (format!("device {index}"), world.nodes[index].device.as_bytes().to_vec()));
    let floors = world.nodes[0].floors().iter().map(|floor| ("a floor".to_owned(), floor.as_bytes()[32..].to_vec()));
    let root = ("the room's root".to_owned(), world.root().as_bytes().to_vec());
    let room = ("the room's id".to_owned(), world.room_id().as_bytes().to_vec());
    names.chain(accounts).chain(devices).chain(floors).chain([root, room]).collect()
}

/// The secrets that `bytes` show, as they are or in hexadecimal digits.
fn shown<'a>(bytes: &[u8], secrets: &'a [Secret]) -> Vec<&'a str> {
    let holds = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    let digits = |secret: &[u8]| secret.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let is_shown = |(_, secret): &&Secret| {
        assert!(secret.len() >= LEAST_BYTES);
        holds(secret) || holds(digits(secret).as_bytes())
    };
    secrets.iter().filter(is_shown).map(|(name, _)| name.as_str()).collect()
}

/// What the secrets of node `index` show of all frames from number `first` on.
fn shown_to<'a>(world: &World, index: usize, first: usize, secrets: &'a [Secret]) -> Vec<&'a str> {
    let keys: Vec<_> = world.readable(index).into_iter().chain([world.door()]).collect();
    let frames = first..world.recorded.len();
    let opened = frames.flat_map(|frame| keys.iter().filter_map(move |keys| world.opened(frame, keys)));
    opened.flat_map(|inner| shown(&inner, secrets)).collect()
}

#[test]
fn nothing_shows_in_any_frame_before_and_after_somebody_is_put_out() {
    for_seeds(5, |seed| {
        let mut world = meeting(seed);
        let before = [say_everything(&mut world, 0, 1, 1), say_everything(&mut world, OUT, 0, 2)].concat();
        let account = world.nodes[OUT].account();
        world.moderate(0, Moderation::Ban(account)).expect("a right to it");
        world.run(4_000);
        let first = world.recorded.len();
        let after = [say_everything(&mut world, 0, 1, 3), say_everything(&mut world, 1, 0, 4)].concat();
        come(&mut world, 3);
        admit(&mut world);
        let late = say_everything(&mut world, 3, 0, 5);
        world.run(10_000);
        let secrets = [standing_secrets(&world), before.clone(), after.clone(), late.clone()].concat();
        for (number, (topic, data)) in world.recorded.iter().enumerate() {
            assert!(shown(data, &secrets).is_empty(), "frame {number} shows {:?}", shown(data, &secrets));
            assert!(shown(topic.as_str().as_bytes(), &secrets).is_empty(), "so does its topic");
        }
        // The search would find what is there: members open frames and find names, and were told the texts.
        assert!(shown_to(&world, 0, first, &secrets).contains(&name(1).as_str()));
        for text in ["canary text 3", "canary reply 5"] {
            assert!(world.nodes[1].texts().iter().any(|told| told == text), "{text}");
        }
        // Of words, not even who holds the floors' secrets sees anything, without the keys of each message.
        let words = [before, after, late].concat();
        assert_eq!(shown_to(&world, 0, 0, &words), Vec::<&str>::new());
        // Who is out was told nothing, and opens nothing but what is said at the door.
        assert_eq!(shown_to(&world, OUT, first, &words), Vec::<&str>::new());
        let told: Vec<String> = world.nodes[OUT].texts();
        assert!(!told.iter().any(|text| ["3", "4", "5"].iter().any(|number| text.ends_with(number))), "{told:?}");
    });
}
