//! Which sequence numbers were seen: relays may reorder and repeat signals, attackers may replay them.

/// A window over the highest sequence number seen, as RFC 4303 section 3.4.3 has it.
#[derive(Default)]
pub(super) struct ReplayWindow {
    highest: u32,
    /// Bit n stands for `highest - n`.
    seen: u64,
}

impl ReplayWindow {
    /// True once for each number that is not older than the window.
    pub(super) fn admit(&mut self, seq: u32) -> bool {
        if seq == 0 {
            return false;
        }
        if let Some(ahead) = seq.checked_sub(self.highest).filter(|ahead| *ahead > 0) {
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = seq;
            return true;
        }
        let bit = 1_u64.checked_shl(self.highest - seq).unwrap_or(0);
        let fresh = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::ReplayWindow;

    proptest! {
        #[test]
        fn every_number_within_the_window_is_admitted_exactly_once(numbers in prop::collection::vec(0u32..200, 0..300)) {
            let (mut window, mut admitted, mut highest) = (ReplayWindow::default(), BTreeSet::new(), 0);
            for seq in numbers {
                let expected = seq != 0 && seq + 64 > highest && !admitted.contains(&seq);
                prop_assert_eq!(window.admit(seq), expected);
                if expected {
                    admitted.insert(seq);
                    highest = highest.max(seq);
                }
            }
        }
    }

    #[test]
    fn far_leaps_are_survived() {
        let mut window = ReplayWindow::default();
        assert!(window.admit(1));
        assert!(window.admit(u32::MAX));
        assert!(!window.admit(1));
        assert!(window.admit(u32::MAX - 63));
        assert!(!window.admit(u32::MAX - 64));
    }
}
