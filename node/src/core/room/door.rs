//! The door: how those inside answer a device that knocks, and what it makes of their answers.
//!
//! Everybody who has the code can say anything here. So a refusal counts only of those who show that they decide, and nobody speaks
//! on a floor before it is shown that such a one made it (`right`), or members gave the operations that say so: on floors of which
//! neither is known yet a device only asks for these. What forged answers make it do is counted apart from everything else. Of
//! those inside a few always answer, so that nobody is silenced by being forestalled.
//!
//! Left out: when a device knocks (`knocking`), which knocks are heard where many come (`gate`), and who is at the door (`knocks`).

use std::time::Duration;

use milanio_identity::{Attestation, DeviceCert, DeviceId, EphemeralPublic, FloorRoot, RoomId};
use rand_core::Rng;

use super::{
    Knocker, ModerateError, Room, RoomEvent,
    bucket::Bucket,
    content::Opens as _,
    floors::Handed,
    gate::Caller,
    limits::{DOUBTS, LOOKS},
    right,
    topics::{Epoch, Place},
};
use crate::{
    core::{membership::Refusal, time::Timestamp},
    wire::{
        codec::{decode, encode},
        door::{FloorSecret, Knock, KnockAnswer, RefusalReason, Right, RotationProof, SealedAnswer},
        floor::OperationsWanted,
        limits::{FLOOR_HEADS, FRAME_WINDOW, KNOCK_ANSWER_BYTES},
        message::{DoorBody, FloorBody},
        operation::{Admitted, Door, OperationBody, OperationHash, Role, VerifiedOperation},
        work::is_worked_for,
    },
};

/// Answers are spread over so many milliseconds for each who could answer.
const ANSWER_MILLIS_PER_MEMBER: u64 = 40;
/// The longest an answer waits, in milliseconds.
const ANSWER_WITHIN_MILLIS: u64 = 400;
/// So many members, by device id, answer although another did. Chosen: one more than are likely to mean harm together.
const ALWAYS_ANSWER: usize = 3;

/// How much proof goes into one answer, in bytes: what is left beside the seal and the floors themselves.
const PROOF_BYTES: usize = KNOCK_ANSWER_BYTES - EphemeralPublic::SEAL_OVERHEAD - 2 - FLOOR_HEADS * 65;

/// What is to become of somebody at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    /// Comes in.
    Admit,
    /// Does not.
    Refuse(RefusalReason),
    /// A moderator has to say.
    Wait,
}

impl Room {
    /// Whose knock this is, as far as that decides whether it is heard where many knock.
    pub(super) fn caller(&mut self, from: DeviceId, knock: &Knock, now: Timestamp) -> Caller {
        let room_now = self.room_time(now);
        if knock.said.distance(room_now) > FRAME_WINDOW {
            return Caller::Idle;
        }
        let cert = DeviceCert::from_bytes(&knock.cert).ok().filter(|cert| cert.device() == from);
        let member = cert.zip(self.ledger.as_mut()).is_some_and(|(cert, ledger)| {
            let role = ledger.membership().roster().role(&cert.account());
            role.is_some() && cert.verify(room_now.as_secs()).is_ok()
        });
        match member {
            true => Caller::Member,
            false if is_worked_for(knock.work, (self.room_id, from), knock.said, self.limits.work_bits) => {
                Caller::Worked
            }
            false => Caller::Idle,
        }
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
                self.exchange.knows(ledger.digest(), true, now);
                self.say_operation(join);
                self.membership_changed(&taken.new, now);
            }
        }
    }

    pub(super) fn hear_knock_answer(&mut self, from: DeviceId, answer: &SealedAnswer, now: Timestamp) {
        if answer.to != self.me {
            self.overhear_answer(from, &answer.to);
            return;
        }
        let has_reason = self.knocking.has_reason();
        if !has_reason && !self.knocking.looked_out(now) {
            return;
        }
        let info = info(self.room_id, from, self.me);
        let opened = self.content.open(&info, &answer.sealed).ok();
        let Some(answer) = opened.and_then(|bytes| decode::<KnockAnswer>(&bytes).ok()) else { return };
        self.knocking.answered();
        match answer {
            KnockAnswer::Admit(floors) => self.come_in(floors, now),
            // Who is in and only looked out is not turned away.
            KnockAnswer::Refuse { .. } | KnockAnswer::Wait { .. } if !has_reason => {}
            KnockAnswer::Refuse { reason, right } => {
                if self.decides(from, &right) {
                    self.refuse(reason);
                }
            }
            KnockAnswer::Wait { host_online } => self.wait(host_online),
        }
    }

    /// Somebody inside says that it has to wait.
    fn wait(&mut self, host_online: bool) {
        let told = self.knocking.wait(host_online);
        self.events.extend(told.map(|host_online| RoomEvent::Waiting { host_online }));
    }

    /// Somebody answered a knocker. Whoever decides does so all the same if the other does not, and so do a few.
    fn overhear_answer(&mut self, from: DeviceId, to: &DeviceId) {
        let Some(role) = self.roster.find(&from).map(|member| member.role) else { return };
        let before = self.roster.members().filter(|member| member.device < self.me).count();
        let decides_alone = self.own_role() >= Some(Role::Moderator) && role < Role::Moderator;
        if before >= ALWAYS_ANSWER && !decides_alone {
            self.knocks.overhear(to);
        }
    }

    /// Follows the floors that somebody inside named, and asks there what this room is about.
    fn come_in(&mut self, floors: Vec<FloorSecret>, now: Timestamp) {
        let in_use = self.floors.in_use();
        if self.roster.len() > 0 && floors.iter().all(|floor| in_use.contains(&Epoch::Rotated(floor.rotation))) {
            // Whoever answered is where this device is.
            return;
        }
        let spoken = self.floors.spoken();
        // Who is among others goes elsewhere once operations say so, and asks there for them; so does who knows that somebody is out,
        // since floors from before are vouched for as well.
        let goes_at_once = (self.roster.len() == 0 || spoken.is_none()) && !self.floors.is_behind();
        let mut doubtful = None;
        for floor in floors {
            let commitment = self.ledger.as_ref().and_then(|ledger| ledger.commitment(&floor.rotation));
            let Some(handed) = self.vouched(&floor) else { break };
            let root = FloorRoot::from_bytes(floor.secret);
            let handed = if goes_at_once { handed } else { handed.min(Handed::OnFloor) };
            let kept = self.floors.learn(floor.rotation, root, commitment, handed, now);
            self.events.extend(kept.map(RoomEvent::Floor));
            doubtful = doubtful.or(Some(floor.rotation).filter(|rotation| self.floors.is_doubtful(rotation)));
        }
        self.update_floors(now);
        self.plan_rotation(now);
        self.ask_in_doubt(doubtful, now);
        let moved = self.floors.spoken() != spoken;
        let looks = self.knocking.looks.get_or_insert_with(|| Bucket::new(LOOKS, now));
        if self.floors.spoken().is_some() && (moved || looks.take(now)) {
            self.look_in(now);
        }
    }

    /// Asks where nobody is known to be for what shows that this is the room's floor.
    fn ask_in_doubt(&mut self, doubtful: Option<OperationHash>, now: Timestamp) {
        let doubts = self.knocking.doubts.get_or_insert_with(|| Bucket::new(DOUBTS, now));
        if let (Some(rotation), Some(ledger)) = (doubtful, &self.ledger)
            && doubts.take(now)
        {
            let wanted = OperationsWanted { heads: ledger.heads(now.as_millis()) };
            self.say_on(Epoch::Rotated(rotation), &FloorBody::OperationsWanted(wanted), now);
        }
    }

    /// Whether it is shown that somebody who decides in this room made that floor; `None` if what is to show it does not: whoever
    /// says so lies in the rest as well.
    fn vouched(&mut self, floor: &FloorSecret) -> Option<Handed> {
        let Some(proof) = &floor.proof else { return Some(Handed::AtDoor) };
        let ledger = self.ledger.as_mut()?;
        if ledger.knows(&floor.rotation) || self.floors.is_vouched(&floor.rotation, &floor.secret) {
            // Nothing new, so it need not be looked at.
            return Some(Handed::Vouched);
        }
        let commitment = FloorRoot::from_bytes(floor.secret).commitment();
        let claimed = VerifiedOperation::claimed(&proof.operation).ok()?;
        let by = Admitted { account: claimed.account, device: claimed.device };
        let fits = claimed.body == OperationBody::FloorRotate { commitment };
        if !fits {
            return None;
        }
        let rotation = VerifiedOperation::from_bytes(&ledger.genesis().digest(), &proof.operation).ok()?;
        let is_shown = rotation.hash() == floor.rotation && right::shows(&proof.right, by, ledger.genesis());
        is_shown.then(|| if ledger.lost_right(&by.account) { Handed::AtDoor } else { Handed::Vouched })
    }

    /// Whether `right` shows that this device decides in the room, and nothing here speaks against it.
    fn decides(&mut self, device: DeviceId, right: &Right) -> bool {
        let Some(ledger) = &mut self.ledger else { return false };
        let Ok(cert) = DeviceCert::from_bytes(&right.cert) else { return false };
        let who = Admitted { account: cert.account(), device };
        right::shows(right, who, ledger.genesis()) && !ledger.lost_right(&who.account)
    }

    /// Answers those at the door, and tells moderators of those who wait for them.
    pub(super) fn answer_knocks(&mut self, now: Timestamp) {
        for gone in self.knocks.expire(now) {
            if gone.told {
                self.events.push_back(RoomEvent::KnockGone(gone.knocker.device));
            }
        }
        for device in self.knocks.due(now) {
            let decision = self.decision_on(&device);
            if decision == Some(Decision::Wait) && self.own_role() >= Some(Role::Moderator) {
                self.tell_knock(&device);
            }
            let answer = decision.and_then(|decision| self.answer_for(decision));
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

    fn decision_on(&mut self, device: &DeviceId) -> Option<Decision> {
        let at_door = self.knocks.get_mut(device)?;
        let (account, frozen, declined) = (at_door.knocker.account, at_door.knocker.frozen, at_door.declined);
        let ledger = self.ledger.as_mut()?;
        let is_member = ledger.membership().roster().role(&account).is_some() && !frozen;
        let (banned, has_room) =
            (ledger.membership().roster().banned.contains(&account), ledger.membership().has_room());
        let door = ledger.policy().door;
        Some(if banned {
            Decision::Refuse(RefusalReason::Banned)
        } else if is_member || door == Door::Open && has_room && !frozen {
            if self.floors.is_behind() {
                // Somebody else knows where the room is.
                return None;
            }
            Decision::Admit
        } else if !has_room {
            Decision::Refuse(RefusalReason::Full)
        } else if door == Door::Locked {
            Decision::Refuse(RefusalReason::Locked)
        } else if declined {
            Decision::Refuse(RefusalReason::Declined)
        } else {
            Decision::Wait
        })
    }

    /// What this device says of a decision; nothing if others are there who can say it better.
    fn answer_for(&mut self, decision: Decision) -> Option<KnockAnswer> {
        let others = self.roster.members().any(|member| member.role >= Role::Moderator);
        let decides = self.own_role() >= Some(Role::Moderator);
        match decision {
            Decision::Admit => Some(KnockAnswer::Admit(self.proven_secrets())),
            Decision::Wait => Some(KnockAnswer::Wait { host_online: others || decides }),
            Decision::Refuse(reason) => match self.own_right() {
                Some(right) if decides => Some(KnockAnswer::Refuse { reason, right }),
                _ if others => None,
                _ => Some(KnockAnswer::Wait { host_online: false }),
            },
        }
    }

    fn own_right(&mut self) -> Option<Right> {
        let (account, device) = (self.account, self.me);
        self.ledger.as_mut().and_then(|ledger| right::prove(ledger, account, device))
    }

    /// The secrets of the floors in use, each with what shows that somebody who decides made it.
    fn proven_secrets(&mut self) -> Vec<FloorSecret> {
        let mut secrets = self.floors.secrets();
        let Some(ledger) = &mut self.ledger else { return secrets };
        let mut room = PROOF_BYTES;
        for floor in &mut secrets {
            let Some(rotation) = ledger.membership().find(&floor.rotation).cloned() else { continue };
            let stated = rotation.operation();
            let right = right::prove(ledger, stated.account, stated.device);
            let proof = right.map(|right| RotationProof { operation: rotation.as_bytes().to_vec(), right });
            // Without its proof a floor is listened to, and asked for what shows it.
            floor.proof = proof.filter(|proof| {
                let rest = room.checked_sub(proof.size());
                room = rest.unwrap_or(room);
                rest.is_some()
            });
        }
        secrets
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
        // Where the room is elsewhere, its members there say yes once they have heard of the addition.
        if !self.floors.is_behind() {
            let secrets = self.proven_secrets();
            self.answer_knock(&device, ephemeral, &KnockAnswer::Admit(secrets), now);
        }
        self.forget_knock(&device);
        Ok(())
    }

    /// Lets in everybody who waits at the door.
    pub(super) fn admit_all(&mut self, now: Timestamp) -> Result<(), ModerateError> {
        self.knocks.admissible().into_iter().try_for_each(|device| self.admit(device, now))
    }

    /// Tells who waits at the door that the answer is no.
    pub(super) fn decline(&mut self, device: DeviceId, now: Timestamp) -> Result<(), ModerateError> {
        if self.own_role() < Some(Role::Moderator) {
            return Err(ModerateError::NotAllowed(Refusal::NoRight));
        }
        let refusal = self.answer_for(Decision::Refuse(RefusalReason::Declined));
        let at_door = self.knocks.get_mut(&device).ok_or(ModerateError::NotThere)?;
        let Some(answer @ KnockAnswer::Refuse { .. }) = refusal else { return Err(ModerateError::NotShown) };
        at_door.declined = true;
        let ephemeral = at_door.ephemeral;
        if std::mem::take(&mut at_door.told) {
            self.events.push_back(RoomEvent::KnockGone(device));
        }
        self.answer_knock(&device, ephemeral, &answer, now);
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
pub(super) fn info(room: RoomId, from: DeviceId, to: DeviceId) -> Vec<u8> {
    [INFO_LABEL, room.as_bytes().as_slice(), from.as_bytes(), to.as_bytes()].concat()
}

const INFO_LABEL: &[u8] = b"milanio/v1/door\0";
