//! When a device knocks at the door, and what it says there: it has no way onto the floor, or looks whether a part of the room is
//! elsewhere.
//!
//! Where many knock, or nobody answers, a knock shows work, which is done in slices between everything else. Who is among members and
//! knocks on the room's behalf says no name: everybody who has the code can hear it.
//!
//! Left out: what is made of the answers (`door`).

use std::time::Duration;

use milanio_identity::Attestation;

use super::{Room, bucket::Bucket, limits::WORK_SLICE, topics::Place};
use crate::{
    core::time::Timestamp,
    wire::{
        door::{Knock, RefusalReason},
        message::DoorBody,
        operation::OperationBody,
        work::Work,
    },
};

/// Whoever hears nobody for so long after coming in knocks: the floor may have moved.
const ALONE_KNOCKS_AFTER: Duration = Duration::from_millis(600);
/// Whoever misses a secret waits this long for it.
const LACKING_KNOCKS_AFTER: Duration = Duration::from_millis(300);
/// After a member fell silent, whoever has the lowest device id knocks for so long: a part of the room may have moved elsewhere.
const LOST_KNOCKS_FOR: Duration = Duration::from_secs(600);
/// After that, and whatever happened, it knocks this often: parts that have been apart for long meet at the door alone. Chosen: a
/// question a minute for a whole room, and the answers of a few.
const LOOKS_OUT_EVERY: Duration = Duration::from_secs(60);
/// For so long after that it hears answers.
const LOOKS_OUT_FOR: Duration = Duration::from_secs(10);
/// Waits between knocks: the first ones tell of lost frames, the last is for ever.
const KNOCK_WAITS: [Duration; 3] = [Duration::from_millis(1_500), Duration::from_secs(4), Duration::from_secs(10)];
/// Of knocks that nobody answers these show work, whether many knock or not: the third to the sixth, for which one piece of work
/// counts. More seldom than once a minute frames are not lost so often in a row.
const WORKED_UNANSWERED: std::ops::Range<usize> = 2..6;

/// How a device stands before the door.
#[derive(Default)]
pub struct Knocking {
    /// When to knock next, and how often it was done.
    next: Option<(Timestamp, usize)>,
    /// When this device knocks next without any reason.
    looks_out: Option<Timestamp>,
    /// What was told last of who is there.
    told_waiting: Option<bool>,
    /// Since it knocked last it was told that somebody is there who decides.
    host_online: bool,
    /// Since it had a reason last somebody answered.
    answered: bool,
    /// What it works for, or has.
    work: Option<Work>,
    /// How often it knocks; there from the first on.
    budget: Option<Bucket>,
    /// How often answers that nobody vouches for may make it introduce itself, and ask on a floor; there from the first on.
    pub(super) looks: Option<Bucket>,
    pub(super) doubts: Option<Bucket>,
}

impl Knocking {
    /// Whether it knocks because it has to.
    pub fn has_reason(&self) -> bool {
        self.next.is_some()
    }

    /// Whether it knocked without a reason lately.
    pub fn looked_out(&self, now: Timestamp) -> bool {
        self.looks_out.is_some_and(|next| next >= now.after(LOOKS_OUT_EVERY - LOOKS_OUT_FOR))
    }

    /// Somebody answered.
    pub fn answered(&mut self) {
        self.answered = true;
    }

    /// It was told to wait. What is to be told, if that is news. Of those who say different things about who is there the hopeful are
    /// believed.
    pub fn wait(&mut self, host_online: bool) -> Option<bool> {
        self.host_online |= host_online;
        let host_online = self.host_online;
        (self.told_waiting.replace(host_online) != Some(host_online)).then_some(host_online)
    }
}

impl Room {
    /// Knocks, if there is a reason to and it is time.
    pub(super) fn knock_if_due(&mut self, now: Timestamp) {
        if let Some(since) = self.knock_reason(now) {
            let (at, tries) = *self.knocking.next.get_or_insert((since, 0));
            if at > now || !self.has_worked(tries, now) {
                return;
            }
            if let Some(later) = self.knocks_too_often(now) {
                self.knocking.next = Some((later, tries));
                return;
            }
            let wait = KNOCK_WAITS.get(tries).or(KNOCK_WAITS.last()).copied().unwrap_or_default();
            self.knocking.next = Some((now.after(wait), tries + 1));
        } else {
            (self.knocking.next, self.knocking.answered) = (None, false);
            if !self.is_to_look_out(now) {
                return;
            }
            let later = self.knocks_too_often(now);
            self.knocking.looks_out = Some(later.unwrap_or_else(|| now.after(LOOKS_OUT_EVERY)));
            if later.is_some() {
                return;
            }
        }
        self.knock(now);
    }

    /// Counts a knock; when it may be said, if not now.
    fn knocks_too_often(&mut self, now: Timestamp) -> Option<Timestamp> {
        let rate = self.limits.knock;
        let budget = self.knocking.budget.get_or_insert_with(|| Bucket::new(rate, now));
        (!budget.take(now)).then(|| budget.ready_at(now))
    }

    /// Whether this device knocks without a reason now: the lowest of those that see each other does, now and then.
    fn is_to_look_out(&mut self, now: Timestamp) -> bool {
        let is_first = self.roster.members().all(|member| member.device > self.me);
        if !self.is_inside() || !is_first {
            self.knocking.looks_out = None;
            return false;
        }
        *self.knocking.looks_out.get_or_insert(now.after(LOOKS_OUT_EVERY)) <= now
    }

    /// Works for the next knock, a slice of it; true where nothing is left to do, or nothing is asked for. Unanswered founders wait for
    /// the first to come.
    fn has_worked(&mut self, tries: usize, now: Timestamp) -> bool {
        let is_founder = self.ledger.as_ref().is_some_and(|ledger| ledger.genesis().owner == self.account);
        let is_unanswered = !self.knocking.answered && !is_founder && WORKED_UNANSWERED.contains(&tries);
        if !is_unanswered && !self.meter.is_crowded(now) {
            return true;
        }
        let said = self.room_time(now);
        let new = || Work::new(self.room_id, self.me, said, self.limits.work_bits);
        let work = self.knocking.work.take().filter(|work| work.counts(said)).unwrap_or_else(new);
        self.knocking.work.insert(work).step(WORK_SLICE)
    }

    fn knock(&mut self, now: Timestamp) {
        self.knocking.host_online = false;
        let join = self.unconfirmed_join();
        let said = self.say_time(now);
        // Who hears others is known to them, and whoever else answers does it by the account.
        let named = self.roster.len() == 0 || self.own_role().is_none();
        let attestation = self.attestation.as_ref().filter(|_| named);
        let knock = Knock {
            cert: self.cert.clone(),
            attestation: attestation.map(Attestation::to_bytes),
            ephemeral: self.content.ephemeral(now).key,
            name: if named { self.name.clone() } else { String::new() },
            said,
            join,
            work: self.knocking.work.as_ref().and_then(|work| work.number(said)).unwrap_or_default(),
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
        if self.floors.lacks() && self.own_role().is_some() {
            return Some(self.floors.changed_at().after(LACKING_KNOCKS_AFTER));
        }
        if self.floors.spoken().is_none() || self.own_role().is_none() {
            return Some(now);
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
        match self.knock_reason(now) {
            Some(reason) => Some(self.knocking.next.map_or(reason, |(at, _)| at)),
            None => self.knocking.looks_out,
        }
    }
}
