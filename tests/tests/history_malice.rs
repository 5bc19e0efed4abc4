//! Who answers a newcomer about what was said before can leave out and nothing else, whatever is in the answer; and that shows.

use std::collections::{BTreeMap, BTreeSet};

use milanio_identity::DeviceKey;
use milanio_node::{
    core::{
        room::{ChatMessage, Moderation, RoomEvent},
        time::RoomTime,
    },
    wire::{
        entry::Entry,
        history::{HistoryPart, HistorySignal, QuestionId, Said, Saying},
        inner,
        message::{FloorBody, MessageId, SealedSignal},
        operation::{Door, RoomPolicy},
        proof::{Proof, ProofPlace},
        whisper::Whisper,
    },
};
use milanio_tests::sim::{NOON, World, for_seeds};

/// Who is asked first, and lies.
const LIAR: usize = 0;
/// Who comes late.
const NEWCOMER: usize = 3;
/// Answers of honest members are longer, and nothing else that is said here is.
const ANSWER_BYTES: usize = 16_000;

/// The question that the newcomer has asked of the liar, and what an honest answer to it is. No answer reaches the newcomer.
fn asked(seed: u64) -> (World, QuestionId, Vec<Saying>) {
    let mut world = World::new(seed, 4, NOON);
    for index in 0..NEWCOMER {
        world.join(index);
        world.run(300);
    }
    world.run(4_000);
    let policy = RoomPolicy { history: true, ..RoomPolicy::plain(Door::Open) };
    world.moderate(LIAR, Moderation::SetPolicy(policy)).expect("owners choose the policy");
    world.run(2_000);
    for number in 0..15_usize {
        world.write(number % NEWCOMER, &format!("text {number} {}", "x".repeat(500))).expect("it is taken");
        world.run(500);
        if number == 7 {
            world.whisper(1, 2, "for one alone").expect("it is taken");
            world.run(500);
        }
    }
    world.filter = Some(|_, to, _, data| to != NEWCOMER || data.len() < ANSWER_BYTES);
    world.join(NEWCOMER);
    let (mut question, mut sayings) = (None, Vec::new());
    while question.is_none() || sayings.is_empty() {
        world.run(50);
        for (from, signal) in signals(&world) {
            match signal {
                HistorySignal::Wanted(id) if from == NEWCOMER => question = Some(id),
                HistorySignal::Part(part) if from == LIAR => sayings = part.sayings,
                _ => {}
            }
        }
    }
    (world, question.expect("it was asked"), sayings)
}

/// What the liar and the newcomer said to each other about history.
fn signals(world: &World) -> Vec<(usize, HistorySignal)> {
    let keys = world.readable(LIAR);
    let opened = (0..world.recorded.len()).filter_map(|frame| keys.iter().find_map(|keys| world.opened(frame, keys)));
    let heard = opened.filter_map(|inner| inner::open::<FloorBody>(world.room_id(), &inner).ok());
    let between = heard.filter_map(|heard| {
        let FloorBody::Signal(signal) = heard.body else { return None };
        let from = [LIAR, NEWCOMER].into_iter().find(|index| world.nodes[*index].device == heard.from)?;
        let to = [LIAR, NEWCOMER].into_iter().find(|index| world.nodes[*index].device == signal.to)?;
        let keys = world.nodes[to].room.as_ref()?.group_keys();
        match Whisper::decode(&keys.open_sealed(&info(world, from, to), &[], &signal.sealed).ok()?) {
            Ok(Whisper::History(signal)) => Some((from, signal)),
            _ => None,
        }
    });
    between.collect()
}

fn info(world: &World, from: usize, to: usize) -> Vec<u8> {
    let [from, to] = [from, to].map(|index| *world.nodes[index].device.as_bytes());
    [b"milanio/v1/signal\0".as_slice(), world.room_id().as_bytes(), &from, &to].concat()
}

/// Node `by` hands this to the newcomer.
fn hand(world: &mut World, by: usize, part: HistoryPart) {
    let bytes = Whisper::History(HistorySignal::Part(part)).encode().expect("it keeps the limits");
    hand_bytes(world, by, &bytes);
}

fn hand_bytes(world: &mut World, by: usize, bytes: &[u8]) {
    let (target, info) = (world.ephemeral(NEWCOMER), info(world, by, NEWCOMER));
    let sealed = world.seal_to(target, &info, bytes);
    let (device, to) = (world.nodes[by].device_key().clone(), world.nodes[NEWCOMER].device);
    world.say_as(NEWCOMER, &device, &FloorBody::Signal(SealedSignal { to, sealed }));
}

fn whole(question: QuestionId, sayings: Vec<Saying>) -> HistoryPart {
    HistoryPart { question, index: 0, is_last: true, sayings }
}

fn shown(world: &World) -> Vec<&ChatMessage> {
    let events = world.nodes[NEWCOMER].told.iter();
    let history = events.filter_map(|(_, event)| match event {
        RoomEvent::History { messages, .. } => Some(messages),
        _ => None,
    });
    history.flatten().collect()
}

fn holes(world: &World) -> u32 {
    let count = |event: &RoomEvent| if let RoomEvent::HistoryMissing { count, .. } = event { *count } else { 0 };
    world.nodes[NEWCOMER].told.iter().map(|(_, event)| count(event)).sum()
}

/// Everything that is shown was said so, and is shown once.
fn is_true(world: &World, truth: &[Saying]) {
    let mut ids = BTreeSet::new();
    for message in shown(world) {
        assert!(ids.insert(message.id), "shown twice: {:?}", message.id);
        let said = truth.iter().find(|saying| saying.id == message.id).expect("somebody said it");
        assert_eq!(Said::Whole(message.entry.clone()), said.said);
        let heard = (message.account, message.lamport, message.written, &message.name);
        assert_eq!(heard, (said.account, said.lamport, said.written, &said.proof.name));
    }
}

/// How many are missing of authors of whom these came: between the first of them and the last one of all.
fn missing(truth: &[Saying], came: &BTreeSet<MessageId>) -> u32 {
    let mut authors: BTreeMap<_, (u32, u32)> = BTreeMap::new();
    for id in came {
        let (first, count) = authors.entry((id.device, id.run)).or_insert((id.seq, 0));
        (*first, *count) = ((*first).min(id.seq), *count + 1);
    }
    let last = |author| truth.iter().filter(|one| (one.id.device, one.id.run) == author).map(|one| one.id.seq).max();
    authors.into_iter().map(|(author, (first, count))| last(author).unwrap_or(0) + 1 - first - count).sum()
}

/// What a liar makes of one message.
fn spoilt(world: &mut World, truth: &[Saying], saying: &Saying, liar: &DeviceKey) -> Saying {
    let another = truth[world.random(truth.len() as u64) as usize].clone();
    let spoil = |proof: Proof| Saying { proof, ..saying.clone() };
    let lie = Entry::text("a lie");
    match world.random(10) {
        0 => Saying { said: Said::Whole(lie), ..saying.clone() },
        1 => Saying { said: another.said, ..saying.clone() },
        2 => Saying { id: MessageId { seq: saying.id.seq + 1, ..saying.id }, ..saying.clone() },
        3 => Saying { lamport: saying.lamport + 1, ..saying.clone() },
        4 => Saying { written: RoomTime::from_millis(world.now()), ..saying.clone() },
        5 => spoil(Proof { name: "Somebody".into(), ..saying.proof.clone() }),
        6 => spoil(Proof { salt: Some([0; 16]), ..saying.proof.clone() }),
        7 => spoil(another.proof),
        8 => {
            // Signed by the liar in another's name.
            let (room, account, id) = (world.room_id(), saying.account, saying.id);
            let at = ProofPlace { room, account, id, lamport: saying.lamport, written: saying.written };
            let proof = Proof::sign(liar, &at, &lie, &saying.proof.name, [1; 16]);
            Saying { said: Said::Whole(lie), proof, ..saying.clone() }
        }
        _ => {
            // As if the liar's device were another account's.
            let id = MessageId { device: liar.id(), ..saying.id };
            let (room, account) = (world.room_id(), saying.account);
            let at = ProofPlace { room, account, id, lamport: saying.lamport, written: saying.written };
            let proof = Proof::sign(liar, &at, &lie, "Somebody", [1; 16]);
            Saying { account, id, said: Said::Whole(lie), proof, ..saying.clone() }
        }
    }
}

#[test]
fn an_answer_of_lies_shows_nothing_false_and_what_it_leaves_out_is_told() {
    for_seeds(30, |seed| {
        let (mut world, question, truth) = asked(seed);
        assert_eq!(truth.len(), 16);
        let liar = world.nodes[LIAR].device_key().clone();
        let (mut answer, mut came) = (Vec::new(), BTreeSet::new());
        for saying in &truth {
            // An author must not count as the liar's own: those it may change as it likes.
            let is_foreign = saying.id.device != liar.id();
            match world.random(4) {
                0 => {}
                1 if is_foreign => {
                    let lie = spoilt(&mut world, &truth, saying, &liar);
                    // What breaks a limit would spoil the whole answer.
                    let fits = HistorySignal::Part(whole(question, vec![lie.clone()])).encode().is_ok();
                    answer.extend(fits.then_some(lie));
                }
                _ => {
                    came.insert(saying.id);
                    (0..=world.random(2)).for_each(|_| answer.push(saying.clone()));
                }
            }
        }
        for index in (1..answer.len()).rev() {
            let other = world.random(index as u64 + 1) as usize;
            answer.swap(index, other);
        }
        // What was not changed after all is no lie.
        came.extend(answer.iter().filter(|saying| truth.contains(saying)).map(|saying| saying.id));
        hand(&mut world, LIAR, whole(question, answer));
        world.run(30_000);
        is_true(&world, &truth);
        assert_eq!(holes(&world), missing(&truth, &came));
        let texts = truth.iter().filter(|saying| matches!(saying.said, Said::Whole(_)) && came.contains(&saying.id));
        assert_eq!(shown(&world).len(), texts.count());
    });
}

#[test]
fn what_one_left_out_another_hands_on() {
    let (mut world, question, truth) = asked(1);
    let few = truth.iter().step_by(3).cloned().collect();
    hand(&mut world, LIAR, whole(question, few));
    world.filter = None;
    world.run(30_000);
    is_true(&world, &truth);
    assert_eq!((shown(&world).len(), holes(&world)), (15, 0));
}

#[test]
fn an_answer_counts_from_whom_was_asked_to_what_was_asked_and_in_time() {
    let (mut world, question, truth) = asked(2);
    hand(&mut world, 1, whole(question, truth.clone()));
    hand(&mut world, LIAR, whole(QuestionId([7; 8]), truth.clone()));
    world.run(1_000);
    assert!(shown(&world).is_empty());
    world.run(20_000);
    hand(&mut world, LIAR, whole(question, truth));
    world.run(1_000);
    assert!(shown(&world).is_empty(), "it was asked 20 s ago");
}

#[test]
fn too_much_and_what_never_ends_is_no_burden() {
    let (mut world, question, truth) = asked(3);
    let part = |index: u8, is_last: bool| HistoryPart { question, index, is_last, sayings: truth.clone() };
    let encoded =
        |part: HistoryPart| Whisper::History(HistorySignal::Part(part)).encode().expect("it is within limits");
    // One that claims to be the fifth part: byte 10 is its index, behind two kinds and the question.
    let mut beyond = encoded(part(3, true));
    beyond[10] = 4;
    hand_bytes(&mut world, LIAR, &beyond);
    for _ in 0..50 {
        (1..4).for_each(|index| hand(&mut world, LIAR, part(index, false)));
    }
    world.run(1_000);
    assert!(shown(&world).is_empty(), "it has no beginning and no end");
    world.filter = None;
    world.run(30_000);
    is_true(&world, &truth);
    assert_eq!((shown(&world).len(), holes(&world)), (15, 0), "another was asked");
}

#[test]
fn a_private_message_that_is_handed_on_whole_is_refused_with_all_that_is_around_it() {
    let (mut world, question, truth) = asked(4);
    let private = truth.iter().position(|saying| matches!(saying.said, Said::Outline(_))).expect("one was private");
    let mut sayings = truth.clone();
    let proof = Proof { salt: Some([1; 16]), ..sayings[private].proof.clone() };
    sayings[private] =
        Saying { said: Said::Whole(Entry::Private(vec![vec![1; 60]])), proof, ..sayings[private].clone() };
    let part = HistorySignal::Part(whole(question, sayings));
    assert!(part.encode().is_err());
    let bytes = [vec![2], postcard::to_allocvec(&part).expect("it can be written")].concat();
    hand_bytes(&mut world, LIAR, &bytes);
    world.run(1_000);
    assert!(shown(&world).is_empty());
}
