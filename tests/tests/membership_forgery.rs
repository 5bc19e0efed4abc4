//! Nobody can change an operation on its way, or carry it elsewhere: none of 100,000 changed ones is accepted.
//!
//! `MILANIO_FORGERIES` says how many others are tried instead.

#[path = "membership/history.rs"]
mod history;
#[path = "membership/oracle.rs"]
#[expect(dead_code, reason = "only places operations here")]
mod oracle;

use history::{History, below};
use milanio_identity::Genesis;
use milanio_node::wire::operation::{Operation, OperationError, VerifiedOperation};
use milanio_tests::{
    sim::for_seeds_at_once,
    tries::{Tries, forgeries},
};

/// Changed operations in all, unless the environment says another number.
const FORGERIES: u64 = 100_000;
/// Histories they come from.
const HISTORIES: u64 = 20;
/// Lengths of an operation's fixed parts: version, account, device; signature.
const HEAD: usize = 1 + 32 + 32;
const SIGNATURE: usize = 64;

/// `bytes`, changed in one of the ways an attacker has; `other` is another operation of the room.
fn forged(history: &mut History, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut forged = bytes.to_vec();
    let at = below(&mut history.rng, bytes.len());
    match below(&mut history.rng, 8) {
        0 | 1 => forged[at] ^= 1_u8 << below(&mut history.rng, 8),
        2 => forged.truncate(at),
        3 => forged.insert(at, below(&mut history.rng, 256) as u8),
        // Another's words under one's own signature, and the other way round.
        4 => forged.splice(bytes.len() - SIGNATURE.., other[other.len() - SIGNATURE..].iter().copied()).for_each(drop),
        // Another author.
        5 => forged[1..HEAD].copy_from_slice(&other[1..HEAD]),
        // The head of one and the tail of another.
        6 => forged.splice(at.., other.get(at..).unwrap_or_default().iter().copied()).for_each(drop),
        // A weak key, under which almost anything verifies when it is checked laxly.
        _ => {
            forged[HEAD - 32..HEAD].fill(0);
            forged[HEAD - 32] = 1;
            forged[bytes.len() - SIGNATURE..].fill(0);
            forged[bytes.len() - SIGNATURE] = 1;
        }
    }
    forged
}

#[test]
fn no_changed_operation_is_accepted() {
    let tries = Tries::new("operations");
    for_seeds_at_once(HISTORIES, |seed| {
        let mut history = History::random(seed, 64);
        let genesis = history.genesis.digest();
        let originals: Vec<Vec<u8>> = history.operations.iter().map(|op| op.as_bytes().to_vec()).collect();
        let mut left = forgeries(FORGERIES).div_ceil(HISTORIES);
        while left > 0 {
            let bytes = &originals[below(&mut history.rng, originals.len())];
            let other = &originals[below(&mut history.rng, originals.len())];
            let forged = forged(&mut history, bytes, other);
            if !originals.contains(&forged) {
                left -= 1;
                let refused = VerifiedOperation::from_bytes(&genesis, &forged).expect_err("it was changed");
                tries.refused(matches!(refused, OperationError::Signature(_)));
            }
        }
    });
    tries.tell();
}

#[test]
fn no_operation_is_accepted_in_another_room() {
    let history = History::random(1, 64);
    let rooms = [
        Genesis { nonce: [8; 16], ..history.genesis.clone() },
        Genesis { created_s: history.genesis.created_s + 1, ..history.genesis.clone() },
        Genesis { ttl_s: 1, ..history.genesis.clone() },
        Genesis { owner: history::actor(40, 40).account, ..history.genesis.clone() },
    ];
    for operation in &history.operations {
        for room in &rooms {
            let refused = VerifiedOperation::from_bytes(&room.digest(), operation.as_bytes());
            assert!(matches!(refused, Err(OperationError::Signature(_))));
        }
    }
}

#[test]
fn nobody_can_sign_for_another_device() {
    let history = History::random(2, 64);
    for operation in &history.operations {
        let stolen: &Operation = operation.operation();
        for actor in history.actors.iter().filter(|actor| actor.key.id() != stolen.device) {
            let refused = VerifiedOperation::sign(&actor.key, &history.genesis, stolen);
            assert!(matches!(refused, Err(OperationError::Signature(_))));
        }
    }
}
