//! What is kept is bounded, what was taken back is gone, and what is missing is counted.

use milanio_identity::{AccountKey, DeviceKey};
use proptest::prelude::*;

use super::*;
use crate::wire::proof::Proof;

const NOW: RoomTime = RoomTime::from_millis(1_750_000_000_000);

fn id(person: u8, seq: u32) -> MessageId {
    MessageId { device: DeviceKey::from_seed([person; 32]).id(), run: RunId([1; 8]), seq }
}

fn said(person: u8, seq: u32, lamport: u64, entry: Entry) -> Saying {
    Saying {
        account: AccountKey::from_seed([person; 32]).id(),
        id: id(person, seq),
        lamport,
        written: NOW,
        said: Said::Whole(entry),
        proof: Proof { name: format!("Person {person}"), signature: vec![0; 64], salt: Some([0; 16]) },
    }
}

fn outlined(saying: Saying) -> Saying {
    saying.outlined()
}

fn edit(of: MessageId, text: &str) -> Entry {
    Entry::Edit { of, text: text.into() }
}

fn past(sayings: impl IntoIterator<Item = Saying>) -> Past {
    let mut past = Past::default();
    for saying in sayings {
        past.take(saying);
    }
    past
}

fn no_word(_: DeviceId, _: RunId) -> Option<u32> {
    None
}

fn counts(past: &Past) -> Vec<(String, u32)> {
    past.holes(no_word).into_iter().map(|hole| (hole.author, hole.count)).collect()
}

/// The texts that are anywhere in what is handed on.
fn handed(past: &Past) -> Vec<String> {
    let text = |saying: Saying| match saying.said {
        Said::Whole(Entry::Text { text, .. } | Entry::Edit { text, .. }) => Some(text),
        _ => None,
    };
    past.answer(NOW).into_iter().flatten().filter_map(text).collect()
}

#[test]
fn what_was_taken_back_or_replaced_is_handed_to_nobody_and_is_no_hole() {
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]] {
        let sayings = [
            said(1, 1, 1, Entry::text("the password")),
            said(1, 2, 2, edit(id(1, 1), "hidden")),
            said(1, 3, 3, edit(id(1, 1), "hidden well")),
            said(1, 4, 4, Entry::text("a mistake")),
            said(1, 5, 5, Entry::Delete { of: id(1, 4) }),
        ];
        let past = past(order.map(|index| sayings[index].clone()));
        assert_eq!(handed(&past), ["hidden well"]);
        assert_eq!(counts(&past), []);
        let first = past.tell(&(1, id(1, 1))).map(|(_, entry)| entry);
        assert_eq!(first, Some(Entry::text("hidden well")));
        assert_eq!(past.tell(&(4, id(1, 4))), None);
    }
}

#[test]
fn nobody_takes_back_what_another_said() {
    let past = past([
        said(1, 1, 1, Entry::text("mine")),
        said(2, 1, 2, edit(id(1, 1), "yours")),
        said(2, 2, 3, Entry::Delete { of: id(1, 1) }),
    ]);
    assert_eq!(past.tell(&(1, id(1, 1))).map(|(_, entry)| entry), Some(Entry::text("mine")));
}

#[test]
fn what_is_missing_between_messages_is_a_hole_and_what_nothing_explains_too() {
    let mut past = past([said(1, 3, 3, Entry::text("a")), said(1, 6, 6, Entry::text("b"))]);
    assert_eq!(counts(&past), [("Person 1".into(), 2)]);
    past.take(outlined(said(1, 4, 4, Entry::text("withheld"))));
    assert_eq!(counts(&past), [("Person 1".into(), 2)]);
    past.take(outlined(said(1, 5, 5, Entry::Private(vec![vec![1; 60]]))));
    assert_eq!(counts(&past), [("Person 1".into(), 1)]);
    assert_eq!(past.holes(|_, _| Some(9)).first().map(|hole| hole.count), Some(4));
    assert!(past.holes(|_, _| Some(u32::MAX)).first().is_some_and(|hole| hole.count > 1_000));
    assert!(past.take(said(1, 4, 4, Entry::text("withheld"))), "somebody else hands on all of it");
    assert_eq!(counts(&past), []);
    assert!(!past.take(said(1, 4, 4, Entry::text("withheld"))));
}

#[test]
fn an_older_edit_that_is_withheld_is_no_hole_and_the_one_that_holds_is() {
    let of = id(1, 1);
    let (first, last) = (said(1, 2, 2, edit(of, "first")), said(1, 3, 3, edit(of, "last")));
    let text = outlined(said(1, 1, 1, Entry::text("text")));
    assert_eq!(counts(&past([text.clone(), outlined(first.clone()), last.clone()])), []);
    assert_eq!(counts(&past([text, first, outlined(last)])), [("Person 1".into(), 1)]);
}

#[test]
fn answers_fit_their_parts_and_begin_with_the_newest() {
    let long = "x".repeat(7_000);
    let past = past((1..=40).map(|seq| said(1, seq, u64::from(seq), Entry::text(long.as_str()))));
    let parts = past.answer(NOW);
    assert_eq!(parts.len(), usize::from(HISTORY_PARTS));
    assert!(parts.iter().all(|part| part.iter().map(size).sum::<usize>() <= HISTORY_PART_BYTES));
    let numbers: Vec<u32> = parts.iter().flatten().map(|saying| saying.id.seq).collect();
    assert_eq!(numbers, (40 - numbers.len() as u32 + 1..=40).rev().collect::<Vec<_>>());
    assert_eq!(Past::default().answer(NOW), [Vec::new()], "nothing is an answer, too");
}

#[test]
fn what_is_kept_is_bounded_in_number_bytes_and_age() {
    let past_of = |text: &str| past((1..=2_000).map(|seq| said(1, seq, u64::from(seq), Entry::text(text))));
    let short = past_of("x");
    assert_eq!(short.sayings.len(), MAX_SAYINGS);
    assert_eq!(short.bytes, short.sayings.values().map(size).sum::<usize>());
    assert!(past_of(&"x".repeat(9_000)).bytes <= MAX_BYTES);
    let old = Saying { written: RoomTime::from_millis(0), ..said(1, 1, 1, Entry::text("old")) };
    assert!(handed(&past([old])).is_empty());
}

proptest! {
    #[test]
    fn any_order_keeps_the_same(
        (sayings, shuffled) in sayings().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        let (one, other) = (past(sayings), past(shuffled));
        prop_assert_eq!(one.answer(NOW), other.answer(NOW));
        prop_assert_eq!(one.bytes, one.sayings.values().map(size).sum::<usize>());
        prop_assert_eq!(one.holes(no_word), other.holes(no_word));
    }
}

fn sayings() -> impl Strategy<Value = Vec<Saying>> {
    let step = (1..3_u8, 0..4_u8, 1..3_u8, 1..8_u32, 1..30_u64);
    prop::collection::vec(step, 1..20).prop_map(|steps| {
        let mut counts = [0_u32; 3];
        let saying = |(person, kind, target, seq, lamport): (u8, u8, u8, u32, u64)| {
            let count = &mut counts[usize::from(person)];
            *count += 1;
            let of = id(target, seq);
            let entry = match kind {
                0 | 1 => Entry::text(format!("{person} says {count}")),
                2 => edit(of, &format!("{person} edits {count}")),
                _ => Entry::Delete { of },
            };
            said(person, *count, lamport, entry)
        };
        steps.into_iter().map(saying).collect()
    })
}
