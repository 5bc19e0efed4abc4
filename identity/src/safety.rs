//! Digits that people compare to be sure of each other: the safety number of two accounts, and the check of a whole room.
//!
//! Both are for reading aloud: whoever sits between two people cannot make the digits of both ends equal. A safety number is two
//! halves of 30 digits, one of each account, the smaller half first, so both people read the same. A half is SHA-512 over
//! the account's key, 5,200 times in a row: `h = label | key`, then `h = SHA-512(h | key)`. A room's check is SHA-512 over
//! `label | genesis digest(32) | number of accounts(4) | accounts(32 each, ascending) | roster(32)`. Of a hash the first
//! 30 bytes count: every 5 of them, big-endian, modulo 100,000, are 5 digits. What is left out: who was compared with whom,
//! which the callers keep.

use std::{collections::BTreeSet, fmt};

use sha2::{Digest as _, Sha512};

use crate::{key::AccountId, sign::DOMAIN};

/// How often a half of a safety number is hashed. As in Signal's fingerprints: 30 digits are under 100 bits, and this adds 12.
const ROUNDS: u32 = 5_200;

/// Groups of five digits that come of one hash.
const GROUPS: usize = 6;

/// Bytes of a hash that make a group.
const GROUP_BYTES: usize = 5;

/// One more than the largest group.
const GROUP_END: u64 = 100_000;

/// What two people compare to be sure that nobody stands between them: 60 digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SafetyNumber([[u32; GROUPS]; 2]);

impl SafetyNumber {
    /// The number of two accounts, in whatever order. Takes some milliseconds in a browser.
    pub fn of(one: &AccountId, other: &AccountId) -> Self {
        let mut halves = [half(one), half(other)];
        halves.sort_unstable();
        Self(halves)
    }

    /// Its twelve groups of five digits.
    pub fn groups(&self) -> impl Iterator<Item = String> {
        self.0.into_iter().flatten().map(group)
    }
}

/// What everybody in a room compares to be sure that all see the same members: 30 digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RoomCheck([u32; GROUPS]);

impl RoomCheck {
    /// The check of the room with this genesis ([`Genesis::digest`](crate::Genesis::digest)), these members and this digest of who
    /// may do what.
    pub fn of(genesis: &[u8; 32], members: &BTreeSet<AccountId>, roster: &[u8; 32]) -> Self {
        // No room has 2^32 members; should one ever, its check only says that.
        let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
        let mut hash = Sha512::new_with_prefix(DOMAIN).chain_update(ROOM_LABEL).chain_update(genesis);
        hash.update(count.to_be_bytes());
        members.iter().for_each(|account| hash.update(account.as_bytes()));
        Self(groups_of(&hash.chain_update(roster).finalize().into()))
    }

    /// Its six groups of five digits.
    pub fn groups(&self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(group)
    }
}

fn half(account: &AccountId) -> [u32; GROUPS] {
    let key = account.as_bytes();
    let first =
        Sha512::new_with_prefix(DOMAIN).chain_update(NUMBER_LABEL).chain_update(key).chain_update(key).finalize();
    let last = (1..ROUNDS).fold(first, |hash, _| Sha512::new_with_prefix(hash).chain_update(key).finalize());
    groups_of(&last.into())
}

fn groups_of(hash: &[u8; 64]) -> [u32; GROUPS] {
    std::array::from_fn(|index| {
        let bytes = &hash[index * GROUP_BYTES..(index + 1) * GROUP_BYTES];
        let number = bytes.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)) % GROUP_END;
        // Below 100,000 after the division, so nothing is cut off.
        number as u32
    })
}

fn group(number: u32) -> String {
    format!("{number:05}")
}

impl fmt::Debug for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It tells who talks with whom.
        f.write_str("SafetyNumber(..)")
    }
}

impl fmt::Debug for RoomCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomCheck(..)")
    }
}

const NUMBER_LABEL: &[u8] = b"safety-number\0";
const ROOM_LABEL: &[u8] = b"room-check\0";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountKey;

    fn account(n: u8) -> AccountId {
        AccountKey::from_seed([n; 32]).id()
    }

    fn digits(groups: impl Iterator<Item = String>) -> String {
        groups.collect()
    }

    #[test]
    fn both_people_read_the_same_sixty_digits_and_nobody_else_does() {
        let ours = SafetyNumber::of(&account(1), &account(2));
        assert_eq!(ours, SafetyNumber::of(&account(2), &account(1)));
        assert_ne!(ours, SafetyNumber::of(&account(1), &account(3)));
        let digits = digits(ours.groups());
        assert_eq!(digits.len(), 60);
        assert!(digits.bytes().all(|digit| digit.is_ascii_digit()));
    }

    #[test]
    fn a_room_check_depends_on_the_room_its_members_and_the_roster() {
        let members = BTreeSet::from([account(1), account(2)]);
        let check = RoomCheck::of(&[1; 32], &members, &[2; 32]);
        assert_eq!(digits(check.groups()).len(), 30);
        assert_ne!(check, RoomCheck::of(&[3; 32], &members, &[2; 32]));
        assert_ne!(check, RoomCheck::of(&[1; 32], &members, &[3; 32]));
        assert_ne!(check, RoomCheck::of(&[1; 32], &BTreeSet::from([account(1)]), &[2; 32]));
    }

    #[test]
    fn small_groups_keep_their_leading_zeros() {
        let mut hash = [0; 64];
        hash[4] = 7;
        assert_eq!(group(groups_of(&hash)[0]), "00007");
    }
}
