//! Who comes late reads what was said before where the policy has it, believes nobody but the authors, and nothing where it has not.

use milanio_node::{
    core::room::{ChatMessage, Moderation, RoomEvent},
    wire::{
        entry::Entry,
        message::MessageId,
        operation::{Door, RoomPolicy},
    },
};
use milanio_tests::sim::{NOON, Weather, World, for_seeds};

fn policy(history: bool) -> Moderation {
    Moderation::SetPolicy(RoomPolicy { history, ..RoomPolicy::plain(Door::Open) })
}

/// The first `inside` of `size` people are in a room whose newcomers read what was said, if `history`.
fn meeting(seed: u64, (size, inside): (usize, usize), history: bool) -> World {
    let mut world = World::new(seed, size, NOON);
    for index in 0..inside {
        world.join(index);
        world.run(300);
    }
    world.run(4_000);
    if history {
        world.moderate(0, policy(true)).expect("owners choose the policy");
    }
    world.run(2_000);
    world
}

fn say(world: &mut World, index: usize, entry: Entry) -> MessageId {
    let id = world.say(index, entry);
    world.run(400);
    id
}

fn handed(world: &World, index: usize) -> Vec<&ChatMessage> {
    let events = world.nodes[index].told.iter();
    let messages = events.filter_map(|(_, event)| match event {
        RoomEvent::History { messages, .. } => Some(messages),
        _ => None,
    });
    messages.flatten().collect()
}

fn texts(world: &World, index: usize) -> Vec<&str> {
    handed(world, index).into_iter().map(ChatMessage::text).filter(|text| !text.is_empty()).collect()
}

fn holes(world: &World, index: usize) -> u32 {
    let count = |event: &RoomEvent| if let RoomEvent::HistoryMissing { count, .. } = event { *count } else { 0 };
    world.nodes[index].told.iter().map(|(_, event)| count(event)).sum()
}

#[test]
fn a_late_joiner_reads_what_was_said_by_whom_and_once() {
    for_seeds(10, |seed| {
        let mut world = meeting(seed, (4, 3), true);
        for number in 0..6 {
            world.write(number % 3, &format!("text {number}")).unwrap();
            world.run(500);
        }
        world.leave(2);
        world.run(1_000);
        world.join(3);
        world.run(8_000);
        assert_eq!(texts(&world, 3), ["text 0", "text 1", "text 2", "text 3", "text 4", "text 5"]);
        assert!(world.nodes[3].chats().is_empty(), "nothing comes as if it was said now");
        let first = handed(&world, 3)[0];
        assert_eq!((first.account, first.own), (world.nodes[0].account(), false));
        assert_eq!(holes(&world, 3), 0);
        world.write(3, "thank you").unwrap();
        world.run(1_000);
        assert_eq!(world.nodes[0].chats().last().map(|message| message.text()), Some("thank you"));
        assert!((0..3).all(|index| handed(&world, index).is_empty()), "who was there is handed nothing");
    });
}

#[test]
fn nobody_is_handed_anything_where_the_policy_says_no() {
    let mut world = meeting(1, (3, 2), false);
    world.write(0, "before").unwrap();
    world.run(1_000);
    world.join(2);
    world.run(10_000);
    assert!(handed(&world, 2).is_empty());
}

#[test]
fn what_was_said_before_the_policy_allowed_it_or_after_it_did_not_stays_there() {
    let mut world = meeting(2, (4, 2), false);
    world.write(1, "not for newcomers").unwrap();
    world.run(1_000);
    world.moderate(0, policy(true)).unwrap();
    world.run(2_000);
    world.write(1, "for newcomers").unwrap();
    world.run(1_000);
    world.join(2);
    world.run(8_000);
    assert_eq!((texts(&world, 2), holes(&world, 2)), (vec!["for newcomers"], 0));
    world.moderate(0, policy(false)).unwrap();
    world.run(2_000);
    world.moderate(0, policy(true)).unwrap();
    world.run(2_000);
    world.join(3);
    world.run(8_000);
    assert!(handed(&world, 3).is_empty(), "it was forgotten when it was switched off");
}

#[test]
fn private_messages_are_never_handed_on_and_are_no_hole() {
    let mut world = meeting(3, (4, 3), true);
    say(&mut world, 0, Entry::text("for all"));
    world.whisper(0, 1, "for one").unwrap();
    world.run(400);
    say(&mut world, 0, Entry::text("for all again"));
    world.join(3);
    world.run(8_000);
    assert_eq!((texts(&world, 3), holes(&world, 3)), (vec!["for all", "for all again"], 0));
}

#[test]
fn what_was_taken_back_is_gone_and_what_was_changed_says_what_it_says_now() {
    let mut world = meeting(4, (3, 2), true);
    let first = say(&mut world, 0, Entry::text("the pasword"));
    let second = say(&mut world, 1, Entry::Text { text: "a mistake".into(), reply_to: Some(first) });
    say(&mut world, 0, Entry::Edit { of: first, text: "nothing".into() });
    say(&mut world, 1, Entry::Delete { of: second });
    say(&mut world, 1, Entry::React { of: first, emoji: "👍".into(), on: true });
    world.join(2);
    world.run(8_000);
    assert_eq!((texts(&world, 2), holes(&world, 2)), (vec!["nothing"], 0));
    let entries: Vec<_> = handed(&world, 2).into_iter().map(|message| message.entry.clone()).collect();
    assert_eq!(entries.len(), 4, "{entries:?}");
}

#[test]
fn who_came_late_hands_on_what_it_was_handed() {
    let mut world = meeting(5, (3, 1), true);
    world.write(0, "said to nobody").unwrap();
    world.run(1_000);
    world.join(1);
    world.run(8_000);
    world.crash(0);
    world.run(60_000);
    world.join(2);
    world.run(10_000);
    assert_eq!(texts(&world, 2), ["said to nobody"]);
}

#[test]
fn who_does_not_answer_is_given_up_and_another_is_asked() {
    let mut world = meeting(6, (4, 3), true);
    world.write(1, "heard by all").unwrap();
    world.run(1_000);
    // Gone without a word: for a while everybody still counts it in.
    world.crash(0);
    world.join(3);
    world.run(12_000);
    assert_eq!(texts(&world, 3), ["heard by all"]);
}

#[test]
fn history_comes_whole_in_bad_weather() {
    for_seeds(10, |seed| {
        let mut world = meeting(seed, (4, 3), true);
        for number in 0..12 {
            world.write(number % 3, &format!("text {number}")).unwrap();
            world.run(700);
        }
        world.weather = Weather::STORM;
        world.join(3);
        world.run(60_000);
        let came = texts(&world, 3).len();
        assert!(came == 12 || holes(&world, 3) > 0, "{came} came and no hole is told");
    });
}

#[test]
fn nothing_is_kept_to_be_handed_on_once_the_room_is_over() {
    let kept = |world: &mut World, index: usize| world.act(index, |room, _| room.kept_past());
    for seed in 0..3 {
        let mut world = meeting(seed, (3, 3), true);
        for number in 0..6 {
            world.write(number % 3, "not for thieves").unwrap();
            world.run(500);
        }
        world.run(1_000);
        assert_eq!(kept(&mut world, 1), Some(6));
        match seed {
            0 => drop(world.act(1, |room, now| room.leave(now))),
            1 => {
                let account = world.nodes[1].account();
                world.moderate(0, Moderation::Remove(account)).unwrap();
            }
            _ => world.moderate(0, Moderation::Destroy).unwrap(),
        }
        world.run(2_000);
        assert_eq!(kept(&mut world, 1), Some(0), "{seed}");
    }
}
