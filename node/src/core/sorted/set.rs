//! A set in order: the keys of a [`SortedMap`](super::SortedMap) without values.

use std::{borrow::Borrow, slice, vec};

/// A set in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortedSet<T> {
    members: Vec<T>,
}

impl<T> Default for SortedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> SortedSet<T> {
    /// Nothing.
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.members.clear();
    }

    /// All in order.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.members.iter()
    }

    /// The smallest.
    pub fn first(&self) -> Option<&T> {
        self.members.first()
    }

    /// The largest.
    pub fn last(&self) -> Option<&T> {
        self.members.last()
    }

    /// Takes the smallest.
    pub fn pop_first(&mut self) -> Option<T> {
        if self.members.is_empty() { None } else { Some(self.members.remove(0)) }
    }

    /// Takes the largest.
    pub fn pop_last(&mut self) -> Option<T> {
        self.members.pop()
    }

    /// Forgets what does not pass.
    pub fn retain(&mut self, is_kept: impl FnMut(&T) -> bool) {
        self.members.retain(is_kept);
    }
}

impl<T: Ord> SortedSet<T> {
    fn find<Q: Ord + ?Sized>(&self, member: &Q) -> Result<usize, usize>
    where
        T: Borrow<Q>,
    {
        self.members.binary_search_by(|known| known.borrow().cmp(member))
    }

    /// Whether it is there.
    pub fn contains<Q: Ord + ?Sized>(&self, member: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.find(member).is_ok()
    }

    /// Adds one; false if it was there.
    pub fn insert(&mut self, member: T) -> bool {
        let place = self.find(&member);
        if let Err(at) = place {
            self.members.insert(at, member);
        }
        place.is_err()
    }

    /// Takes one out; false if it was not there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, member: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.find(member).map(|at| self.members.remove(at)).is_ok()
    }

    /// Whether all of these are in the other, too.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|member| other.contains(member))
    }
}

impl<'a, T> IntoIterator for &'a SortedSet<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> IntoIterator for SortedSet<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<T: Ord> Extend<T> for SortedSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, members: I) {
        for member in members {
            self.insert(member);
        }
    }
}

impl<T: Ord> FromIterator<T> for SortedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        let mut set = Self::new();
        set.extend(members);
        set
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for SortedSet<T> {
    fn from(members: [T; N]) -> Self {
        members.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_b_tree_holds(steps in proptest::collection::vec((0_u8..4, 0_u8..12), 0..60)) {
            let (mut ours, mut theirs) = (SortedSet::new(), BTreeSet::new());
            for (step, member) in steps {
                match step {
                    0 | 1 => prop_assert_eq!(ours.insert(member), theirs.insert(member)),
                    2 => prop_assert_eq!(ours.remove(&member), theirs.remove(&member)),
                    _ => prop_assert_eq!(ours.pop_first(), theirs.pop_first()),
                }
                prop_assert_eq!(ours.contains(&member), theirs.contains(&member));
                prop_assert!(ours.iter().eq(theirs.iter()));
            }
            prop_assert_eq!((ours.first(), ours.last()), (theirs.first(), theirs.last()));
            let half: SortedSet<u8> = ours.iter().copied().filter(|member| member % 2 == 0).collect();
            prop_assert!(half.is_subset(&ours));
            prop_assert_eq!(ours.is_subset(&half), ours.iter().all(|member| member % 2 == 0));
        }
    }
}
