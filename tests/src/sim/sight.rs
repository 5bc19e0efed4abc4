//! What devices of a world see of each other.

use std::collections::BTreeSet;

use super::World;

impl World {
    /// Checks that the nodes `inside` see each other and nobody else, and that they know the same about who may do what.
    ///
    /// # Panics
    /// If they do not.
    pub fn assert_together(&self, inside: &[usize]) {
        let all: BTreeSet<_> = inside.iter().map(|index| self.nodes[*index].device).collect();
        let digest = |index: usize| self.nodes[index].roster().map(|roster| roster.digest);
        for index in inside {
            let node = &self.nodes[*index];
            let mut seen: BTreeSet<_> = node.sees().into_keys().collect();
            seen.insert(node.device);
            assert_eq!(seen, all, "who node {index} sees");
            assert!(digest(*index).is_some(), "node {index} knows the room");
            assert_eq!(digest(*index), digest(inside[0]), "what node {index} knows");
        }
    }
}
