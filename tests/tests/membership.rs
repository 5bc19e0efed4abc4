//! The rule of membership against its literal reading, on random histories: the same set of operations, the same roster.
//!
//! `MILANIO_HISTORIES` says how many histories; 20,000 take some five minutes.

#[path = "membership/history.rs"]
mod history;
#[path = "membership/oracle.rs"]
mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use history::{History, below};
use milanio_node::{
    core::membership::{AddError, Added, Membership, Roster},
    wire::operation::{OperationBody, OperationHash, VerifiedOperation},
};
use milanio_tests::sim::for_seeds;
use oracle::Oracle;

/// Histories in the test command. Chosen: they take some ten seconds.
const HISTORIES: u64 = 2_000;
/// Operations in one history, at most.
const OPERATIONS: u64 = 64;
/// Seeds that once broke something.
const REGRESSIONS: [u64; 0] = [];

fn histories() -> u64 {
    std::env::var("MILANIO_HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(HISTORIES)
}

fn counting(membership: &mut Membership) -> BTreeSet<OperationHash> {
    let hashes: Vec<_> = membership.operations().map(VerifiedOperation::hash).collect();
    hashes.into_iter().filter(|hash| membership.refusal(hash).is_none()).collect()
}

fn shuffled(history: &mut History) -> Vec<VerifiedOperation> {
    let mut operations = history.operations.clone();
    for end in (1..operations.len()).rev() {
        operations.swap(end, below(&mut history.rng, end + 1));
    }
    operations
}

/// Adds `operations` in any order; reads the roster in between as often as `reads` says.
fn gathered(history: &History, operations: &[VerifiedOperation], reads: usize) -> Membership {
    let mut membership = Membership::new(&history.genesis);
    for (index, operation) in operations.iter().enumerate() {
        membership.add(operation.clone()).expect("it is rooted");
        if reads > 0 && index % reads == 0 {
            membership.roster();
        }
    }
    membership
}

fn compare(seed: u64) {
    let mut history = History::random(seed, OPERATIONS);
    let (counts, roster): (BTreeSet<OperationHash>, Roster) = Oracle::new(&history.genesis, &history.operations).read();
    let in_order = history.operations.clone();
    for (order, reads) in [(in_order, 1), (shuffled(&mut history), 0), (shuffled(&mut history), 3)] {
        let mut membership = gathered(&history, &order, reads);
        assert_eq!(counting(&mut membership), counts, "what counts");
        assert_eq!(membership.roster(), &roster);
        assert_eq!(membership.missing(), []);
        for unrooted in &history.unrooted {
            assert!(matches!(membership.add(unrooted.clone()), Err(AddError::Root(_))));
        }
        assert_eq!(membership.roster(), &roster);
        for known in &order {
            assert_eq!(membership.add(known.clone()), Ok(Added::Known));
        }
    }
}

#[test]
fn every_history_reads_as_the_rule_says_in_any_order() {
    REGRESSIONS.into_iter().for_each(compare);
    for_seeds(histories(), compare);
}

/// The number of a kind of operation on the wire.
fn kind(body: &OperationBody) -> Option<u8> {
    postcard::to_allocvec(body).ok()?.first().copied()
}

/// Otherwise the comparison would say little.
#[test]
fn histories_reach_every_kind_of_verdict() {
    let mut refusals = BTreeMap::new();
    let mut counted = BTreeMap::new();
    for seed in 0..300 {
        let history = History::random(seed, OPERATIONS);
        let mut membership = gathered(&history, &history.operations, 0);
        for operation in &history.operations {
            match membership.refusal(&operation.hash()) {
                Some(refusal) => *refusals.entry(refusal).or_insert(0) += 1,
                None => *counted.entry(kind(&operation.operation().body)).or_insert(0) += 1,
            }
        }
    }
    println!("{refusals:?} {:?}", counted.values());
    // A full room needs more people than a history has.
    assert_eq!(refusals.len(), 9, "{refusals:?}");
    assert_eq!(counted.len(), 11);
    assert!(refusals.into_values().chain(counted.into_values()).all(|count| count >= 10));
}

#[test]
fn every_past_reads_as_the_rule_says() {
    for_seeds(histories() / 20, |seed| {
        let history = History::random(seed, OPERATIONS);
        let mut membership = Membership::new(&history.genesis);
        let mut oracle = Oracle::new(&history.genesis, &[]);
        for operation in &history.operations {
            assert_eq!(membership.add(operation.clone()), Ok(Added::New { others: 0 }));
            oracle.push(operation.clone());
            let (counts, roster) = oracle.read();
            assert_eq!(membership.roster(), &roster);
            assert_eq!(counting(&mut membership), counts);
        }
    });
}
