//! Passing the identity from one device to another: what both screens show meanwhile.

/// Words that both screens show.
pub const LINK_WORDS: usize = 4;

/// How far it has got.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum LinkStep {
    /// Nothing has begun.
    #[default]
    Idle,
    /// New device: the code is being made.
    Making,
    /// New device: code and QR are shown.
    Offering {
        /// The code.
        code: String,
        /// The link that the QR code holds.
        link: String,
    },
    /// Old device: looking for the new one.
    Looking,
    /// Both: compare the words.
    Comparing {
        /// The words.
        words: [&'static str; LINK_WORDS],
        /// This is the device that hands over, so this is where it is confirmed.
        hands_over: bool,
    },
    /// Old device: handing over.
    HandingOver,
    /// Done.
    Linked,
}

impl std::fmt::Debug for LinkStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A code opens the way to an identity: it is in no log.
        f.write_str(match self {
            Self::Idle => "Idle",
            Self::Making => "Making",
            Self::Offering { .. } => "Offering",
            Self::Looking => "Looking",
            Self::Comparing { .. } => "Comparing",
            Self::HandingOver => "HandingOver",
            Self::Linked => "Linked",
        })
    }
}
