//! What a list of measurements comes to.

use std::time::Duration;

/// The time that `share` of all are not longer than.
pub fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(at).copied().unwrap_or_default()
}

/// The middle of all, or of the two in the middle the larger one; not a number if there is none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How well one can tell from a time which of two groups it is from: the area under the ROC curve, 0.5 for not at all, 1 for
/// always. Whichever group is slower.
pub fn auc(first: &[Duration], second: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> =
        first.iter().map(|time| (*time, true)).chain(second.iter().map(|time| (*time, false))).collect();
    all.sort_unstable();
    // Mann and Whitney's U: pairs in which the first group's time is the longer one; equal ones count half.
    let (mut shorter, mut wins) = (0.0, 0.0);
    for ties in all.chunk_by(|one, other| one.0 == other.0) {
        let of_first = ties.iter().filter(|(_, is_first)| *is_first).count() as f64;
        let of_second = ties.len() as f64 - of_first;
        wins += of_first * (shorter + of_second / 2.0);
        shorter += of_second;
    }
    let auc = wins / (first.len() as f64 * second.len() as f64);
    auc.max(1.0 - auc)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(values: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn the_percentile_is_one_of_the_times() {
        assert_eq!(percentile(&mut times(1..=100), 0.99), Duration::from_millis(100));
        assert_eq!(percentile(&mut times([5, 1, 3]), 0.5), Duration::from_millis(3));
        assert_eq!(percentile(&mut [], 0.5), Duration::ZERO);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median([9.0, 1.0, 5.0]) - 5.0).abs() < 1e-9);
        assert!((median([9.0, 1.0]) - 9.0).abs() < 1e-9);
        assert!(median([]).is_nan());
    }

    #[test]
    fn groups_that_differ_always_sometimes_and_never() {
        let area = |first: Vec<Duration>, second: Vec<Duration>| auc(&first, &second);
        assert!((area(times(0..10), times(10..20)) - 1.0).abs() < 1e-9);
        assert!((area(times(10..20), times(0..10)) - 1.0).abs() < 1e-9);
        assert!((area(times([1, 1]), times([1, 1])) - 0.5).abs() < 1e-9);
        assert!((area(times([1, 3]), times([2, 4])) - 0.75).abs() < 1e-9);
    }
}
