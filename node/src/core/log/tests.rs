//! The same entries give the same conversation, in whatever order they come, and nobody changes what others said.

use milanio_identity::{AccountId, AccountKey, DeviceKey};
use proptest::prelude::*;

use super::*;
use crate::{
    core::{sorted::SortedSet, time::RoomTime},
    wire::message::RunId,
};

fn account(person: u8) -> AccountId {
    AccountKey::from_seed([person; 32]).id()
}

fn id(person: u8, seq: u32) -> MessageId {
    MessageId { device: DeviceKey::from_seed([person; 32]).id(), run: RunId([1; 8]), seq }
}

fn written(lamport: u64) -> RoomTime {
    RoomTime::from_millis(lamport * 1_000)
}

fn said(person: u8, seq: u32, lamport: u64, entry: Entry) -> ChatMessage {
    ChatMessage {
        id: id(person, seq),
        account: account(person),
        name: format!("Person {person}"),
        lamport,
        written: written(lamport),
        entry,
        private: None,
        own: person == 1,
    }
}

fn whispered(message: ChatMessage) -> ChatMessage {
    ChatMessage { private: Some(account(9)), ..message }
}

fn edit(of: MessageId, text: &str) -> Entry {
    Entry::Edit { of, text: text.into() }
}

fn react(of: MessageId, emoji: &str, on: bool) -> Entry {
    Entry::React { of, emoji: emoji.into(), on }
}

fn log(messages: impl IntoIterator<Item = ChatMessage>) -> Log {
    let mut log = Log::default();
    for message in messages {
        log.take(message);
    }
    log
}

fn text(log: &Log, id: MessageId) -> &str {
    match log.line(id).map(Line::content) {
        Some(Content::Text(text)) => text,
        Some(Content::Deleted) => "deleted",
        Some(Content::Offer(_)) => "a file",
        None => "unknown",
    }
}

/// What everybody must agree on.
fn shown(log: &Log) -> Vec<(MessageId, String, bool, usize)> {
    let count = |line: &Line| line.reactions().values().map(SortedSet::len).sum();
    log.lines().map(|line| (line.id, text(log, line.id).to_owned(), line.is_edited(), count(line))).collect()
}

#[test]
fn what_is_about_a_private_message_stays_between_the_two() {
    let theirs = whispered(said(2, 1, 1, Entry::text("only you")));
    let mine = ChatMessage { private: Some(account(2)), ..said(1, 1, 2, Entry::text("and only you")) };
    let log = log([theirs, mine, said(3, 1, 3, Entry::text("for all"))]);
    let about = |of| {
        let reply = Entry::Text { text: "yes".into(), reply_to: Some(of) };
        [reply, edit(of, "no"), Entry::Delete { of }, react(of, "👍", true)]
    };
    for of in [id(2, 1), id(1, 1)] {
        for entry in about(of) {
            for meant in [None, Some(account(2)), Some(account(3))] {
                assert_eq!(log.audience(&entry, meant), Ok(Some(account(2))), "{entry:?}");
            }
        }
    }
    let to_all = about(id(3, 1)).map(|entry| log.audience(&entry, Some(account(2))));
    assert_eq!(to_all, [Ok(Some(account(2))), Ok(None), Ok(None), Ok(None)], "an answer may be private");
    for entry in about(id(4, 1)) {
        assert_eq!(log.audience(&entry, None), Err(NotHere), "{entry:?}");
    }
    assert_eq!(log.audience(&Entry::text("hello"), Some(account(2))), Ok(Some(account(2))));
}

#[test]
fn the_author_alone_changes_and_takes_back() {
    let of = id(1, 1);
    let mut log = log([said(1, 1, 1, Entry::text("meet at 4")), said(2, 1, 2, edit(of, "meet at 5"))]);
    assert_eq!(text(&log, of), "meet at 4");
    assert_eq!(log.take(said(2, 2, 3, Entry::Delete { of })), None);
    assert_eq!(log.take(said(1, 2, 4, edit(of, "meet at 6"))), Some(of));
    assert!(log.line(of).is_some_and(Line::is_edited));
    assert_eq!(text(&log, of), "meet at 6");
    assert_eq!(log.take(said(1, 3, 5, Entry::Delete { of })), Some(of));
    assert_eq!(log.take(said(1, 4, 6, edit(of, "back again"))), None);
    assert_eq!(text(&log, of), "deleted");
}

#[test]
fn another_device_of_the_author_counts_as_the_author() {
    let of = id(1, 1);
    let elsewhere = ChatMessage { account: account(1), ..said(2, 1, 2, edit(of, "from the phone")) };
    assert_eq!(text(&log([said(1, 1, 1, Entry::text("hello")), elsewhere]), of), "from the phone");
}

#[test]
fn the_causally_last_change_holds() {
    let of = id(1, 1);
    let log =
        log([said(1, 3, 9, edit(of, "third")), said(1, 1, 1, Entry::text("first")), said(1, 2, 5, edit(of, "second"))]);
    assert_eq!(text(&log, of), "third");
}

#[test]
fn reactions_count_once_per_account_and_go_again() {
    let of = id(1, 1);
    let mut log = log([said(1, 1, 1, Entry::text("done")), said(2, 1, 2, react(of, "👍", true))]);
    assert_eq!(log.take(said(2, 2, 3, react(of, "👍", true))), None);
    assert_eq!(log.take(said(3, 1, 3, react(of, "👍", true))), Some(of));
    let accounts = |log: &Log| log.line(of).unwrap().reactions().get("👍").map_or(0, SortedSet::len);
    assert_eq!(accounts(&log), 2);
    assert_eq!(log.take(said(2, 3, 4, react(of, "👍", false))), Some(of));
    assert_eq!(accounts(&log), 1);
}

#[test]
fn what_is_private_changes_in_private_alone() {
    let (open, hidden) = (id(1, 1), id(1, 2));
    let log = log([
        said(1, 1, 1, Entry::text("open")),
        whispered(said(1, 2, 2, Entry::text("hidden"))),
        whispered(said(1, 3, 3, edit(open, "other words for you"))),
        said(1, 4, 4, edit(hidden, "told to all")),
        said(2, 1, 5, react(hidden, "👍", true)),
        whispered(said(1, 5, 6, edit(hidden, "still hidden"))),
    ]);
    assert_eq!((text(&log, open), text(&log, hidden)), ("open", "still hidden"));
    assert!(log.line(hidden).unwrap().reactions().is_empty());
}

#[test]
fn a_message_that_comes_twice_is_one() {
    let mut log = log([said(1, 1, 1, Entry::text("once"))]);
    assert_eq!(log.take(said(1, 1, 1, Entry::text("once"))), None);
    assert_eq!(log.lines().count(), 1);
}

#[test]
fn lines_waiting_changes_and_reactions_are_bounded() {
    let mut log = Log::default();
    for number in 1..=2 * MAX_LINES as u32 {
        log.take(said(1, number, u64::from(number), Entry::text("x")));
    }
    assert_eq!((log.lines().count(), log.orders.len()), (MAX_LINES, MAX_LINES));
    assert_eq!(log.take(said(2, 1, 1, Entry::text("older than all"))), None);
    for number in 1..=2 * MAX_WAITING as u32 {
        log.take(said(2, number, 1, react(id(3, number), "👍", true)));
    }
    assert_eq!(log.waiting.len(), MAX_WAITING);
    let of = id(1, 2 * MAX_LINES as u32);
    for number in 1..=MAX_REACTIONS as u32 + 50 {
        let emoji: String = char::from_u32(0x1f300 + number).into_iter().collect();
        log.take(said(2, 5_000 + number, 9_000, react(of, &emoji, true)));
    }
    assert_eq!(log.line(of).unwrap().reactions.len(), MAX_REACTIONS);
}

#[test]
fn what_is_handed_on_is_marked_unless_it_is_here_already() {
    let (of, mine) = (id(2, 1), id(1, 1));
    let mut log = log([said(1, 1, 1, Entry::text("mine")), said(2, 2, 9, edit(of, "changed later"))]);
    assert_eq!(log.take_handed(said(1, 1, 1, Entry::text("mine")), "Ada"), None);
    assert_eq!(log.take_handed(said(2, 1, 2, Entry::text("theirs")), "Ada"), Some(of));
    assert_eq!(log.take_handed(said(2, 3, 3, react(mine, "👍", true)), "Ada"), Some(mine));
    let by = |id| log.line(id).and_then(|line| line.handed_by.as_deref());
    assert_eq!((by(mine), by(of), text(&log, of)), (None, Some("Ada"), "changed later"));
}

#[test]
fn history_comes_back_as_history_and_once() {
    let of = id(1, 1);
    let before = log([
        said(1, 1, 10, Entry::text("first")),
        said(2, 1, 11, Entry::Text { text: "second".into(), reply_to: Some(of) }),
        said(1, 2, 12, edit(of, "changed")),
        said(2, 2, 13, react(of, "🎉", true)),
        whispered(said(1, 3, 14, Entry::text("hidden"))),
        said(2, 3, 15, Entry::text("gone")),
        said(2, 4, 16, Entry::Delete { of: id(2, 3) }),
    ]);
    let kept = before.export(RoomTime::default());
    let mut after = log([said(2, 1, 11, Entry::text("second"))]);
    assert_eq!(after.import(&kept, RoomTime::default()), Ok(3));
    assert_eq!(after.import(&kept, RoomTime::default()), Ok(0));
    assert_eq!(shown(&after), shown(&before));
    assert_eq!(after.lamport(), 15);
    assert!(after.line(of).unwrap().is_history && after.line(id(1, 3)).unwrap().private.is_some());
    assert_eq!(after.take(said(1, 7, 20, edit(of, "changed later"))), Some(of));
    assert_eq!(after.forget_history().len(), 3);
    assert_eq!(after.lines().map(|line| line.id).collect::<Vec<_>>(), [id(2, 1)]);
}

#[test]
fn old_messages_are_neither_kept_nor_read() {
    let before = log((1..=10).map(|number| said(1, number, u64::from(number), Entry::text("x"))));
    let mut after = Log::default();
    assert_eq!(after.import(&before.export(written(4)), RoomTime::default()), Ok(7));
    let mut later = Log::default();
    assert_eq!(later.import(&before.export(written(4)), written(9)), Ok(2));
}

#[test]
fn an_export_never_outgrows_its_bound_and_keeps_the_newest() {
    let long = "x".repeat(16 * 1024);
    let log = log((1..=300).map(|number| said(1, number, u64::from(number), Entry::text(long.as_str()))));
    let kept = log.export(RoomTime::default());
    assert!((MAX_HISTORY_BYTES / 2..=MAX_HISTORY_BYTES).contains(&kept.len()), "{}", kept.len());
    let mut after = Log::default();
    after.import(&kept, RoomTime::default()).unwrap();
    assert_eq!(after.lines().next_back().map(|line| line.id), Some(id(1, 300)));
}

#[test]
fn broken_history_is_refused() {
    let kept = log([said(1, 1, 1, Entry::text("x"))]).export(RoomTime::default());
    let refused = |bytes: &[u8]| Log::default().import(bytes, RoomTime::default()).unwrap_err();
    assert_eq!(refused(&[]), HistoryError::Malformed);
    assert_eq!(refused(&[9, 0]), HistoryError::Version);
    assert_eq!(refused(&kept[..kept.len() - 1]), HistoryError::Malformed);
    assert_eq!(refused(&[kept.as_slice(), &[0]].concat()), HistoryError::Malformed);
}

fn entries() -> impl Strategy<Value = Vec<ChatMessage>> {
    let step = (1..4_u8, 0..5_u8, 1..4_u8, 1..6_u32, 1..9_u64, any::<bool>());
    prop::collection::vec(step, 1..40).prop_map(|steps| {
        let mut counts = [0_u32; 4];
        let entry = |(person, kind, target, seq, lamport, on): (u8, u8, u8, u32, u64, bool)| {
            let count = &mut counts[usize::from(person)];
            *count += 1;
            let of = id(target, seq);
            let entry = match kind {
                0 | 1 => Entry::text(format!("{person} says {count}")),
                2 => edit(of, &format!("{person} edits {count}")),
                3 => react(of, if seq % 2 == 0 { "👍" } else { "🎉" }, on),
                _ => Entry::Delete { of },
            };
            said(person, *count, lamport, entry)
        };
        steps.into_iter().map(entry).collect()
    })
}

proptest! {
    #[test]
    fn any_order_gives_the_same_conversation(
        (messages, shuffled) in entries().prop_flat_map(|messages| (Just(messages.clone()), Just(messages).prop_shuffle()))
    ) {
        let (first, second) = (log(messages), log(shuffled));
        prop_assert_eq!(shown(&first), shown(&second));
        prop_assert_eq!(first.export(RoomTime::default()), second.export(RoomTime::default()));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut with_version = vec![VERSION_BYTE];
        with_version.extend(bytes);
        let mut log = Log::default();
        if log.import(&with_version, RoomTime::default()).is_err() {
            prop_assert_eq!(log.lines().count(), 0);
        }
    }
}

/// What an export begins with.
const VERSION_BYTE: u8 = 1;
