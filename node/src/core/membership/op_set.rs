//! Sets of operations by their place in the graph: a bit for each.
//!
//! A causal past of 5,000 operations takes 625 bytes, and whether one operation knows another is one look.

/// A set of places. Only as long as its largest member needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OpSet(Vec<u64>);

impl OpSet {
    /// All places below `end`.
    pub(super) fn below(end: usize) -> Self {
        let mut words = vec![u64::MAX; end / BITS];
        if !end.is_multiple_of(BITS) {
            words.push((1 << (end % BITS)) - 1);
        }
        Self(words)
    }

    pub(super) fn contains(&self, index: usize) -> bool {
        self.0.get(index / BITS).is_some_and(|word| word >> (index % BITS) & 1 == 1)
    }

    pub(super) fn insert(&mut self, index: usize) {
        let word = index / BITS;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (index % BITS);
    }

    pub(super) fn remove(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / BITS) {
            *word &= !(1 << (index % BITS));
        }
    }

    /// Takes in all of `other`.
    pub(super) fn union(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, theirs) in self.0.iter_mut().zip(&other.0) {
            *word |= theirs;
        }
    }

    /// Whether both have a place in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one & other != 0)
    }
}

const BITS: usize = u64::BITS as usize;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn places() -> impl Strategy<Value = BTreeSet<usize>> {
        prop::collection::btree_set(0_usize..300, 0..40)
    }

    fn set(places: &BTreeSet<usize>) -> OpSet {
        let mut set = OpSet::default();
        places.iter().for_each(|place| set.insert(*place));
        set
    }

    fn members(set: &OpSet) -> BTreeSet<usize> {
        (0..400).filter(|place| set.contains(*place)).collect()
    }

    proptest! {
        #[test]
        fn a_set_does_what_sets_do(one in places(), other in places(), end in 0_usize..300) {
            let mut both = set(&one);
            both.union(&set(&other));
            prop_assert_eq!(members(&both), &one | &other);
            prop_assert_eq!(set(&one).meets(&set(&other)), !one.is_disjoint(&other));
            prop_assert_eq!(members(&OpSet::below(end)), (0..end).collect());
            for place in &one {
                both.remove(*place);
            }
            prop_assert_eq!(members(&both), &other - &one);
        }
    }
}
