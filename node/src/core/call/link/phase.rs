//! The phases of a link's negotiation: whose work is awaited, and what must be remembered until it is done.

use std::collections::VecDeque;
use std::time::Duration;

use crate::core::call::StepId;
use crate::core::call::sdp::Description;
use crate::core::time::Timestamp;

/// Whose work is awaited.
pub(super) enum Phase {
    /// The browser makes an offer.
    Offering(Step),
    /// The peer answers.
    Offered(Offered),
    /// We get credentials for the TURN nodes of the offer, until then.
    AwaitingTurn(Box<RemoteOffer>, Timestamp),
    /// The browser makes an answer.
    Answering(Step, Box<RemoteOffer>),
    /// The browser takes the answer.
    Applying(Step),
    /// Nobody's.
    Stable,
}

/// A command whose result is awaited.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) id: StepId,
    /// When the browser is given up.
    pub(super) until: Timestamp,
}

/// Our offer, while it stands.
pub(super) struct Offered {
    pub(super) sdp: String,
    pub(super) description: Description,
    /// Of the newest sendings.
    hashes: VecDeque<[u8; 32]>,
    times_sent: u32,
    /// When it goes out again.
    pub(super) send_at: Timestamp,
}

impl Offered {
    pub(super) fn new(description: Description, now: Timestamp) -> Self {
        let (sdp, hashes) = (description.to_string(), VecDeque::new());
        Self { sdp, description, hashes, times_sent: 0, send_at: now }
    }

    /// It was sent as the signal with this hash, or may only be sent later.
    pub(super) fn sent(&mut self, result: Result<[u8; 32], Timestamp>, now: Timestamp) {
        match result {
            Ok(hash) => {
                self.hashes.truncate(MAX_HASHES - 1);
                self.hashes.push_front(hash);
                let wait = (FIRST_RESEND * 2_u32.pow(self.times_sent.min(8))).min(LAST_RESEND);
                self.send_at = now.after(wait);
                self.times_sent = self.times_sent.saturating_add(1);
            }
            Err(later) => self.send_at = later,
        }
    }

    pub(super) fn was_sent_as(&self, hash: &[u8; 32]) -> bool {
        self.hashes.contains(hash)
    }
}

/// A peer's offer, checked.
#[derive(Clone)]
pub(in crate::core::call) struct RemoteOffer {
    pub(in crate::core::call) description: Description,
    pub(in crate::core::call) turn_nodes: Vec<Vec<u8>>,
    pub(in crate::core::call) hash: [u8; 32],
    pub(in crate::core::call) seq: u32,
}

/// An offer without answer is sent again, first after this long; chosen: a few times what a healthy exchange takes.
const FIRST_RESEND: Duration = Duration::from_secs(2);
/// The longest wait between two sendings; chosen: within the life of a signal.
const LAST_RESEND: Duration = Duration::from_secs(16);
/// Answers to the newest of these sendings are accepted; older ones have expired.
const MAX_HASHES: usize = 8;
