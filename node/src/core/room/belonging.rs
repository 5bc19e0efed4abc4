//! Who belongs to the room: what a device does about what the operations say, for itself and for the others it sees.

use milanio_identity::{AccountId, Genesis};

use super::{
    Act, Departure, KeptFloor, Member, ModerateError, Room, RoomEvent, Standing,
    floors::Handed,
    held::Held,
    ledger::{Author, Ledger},
    limits::MAX_JOINS,
};
use crate::{
    core::{group::SenderKeys, membership::Refusal, time::Timestamp},
    wire::{
        door::RefusalReason,
        operation::{OperationBody, OperationHash, Role},
    },
};

impl Room {
    /// The genesis is known: from here on it counts who belongs to the room.
    pub(super) fn found(&mut self, genesis: &Genesis, now: Timestamp) {
        let author = Author { account: self.account, device: self.me, run: self.run };
        let mut ledger = Ledger::new(genesis.clone(), author);
        self.floors.founded(ledger.was_founded_open());
        for operation in std::mem::take(&mut self.kept_operations) {
            ledger.take(&[operation]);
        }
        // These are kept already.
        ledger.untold();
        let mut kept = Vec::new();
        for (rotation, root) in std::mem::take(&mut self.kept_floors).iter().map(KeptFloor::parts) {
            let commitment = ledger.commitment(&rotation);
            self.floors.learn(rotation, root, commitment, Handed::OnFloor, now);
            kept.push(rotation);
        }
        self.ledger = Some(Box::new(ledger));
        self.membership_changed(&[], now);
        self.floors.listen_again(&kept, now);
        self.follow(now);
        if self.connected {
            self.look_in(now);
        }
    }

    /// The connection is there and the genesis is known: introduces this device, or looks who is there.
    pub(super) fn look_in(&mut self, now: Timestamp) {
        if self.ledger.is_none() {
            return;
        }
        match &mut self.standing {
            Standing::Inside { announcer, .. } => announcer.introduce(now),
            Standing::Observing => self.look_around = Some((0, now)),
            Standing::Left => {}
        }
        if let Some(floor) = self.floors.reached() {
            self.exchange.ask_now(floor, now);
        }
        self.moves.alone_since = Some(now);
    }

    /// Does what follows from `new` operations.
    pub(super) fn membership_changed(&mut self, new: &[OperationHash], now: Timestamp) {
        let Some(ledger) = &mut self.ledger else { return };
        let untold = ledger.untold();
        if !untold.is_empty() {
            self.events.push_back(RoomEvent::Operations(untold));
        }
        if let Some(by) = ledger.membership().destroyed_by() {
            self.events.push_back(RoomEvent::Destroyed { by });
            return self.end(now);
        }
        if !self.check_own(now) {
            return;
        }
        self.update_readers(now);
        self.update_floors(now);
        self.update_members(now);
        self.tell_acts(new);
        self.tell_roster();
        self.settle_knocks();
        self.plan_rotation(now);
    }

    /// Whether this device still belongs to the room, or never did; if it was put out, the room ends.
    fn check_own(&mut self, now: Timestamp) -> bool {
        let inside = self.is_inside();
        let Some(ledger) = &mut self.ledger else { return true };
        match ledger.own_ticket() {
            Some(ticket) => {
                self.ticket = Some(ticket);
                self.refused = None;
            }
            None => {
                let removal = self.ticket.take().and_then(|ticket| ledger.own_removal(&ticket));
                if let Some(removal) = removal.filter(|_| inside) {
                    self.events.push_back(RoomEvent::Removed { by: removal.by, banned: removal.banned });
                    self.end(now);
                    return false;
                }
            }
        }
        self.join(now);
        true
    }

    /// States a join, if this device is to be in, is not, and may come in by its own word.
    pub(super) fn join(&mut self, now: Timestamp) {
        if !self.is_inside() || self.joins >= MAX_JOINS {
            return;
        }
        let Some(ledger) = &mut self.ledger else { return };
        if ledger.own_role().is_some() || ledger.is_frozen(&self.account, &self.me) {
            return;
        }
        match ledger.state(OperationBody::Join(self.cert.clone()), &self.device) {
            Ok(operation) => {
                self.joins += 1;
                self.ticket = Some(operation.hash());
                self.exchange.knows(ledger.digest(), false, now);
                let untold = ledger.untold();
                self.say_operation(operation.as_bytes().to_vec());
                self.events.push_back(RoomEvent::Operations(untold));
                self.refused = None;
            }
            Err(ModerateError::NotAllowed(Refusal::Full)) => self.refuse(RefusalReason::Full),
            // Also for who was banned when this device last looked: those inside know whether that still holds.
            Err(_) => {}
        }
    }

    /// Tells once that this device is not let in, and why.
    pub(super) fn refuse(&mut self, reason: RefusalReason) {
        if self.refused != Some(reason) {
            self.refused = Some(reason);
            self.events.push_back(RoomEvent::Refused(reason));
        }
    }

    /// Sees those who belong to the room now, and no longer those who do not.
    fn update_members(&mut self, now: Timestamp) {
        let Some(ledger) = &mut self.ledger else { return };
        let (changed, removed) = self.roster.reconcile(|account, device| ledger.role(account, device), now);
        let left = |member: Member| {
            let by = ledger.removed_by(&member.account);
            // Who puts itself out has left.
            let reason = if by == Some(member.account) { Departure::Left } else { Departure::Removed { by } };
            RoomEvent::MemberLeft { device: member.device, run: member.run, reason }
        };
        let left: Vec<_> = removed.into_iter().map(left).collect();
        for event in left.into_iter().chain(changed) {
            self.tell_member_event(event, now);
        }
        for (from, presence, since) in self.held.take_presences(now) {
            self.hear_presence_since(from, presence, since, now);
        }
    }

    fn tell_acts(&mut self, new: &[OperationHash]) {
        let (Some(ledger), Some(ticket)) = (&mut self.ledger, self.ticket) else { return };
        let membership = ledger.membership();
        for hash in new {
            if membership.refusal(hash).is_some() || !membership.is_known_to(&ticket, hash) {
                continue;
            }
            let Some(operation) = membership.find(hash) else { continue };
            let admitted = operation.admitted().map(|admitted| admitted.account);
            let by = operation.operation().account;
            let what = act(&operation.operation().body, admitted);
            self.events.extend(what.map(|what| RoomEvent::Acted { by, what }));
        }
    }

    fn tell_roster(&mut self) {
        let Some(ledger) = &mut self.ledger else { return };
        let view = ledger.view();
        if self.told_roster.as_deref() != Some(&view) {
            self.told_roster = Some(Box::new(view.clone()));
            self.events.push_back(RoomEvent::Roster(Box::new(view)));
        }
    }

    /// What this account is, if this device speaks for it.
    pub(super) fn own_role(&mut self) -> Option<Role> {
        self.ledger.as_mut()?.own_role()
    }

    /// Nothing happens in this room any more, so nothing is to be read any more.
    pub(super) fn end(&mut self, now: Timestamp) {
        self.standing = Standing::Left;
        let keys = SenderKeys::new(self.room_id, self.account, self.device.clone(), self.run, &mut self.rng, now);
        self.content.wipe(self.room_id, keys);
        self.forget_past();
        self.held = Held::default();
        let closed = self.topics.close();
        self.commands.extend(closed);
        self.timeout = None;
    }
}

/// What everybody should know of an operation; `admitted`: whom it lets in.
fn act(body: &OperationBody, admitted: Option<AccountId>) -> Option<Act> {
    match body {
        OperationBody::Add(_) => admitted.map(Act::Added),
        OperationBody::Remove(account) => Some(Act::Removed(*account)),
        OperationBody::Ban(account) => Some(Act::Banned(*account)),
        OperationBody::Unban(account) => Some(Act::Unbanned(*account)),
        OperationBody::SetRole { account, role } => Some(Act::SetRole(*account, *role)),
        OperationBody::SetPolicy(policy) => Some(Act::SetPolicy(*policy)),
        OperationBody::Transfer(account) => Some(Act::Transferred(*account)),
        OperationBody::Join(_)
        | OperationBody::FloorRotate { .. }
        | OperationBody::Destroy
        | OperationBody::Snapshot { .. } => None,
    }
}
