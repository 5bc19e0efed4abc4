//! Age: an order of operations that keeps causes before effects and is the same for everybody.

use crate::wire::operation::OperationHash;

/// Orders operations: the older is the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age {
    /// The length of the longest chain of dependencies down to the genesis; 1 without dependencies.
    pub depth: u32,
    /// Decides between equal depths.
    pub hash: OperationHash,
}

impl Age {
    /// Older than every operation: what the genesis itself says.
    pub const GENESIS: Self = Self { depth: 0, hash: OperationHash([0; 32]) };
}
