//! Who comes late is handed what was said before, where the room's policy has it: asking, answering, and believing.
//!
//! Who comes asks one member, the one that entered first, once it knows what members know; then another, if nothing comes or something
//! is missing. Answers are sealed to the one who asked. Nobody is believed: each message must bear its author's word, and its author
//! must belong to the room and may write there.

use std::time::Duration;

use milanio_identity::{AccountId, DeviceId};
use rand_core::Rng;

use super::{
    ChatMessage, Room, RoomEvent,
    bucket::Bucket,
    limits::Rate,
    past::{MAX_SAYINGS, Past, is_fresh},
};
use crate::{
    core::{sorted::SortedMap, time::Timestamp},
    wire::{
        entry::Entry,
        history::{HistoryPart, HistorySignal, QuestionId, Said, Saying},
        limits::HISTORY_PARTS,
        message::{Chat, MessageId},
        proof::{Proof, ProofPlace},
        whisper::Whisper,
    },
};

/// How long after it knows what a member knows a device asks: until then it hears who is there. Chosen: as long as answers to a
/// presence take.
const ASKS_AFTER: Duration = Duration::from_millis(400);
/// How long an answer is waited for. Chosen: a slow line carries the longest.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Members who are asked, one after the other. Chosen.
const MAX_ASKED: usize = 3;
/// How often a device answers, whoever asks: keys cost nothing. Chosen: a class that comes in at one moment gets its answers from
/// several.
const ANSWERS: Rate = Rate { burst: 8, every: Duration::from_secs(5) };
/// The same account is not answered again within this time. Chosen: a page that is loaded anew is.
const ANSWERED_AGAIN_AFTER: Duration = Duration::from_secs(10);
/// Accounts that were answered lately and are remembered; the first in order go first.
const MAX_ANSWERED: usize = 64;

/// What is kept to be handed on, and how far this device is with asking.
pub struct Handing {
    past: Past,
    asking: Asking,
    answers: Bucket,
    answered: SortedMap<AccountId, Timestamp>,
}

enum Asking {
    /// When to begin, once that is known.
    Later(Option<Timestamp>),
    /// Who was asked so far, and the question that is open.
    Since(Vec<DeviceId>, Option<Question>),
    Over,
}

struct Question {
    id: QuestionId,
    to: DeviceId,
    parts: SortedMap<u8, Vec<Saying>>,
    last: Option<u8>,
    until: Timestamp,
}

impl Handing {
    /// Nothing was said yet.
    pub fn new(now: Timestamp) -> Self {
        let (past, answered) = (Past::default(), SortedMap::default());
        Self { past, asking: Asking::Later(None), answers: Bucket::new(ANSWERS, now), answered }
    }

    /// When something is due next, if something is.
    pub fn next_due(&self) -> Option<Timestamp> {
        match &self.asking {
            Asking::Later(at) => *at,
            Asking::Since(_, question) => question.as_ref().map(|question| question.until),
            Asking::Over => None,
        }
    }

    /// Whether `account` is answered now; counted.
    fn answers(&mut self, account: AccountId, now: Timestamp) -> bool {
        self.answered.retain(|_, at| now.since(*at) < ANSWERED_AGAIN_AFTER);
        if self.answered.contains_key(&account) || !self.answers.take(now) {
            return false;
        }
        self.answered.insert(account, now);
        if self.answered.len() > MAX_ANSWERED {
            self.answered.pop_first();
        }
        true
    }
}

impl Room {
    /// The word for an own message that is about to go out, where others hand it on: now, and since it was written.
    pub(super) fn prove(&mut self, chat: Chat, is_handed_on: bool) -> Chat {
        if !is_handed_on || !self.hands_on() {
            return Chat { proof: None, ..chat };
        }
        let at = self.proof_place(self.account, self.own_message(chat.seq), &chat);
        let mut salt = [0; 16];
        self.rng.fill_bytes(&mut salt);
        let proof = Proof::sign(&self.device, &at, &chat.entry, &self.name, salt);
        Chat { proof: Some(proof), ..chat }
    }

    /// Keeps what somebody said, if it may be handed on. What is far ahead of the clock of all would stay above what others say.
    pub(super) fn keep_said(&mut self, account: AccountId, id: MessageId, chat: &Chat) {
        let Some(proof) = chat.proof.clone().filter(|_| chat.lamport <= self.lamport && self.hands_on()) else {
            return;
        };
        let said = Said::Whole(chat.entry.clone());
        let saying = Saying { account, id, lamport: chat.lamport, written: chat.written, said, proof };
        let saying = if matches!(chat.entry, Entry::Private(_)) { saying.outlined() } else { saying };
        if saying.holds(self.room_id) {
            self.handing.past.take(saying);
        }
    }

    /// Asks for what was said before, when it is time to.
    pub(super) fn ask_for_past(&mut self, now: Timestamp) {
        let hands_on = self.hands_on();
        if !hands_on {
            self.handing.past.clear();
            self.outbox.keep_from_newcomers();
        }
        let settled = self.is_inside() && self.content.is_settled();
        let asked = match &mut self.handing.asking {
            Asking::Over => return,
            Asking::Later(at) if settled => {
                if *at.get_or_insert(now.after(ASKS_AFTER)) > now {
                    return;
                }
                Vec::new()
            }
            Asking::Since(_, Some(question)) if question.until > now && hands_on => return,
            Asking::Since(asked, _) => std::mem::take(asked),
            Asking::Later(_) => return,
        };
        self.handing.asking = Asking::Over;
        match self.whom_to_ask(&asked) {
            Some(to) if hands_on => self.ask_past_of(to, asked, now),
            _ => self.tell_holes(!asked.is_empty()),
        }
    }

    /// Of those who were here before, the one that has been for longest.
    fn whom_to_ask(&self, asked: &[DeviceId]) -> Option<DeviceId> {
        let before = self.roster.members().filter(|member| !member.joined_after_me && !asked.contains(&member.device));
        let first = before.min_by_key(|member| (member.away, member.entered, member.device))?;
        (asked.len() < MAX_ASKED).then_some(first.device)
    }

    fn ask_past_of(&mut self, to: DeviceId, mut asked: Vec<DeviceId>, now: Timestamp) {
        let mut id = QuestionId([0; 8]);
        self.rng.fill_bytes(&mut id.0);
        // Who cannot be asked does not answer.
        let _ = self.whisper_soon(to, &Whisper::History(HistorySignal::Wanted(id)), now);
        asked.push(to);
        let question = Question { id, to, parts: SortedMap::default(), last: None, until: now.after(ANSWER_WITHIN) };
        self.handing.asking = Asking::Since(asked, Some(question));
    }

    /// A member said something about history, to this device alone.
    pub(super) fn hear_history(&mut self, from: DeviceId, signal: HistorySignal, now: Timestamp) {
        if self.hands_on() {
            match signal {
                HistorySignal::Wanted(question) => self.hand_on(from, question, now),
                HistorySignal::Part(part) => self.take_part(from, part, now),
            }
        }
    }

    fn hand_on(&mut self, to: DeviceId, question: QuestionId, now: Timestamp) {
        let Some(account) = self.roster.find(&to).map(|member| member.account) else { return };
        if !self.handing.answers(account, now) {
            return;
        }
        let parts = self.handing.past.answer(self.room_time(now));
        let last = parts.len().saturating_sub(1);
        for (index, sayings) in parts.into_iter().enumerate() {
            let index_byte = u8::try_from(index).unwrap_or(HISTORY_PARTS);
            let part = HistoryPart { question, index: index_byte, is_last: index == last, sayings };
            if let Err(error) = self.whisper_soon(to, &Whisper::History(HistorySignal::Part(part)), now) {
                tracing::debug!(%error, "history was not handed on");
                return;
            }
        }
    }

    fn take_part(&mut self, from: DeviceId, part: HistoryPart, now: Timestamp) {
        let Asking::Since(_, open) = &mut self.handing.asking else { return };
        let Some(question) = open.as_mut().filter(|open| (open.id, open.to) == (part.question, from)) else { return };
        if part.is_last {
            question.last.get_or_insert(part.index);
        }
        question.parts.entry(part.index).or_insert(part.sayings);
        let is_whole = question.last.is_some_and(|last| (0..=last).all(|index| question.parts.contains_key(&index)));
        if is_whole && let Some(question) = open.take() {
            let sayings: Vec<Saying> = question.parts.into_values().flatten().collect();
            self.take_past(from, sayings, now);
        }
    }

    fn take_past(&mut self, from: DeviceId, sayings: Vec<Saying>, now: Timestamp) {
        let is_empty = sayings.is_empty();
        let mut new = Vec::new();
        for saying in sayings.into_iter().take(MAX_SAYINGS) {
            let order = saying.order();
            if self.believes(&saying, now) && self.handing.past.take(saying) {
                new.push(order);
            }
        }
        new.sort_unstable();
        let own = self.account;
        let message = |order| {
            let (saying, entry) = self.handing.past.tell(order)?;
            let Saying { account, id, lamport, written, .. } = *saying;
            let name = saying.proof.name.clone();
            Some(ChatMessage { id, account, name, lamport, written, entry, private: None, own: account == own })
        };
        let messages: Vec<ChatMessage> = new.iter().filter_map(message).collect();
        if !messages.is_empty() {
            self.events.push_back(RoomEvent::History { from, messages });
        }
        if !is_empty && self.holes().is_empty() {
            self.handing.asking = Asking::Over;
        }
    }

    /// Whether its author said it and may speak here.
    fn believes(&mut self, saying: &Saying, now: Timestamp) -> bool {
        let is_own = (saying.id.device, saying.id.run) == (self.me, self.run);
        if is_own || !is_fresh(saying, self.room_time(now)) || !saying.holds(self.room_id) {
            return false;
        }
        let Some(ledger) = &mut self.ledger else { return false };
        let role = ledger.role(&saying.account, &saying.id.device);
        role.is_some_and(|role| role >= ledger.policy().chat)
    }

    fn holes(&self) -> Vec<super::past::Hole> {
        self.handing.past.holes(|device, run| self.inbox.baseline(device, run))
    }

    fn tell_holes(&mut self, was_asked: bool) {
        let holes = if was_asked { self.holes() } else { Vec::new() };
        let missing =
            holes.into_iter().map(|hole| RoomEvent::HistoryMissing { author: hole.author, count: hole.count });
        self.events.extend(missing);
    }

    /// Forgets what is kept to be handed on, and asks no more.
    pub(super) fn forget_past(&mut self) {
        self.handing.past.clear();
        self.handing.asking = Asking::Over;
    }

    /// How many messages are kept to be handed on: for proofs of what a stolen memory holds.
    pub fn kept_past(&self) -> usize {
        self.handing.past.len()
    }

    /// Whether newcomers read here what was said before.
    pub(super) fn hands_on(&mut self) -> bool {
        self.ledger.as_mut().is_some_and(|ledger| ledger.policy().history)
    }

    fn proof_place(&self, account: AccountId, id: MessageId, chat: &Chat) -> ProofPlace {
        ProofPlace { room: self.room_id, account, id, lamport: chat.lamport, written: chat.written }
    }
}
