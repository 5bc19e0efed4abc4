//! What all members of a call share: the settings, the TURN nodes, the source of ids, and the queues of what is to come out.

use std::collections::VecDeque;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::{CallCommand, CallConfig, CallEvent, IceServer, LinkId, StepId, TurnNode};
use crate::core::time::ClockOffset;
use crate::wire::limits::TURN_NODES;
use crate::wire::signal::CallId;

/// Shared state. The queues are drained after every input, and one input adds a bounded number per member.
pub(super) struct Context {
    pub(super) config: CallConfig,
    pub(super) offset: ClockOffset,
    pub(super) turn: Vec<TurnNode>,
    pub(super) commands: VecDeque<CallCommand>,
    pub(super) events: VecDeque<CallEvent>,
    rng: ChaCha20Rng,
    last_id: u64,
}

impl Context {
    pub(super) fn new(config: CallConfig) -> Self {
        Self {
            rng: ChaCha20Rng::from_seed(config.seed),
            config,
            offset: ClockOffset::default(),
            turn: Vec::new(),
            commands: VecDeque::new(),
            events: VecDeque::new(),
            last_id: 0,
        }
    }

    pub(super) fn call_id(&mut self) -> CallId {
        let mut id = [0; 16];
        self.rng.fill_bytes(&mut id);
        CallId(id)
    }

    pub(super) fn link_id(&mut self) -> LinkId {
        LinkId(self.next_id())
    }

    pub(super) fn step_id(&mut self) -> StepId {
        StepId(self.next_id())
    }

    /// The nodes an offer names.
    pub(super) fn offered_nodes(&self) -> Vec<Vec<u8>> {
        self.turn.iter().take(TURN_NODES).map(|node| node.id.clone()).collect()
    }

    /// Whether we hold credentials for all of these.
    pub(super) fn knows_nodes(&self, ids: &[Vec<u8>]) -> bool {
        ids.iter().all(|id| self.turn.iter().any(|node| node.id == *id))
    }

    /// The servers of the named nodes, as far as we hold credentials; of any, if none are named: reflexive addresses help anyway.
    pub(super) fn servers(&self, ids: &[Vec<u8>]) -> Vec<IceServer> {
        let named = self.turn.iter().filter(|node| ids.is_empty() || ids.contains(&node.id));
        named.take(TURN_NODES).map(server).collect()
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

fn server(node: &TurnNode) -> IceServer {
    IceServer { urls: node.urls.clone(), username: node.username.clone(), credential: node.credential.clone() }
}
