//! What people do with messages: answer, change, take back, react, write to one alone, and be seen writing.

use milanio_node::{
    core::room::{ChatMessage, Moderation, RoomEvent, SendChatError},
    wire::{
        entry::Entry,
        operation::{Door, Role, RoomPolicy},
    },
};
use milanio_tests::sim::{NOON, Weather, World, for_seeds};

fn meeting(seed: u64, size: usize) -> World {
    let mut world = World::new(seed, size, NOON);
    for index in 0..size {
        world.join(index);
        world.run(300);
    }
    world.run(5_000);
    world
}

fn private<'a>(chats: &[&'a ChatMessage]) -> Vec<&'a str> {
    chats.iter().filter(|message| message.private.is_some()).map(|message| message.text()).collect()
}

#[test]
fn every_kind_of_entry_comes_as_it_was_said() {
    let mut world = meeting(1, 2);
    let of = world.say(0, Entry::text("Two walls moved"));
    let said = [
        Entry::Text { text: "Which ones?".into(), reply_to: Some(of) },
        Entry::Edit { of, text: "Three walls moved".into() },
        Entry::React { of, emoji: "👍".into(), on: true },
        Entry::Delete { of },
    ];
    for entry in &said {
        world.say(0, entry.clone());
    }
    world.run(1_000);
    let mut chats = world.nodes[1].chats();
    chats.sort_by_key(|message| message.order());
    let came: Vec<_> = chats.into_iter().skip(1).map(|message| message.entry.clone()).collect();
    assert_eq!(came, said);
}

#[test]
fn what_cannot_be_sent_is_refused_before_it_is_numbered() {
    let mut world = meeting(1, 2);
    let refused = |world: &mut World, entry| world.act(0, |room, now| room.send_entry(entry, None, now)).unwrap();
    assert_eq!(refused(&mut world, Entry::text(" \n ")), Err(SendChatError::Empty));
    assert_eq!(refused(&mut world, Entry::text("x".repeat(20_000))), Err(SendChatError::TooLong));
    let of = world.say(0, Entry::text("first"));
    let words = refused(&mut world, Entry::React { of, emoji: "words".into(), on: true });
    assert!(matches!(words, Err(SendChatError::Limit(_))));
    assert_eq!(world.say(0, Entry::text("second")).seq, 2);
}

#[test]
fn a_private_message_reaches_one_person_alone_whatever_the_weather() {
    for_seeds(10, |seed| {
        let mut world = meeting(seed, 3);
        world.weather = Weather::STORM;
        for number in 0..10 {
            world.whisper(0, 1, &format!("for you {number}")).unwrap();
            world.write(0, &format!("for all {number}")).unwrap();
            let pause = world.random(900);
            world.run(pause);
        }
        world.run(90_000);
        let expected: Vec<_> = (0..10).map(|number| format!("for you {number}")).collect();
        for index in [0, 1] {
            let mut chats = world.nodes[index].chats();
            chats.sort_by_key(|message| message.order());
            assert_eq!(private(&chats), expected, "node {index}");
            assert_eq!(chats.len(), 20, "node {index}");
        }
        let others = world.nodes[2].chats();
        assert_eq!((private(&others).len(), others.len()), (0, 10));
        assert_eq!(world.nodes[2].count(|event| matches!(event, RoomEvent::ChatMissing { .. })), 0);
    });
}

#[test]
fn nobody_writes_to_who_has_left() {
    let mut world = meeting(1, 2);
    let account = world.act(0, |room, _| room.members().next().map(|member| member.account)).unwrap();
    world.act(1, |room, now| room.leave(now));
    world.run(1_000);
    let refused = world.act(0, |room, now| room.send_entry(Entry::text("still there?"), account, now)).unwrap();
    assert_eq!(refused, Err(SendChatError::NotThere));
}

#[test]
fn what_waited_until_its_reader_had_left_is_told_as_not_delivered_and_the_rest_goes_out() {
    let mut world = meeting(1, 3);
    world.connect(0, false);
    let id = world.whisper(0, 1, "one moment").unwrap();
    let other = world.whisper(0, 2, "and you?").unwrap();
    world.act(1, |room, now| room.leave(now));
    world.run(2_000);
    world.connect(0, true);
    world.run(60_000);
    let told = |event: &RoomEvent| world.nodes[0].count(|told| told == event);
    assert_eq!((told(&RoomEvent::ChatSent(id)), told(&RoomEvent::ChatUndelivered(id))), (0, 1));
    assert_eq!((told(&RoomEvent::ChatSent(other)), told(&RoomEvent::ChatUndelivered(other))), (1, 0));
    assert_eq!(private(&world.nodes[2].chats()), ["and you?"]);
    assert_eq!(world.nodes[2].count(|event| matches!(event, RoomEvent::ChatMissing { .. })), 0);
}

#[test]
fn a_viewer_who_may_not_write_is_not_seen_writing() {
    let mut world = meeting(1, 3);
    let account = world.nodes[1].account();
    let only_members = RoomPolicy { chat: Role::Member, ..RoomPolicy::plain(Door::Open) };
    world.moderate(0, Moderation::SetRole { account, role: Role::Viewer }).unwrap();
    world.run(500);
    world.act(1, |room, now| room.type_on(now));
    world.run(500);
    let seen = |world: &World| world.nodes[2].count(|event| matches!(event, RoomEvent::Typing { on: true, .. }));
    assert_eq!(seen(&world), 1);
    world.run(10_000);
    world.moderate(0, Moderation::SetPolicy(only_members)).unwrap();
    world.run(500);
    world.act(1, |room, now| room.type_on(now));
    world.run(500);
    assert_eq!(seen(&world), 1);
}

#[test]
fn writing_is_seen_until_the_message_comes_or_the_writer_stops() {
    let mut world = meeting(1, 2);
    let told = |world: &World| -> Vec<bool> {
        let events = world.nodes[1].told.iter();
        events
            .filter_map(|(_, event)| if let RoomEvent::Typing { on, .. } = event { Some(*on) } else { None })
            .collect()
    };
    let type_on = |world: &mut World| world.act(0, |room, now| room.type_on(now));
    type_on(&mut world);
    world.run(500);
    assert_eq!(told(&world), [true]);
    world.write(0, "here it is").unwrap();
    world.run(500);
    assert_eq!(told(&world), [true, false]);
    type_on(&mut world);
    world.run(5_000);
    type_on(&mut world);
    world.run(5_000);
    assert_eq!(told(&world), [true, false, true]);
    world.run(5_000);
    assert_eq!(told(&world), [true, false, true, false]);
}
