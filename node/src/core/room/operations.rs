//! How a room says operations, hears those of others, and asks for what it misses.

use milanio_identity::DeviceId;

use super::{Room, RoomEvent, exchange::Answer, limits::MAX_OPERATIONS_UNSAID, topics::Epoch};
use crate::{
    core::time::Timestamp,
    wire::{
        floor::{HeadsDigest, Operations, OperationsWanted},
        message::FloorBody,
        operation::OperationHash,
    },
};

/// Operations carried over from one floor to another at once: they fit a message. Who misses more asks.
const CARRIED: usize = 48;
/// Messages of operations in one answer: who needs more asks again.
const ANSWER_PIECES: usize = 4;

impl Room {
    /// Keeps an operation to be said as soon as that is possible. Whoever does not hear of it asks.
    pub(super) fn say_operation(&mut self, operation: Vec<u8>) {
        if self.unsaid.len() < MAX_OPERATIONS_UNSAID {
            self.unsaid.push(operation);
        }
    }

    /// Says own operations that were not said yet, on the floor `epoch`.
    pub(super) fn say_unsaid(&mut self, epoch: Epoch, now: Timestamp) {
        if self.unsaid.is_empty() || !self.connected {
            return;
        }
        let unsaid = std::mem::take(&mut self.unsaid);
        self.say_on(epoch, &FloorBody::Operations(Operations(unsaid)), now);
    }

    pub(super) fn hear_operations(&mut self, from: DeviceId, said: &Operations, floor: Epoch, now: Timestamp) {
        let Some(ledger) = &mut self.ledger else { return };
        if self.roster.find(&from).is_some() {
            self.exchange.overhear_answer(|heads| {
                ledger.first_unknown_to(heads).is_none_or(|first| said.0.iter().any(|one| one == first.as_bytes()))
            });
        }
        let taken = ledger.take(&said.0);
        if taken.any_waiting {
            self.exchange.miss(floor, &mut self.rng, now);
        }
        if !taken.new.is_empty() {
            if self.exchange.said().any(|said| ledger.covers(said)) {
                self.content.settle();
            }
            self.exchange.knows(ledger.digest(), true, now);
            self.membership_changed(&taken.new, now);
            self.carry_over(&taken.new, floor, now);
        }
    }

    /// Says what was heard on one floor on the others in use, whose speakers may know nothing of it. One of them all does.
    fn carry_over(&mut self, new: &[OperationHash], from: Epoch, now: Timestamp) {
        let is_first = self.roster.members().all(|member| member.device > self.me);
        let Some(ledger) = self.ledger.as_mut().filter(|_| is_first) else { return };
        let membership = ledger.membership();
        let carried = new.iter().filter_map(|hash| membership.find(hash)).map(|one| one.as_bytes().to_vec());
        let carried: Vec<_> = carried.take(CARRIED).collect();
        if carried.is_empty() || !self.is_inside() {
            return;
        }
        for floor in self.floors.in_use().into_iter().filter(|floor| *floor != from) {
            self.say_on(floor, &FloorBody::Operations(Operations(carried.clone())), now);
        }
    }

    pub(super) fn hear_operations_wanted(&mut self, wanted: OperationsWanted, floor: Epoch, now: Timestamp) {
        let inside = self.is_inside();
        let Some(ledger) = &mut self.ledger else { return };
        let own = ledger.heads(0);
        if !ledger.knows_all(&wanted.heads) {
            self.exchange.miss(floor, &mut self.rng, now);
        }
        self.exchange.overhear_question(&wanted.heads, &own, now);
        let Some(first) = ledger.first_unknown_to(&wanted.heads).filter(|_| inside) else { return };
        let is_own = first.operation().device == self.me;
        let question = (wanted.heads, floor);
        self.exchange.hear_question(question, self.roster.len(), is_own, &mut self.rng, now);
    }

    /// A member says what it knows.
    pub(super) fn hear_digest(&mut self, from: DeviceId, said: HeadsDigest, floor: Epoch, now: Timestamp) {
        if let Some(ledger) = &self.ledger
            && self.roster.find(&from).is_some()
        {
            if ledger.covers(&said) {
                self.content.settle();
            }
            self.exchange.hear_digest(from, said, ledger.digest(), floor, now);
            let apart = self.exchange.apart(now);
            if apart != self.told_apart {
                self.told_apart = apart.clone();
                self.events.push_back(RoomEvent::Apart(apart));
            }
        }
    }

    /// Asks for operations and answers those who do, as far as that is due.
    pub(super) fn exchange_operations(&mut self, now: Timestamp) {
        let insist = self.is_inside() && self.own_role().is_none();
        if let Some(floor) = self.exchange.due_question(insist, now)
            && let Some(ledger) = &self.ledger
        {
            let heads = ledger.heads(now.as_millis());
            self.request_on(floor, &FloorBody::OperationsWanted(OperationsWanted { heads }), now);
        }
        for Answer { heads, floor, .. } in self.exchange.due_answers(now) {
            let Some(ledger) = &self.ledger else { return };
            for piece in ledger.unknown_to(&heads, ANSWER_PIECES) {
                self.say_on(floor, &FloorBody::Operations(Operations(piece)), now);
            }
        }
    }
}
