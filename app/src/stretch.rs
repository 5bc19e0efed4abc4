//! What the page and its worker say to each other: slow derivations and their results, and ticks.
//!
//! Both sides are compiled from this file and speak postcard in bounded messages; questions are numbered so that answers may
//! come in any order. It leaves out how messages travel: that is `platform::worker`.

use milanio_identity::{RoomCode, RootSecret, SignedGenesis};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The most bytes of one message: a signed genesis and its frame, with room to spare.
pub const MAX_MESSAGE_BYTES: usize = 4096;

/// What the page says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Derive this.
    Derive(Request),
    /// Tick every second from now on (true), or no more. The timers of a hidden page are slow, a worker's are not.
    Tick(bool),
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToPage {
    /// What was derived.
    Answer(Answer),
    /// Another second has passed.
    Tick,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Returns in the answer.
    pub id: u32,
    /// What to derive.
    pub job: Job,
}

/// What to derive.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Job {
    /// The room's root secret from its code.
    Root(String),
    /// The code that commits to this signed genesis.
    Code(Vec<u8>),
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A code opens the room: it is in no log.
        f.write_str(match self {
            Self::Root(_) => "Root",
            Self::Code(_) => "Code",
        })
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Of the request.
    pub id: u32,
    /// What came of it; `None` if the request made no sense or the memory was short.
    pub outcome: Option<Derived>,
}

/// What was derived.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub enum Derived {
    /// The root secret's bytes.
    Root([u8; 32]),
    /// A code as people write it.
    Code(String),
}

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Derived(redacted)")
    }
}

impl Job {
    /// Does it: a tenth of a second and up to 64 MiB.
    pub fn run(&self) -> Option<Derived> {
        match self {
            Self::Root(code) => {
                let root = RootSecret::derive(&RoomCode::parse(code).ok()?).ok()?;
                Some(Derived::Root(*root.as_bytes()))
            }
            Self::Code(genesis) => {
                let code = SignedGenesis::from_bytes(genesis).ok()?.code().ok()?;
                Some(Derived::Code(code.to_string()))
            }
        }
    }
}

impl Request {
    /// Does what is asked.
    pub fn answer(&self) -> Answer {
        Answer { id: self.id, outcome: self.job.run() }
    }
}

/// Decodes a message of either side; `None` if it is none.
pub fn decode<M: DeserializeOwned>(message: &[u8]) -> Option<M> {
    if message.len() > MAX_MESSAGE_BYTES {
        return None;
    }
    postcard::from_bytes(message).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(job: Job) -> Option<Derived> {
        let question = postcard::to_allocvec(&ToWorker::Derive(Request { id: 7, job })).expect("it encodes");
        let Some(ToWorker::Derive(request)) = decode(&question) else { panic!("it decodes") };
        let answer = postcard::to_allocvec(&ToPage::Answer(request.answer())).expect("it encodes");
        let Some(ToPage::Answer(answer)) = decode(&answer) else { panic!("it decodes") };
        assert_eq!(answer.id, 7);
        answer.outcome
    }

    #[test]
    fn nonsense_is_answered_with_nothing() {
        assert_eq!(ask(Job::Root("hello".into())), None);
        assert_eq!(ask(Job::Code(vec![1, 2, 3])), None);
    }

    #[test]
    fn what_is_no_request_is_ignored() {
        assert_eq!(decode::<ToWorker>(&[]), None);
        assert_eq!(decode::<ToWorker>(&vec![0; MAX_MESSAGE_BYTES + 1]), None);
    }

    #[test]
    fn secrets_do_not_show() {
        assert!(!format!("{:?}", Derived::Root([42; 32])).contains("42"));
        assert!(!format!("{:?}", Job::Root("k7wd".into())).contains("k7wd"));
    }
}
