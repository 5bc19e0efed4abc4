//! The floors of a room: their secrets, which of them are in use, and which is spoken on.
//!
//! The floor of epoch 0 follows from the code; each later one has a random secret that a rotation commits to. In use are the latest
//! rotations, of which those do not count that somebody who is out by now was given, if there are others; the smallest hash is
//! spoken on. What was in use before is listened to for a while, because not everybody hears of a rotation at the same moment.
//!
//! Left out: handing secrets to others, and when to rotate.

use std::{fmt, time::Duration};

use crate::core::sorted::SortedMap;
use milanio_identity::FloorRoot;
use zeroize::Zeroizing;

use super::topics::Epoch;
use crate::{
    core::{membership::Rotation, time::Timestamp},
    wire::{door::FloorSecret, limits::FLOOR_HEADS, operation::OperationHash},
};

/// How long a floor that is no longer in use is listened to. Chosen: five times the time window of frames.
const LISTENED_FOR: Duration = Duration::from_secs(600);
/// How long a secret may wait for its rotation. Chosen: longer than it takes to ask for operations several times.
const UNPROVEN_FOR: Duration = Duration::from_secs(20);
/// How long one surely may that anybody can have handed over, before newer ones take its place. Chosen: longer than a round trip.
const HEARD_OUT_FOR: Duration = Duration::from_secs(2);
/// Secrets kept. Chosen: more than the removals of a long day.
const MAX_ROOTS: usize = 64;

/// A floor's secret as it is kept from one run to the next: the rotation's hash and the secret. Opaque; to be kept sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptFloor(Zeroizing<[u8; 64]>);

impl KeptFloor {
    /// Takes what [`Self::as_bytes`] gave.
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes to be kept.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    fn new(rotation: OperationHash, root: &FloorRoot) -> Self {
        let mut bytes = Zeroizing::new([0; 64]);
        bytes[..32].copy_from_slice(&rotation.0);
        bytes[32..].copy_from_slice(root.as_bytes());
        Self(bytes)
    }

    /// The rotation and the secret.
    pub(super) fn parts(&self) -> (OperationHash, FloorRoot) {
        let (mut rotation, mut secret) = ([0; 32], Zeroizing::new([0; 32]));
        rotation.copy_from_slice(&self.0[..32]);
        secret.copy_from_slice(&self.0[32..]);
        (OperationHash(rotation), FloorRoot::from_bytes(*secret))
    }
}

impl fmt::Debug for KeptFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptFloor(redacted)")
    }
}

/// The floors.
pub struct Floors {
    zero: FloorRoot,
    /// Whether the room was founded with an open door; `None` while the genesis is not known.
    founded_open: Option<bool>,
    /// Secrets that their rotations commit to, and when each came.
    roots: SortedMap<OperationHash, (FloorRoot, Timestamp)>,
    /// Secrets whose rotations are not known yet.
    unproven: SortedMap<OperationHash, Unproven>,
    /// The rotations in use, by hash.
    heads: Vec<OperationHash>,
    /// What is listened to only, and until when.
    retired: SortedMap<Epoch, Timestamp>,
    /// When the heads changed last.
    changed_at: Timestamp,
}

struct Unproven {
    root: FloorRoot,
    until: Timestamp,
    handed: Handed,
}

/// How a secret came whose rotation is not known. At most [`FLOOR_HEADS`] of each kind are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handed {
    /// At the door, by whomever: it is listened to.
    AtDoor,
    /// On a floor: the same.
    OnFloor,
    /// At the door, and somebody who decides made that floor: until more is known it is where the others are.
    Vouched,
}

impl Floors {
    /// Epoch 0 alone.
    pub fn new(zero: FloorRoot, now: Timestamp) -> Self {
        Self {
            zero,
            founded_open: None,
            roots: SortedMap::new(),
            unproven: SortedMap::new(),
            heads: Vec::new(),
            retired: SortedMap::new(),
            changed_at: now,
        }
    }

    /// The genesis is known: epoch 0 is for rooms that were founded with an open door.
    pub fn founded(&mut self, open: bool) {
        self.founded_open = Some(open);
    }

    /// Takes a secret. `commitment`: what its rotation commits to, if that is known. Nothing to keep if it is wrong, or not known.
    pub fn learn(
        &mut self,
        rotation: OperationHash,
        root: FloorRoot,
        commitment: Option<[u8; 32]>,
        handed: Handed,
        now: Timestamp,
    ) -> Option<KeptFloor> {
        match commitment {
            Some(commitment) if commitment == root.commitment() => self.prove(rotation, root, now),
            Some(_) => None,
            None => {
                self.hold(rotation, Unproven { root, until: now.after(UNPROVEN_FOR), handed });
                None
            }
        }
    }

    /// Whether this secret waits for its rotation already, which is known to be of somebody who decides.
    pub fn is_vouched(&self, rotation: &OperationHash, secret: &[u8; 32]) -> bool {
        let known = self.unproven.get(rotation);
        known.is_some_and(|one| one.handed == Handed::Vouched && one.root.as_bytes() == secret)
    }

    /// Whether a secret waits for this rotation that nobody vouches for.
    pub fn is_doubtful(&self, rotation: &OperationHash) -> bool {
        self.unproven.get(rotation).is_some_and(|one| one.handed != Handed::Vouched)
    }

    /// Keeps a secret until its rotation is known. Those of one kind never make those of a better one give way.
    fn hold(&mut self, rotation: OperationHash, unproven: Unproven) {
        let known = self.unproven.get(&rotation);
        if self.roots.contains_key(&rotation) || known.is_some_and(|known| known.handed >= unproven.handed) {
            return;
        }
        let alike = || self.unproven.iter().filter(|(_, one)| one.handed == unproven.handed);
        if alike().count() >= FLOOR_HEADS {
            // Anybody can bring more of these at any time: each has its moment, none keeps the others out.
            let heard_out = |one: &Unproven| one.until.after(HEARD_OUT_FOR) <= unproven.until;
            let oldest = alike().min_by_key(|(_, one)| one.until).filter(|(_, one)| heard_out(one));
            let gives_way = oldest.filter(|_| unproven.handed == Handed::AtDoor).map(|(hash, _)| *hash);
            let Some(hash) = gives_way else { return };
            self.unproven.remove(&hash);
        }
        self.unproven.insert(rotation, unproven);
    }

    fn prove(&mut self, rotation: OperationHash, root: FloorRoot, now: Timestamp) -> Option<KeptFloor> {
        self.unproven.remove(&rotation);
        if self.roots.contains_key(&rotation) {
            return None;
        }
        if self.roots.len() >= MAX_ROOTS {
            let unused = self.roots.iter().filter(|(hash, _)| !self.heads.contains(hash));
            let oldest = unused.min_by_key(|(_, (_, since))| *since).map(|(hash, _)| *hash);
            oldest.and_then(|hash| self.roots.remove(&hash));
        }
        let kept = KeptFloor::new(rotation, &root);
        self.roots.insert(rotation, (root, now));
        Some(kept)
    }

    /// The latest rotations are these; `commitment` finds what any rotation commits to. Returns the secrets that are proven by it.
    pub fn update(
        &mut self,
        latest: &[Rotation],
        commitment: impl Fn(&OperationHash) -> Option<[u8; 32]>,
        now: Timestamp,
    ) -> Vec<KeptFloor> {
        let proven: Vec<_> = self.unproven.keys().filter_map(|hash| Some((*hash, commitment(hash)?))).collect();
        let mut kept = Vec::new();
        for (hash, commitment) in proven {
            let unproven = self.unproven.remove(&hash);
            let right = unproven.filter(|unproven| unproven.root.commitment() == commitment);
            kept.extend(right.and_then(|unproven| self.prove(hash, unproven.root, now)));
        }
        if kept.iter().map(|kept| kept.parts().0).any(|hash| latest.iter().any(|rotation| rotation.hash == hash)) {
            // What led here is known now: what else was said at the door leads away.
            self.unproven.retain(|_, unproven| unproven.handed == Handed::OnFloor);
        }
        let any_clean = latest.iter().any(|rotation| rotation.clean);
        let in_use = latest.iter().filter(|rotation| rotation.clean || !any_clean).map(|rotation| rotation.hash);
        let heads: Vec<_> = in_use.take(FLOOR_HEADS).collect();
        if heads != self.heads {
            self.retire(&heads, now);
            self.heads = heads;
            self.changed_at = now;
        }
        kept
    }

    fn retire(&mut self, heads: &[OperationHash], now: Timestamp) {
        let until = now.after(LISTENED_FOR);
        if self.heads.is_empty() && self.founded_open == Some(true) {
            self.retired.insert(Epoch::Zero, until);
        }
        for hash in self.heads.iter().filter(|hash| !heads.contains(hash)) {
            self.retired.insert(Epoch::Rotated(*hash), until);
        }
        for hash in heads {
            self.retired.remove(&Epoch::Rotated(*hash));
        }
    }

    /// Listens to the latest of the floors that an earlier run was on, the last one last, as that run would have: others may be there
    /// who have not heard of the rotation yet. And on epoch 0: who came with the code alone while nobody was there is on that one.
    pub fn listen_again(&mut self, kept: &[OperationHash], now: Timestamp) {
        if self.was_rotated() && self.founded_open == Some(true) {
            self.retired.insert(Epoch::Zero, now.after(LISTENED_FOR));
        }
        let out_of_use = kept.iter().rev().filter(|hash| self.roots.contains_key(*hash) && !self.heads.contains(hash));
        for hash in out_of_use.take(FLOOR_HEADS) {
            self.retired.insert(Epoch::Rotated(*hash), now.after(LISTENED_FOR));
        }
    }

    /// Which floor is spoken on; none in a closed room that this device has no secret of, and none while it lacks the secret of the
    /// floor that followed: somebody who is out may hear the one before.
    pub fn spoken(&self) -> Option<Epoch> {
        let vouched = self.unproven.iter().filter(|(_, unproven)| unproven.handed == Handed::Vouched);
        // The first to come: who says more of them does not move this device on.
        let admitted = vouched.min_by_key(|(_, one)| one.until).map(|(hash, _)| *hash);
        let known = || self.heads.iter().find(|hash| self.roots.contains_key(*hash)).copied();
        let zero = (self.heads.is_empty() && self.founded_open != Some(false)).then_some(Epoch::Zero);
        let rotated = admitted.or_else(known).map(Epoch::Rotated);
        rotated.or(zero).filter(|epoch| self.root(epoch).is_some())
    }

    /// Where others are reached: where it is spoken, or else where it was. For what outsiders may hear, and what is sealed.
    pub fn reached(&self) -> Option<Epoch> {
        let retired = || self.retired.iter().max_by_key(|(_, until)| **until).map(|(epoch, _)| *epoch);
        self.spoken().or_else(retired).filter(|epoch| self.root(epoch).is_some())
    }

    /// Whether the room is elsewhere: no secret of a floor in use is known here.
    pub fn is_behind(&self) -> bool {
        !self.heads.is_empty() && self.in_use().is_empty()
    }

    /// Whether the secret of a floor in use is not known here.
    pub fn lacks(&self) -> bool {
        self.heads.iter().any(|hash| !self.roots.contains_key(hash))
    }

    /// The floors in use whose secrets are known here.
    pub fn in_use(&self) -> Vec<Epoch> {
        let known = self.heads.iter().filter(|hash| self.roots.contains_key(*hash));
        known.map(|hash| Epoch::Rotated(*hash)).collect()
    }

    /// Whether a floor is in use, as far as is known here.
    pub fn is_in_use(&self, epoch: Epoch) -> bool {
        match epoch {
            Epoch::Zero => self.heads.is_empty(),
            Epoch::Rotated(hash) => self.heads.contains(&hash),
        }
    }

    /// Whether there was ever a rotation.
    pub fn was_rotated(&self) -> bool {
        !self.heads.is_empty()
    }

    /// When the floors in use changed last.
    pub const fn changed_at(&self) -> Timestamp {
        self.changed_at
    }

    /// The secrets of the floors in use, for somebody who comes in.
    pub fn secrets(&self) -> Vec<FloorSecret> {
        let secret = |hash: &OperationHash| {
            self.roots.get(hash).map(|(root, _)| FloorSecret { rotation: *hash, secret: *root.as_bytes(), proof: None })
        };
        self.heads.iter().filter_map(secret).collect()
    }

    /// What is to be followed.
    pub fn followed(&self) -> Vec<(Epoch, &FloorRoot)> {
        let zero = (self.heads.is_empty() && self.founded_open != Some(false)).then_some(Epoch::Zero);
        let rotated = self.heads.iter().chain(self.unproven.keys()).map(|hash| Epoch::Rotated(*hash));
        let epochs = rotated.chain(zero).chain(self.retired.keys().copied());
        epochs.filter_map(|epoch| Some((epoch, self.root(&epoch)?))).collect()
    }

    fn root(&self, epoch: &Epoch) -> Option<&FloorRoot> {
        match epoch {
            Epoch::Zero => Some(&self.zero),
            Epoch::Rotated(hash) => {
                let proven = self.roots.get(hash).map(|(root, _)| root);
                proven.or_else(|| self.unproven.get(hash).map(|unproven| &unproven.root))
            }
        }
    }

    /// Forgets what has been listened to, or has waited, for long enough.
    pub fn expire(&mut self, now: Timestamp) {
        self.retired.retain(|_, until| *until > now);
        self.unproven.retain(|_, unproven| unproven.until > now);
    }

    /// When [`Self::expire`] has something next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.retired.values().copied().chain(self.unproven.values().map(|unproven| unproven.until)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn hash(number: u8) -> OperationHash {
        OperationHash([number; 32])
    }

    fn root(number: u8) -> FloorRoot {
        FloorRoot::from_bytes([number; 32])
    }

    fn rotation(number: u8, clean: bool) -> Rotation {
        Rotation { hash: hash(number), commitment: root(number).commitment(), clean }
    }

    fn floors(open: bool) -> Floors {
        let mut floors = Floors::new(root(0), at(0));
        floors.founded(open);
        floors
    }

    fn know(floors: &mut Floors, number: u8) -> Option<KeptFloor> {
        floors.learn(hash(number), root(number), Some(root(number).commitment()), Handed::OnFloor, at(0))
    }

    fn update(floors: &mut Floors, latest: &[Rotation], now: Timestamp) -> Vec<KeptFloor> {
        let commitments: SortedMap<_, _> = latest.iter().map(|one| (one.hash, one.commitment)).collect();
        floors.update(latest, |hash| commitments.get(hash).copied(), now)
    }

    fn followed(floors: &Floors) -> Vec<Epoch> {
        let mut followed: Vec<_> = floors.followed().into_iter().map(|(epoch, _)| epoch).collect();
        followed.sort_unstable();
        followed
    }

    #[test]
    fn a_room_begins_on_the_floor_that_the_code_opens_unless_it_was_founded_closed() {
        assert_eq!(floors(true).spoken(), Some(Epoch::Zero));
        assert_eq!(floors(false).spoken(), None);
        assert_eq!(followed(&floors(false)), []);
    }

    #[test]
    fn after_a_rotation_the_old_floor_is_listened_to_for_ten_minutes() {
        let mut floors = floors(true);
        know(&mut floors, 5);
        update(&mut floors, &[rotation(5, true)], at(0));
        assert_eq!(floors.spoken(), Some(Epoch::Rotated(hash(5))));
        assert_eq!(followed(&floors), [Epoch::Zero, Epoch::Rotated(hash(5))]);
        assert_eq!(floors.next_due(), Some(at(600_000)));
        floors.expire(at(600_000));
        assert_eq!(followed(&floors), [Epoch::Rotated(hash(5))]);
    }

    #[test]
    fn who_lacks_the_secret_is_reached_where_it_was_and_does_not_speak_there() {
        let mut floors = floors(true);
        update(&mut floors, &[rotation(5, true)], at(0));
        assert_eq!((floors.spoken(), floors.reached()), (None, Some(Epoch::Zero)));
        assert!(floors.lacks() && floors.is_behind());
        know(&mut floors, 5);
        assert_eq!(floors.spoken(), Some(Epoch::Rotated(hash(5))));
        assert!(!floors.lacks() && !floors.is_behind());
    }

    #[test]
    fn of_several_the_smallest_is_spoken_on_but_none_that_somebody_outside_knows() {
        let mut floors = floors(true);
        (3..6).for_each(|number| drop(know(&mut floors, number)));
        update(&mut floors, &[rotation(3, false), rotation(4, true), rotation(5, true)], at(0));
        assert_eq!(floors.spoken(), Some(Epoch::Rotated(hash(4))));
        assert!(!followed(&floors).contains(&Epoch::Rotated(hash(3))));
        update(&mut floors, &[rotation(3, false), rotation(4, false)], at(0));
        assert_eq!(floors.spoken(), Some(Epoch::Rotated(hash(3))));
    }

    #[test]
    fn a_secret_counts_once_its_rotation_commits_to_it() {
        let mut floors = floors(false);
        assert_eq!(floors.learn(hash(5), root(5), None, Handed::AtDoor, at(0)), None);
        assert_eq!(floors.learn(hash(6), root(7), Some(root(6).commitment()), Handed::AtDoor, at(0)), None);
        assert_eq!((floors.spoken(), followed(&floors)), (None, vec![Epoch::Rotated(hash(5))]));
        let kept = update(&mut floors, &[rotation(5, true)], at(10));
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].parts().0, hash(5));
        let mut liar = Floors::new(root(0), at(0));
        liar.founded(false);
        liar.learn(hash(5), root(9), None, Handed::Vouched, at(0));
        assert_eq!(liar.spoken(), Some(Epoch::Rotated(hash(5))));
        assert_eq!(update(&mut liar, &[rotation(5, true)], at(10)), []);
        assert_eq!(liar.spoken(), None);
    }

    #[test]
    fn whatever_else_is_handed_over_moves_nobody_from_what_somebody_vouches_for() {
        let mut floors = floors(false);
        let flood = |floors: &mut Floors, numbers: std::ops::Range<u8>, now| {
            numbers.for_each(|number| drop(floors.learn(hash(number), root(number), None, Handed::AtDoor, now)));
        };
        flood(&mut floors, 0..100, at(0));
        assert_eq!(floors.spoken(), None, "anybody may have said these");
        floors.learn(hash(200), root(200), None, Handed::Vouched, at(10));
        flood(&mut floors, 101..150, at(20));
        floors.learn(hash(200), root(9), None, Handed::AtDoor, at(20));
        assert_eq!(floors.spoken(), Some(Epoch::Rotated(hash(200))));
        assert_eq!(floors.root(&Epoch::Rotated(hash(200))).map(|root| *root.as_bytes()), Some([200; 32]));
        assert_eq!(followed(&floors).len(), FLOOR_HEADS + 1);
        update(&mut floors, &[rotation(200, true)], at(30));
        flood(&mut floors, 150..200, at(40));
        assert_eq!(floors.spoken(), Some(Epoch::Rotated(hash(200))), "nor once its rotation is known");
    }

    #[test]
    fn of_what_anybody_can_hand_over_each_is_listened_to_for_a_moment_and_keeps_nobody_out() {
        let mut floors = floors(false);
        let mut hand_over = |number, now| {
            floors.learn(hash(number), root(number), None, Handed::AtDoor, at(now));
            followed(&floors).contains(&Epoch::Rotated(hash(number)))
        };
        assert!((0..8).all(|number| hand_over(number, 0)));
        assert!(!hand_over(100, 1_999));
        assert!(hand_over(101, 2_000));
        assert_eq!(followed(&floors).len(), FLOOR_HEADS);
    }

    #[test]
    fn unproven_secrets_are_few_and_do_not_stay() {
        let mut floors = floors(false);
        (0..100).for_each(|number| drop(floors.learn(hash(number), root(number), None, Handed::AtDoor, at(0))));
        assert_eq!(followed(&floors).len(), FLOOR_HEADS);
        floors.expire(at(20_000));
        assert_eq!(followed(&floors), []);
    }

    #[test]
    fn a_new_run_listens_to_the_latest_floors_of_the_one_before_and_speaks_on_none_of_them() {
        let mut floors = floors(false);
        (1..20).for_each(|number| drop(know(&mut floors, number)));
        update(&mut floors, &[rotation(19, true)], at(0));
        let kept: Vec<_> = (1..20).map(hash).collect();
        floors.listen_again(&kept, at(0));
        let rotated = |number| Epoch::Rotated(hash(number));
        assert_eq!(followed(&floors), (11..20).map(rotated).collect::<Vec<_>>());
        assert_eq!(floors.spoken(), Some(rotated(19)));
        floors.expire(at(600_000));
        assert_eq!(followed(&floors), [rotated(19)]);
    }

    #[test]
    fn secrets_are_kept_in_bounded_number_and_those_in_use_stay() {
        let mut floors = floors(true);
        know(&mut floors, 1);
        update(&mut floors, &[rotation(1, true)], at(0));
        (2..200).for_each(|number| drop(know(&mut floors, number)));
        assert_eq!(floors.roots.len(), MAX_ROOTS);
        assert_eq!(floors.spoken(), Some(Epoch::Rotated(hash(1))));
    }

    #[test]
    fn a_kept_secret_comes_back_whole_and_shows_nothing() {
        let kept = know(&mut floors(true), 5).unwrap();
        let (rotation, back) = KeptFloor::from_bytes(*kept.as_bytes()).parts();
        assert_eq!((rotation, back.as_bytes()), (hash(5), root(5).as_bytes()));
        assert_eq!(format!("{kept:?}"), "KeptFloor(redacted)");
    }
}
