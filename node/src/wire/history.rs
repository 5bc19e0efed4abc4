//! What was said before somebody came, as a member hands it to them inside a sealed signal: a question, and the answer in parts.
//!
//! Each message is accounted for by its author (`proof`), so whoever hands it on can leave out and invent nothing. Left out: who is
//! asked, what is handed on, and what is believed (`core::room`).

use milanio_identity::{AccountId, RoomId};
use serde::{Deserialize, Serialize};

use super::{
    body::ensure,
    codec::{self, Checked, DecodeError, LimitError},
    entry::Entry,
    limits,
    message::MessageId,
    proof::{Outline, Proof, ProofPlace},
};
use crate::core::time::RoomTime;

/// Names a question: 8 random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionId(pub [u8; 8]);

/// What is said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistorySignal {
    /// "What was said before I came?"
    Wanted(QuestionId),
    /// A part of the answer.
    Part(HistoryPart),
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPart {
    /// What it answers.
    pub question: QuestionId,
    /// Which part, from 0; below [`limits::HISTORY_PARTS`].
    pub index: u8,
    /// No part comes after it.
    pub is_last: bool,
    /// At most [`limits::HISTORY_SAYINGS`].
    pub sayings: Vec<Saying>,
}

/// One message, as its author said it or in outline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// The author's account.
    pub account: AccountId,
    /// Its name for ever.
    pub id: MessageId,
    /// Lamport time.
    pub lamport: u64,
    /// When it was written, says its author.
    pub written: RoomTime,
    /// What it says.
    pub said: Said,
    /// The author's word for all that.
    pub proof: Proof,
}

/// What a message that is handed on says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Everything. Never [`Entry::Private`].
    Whole(Entry),
    /// Nothing: it was private, or its author took it back or replaced it.
    Outline(Outline),
}

impl Saying {
    /// Whether its author said it, in `room`.
    pub fn holds(&self, room: RoomId) -> bool {
        let (account, id, lamport, written) = (self.account, self.id, self.lamport, self.written);
        let at = ProofPlace { room, account, id, lamport, written };
        self.proof.verify(&at, &self.outline()).is_ok()
    }

    /// It without what it says.
    pub fn outlined(self) -> Self {
        let said = Said::Outline(self.outline());
        Self { said, proof: Proof { salt: None, ..self.proof }, ..self }
    }

    /// What stands for what it says.
    fn outline(&self) -> Outline {
        match &self.said {
            Said::Whole(entry) => Outline::of(entry, &self.proof.salt.unwrap_or_default()),
            Said::Outline(outline) => outline.clone(),
        }
    }

    /// Where it stands among the others, the same for everybody.
    pub fn order(&self) -> (u64, MessageId) {
        (self.lamport, self.id)
    }
}

impl HistorySignal {
    /// The encoding: what is sealed.
    pub fn encode(&self) -> Result<Vec<u8>, LimitError> {
        let bytes = codec::encode(self)?;
        ensure(bytes.len() <= limits::SIGNAL_BYTES, LimitError::Signal)?;
        Ok(bytes)
    }

    /// Decodes strictly.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        ensure(bytes.len() <= limits::SIGNAL_BYTES, LimitError::Signal)?;
        codec::decode(bytes)
    }
}

impl Checked for HistorySignal {
    fn check(&self) -> Result<(), LimitError> {
        let Self::Part(part) = self else { return Ok(()) };
        let fits = part.index < limits::HISTORY_PARTS && part.sayings.len() <= limits::HISTORY_SAYINGS;
        ensure(fits, LimitError::History)?;
        part.sayings.iter().try_for_each(Saying::check)
    }
}

impl Checked for Saying {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.id.seq > 0, LimitError::Sequence)?;
        self.proof.check()?;
        match &self.said {
            Said::Whole(Entry::Private(_)) => Err(LimitError::Private),
            Said::Whole(entry) => {
                ensure(self.proof.salt.is_some(), LimitError::Proof)?;
                entry.check()
            }
            Said::Outline(outline) => {
                ensure(self.proof.salt.is_none(), LimitError::Proof)?;
                outline.check()
            }
        }
    }
}

#[cfg(test)]
mod tests;
