//! What a member hands to who comes late: parts of an answer, and the authors' words in them.

use milanio_identity::AccountKey;
use milanio_node::wire::{
    entry::Entry,
    history::{HistoryPart, HistorySignal, QuestionId, Said, Saying},
    message::MessageId,
    proof::{Proof, ProofPlace},
};

use super::{NOW, ROOM, device, seeds};

/// A part that is accepted has one encoding, and the words in it are checked without a panic.
pub fn history(data: &[u8]) -> bool {
    let Ok(signal) = HistorySignal::decode(data) else { return false };
    assert_eq!(signal.encode().as_deref(), Ok(data));
    if let HistorySignal::Part(part) = signal {
        for saying in part.sayings {
            let outline = saying.clone().outlined();
            assert_eq!(saying.holds(ROOM), outline.holds(ROOM));
        }
    }
    true
}

/// A question, and one part with every kind of entry, whole and in outline.
pub(super) fn histories() -> Vec<Vec<u8>> {
    let question = QuestionId([5; 8]);
    let id = MessageId { device: device().id(), run: seeds::RUN, seq: 7 };
    let account = AccountKey::from_seed([1; 32]).id();
    let (lamport, written) = (300, NOW);
    let saying = |entry: Entry| {
        let at = ProofPlace { room: ROOM, account, id, lamport, written };
        let proof = Proof::sign(&device(), &at, &entry, "Zoë", [4; 16]);
        let whole = Saying { account, id, lamport, written, said: Said::Whole(entry), proof };
        let is_private = matches!(whole.said, Said::Whole(Entry::Private(_)));
        let outline = whole.clone().outlined();
        if is_private { vec![outline] } else { vec![whole, outline] }
    };
    let sayings: Vec<Saying> = seeds::entries(id).into_iter().flat_map(saying).collect();
    let single = sayings.iter().map(|one| vec![one.clone()]);
    let parts = single.chain([sayings.clone(), Vec::new()]);
    let parts = parts.map(|sayings| HistorySignal::Part(HistoryPart { question, index: 1, is_last: true, sayings }));
    let signals = parts.chain([HistorySignal::Wanted(question)]);
    signals.filter_map(|signal| signal.encode().ok()).collect()
}
