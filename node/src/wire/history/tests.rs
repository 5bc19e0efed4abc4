//! One encoding, within its limits, and a word that holds for one message of one author alone.

use milanio_identity::{AccountKey, DeviceKey};
use proptest::prelude::*;
use serde::Deserialize as _;

use super::*;
use crate::wire::message::RunId;

fn device() -> DeviceKey {
    DeviceKey::from_seed([101; 32])
}

fn room() -> RoomId {
    RoomId::from_bytes([9; 16])
}

fn id(seq: u32) -> MessageId {
    MessageId { device: device().id(), run: RunId([2; 8]), seq }
}

fn saying(seq: u32, entry: Entry, name: &str) -> Saying {
    let account = AccountKey::from_seed([1; 32]).id();
    let (lamport, written) = (300, RoomTime::from_millis(1_750_000_000_123));
    let at = ProofPlace { room: room(), account, id: id(seq), lamport, written };
    let proof = Proof::sign(&device(), &at, &entry, name, [4; 16]);
    Saying { account, id: id(seq), lamport, written, said: Said::Whole(entry), proof }
}

fn entries() -> Vec<Entry> {
    vec![
        Entry::text("Two walls moved"),
        Entry::Text { text: "Which ones?".into(), reply_to: Some(id(1)) },
        Entry::Edit { of: id(1), text: "Three walls moved".into() },
        Entry::Delete { of: id(2) },
        Entry::React { of: id(1), emoji: "👍".into(), on: true },
        Entry::Private(vec![vec![7; 60]]),
    ]
}

fn outlined(saying: &Saying) -> Saying {
    saying.clone().outlined()
}

fn part(sayings: Vec<Saying>) -> HistorySignal {
    HistorySignal::Part(HistoryPart { question: QuestionId([3; 8]), index: 1, is_last: true, sayings })
}

#[test]
fn a_word_holds_for_the_whole_message_and_for_its_outline() {
    for entry in entries() {
        let whole = saying(1, entry, "Ada");
        assert!(whole.holds(room()) && outlined(&whole).holds(room()), "{whole:?}");
    }
}

#[test]
fn a_word_holds_for_nothing_else() {
    let said = saying(1, Entry::text("yes"), "Ada");
    let other = AccountKey::from_seed([2; 32]).id();
    let named = Proof { name: "Bela".into(), ..said.proof.clone() };
    let salted = Proof { salt: Some([5; 16]), ..said.proof.clone() };
    let changed = [
        Saying { account: other, ..said.clone() },
        Saying { id: id(2), ..said.clone() },
        Saying { id: MessageId { device: DeviceKey::from_seed([5; 32]).id(), ..said.id }, ..said.clone() },
        Saying { lamport: 301, ..said.clone() },
        Saying { written: RoomTime::from_millis(1), ..said.clone() },
        Saying { said: Said::Whole(Entry::text("no")), ..said.clone() },
        Saying { said: Said::Whole(Entry::Text { text: "yes".into(), reply_to: Some(id(9)) }), ..said.clone() },
        Saying { said: Said::Outline(Outline::Private([0; 32])), ..said.clone() },
        Saying { proof: named, ..said.clone() },
        Saying { proof: salted, ..said.clone() },
    ];
    for changed in changed {
        assert!(!changed.holds(room()), "{changed:?}");
    }
    assert!(!said.holds(RoomId::from_bytes([8; 16])));
}

#[test]
fn what_breaks_a_limit_is_neither_written_nor_read() {
    let fine = saying(1, Entry::text("yes"), "Ada");
    let proof = |name: &str, length| Proof { name: name.into(), signature: vec![0; length], salt: Some([4; 16]) };
    let unsalted = Proof { salt: None, ..fine.proof.clone() };
    let part_of = |index, sayings| {
        HistorySignal::Part(HistoryPart { question: QuestionId([3; 8]), index, is_last: false, sayings })
    };
    let cases = [
        (part(vec![saying(1, Entry::Private(vec![vec![7; 60]]), "Ada")]), LimitError::Private),
        (part(vec![Saying { id: id(0), ..fine.clone() }]), LimitError::Sequence),
        (part(vec![Saying { proof: proof("Ada", 63), ..fine.clone() }]), LimitError::Proof),
        (part(vec![Saying { proof: proof(" Ada", 64), ..fine.clone() }]), LimitError::Name),
        (part(vec![Saying { proof: unsalted, ..fine.clone() }]), LimitError::Proof),
        (part(vec![Saying { proof: fine.proof.clone(), ..outlined(&fine) }]), LimitError::Proof),
        (part_of(limits::HISTORY_PARTS, Vec::new()), LimitError::History),
        (part(vec![fine; limits::HISTORY_SAYINGS + 1]), LimitError::History),
        (part(vec![saying(1, Entry::text("x".repeat(16_000)), "Ada"); 2]), LimitError::Signal),
    ];
    for (broken, expected) in cases {
        assert_eq!(broken.encode(), Err(expected));
        let bytes = postcard::to_allocvec(&broken).unwrap();
        assert_eq!(HistorySignal::decode(&bytes), Err(DecodeError::Limit(expected)));
    }
}

/// The figures were computed with another implementation of Ed25519 and of the encoding.
#[test]
fn parts_match_the_vectors() {
    #[derive(serde::Deserialize)]
    struct Case {
        whole: String,
        outline: String,
    }
    let mut vectors = serde_json::Deserializer::from_str(include_str!("../../../tests/vectors/history.json"));
    let cases = Vec::<Case>::deserialize(&mut vectors).unwrap();
    assert_eq!(cases.len(), entries().len());
    for (case, entry) in cases.iter().zip(entries()) {
        let is_private = matches!(entry, Entry::Private(_));
        let said = saying(7, entry, "Zoë");
        let bytes = part(vec![outlined(&said)]).encode().unwrap();
        assert_eq!(hex::encode(bytes), case.outline);
        let bytes = part(vec![said]).encode().map(hex::encode);
        assert_eq!(bytes, if is_private { Err(LimitError::Private) } else { Ok(case.whole.clone()) });
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_have_one_encoding(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(signal) = HistorySignal::decode(&bytes) {
            prop_assert_eq!(signal.encode(), Ok(bytes));
        }
    }

    #[test]
    fn no_changed_byte_of_a_part_holds(kind in 0..5_usize, is_outline: bool, at: prop::sample::Index, byte: u8) {
        let said = saying(7, entries()[kind].clone(), "Ada");
        let said = if is_outline { outlined(&said) } else { said };
        let before = part(vec![said.clone()]).encode().unwrap();
        let mut bytes = before.clone();
        *at.get_mut(bytes.as_mut_slice()) = byte;
        if let Ok(HistorySignal::Part(changed)) = HistorySignal::decode(&bytes) {
            let same = changed.sayings == [said];
            prop_assert!(same || changed.sayings.iter().all(|one| !one.holds(room())), "what was changed holds");
        }
    }
}
