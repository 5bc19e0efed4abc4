//! What the room's operations say, read once more from all that honest devices know: what everybody must come to see.

use std::collections::BTreeSet;

use milanio_identity::{AccountId, DeviceId};
use milanio_node::core::membership::Membership;

use super::deeds::Life;
use crate::sim::World;

/// The membership that all honest devices in the room have together.
pub struct Truth {
    membership: Membership,
    /// Every operation that any of them holds.
    pub operations: BTreeSet<Vec<u8>>,
}

impl Truth {
    /// Puts together what the honest devices hold that are in the room.
    pub fn of(world: &World, life: &Life) -> Self {
        let mut membership = Membership::new(world.genesis().genesis());
        for index in life.honest_inside(world) {
            for operation in world.known_operations(index) {
                // Those that are known, or not rooted, say nothing new.
                let _ = membership.add(operation);
            }
        }
        let operations = membership.operations().map(|one| one.as_bytes().to_vec()).collect();
        Self { membership, operations }
    }

    /// How many operations there are.
    pub fn operations(&self) -> usize {
        self.operations.len()
    }

    /// The membership, for questions.
    pub fn membership(&self) -> Membership {
        self.membership.clone()
    }

    /// Whether `device` may speak for `account` in the room.
    pub fn speaks_for(&self, account: &AccountId, device: &DeviceId) -> bool {
        self.membership.clone().roster().speaks_for(account, device)
    }

    /// Names the roster.
    pub fn digest(&self) -> [u8; 32] {
        self.membership.clone().roster().digest()
    }
}
