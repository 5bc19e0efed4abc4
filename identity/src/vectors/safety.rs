//! Vectors of the digits that people compare.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::cases::{Array, Mismatch, holds};
use crate::{AccountKey, RoomCheck, SafetyNumber};

/// A few people: the number of the first two, and the check of a room that all are in.
#[derive(Deserialize)]
pub(super) struct Safety {
    account_seeds: Vec<Array<32>>,
    genesis: Array<32>,
    roster: Array<32>,
    number: String,
    check: String,
}

impl Safety {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let accounts: Vec<_> = self.account_seeds.iter().map(|seed| AccountKey::from_seed(seed.0).id()).collect();
        let [one, other, ..] = accounts.as_slice() else { return Err(Mismatch("people")) };
        let spaced = |groups: Vec<String>| groups.join(" ");
        holds("safety number", spaced(SafetyNumber::of(one, other).groups().collect()) == self.number)?;
        holds("turned around", spaced(SafetyNumber::of(other, one).groups().collect()) == self.number)?;
        let members = BTreeSet::from_iter(accounts.iter().copied());
        let check = RoomCheck::of(&self.genesis.0, &members, &self.roster.0);
        holds("room check", spaced(check.groups().collect()) == self.check)
    }
}
