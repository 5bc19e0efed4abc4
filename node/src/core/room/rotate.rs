//! New floors: when this device makes one, and how the secret reaches those who stay.
//!
//! Who puts somebody out makes a new floor at once. If nobody did after a while, those who have the right do, one after the other by
//! device id, and so they do every hour, and when nobody is heard who has the secret. It is sealed to each device that is there; who
//! misses it is told again where it is heard, or knocks. Until then that device says nothing but operations: what is
//! written waits.

use std::time::Duration;

use milanio_identity::{DeviceId, FloorRoot, RoomId};
use rand_core::Rng;

use super::{ModerateError, Room, RoomEvent, content::Opens as _, floors::Handed, topics::Epoch};
use crate::{
    core::time::Timestamp,
    wire::{
        floor::{FloorKeys, Operations},
        limits::FLOOR_KEYS,
        message::FloorBody,
        operation::{OperationBody, OperationHash, Role, VerifiedOperation},
    },
};

/// How long whoever put somebody out has to make the new floor. Chosen: several round trips.
const AUTHOR_TAKES: Duration = Duration::from_secs(3);
/// How much later the next in line does it.
const NEXT_IN_LINE: Duration = Duration::from_secs(2);
/// The wait is this much longer at random, in milliseconds.
const JITTER_MILLIS: u64 = 500;
/// How long a secret may be missing before moderators make another floor: whoever made it may be gone. Chosen: four knocks.
const LACKED_FOR: Duration = Duration::from_secs(12);
/// A floor is replaced after this time. Chosen: what somebody who finds an old secret can listen to.
const HOURLY: Duration = Duration::from_secs(3_600);
/// How much later the next in line replaces it: by then everybody has heard of it.
const NEXT_IN_LINE_HOURLY: Duration = Duration::from_secs(30);
/// Who is heard on a floor that is no longer in use may have missed the rotation: it is told again after this time.
const LATE_AFTER: Duration = Duration::from_millis(1_000);
/// The wait before telling the late, in milliseconds, at random: somebody else may.
const TELL_WITHIN_MILLIS: u64 = 400;
/// How often the late are told.
const TELL_EVERY: Duration = Duration::from_secs(3);

impl Room {
    /// What the operations and the clock say about when this device makes a new floor.
    pub(super) fn plan_rotation(&mut self, now: Timestamp) {
        let may = self.is_inside() && self.own_role() >= Some(Role::Moderator);
        let ahead = self.moderators_ahead();
        let Some(ledger) = self.ledger.as_mut().filter(|_| may) else {
            (self.moves.rotate_at, self.moves.hourly_at) = (None, None);
            return;
        };
        let wanted = ledger.membership().wants_rotation();
        let never = !ledger.was_founded_open() && !self.floors.was_rotated();
        self.moves.hourly_at = Some(self.floors.changed_at().after(HOURLY + NEXT_IN_LINE_HOURLY * ahead).max(now));
        if never && ahead == 0 {
            self.moves.rotate_at = Some(now);
        } else if wanted || never {
            let jitter = Duration::from_millis(self.rng.next_u64() % JITTER_MILLIS);
            let at = now.after(AUTHOR_TAKES + NEXT_IN_LINE * ahead + jitter);
            self.moves.rotate_at = Some(self.moves.rotate_at.map_or(at, |planned| planned.min(at)));
        } else if self.floors.is_behind() {
            let at = self.floors.changed_at().after(LACKED_FOR + NEXT_IN_LINE * ahead);
            self.moves.rotate_at = Some(at.max(now));
        } else {
            self.moves.rotate_at = None;
        }
    }

    /// How many moderators are there who make a new floor rather than this device.
    fn moderators_ahead(&self) -> u32 {
        let ahead = self.roster.members().filter(|member| member.role >= Role::Moderator && member.device < self.me);
        ahead.count() as u32
    }

    /// Makes a new floor if it is time.
    pub(super) fn rotate_if_due(&mut self, now: Timestamp) {
        let is_due = self.moves.rotate_at.take_if(|at| *at <= now).is_some();
        if is_due || self.is_hour_over(now) {
            // What forbids it now changes by an operation, which plans anew.
            let _ = self.rotate(now);
        }
    }

    /// Whether the floor has been in use for an hour and this device is to replace it. Nobody is to while there is nobody to tell.
    fn is_hour_over(&mut self, now: Timestamp) -> bool {
        if self.moves.hourly_at.is_none_or(|at| at > now) {
            return false;
        }
        let ahead = self.moderators_ahead();
        let due = self.floors.changed_at().after(HOURLY + NEXT_IN_LINE_HOURLY * ahead);
        let is_over = due <= now && self.roster.len() > 0;
        self.moves.hourly_at = Some(due.max(now.after(NEXT_IN_LINE_HOURLY)));
        is_over
    }

    /// Makes a new floor, and hands its secret to those who are there.
    pub(super) fn rotate(&mut self, now: Timestamp) -> Result<(), ModerateError> {
        let Some(ledger) = &mut self.ledger else { return Err(ModerateError::NotEntered) };
        let mut secret = [0; 32];
        self.rng.fill_bytes(&mut secret);
        let root = FloorRoot::from_bytes(secret);
        let commitment = root.commitment();
        let operation = ledger.state(OperationBody::FloorRotate { commitment }, &self.device)?;
        let (digest, rotation) = (ledger.digest(), operation.hash());
        self.say_operation(operation.as_bytes().to_vec());
        let old = self.floors.reached();
        if let Some(old) = old {
            self.say_unsaid(old, now);
            self.say_floor_keys(old, rotation, &root, now);
        }
        let kept = self.floors.learn(rotation, root, Some(commitment), Handed::OnFloor, now);
        self.events.extend(kept.map(RoomEvent::Floor));
        self.exchange.knows(digest, false, now);
        self.membership_changed(&[rotation], now);
        Ok(())
    }

    fn say_floor_keys(&mut self, floor: Epoch, rotation: OperationHash, root: &FloorRoot, now: Timestamp) {
        let targets: Vec<_> = self.roster.members().map(|member| member.device).take(FLOOR_KEYS).collect();
        let mut sealed = Vec::with_capacity(targets.len());
        for to in targets {
            let info = info(self.room_id, self.me, to, rotation);
            let target = self.roster.ephemeral(&to);
            // Who has a weak key has nobody to blame.
            let seal = target.and_then(|target| target.seal(&info, &[], root.as_bytes(), &mut self.rng).ok());
            sealed.extend(seal.map(|seal| (to, seal)));
        }
        if !sealed.is_empty() && self.connected {
            self.say_on(floor, &FloorBody::FloorKeys(FloorKeys { rotation, sealed }), now);
        }
    }

    pub(super) fn hear_floor_keys(&mut self, from: DeviceId, keys: &FloorKeys, floor: Epoch, now: Timestamp) {
        if self.floors.is_in_use(Epoch::Rotated(keys.rotation)) {
            self.moves.late.remove(&floor);
        }
        let Some((_, sealed)) = keys.sealed.iter().find(|(to, _)| *to == self.me) else { return };
        let info = info(self.room_id, from, self.me, keys.rotation);
        let Ok(secret) = self.content.open(&info, sealed) else { return };
        let Ok(secret) = <[u8; 32]>::try_from(secret.as_slice()) else { return };
        let commitment = self.ledger.as_ref().and_then(|ledger| ledger.commitment(&keys.rotation));
        if commitment.is_none() {
            self.exchange.miss(floor, &mut self.rng, now);
        }
        let kept = self.floors.learn(keys.rotation, FloorRoot::from_bytes(secret), commitment, Handed::OnFloor, now);
        self.events.extend(kept.map(RoomEvent::Floor));
        self.update_floors(now);
        self.plan_rotation(now);
    }

    /// Follows and speaks on the floors that the operations say are in use.
    pub(super) fn update_floors(&mut self, now: Timestamp) {
        let Some(ledger) = &mut self.ledger else { return };
        let latest = ledger.membership().rotations();
        let before = self.floors.spoken();
        let kept = self.floors.update(&latest, |hash| ledger.commitment(hash), now);
        let spoken = self.floors.spoken();
        let moved = !kept.is_empty() && spoken != before;
        if before.is_none() && spoken.is_some() {
            // Meanwhile nothing could be asked for.
            self.inbox.retry(now);
        }
        self.events.extend(kept.into_iter().map(RoomEvent::Floor));
        self.follow(now);
        if moved && self.connected && self.roster.len() == 0 {
            self.look_in(now);
        }
    }

    /// Follows the topics of today.
    pub(super) fn follow(&mut self, now: Timestamp) {
        self.floors.expire(now);
        let changes = self.topics.update(self.clock.at(now), &self.floors.followed());
        self.commands.extend(changes);
    }

    /// A member was heard on this floor.
    pub(super) fn note_late(&mut self, floor: Epoch, now: Timestamp) {
        let is_late = !self.floors.is_in_use(floor)
            && self.floors.spoken().is_some_and(|spoken| spoken != floor && self.floors.is_in_use(spoken))
            && now.since(self.floors.changed_at()) >= LATE_AFTER;
        if is_late && self.is_inside() {
            let wait = Duration::from_millis(self.rng.next_u64() % TELL_WITHIN_MILLIS);
            let told = self.moves.late_told.is_some_and(|told| now.since(told) < TELL_EVERY);
            if !told {
                self.moves.late.entry(floor).or_insert(now.after(wait));
            }
        }
    }

    /// Tells those who are heard on a floor that is no longer in use of the one that is.
    pub(super) fn tell_late(&mut self, now: Timestamp) {
        let due: Vec<_> = self.moves.late.iter().filter(|(_, at)| **at <= now).map(|(floor, _)| *floor).collect();
        for floor in due {
            self.moves.late.remove(&floor);
            self.moves.late_told = Some(now);
            for secret in self.floors.secrets() {
                let Some(ledger) = &mut self.ledger else { return };
                let operation = ledger.membership().find(&secret.rotation).map(VerifiedOperation::as_bytes);
                let Some(operation) = operation.map(<[u8]>::to_vec) else { continue };
                self.say_on(floor, &FloorBody::Operations(Operations(vec![operation])), now);
                self.say_floor_keys(floor, secret.rotation, &FloorRoot::from_bytes(secret.secret), now);
            }
        }
    }
}

/// The sealing context. All parts have fixed lengths.
fn info(room: RoomId, from: DeviceId, to: DeviceId, rotation: OperationHash) -> Vec<u8> {
    [INFO_LABEL, room.as_bytes().as_slice(), from.as_bytes(), to.as_bytes(), &rotation.0].concat()
}

const INFO_LABEL: &[u8] = b"milanio/v1/floor\0";

#[cfg(test)]
mod tests {
    use milanio_identity::EphemeralSecret;
    use serde_json::Value;

    use super::*;
    use crate::wire::{
        group::tests::Constant,
        vectors::{array, bytes, device, vectors},
    };

    /// The figures were computed with another implementation of HPKE.
    #[test]
    fn sealed_secrets_of_floors_match_the_vectors() {
        let of = &vectors()["floor_keys"];
        let (room, rotation) = (RoomId::from_bytes(array(of, "room")), OperationHash(array(of, "rotation")));
        let open = |target: &Value| {
            let secret = EphemeralSecret::generate(&mut Constant(array::<32>(target, "ephemeral_ikm")[0]));
            let info = info(room, device(of, "from"), device(target, "to"), rotation);
            secret.open(&info, &[], &bytes(target, "sealed")).unwrap()
        };
        let targets = of["targets"].as_array().unwrap();
        assert_eq!(targets.iter().map(open).collect::<Vec<_>>(), [bytes(of, "secret"), bytes(of, "secret")]);
    }
}
