//! The door: how a device that has no way onto the floor knocks, and how those inside answer.

use std::time::Duration;

use milanio_identity::{Attestation, DeviceCert, DeviceId, EphemeralPublic, FloorRoot, RoomId};
use rand_core::Rng;

use super::{
    Knocker, ModerateError, Room, RoomEvent,
    content::Opens as _,
    topics::{Epoch, Place},
};
use crate::{
    core::{membership::Refusal, time::Timestamp},
    wire::{
        codec::{decode, encode},
        door::{FloorSecret, Knock, KnockAnswer, RefusalReason, SealedAnswer},
        limits::FRAME_WINDOW,
        message::DoorBody,
        operation::{Door, OperationBody, Role},
    },
};

/// Whoever hears nobody for so long after coming in knocks: the floor may have moved.
const ALONE_KNOCKS_AFTER: Duration = Duration::from_millis(600);
/// Whoever misses a secret waits this long for it.
const LACKING_KNOCKS_AFTER: Duration = Duration::from_millis(300);
/// After a member fell silent, whoever has the lowest device id knocks for so long: a part of the room may have moved elsewhere.
const LOST_KNOCKS_FOR: Duration = Duration::from_secs(600);
/// Waits between knocks: the first ones tell of lost frames, the last is for ever.
const KNOCK_WAITS: [Duration; 3] = [Duration::from_millis(1_500), Duration::from_secs(4), Duration::from_secs(10)];
/// Answers are spread over so many milliseconds for each who could answer.
const ANSWER_MILLIS_PER_MEMBER: u64 = 40;
/// The longest an answer waits, in milliseconds.
const ANSWER_WITHIN_MILLIS: u64 = 400;

/// How a device stands before the door.
#[derive(Default)]
pub struct Knocking {
    /// When to knock next, and how often it was done.
    next: Option<(Timestamp, usize)>,
    /// What was told last of who is there.
    told_waiting: Option<bool>,
}

impl Room {
    /// Knocks, if there is a reason to and it is time.
    pub(super) fn knock_if_due(&mut self, now: Timestamp) {
        let Some(since) = self.knock_reason(now) else {
            self.knocking.next = None;
            return;
        };
        let (at, tries) = *self.knocking.next.get_or_insert((since, 0));
        if at > now || !self.connected || !self.requests.take(now) {
            return;
        }
        let wait = KNOCK_WAITS.get(tries).or(KNOCK_WAITS.last()).copied().unwrap_or_default();
        self.knocking.next = Some((now.after(wait), tries + 1));
        let join = self.unconfirmed_join();
        let knock = Knock {
            cert: self.cert.clone(),
            attestation: self.attestation.as_ref().map(Attestation::to_bytes),
            ephemeral: self.content.ephemeral(now).key,
            name: self.name.clone(),
            said: self.say_time(now),
            join,
        };
        let ticket = self.next_ticket();
        self.say_as(ticket, Place::Door, &DoorBody::Knock(knock), now);
    }

    /// From when on this device has a reason to knock, if it has one.
    fn knock_reason(&mut self, now: Timestamp) -> Option<Timestamp> {
        let is_refused = matches!(self.refused, Some(RefusalReason::Banned | RefusalReason::Declined));
        if !self.is_inside() || self.ledger.is_none() || is_refused {
            return None;
        }
        if self.floors.spoken().is_none() || self.own_role().is_none() {
            return Some(now);
        }
        if self.floors.lacks() {
            return Some(self.floors.changed_at().after(LACKING_KNOCKS_AFTER));
        }
        if let Some(since) = self.moves.alone_since {
            return Some(since.after(ALONE_KNOCKS_AFTER));
        }
        let lost_at = self.moves.lost_at.filter(|at| now.since(*at) < LOST_KNOCKS_FOR)?;
        self.roster.members().all(|member| member.device > self.me).then_some(lost_at)
    }

    /// The join that others may not have heard.
    fn unconfirmed_join(&mut self) -> Option<Vec<u8>> {
        let ticket = self.ticket?;
        let operation = self.ledger.as_mut()?.membership().find(&ticket)?;
        let is_join = matches!(operation.operation().body, OperationBody::Join(_));
        is_join.then(|| operation.as_bytes().to_vec())
    }

    /// When [`Self::knock_if_due`] has something next.
    pub(super) fn next_knock(&mut self, now: Timestamp) -> Option<Timestamp> {
        let reason = self.knock_reason(now)?;
        Some(self.knocking.next.map_or(reason, |(at, _)| at))
    }

    pub(super) fn hear_knock(&mut self, from: DeviceId, knock: Knock, now: Timestamp) {
        let room_now = self.room_time(now);
        let Ok(cert) = DeviceCert::from_bytes(&knock.cert) else { return };
        let Ok(verified) = cert.verify(room_now.as_secs()) else { return };
        let is_fresh = knock.said.distance(room_now) <= FRAME_WINDOW;
        if verified.device != from || !is_fresh || !self.is_inside() || self.own_role().is_none() {
            return;
        }
        let attested = knock.attestation.as_ref().and_then(|bytes| Attestation::from_bytes(bytes).ok());
        let verified_mark = attested.is_some_and(|one| self.roster.vouches(&one, verified.account, room_now));
        let Some(ledger) = &mut self.ledger else { return };
        let frozen = ledger.is_frozen(&verified.account, &from);
        let (account, name) = (verified.account, knock.name);
        let knocker = Knocker { device: from, account, verified: verified_mark, name, frozen };
        let spread = ANSWER_WITHIN_MILLIS.min(ANSWER_MILLIS_PER_MEMBER * self.roster.len() as u64);
        let at = now.after(Duration::from_millis(self.rng.next_u64() % (spread + 1)));
        if !self.knocks.hear((knocker, cert), (knock.ephemeral, knock.said), at, now) {
            return;
        }
        if let Some(join) = knock.join
            && let Some(ledger) = &mut self.ledger
        {
            let taken = ledger.take(std::slice::from_ref(&join));
            if !taken.new.is_empty() {
                self.unsaid.push(join);
                self.exchange.knows(ledger.digest(), true, now);
                self.membership_changed(&taken.new, now);
            }
        }
    }

    pub(super) fn hear_knock_answer(&mut self, from: DeviceId, answer: &SealedAnswer, now: Timestamp) {
        if answer.to != self.me {
            if self.roster.find(&from).is_some() {
                self.knocks.overhear(&answer.to);
            }
            return;
        }
        if self.knocking.next.is_none() {
            return;
        }
        let info = info(self.room_id, from, self.me);
        let opened = self.content.open(&info, &answer.sealed).ok();
        let Some(answer) = opened.and_then(|bytes| decode::<KnockAnswer>(&bytes).ok()) else { return };
        match answer {
            KnockAnswer::Admit(floors) => self.come_in(floors, now),
            KnockAnswer::Refuse(reason) => self.refuse(reason),
            KnockAnswer::Wait { host_online } => {
                if self.knocking.told_waiting != Some(host_online) {
                    self.knocking.told_waiting = Some(host_online);
                    self.events.push_back(RoomEvent::Waiting { host_online });
                }
            }
        }
    }

    /// Follows the floors that somebody inside named, and asks there what this room is about.
    fn come_in(&mut self, floors: Vec<FloorSecret>, now: Timestamp) {
        let in_use = self.floors.in_use();
        if self.roster.len() > 0 && floors.iter().all(|floor| in_use.contains(&Epoch::Rotated(floor.rotation))) {
            // Whoever answered is where this device is.
            return;
        }
        for floor in floors {
            let commitment = self.ledger.as_ref().and_then(|ledger| ledger.commitment(&floor.rotation));
            let root = FloorRoot::from_bytes(floor.secret);
            let kept = self.floors.learn(floor.rotation, root, commitment, true, now);
            self.events.extend(kept.map(RoomEvent::Floor));
        }
        self.update_floors(now);
        self.look_in(now);
    }

    /// Answers those at the door, and tells moderators of those who wait for them.
    pub(super) fn answer_knocks(&mut self, now: Timestamp) {
        for gone in self.knocks.expire(now) {
            if gone.told {
                self.events.push_back(RoomEvent::KnockGone(gone.knocker.device));
            }
        }
        for device in self.knocks.due(now) {
            let answer = self.answer_for(&device);
            let waits = matches!(answer, Some(KnockAnswer::Wait { .. }));
            if waits && self.own_role() >= Some(Role::Moderator) {
                self.tell_knock(&device);
            }
            let ephemeral = self.knocks.get_mut(&device).map(|at_door| at_door.ephemeral);
            if let Some((answer, ephemeral)) = answer.zip(ephemeral) {
                self.answer_knock(&device, ephemeral, &answer, now);
            }
        }
    }

    fn tell_knock(&mut self, device: &DeviceId) {
        if let Some(at_door) = self.knocks.get_mut(device)
            && !std::mem::replace(&mut at_door.told, true)
        {
            self.events.push_back(RoomEvent::Knock(at_door.knocker.clone()));
        }
    }

    fn answer_for(&mut self, device: &DeviceId) -> Option<KnockAnswer> {
        let at_door = self.knocks.get_mut(device)?;
        let (account, frozen, declined) = (at_door.knocker.account, at_door.knocker.frozen, at_door.declined);
        let ledger = self.ledger.as_mut()?;
        let is_member = ledger.membership().roster().role(&account).is_some() && !frozen;
        let (banned, has_room) =
            (ledger.membership().roster().banned.contains(&account), ledger.membership().has_room());
        let door = ledger.policy().door;
        Some(if banned {
            KnockAnswer::Refuse(RefusalReason::Banned)
        } else if is_member || door == Door::Open && has_room && !frozen {
            KnockAnswer::Admit(self.floors.secrets())
        } else if !has_room {
            KnockAnswer::Refuse(RefusalReason::Full)
        } else if door == Door::Locked {
            KnockAnswer::Refuse(RefusalReason::Locked)
        } else if declined {
            KnockAnswer::Refuse(RefusalReason::Declined)
        } else {
            let others = self.roster.members().any(|member| member.role >= Role::Moderator);
            KnockAnswer::Wait { host_online: others || self.own_role() >= Some(Role::Moderator) }
        })
    }

    fn answer_knock(&mut self, device: &DeviceId, to: EphemeralPublic, answer: &KnockAnswer, now: Timestamp) {
        let info = info(self.room_id, self.me, *device);
        let Ok(bytes) = encode(answer) else { return };
        // Who has a weak key has nobody to blame.
        let Ok(sealed) = to.seal(&info, &[], &bytes, &mut self.rng) else { return };
        let ticket = self.next_ticket();
        self.say_as(ticket, Place::Door, &DoorBody::Answer(SealedAnswer { to: *device, sealed }), now);
    }

    /// Lets in who waits at the door.
    pub(super) fn admit(&mut self, device: DeviceId, now: Timestamp) -> Result<(), ModerateError> {
        let at_door = self.knocks.get_mut(&device).ok_or(ModerateError::NotThere)?;
        let (cert, ephemeral) = (at_door.cert.to_bytes(), at_door.ephemeral);
        self.decide(OperationBody::Add(cert), now)?;
        let secrets = self.floors.secrets();
        self.answer_knock(&device, ephemeral, &KnockAnswer::Admit(secrets), now);
        self.forget_knock(&device);
        Ok(())
    }

    /// Lets in everybody who waits at the door.
    pub(super) fn admit_all(&mut self, now: Timestamp) -> Result<(), ModerateError> {
        self.knocks.told().into_iter().try_for_each(|device| self.admit(device, now))
    }

    /// Tells who waits at the door that the answer is no.
    pub(super) fn decline(&mut self, device: DeviceId, now: Timestamp) -> Result<(), ModerateError> {
        if self.own_role() < Some(Role::Moderator) {
            return Err(ModerateError::NotAllowed(Refusal::NoRight));
        }
        let at_door = self.knocks.get_mut(&device).ok_or(ModerateError::NotThere)?;
        at_door.declined = true;
        let ephemeral = at_door.ephemeral;
        let told = std::mem::take(&mut at_door.told);
        if told {
            self.events.push_back(RoomEvent::KnockGone(device));
        }
        self.answer_knock(&device, ephemeral, &KnockAnswer::Refuse(RefusalReason::Declined), now);
        Ok(())
    }

    fn forget_knock(&mut self, device: &DeviceId) {
        if self.knocks.remove(device).is_some_and(|at_door| at_door.told) {
            self.events.push_back(RoomEvent::KnockGone(*device));
        }
    }

    /// Those who came in otherwise do not wait any more.
    pub(super) fn settle_knocks(&mut self) {
        let Some(ledger) = &mut self.ledger else { return };
        let members: Vec<_> = ledger.membership().roster().members.keys().copied().collect();
        for device in members.iter().flat_map(|account| self.knocks.of(account)).collect::<Vec<_>>() {
            if self.knocks.get_mut(&device).is_some_and(|at_door| at_door.told) {
                self.forget_knock(&device);
            }
        }
    }
}

/// The sealing context. All parts have fixed lengths.
fn info(room: RoomId, from: DeviceId, to: DeviceId) -> Vec<u8> {
    [INFO_LABEL, room.as_bytes().as_slice(), from.as_bytes(), to.as_bytes()].concat()
}

const INFO_LABEL: &[u8] = b"milanio/v1/door\0";
