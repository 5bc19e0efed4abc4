//! What waits to be sent: which letter goes next, when one that failed is tried again, and when trying is no use for now.
//!
//! Calls: [`Outbox::put`] takes one in; [`Outbox::next`] hands out what may be sent now; [`Outbox::finish`] hears how that went.
//! Repeat `next` until it gives nothing, then wait until [`Outbox::wake_ms`] or another call.
//!
//! A server that failed is a circuit breaker: after each pause one letter finds out, and where none waits the next that is asked for
//! does ([`Outbox::is_down`] is false by then). Left out: what is sent, and how.

use std::collections::{BTreeMap, VecDeque};

/// A letter that could not leave for this long is given up, in milliseconds: its code has expired by then.
pub const LIFE_MS: u64 = 600_000;
/// Letters being sent at once (chosen: a mail provider's usual limit is above it).
pub const MAX_PARALLEL: u32 = 4;
/// So many failures of the mail server in a row mean that it is down.
pub const DOWN_AFTER: u32 = 3;

/// How sending a letter went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server took it.
    Sent,
    /// The mail server will never take this letter.
    Bounced,
    /// The mail server did not take this letter now, as greylisting does.
    Deferred,
    /// The mail server could not be talked to.
    Unreachable,
}

/// What became of a letter that was finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It has left.
    Sent,
    /// It will be tried again.
    Waiting,
    /// It was refused for good.
    Bounced,
    /// Its time is over.
    Expired,
}

/// A letter that is being sent; [`Outbox::finish`] takes it back.
#[derive(Debug, PartialEq, Eq)]
pub struct Attempt<T> {
    /// The letter.
    pub letter: T,
    put_ms: u64,
    number: u64,
    failures: u32,
}

/// Letters that wait. Who puts them in bounds their number.
#[derive(Debug)]
pub struct Outbox<T> {
    // By the time at which each may go, then in the order they came.
    waiting: BTreeMap<(u64, u64), Attempt<T>>,
    numbered: u64,
    in_flight: u32,
    life_ms: u64,
    // Failures of the server in a row, and when it may be tried again.
    failures: u32,
    open_ms: u64,
    // How the letters of the last hour ended: when, and whether refused for good.
    ended: VecDeque<(u64, bool)>,
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        Self::new(LIFE_MS)
    }
}

impl<T> Outbox<T> {
    /// An empty one whose letters are given up after `life_ms` milliseconds: [`LIFE_MS`], or less where nobody can wait.
    pub fn new(life_ms: u64) -> Self {
        let (waiting, ended) = (BTreeMap::new(), VecDeque::new());
        Self { waiting, numbered: 0, in_flight: 0, life_ms, failures: 0, open_ms: 0, ended }
    }

    /// Takes a letter in.
    pub fn put(&mut self, letter: T, now_ms: u64) {
        self.numbered += 1;
        self.waiting
            .insert((now_ms, self.numbered), Attempt { letter, put_ms: now_ms, number: self.numbered, failures: 0 });
    }

    /// A letter to send now, if there is one and the server may be tried.
    pub fn next(&mut self, now_ms: u64) -> Option<Attempt<T>> {
        // After a failure one letter at a time finds out whether the server is back.
        let parallel = if self.failures == 0 { MAX_PARALLEL } else { 1 };
        if self.in_flight >= parallel || now_ms < self.open_ms || self.bounces_too_often(now_ms) {
            return None;
        }
        let entry = self.waiting.first_entry().filter(|entry| entry.key().0 <= now_ms)?;
        self.in_flight += 1;
        Some(entry.remove())
    }

    /// Hears how sending went; a letter that may leave later waits again.
    pub fn finish(&mut self, mut attempt: Attempt<T>, outcome: Outcome, now_ms: u64) -> Fate {
        self.in_flight = self.in_flight.saturating_sub(1);
        if outcome == Outcome::Unreachable {
            self.failures = self.failures.saturating_add(1);
            self.open_ms = now_ms.saturating_add(backoff_ms(self.failures, FIRST_PROBE_MS, LAST_PROBE_MS));
        } else {
            self.failures = 0;
        }
        let again_ms = match outcome {
            Outcome::Sent | Outcome::Bounced => {
                let bounced = outcome == Outcome::Bounced;
                self.ended.push_back((now_ms, bounced));
                self.ended.drain(..self.ended.len().saturating_sub(MAX_ENDED));
                return if bounced { Fate::Bounced } else { Fate::Sent };
            }
            Outcome::Unreachable => now_ms,
            Outcome::Deferred => {
                attempt.failures = attempt.failures.saturating_add(1);
                now_ms.saturating_add(backoff_ms(attempt.failures, FIRST_RETRY_MS, LIFE_MS))
            }
        };
        if again_ms.saturating_sub(attempt.put_ms) >= self.life_ms {
            return Fate::Expired;
        }
        self.waiting.insert((again_ms, attempt.number), attempt);
        Fate::Waiting
    }

    /// Gives up what has waited too long; tells how many. Call it now and then while letters wait.
    pub fn expire(&mut self, now_ms: u64) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|_, attempt| now_ms.saturating_sub(attempt.put_ms) < self.life_ms);
        before - self.waiting.len()
    }

    /// When to call [`Outbox::next`] again, if nothing else happens before: a letter may go, has waited too long, or a pause ends.
    pub fn wake_ms(&self, now_ms: u64) -> Option<u64> {
        if let Some(counted_ms) = self.oldest_ended_ms(now_ms).filter(|_| self.bounces_too_often(now_ms)) {
            let expiry_ms = self.waiting.values().map(|attempt| attempt.put_ms.saturating_add(self.life_ms)).min();
            return Some(counted_ms.saturating_add(HOUR_MS).min(expiry_ms.unwrap_or(u64::MAX)));
        }
        let pause_ends_ms = Some(self.open_ms).filter(|open_ms| *open_ms > now_ms);
        self.waiting.keys().next().map(|(at_ms, _)| *at_ms.max(&self.open_ms)).or(pause_ends_ms)
    }

    /// True while the last that was heard is that letters do not leave: the server does not answer, or refuses so many that it would
    /// soon refuse all.
    pub fn is_failing(&self, now_ms: u64) -> bool {
        self.failures >= DOWN_AFTER || self.bounces_too_often(now_ms)
    }

    /// True while another letter is no use. Unlike [`Outbox::is_failing`] it ends with the pause after a failure if no letter is left
    /// to find out whether the server is back.
    pub fn is_down(&self, now_ms: u64) -> bool {
        let finds_out = self.in_flight > 0 || !self.waiting.is_empty();
        self.failures >= DOWN_AFTER && (finds_out || now_ms < self.open_ms) || self.bounces_too_often(now_ms)
    }

    // When the first of the letters ended that count for bounces.
    fn oldest_ended_ms(&self, now_ms: u64) -> Option<u64> {
        self.recent(now_ms).next().map(|(at_ms, _)| *at_ms)
    }

    fn recent(&self, now_ms: u64) -> impl Iterator<Item = &(u64, bool)> {
        self.ended.iter().filter(move |(at_ms, _)| at_ms.saturating_add(HOUR_MS) > now_ms)
    }

    fn bounces_too_often(&self, now_ms: u64) -> bool {
        let (bounced, all) =
            self.recent(now_ms).fold((0, 0), |(bounced, all), (_, refused)| (bounced + usize::from(*refused), all + 1));
        bounced >= MIN_BOUNCES && bounced * 100 > all * MAX_BOUNCED_PERCENT
    }
}

/// More letters refused in an hour than this part of them stops sending until it is an hour ago: providers close the accounts of
/// customers whose letters bounce (5 % is where large ones begin).
const MAX_BOUNCED_PERCENT: usize = 5;
/// Fewer refusals than this stop nothing (chosen: one person's typing errors).
const MIN_BOUNCES: usize = 20;
/// Endings that are remembered: more than leave in an hour.
const MAX_ENDED: usize = 1_000;
const HOUR_MS: u64 = 3_600_000;
/// How soon a server that failed is tried again at first, and at most (chosen: a restart is noticed at once, an outage costs little).
const FIRST_PROBE_MS: u64 = 500;
const LAST_PROBE_MS: u64 = 30_000;
/// How soon a deferred letter is tried again at first (chosen; it doubles each time).
const FIRST_RETRY_MS: u64 = 15_000;

fn backoff_ms(failures: u32, first_ms: u64, last_ms: u64) -> u64 {
    first_ms.saturating_mul(1 << (failures.saturating_sub(1)).min(16)).min(last_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(outbox: &mut Outbox<u32>, outcome: Outcome, now_ms: u64) -> Vec<u32> {
        std::iter::from_fn(|| {
            let attempt = outbox.next(now_ms)?;
            let letter = attempt.letter;
            outbox.finish(attempt, outcome, now_ms);
            Some(letter)
        })
        .collect()
    }

    #[test]
    fn letters_leave_in_order_and_four_at_a_time() {
        let mut outbox = Outbox::default();
        (0..10).for_each(|n| outbox.put(n, 0));
        let held: Vec<_> = std::iter::from_fn(|| outbox.next(0)).collect();
        assert_eq!(held.iter().map(|attempt| attempt.letter).collect::<Vec<_>>(), [0, 1, 2, 3]);
        for attempt in held {
            assert_eq!(outbox.finish(attempt, Outcome::Sent, 0), Fate::Sent);
        }
        assert_eq!(drain(&mut outbox, Outcome::Sent, 0), [4, 5, 6, 7, 8, 9]);
        assert_eq!(outbox.wake_ms(0), None);
    }

    #[test]
    fn a_server_that_is_down_is_tried_less_and_less_and_everything_leaves_when_it_is_back() {
        let mut outbox = Outbox::default();
        (0..10).for_each(|n| outbox.put(n, 0));
        let (mut now_ms, mut tries) = (0, 0);
        while now_ms < 120_000 {
            let tried = drain(&mut outbox, Outcome::Unreachable, now_ms);
            assert!(tried.len() <= 1, "one letter finds out");
            tries += tried.len();
            assert_eq!(outbox.is_down(now_ms), tries >= 3);
            now_ms = outbox.wake_ms(now_ms).unwrap();
        }
        assert!((7..=12).contains(&tries), "{tries}");
        assert_eq!(drain(&mut outbox, Outcome::Sent, now_ms).len(), 10);
        assert!(!outbox.is_down(now_ms));
    }

    #[test]
    fn a_deferred_letter_does_not_hold_up_others_and_is_given_up_in_time() {
        let mut outbox = Outbox::default();
        outbox.put(1, 0);
        let mut tried = Vec::new();
        let mut now_ms = 0;
        loop {
            let attempt = outbox.next(now_ms).unwrap();
            tried.push(now_ms / 1_000);
            match outbox.finish(attempt, Outcome::Deferred, now_ms) {
                Fate::Waiting => now_ms = outbox.wake_ms(now_ms).unwrap(),
                fate => {
                    assert_eq!(fate, Fate::Expired);
                    break;
                }
            }
            outbox.put(2, now_ms - 1);
            assert_eq!(
                outbox.next(now_ms - 1).map(|attempt| outbox.finish(attempt, Outcome::Sent, now_ms)),
                Some(Fate::Sent)
            );
        }
        assert_eq!(tried, [0, 15, 45, 105, 225, 465]);
    }

    #[test]
    fn letters_that_waited_too_long_are_given_up() {
        let mut outbox = Outbox::default();
        outbox.put(1, 0);
        outbox.put(2, 1_000);
        assert_eq!(outbox.expire(LIFE_MS), 1);
        assert_eq!(drain(&mut outbox, Outcome::Sent, LIFE_MS), [2]);
    }

    #[test]
    fn after_an_hour_of_outage_the_first_letter_that_is_asked_for_leaves() {
        let mut outbox = Outbox::default();
        (0..3).for_each(|n| outbox.put(n, 0));
        let (mut now_ms, mut refused_ms) = (0, 0);
        // Somebody asks every ten seconds and is refused while it is down.
        while now_ms < HOUR_MS {
            if outbox.is_down(now_ms) {
                refused_ms += 10_000;
            } else {
                outbox.put(9, now_ms);
            }
            let until_ms = now_ms + 10_000;
            while now_ms < until_ms {
                drain(&mut outbox, Outcome::Unreachable, now_ms);
                assert_eq!(outbox.is_failing(now_ms), outbox.failures >= DOWN_AFTER);
                let wake_ms = outbox.wake_ms(now_ms).unwrap_or(u64::MAX);
                assert!(wake_ms > now_ms, "it is not woken for nothing at {now_ms}");
                now_ms = wake_ms.min(until_ms);
                outbox.expire(now_ms);
            }
        }
        assert!(refused_ms > HOUR_MS * 9 / 10, "most are told that nothing leaves: {refused_ms}");
        // Nobody asks for a while: what waited is given up, and nothing wakes for it any more.
        while let Some(wake_ms) = outbox.wake_ms(now_ms) {
            now_ms = wake_ms;
            outbox.expire(now_ms);
            drain(&mut outbox, Outcome::Unreachable, now_ms);
            assert!(now_ms < HOUR_MS + LIFE_MS + 2 * LAST_PROBE_MS, "the pause ends");
        }
        assert_eq!((outbox.is_down(now_ms), outbox.is_failing(now_ms)), (false, true));
        outbox.put(10, now_ms);
        outbox.put(11, now_ms);
        let probe = outbox.next(now_ms).unwrap();
        assert_eq!((outbox.is_down(now_ms), outbox.next(now_ms)), (true, None), "one letter finds out");
        assert_eq!(outbox.finish(probe, Outcome::Sent, now_ms), Fate::Sent);
        assert_eq!((outbox.is_down(now_ms), outbox.is_failing(now_ms)), (false, false));
        assert_eq!(drain(&mut outbox, Outcome::Sent, now_ms), [11]);
    }

    #[test]
    fn a_pause_for_refusals_ends_by_itself() {
        let mut outbox = Outbox::default();
        (0..20).for_each(|n| outbox.put(n, 5_000));
        drain(&mut outbox, Outcome::Bounced, 5_000);
        assert!(outbox.is_down(5_000));
        assert_eq!(outbox.wake_ms(5_000), Some(5_000 + HOUR_MS), "with nothing waiting");
        outbox.put(20, 6_000);
        assert_eq!(outbox.wake_ms(6_000), Some(6_000 + LIFE_MS), "what waits is given up in time");
        assert_eq!(outbox.expire(6_000 + LIFE_MS), 1);
        let end_ms = outbox.wake_ms(6_000 + LIFE_MS).unwrap();
        assert_eq!((outbox.is_down(end_ms - 1), outbox.is_down(end_ms), outbox.wake_ms(end_ms)), (true, false, None));
    }

    #[test]
    fn many_refusals_stop_sending_for_an_hour() {
        let mut outbox = Outbox::default();
        (0..19).for_each(|n| outbox.put(n, 0));
        drain(&mut outbox, Outcome::Bounced, 0);
        assert!(!outbox.is_down(0), "19 are not many");
        outbox.put(20, 0);
        drain(&mut outbox, Outcome::Bounced, 0);
        outbox.put(21, 1_000);
        assert_eq!((outbox.is_down(1_000), outbox.next(1_000)), (true, None));
        assert_eq!((outbox.is_down(HOUR_MS), outbox.next(HOUR_MS).map(|attempt| attempt.letter)), (false, Some(21)));
    }
}
