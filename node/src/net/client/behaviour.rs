//! What a leaf speaks with a relay: streams for its topics, for its questions and for pings.

use std::time::Duration;

use libp2p_stream::{Behaviour, Control};

use super::pubsub::Pubsub;
use crate::net::{bundle::Bundle, pulse::Answers};

/// Pause between pings. With [`PING_PATIENCE`] a relay that has gone silent is noticed within 8 s.
pub(super) const PING_INTERVAL: Duration = Duration::from_secs(4);

/// How long a ping may take.
pub(super) const PING_PATIENCE: Duration = Duration::from_secs(4);

/// A leaf's behaviour, and what its streams come and go by.
pub(super) struct Protocols {
    pub(super) bundle: Bundle,
    pub(super) control: Control,
    pub(super) pubsub: Pubsub,
    pub(super) pings: Answers,
}

impl Protocols {
    pub(super) fn new() -> Self {
        let streams = Behaviour::new();
        let mut control = streams.new_control();
        let pings = Answers::new(&mut control).expect("a new behaviour accepts no protocol yet");
        let pubsub = Pubsub::new(control.clone()).expect("a new behaviour accepts only pings yet");
        Self { bundle: Bundle::default().with(streams), control, pubsub, pings }
    }
}
