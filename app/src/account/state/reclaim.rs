//! Taking an address back when every key of its account is lost: how far it is.

use serde::{Deserialize, Serialize};

/// A takeover that this browser asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Takeover {
    /// The address.
    pub email: String,
    /// How far it is.
    pub stage: Stage,
    /// When the wait is over, in milliseconds of the page's clock.
    pub ready_at_ms: u64,
}

/// How far a takeover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The old account can still object.
    Waiting,
    /// The wait is over: it can be finished.
    Ready,
    /// The old account has objected.
    Stopped,
    /// The server knows nothing of it any more.
    Gone,
}

impl std::fmt::Debug for Takeover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An address is nobody else's business.
        write!(f, "Takeover({:?})", self.stage)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::account) fn takeover(stage: Stage) -> Takeover {
        Takeover { email: "ines@example.org".into(), stage, ready_at_ms: 1_000 }
    }

    #[test]
    fn addresses_do_not_show() {
        assert_eq!(format!("{:?}", takeover(Stage::Waiting)), "Takeover(Waiting)");
    }
}
