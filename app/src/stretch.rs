//! The slow derivations: what the page asks the worker for, and what the worker answers.
//!
//! Both sides are compiled from this file and speak postcard in one bounded message each way, numbered so that answers may
//! come in any order. It leaves out how messages travel: that is `platform::worker` and `bin/worker`.

use milanio_identity::{RoomCode, RootSecret, SignedGenesis};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The most bytes of one message: a signed genesis and its frame, with room to spare.
pub const MAX_MESSAGE_BYTES: usize = 4096;

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

/// Answers an encoded request; `None` if it is none.
pub fn answer(request: &[u8]) -> Option<Vec<u8>> {
    if request.len() > MAX_MESSAGE_BYTES {
        return None;
    }
    let request: Request = postcard::from_bytes(request).ok()?;
    postcard::to_allocvec(&Answer { id: request.id, outcome: request.job.run() }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(job: Job) -> Option<Derived> {
        let request = postcard::to_allocvec(&Request { id: 7, job }).expect("it encodes");
        let answer: Answer = postcard::from_bytes(&answer(&request).expect("it answers")).expect("it decodes");
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
        assert_eq!(answer(&[]), None);
        assert_eq!(answer(&vec![0; MAX_MESSAGE_BYTES + 1]), None);
    }

    #[test]
    fn secrets_do_not_show() {
        assert!(!format!("{:?}", Derived::Root([42; 32])).contains("42"));
        assert!(!format!("{:?}", Job::Root("k7wd".into())).contains("k7wd"));
    }
}
