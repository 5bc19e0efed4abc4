//! Whether a link works, and what to do when it does not.
//!
//! One side of each pair waits a little longer before it acts, so that the two seldom act at once.

use std::time::Duration;

use crate::core::call::{ConnectionState, LinkQuality, LinkStats};
use crate::core::time::Timestamp;

/// What is to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core::call) enum Remedy {
    /// Fresh ICE credentials and candidates on the same connection.
    RestartIce,
    /// A new connection.
    StartOver,
}

/// The health of one link.
pub(in crate::core::call) struct Health {
    polite: bool,
    state: ConnectionState,
    /// Remedies since the link last worked.
    attempts: u32,
    /// When the next remedy is due.
    deadline: Option<Timestamp>,
    quality: Option<LinkQuality>,
    /// A quality that was seen, and how often in a row.
    candidate: Option<(LinkQuality, u32)>,
}

impl Health {
    pub(in crate::core::call) fn new(polite: bool) -> Self {
        Self { polite, state: ConnectionState::New, attempts: 0, deadline: None, quality: None, candidate: None }
    }

    pub(in crate::core::call) fn is_connected(&self) -> bool {
        self.state == ConnectionState::Connected
    }

    /// Both descriptions are in place: from now on it should work.
    pub(in crate::core::call) fn negotiated(&mut self, now: Timestamp) {
        if !self.is_connected() {
            self.deadline = Some(now.after(PATIENCE + self.lag()));
        }
    }

    /// The browser says how it is.
    pub(in crate::core::call) fn changed(&mut self, state: ConnectionState, now: Timestamp) {
        self.state = state;
        match state {
            ConnectionState::Connected => (self.attempts, self.deadline) = (0, None),
            ConnectionState::Disconnected => self.expect_within(GRACE, now),
            ConnectionState::Failed | ConnectionState::Closed => self.expect_within(Duration::ZERO, now),
            ConnectionState::New | ConnectionState::Connecting => {}
        }
    }

    /// What is to be tried now, if anything.
    pub(in crate::core::call) fn due(&mut self, now: Timestamp) -> Option<Remedy> {
        self.deadline.filter(|at| *at <= now)?;
        self.attempts += 1;
        self.deadline = Some(now.after(PATIENCE + self.lag()));
        Some(if self.attempts > RESTARTS { Remedy::StartOver } else { Remedy::RestartIce })
    }

    pub(in crate::core::call) fn timeout(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Takes a measurement; returns the quality if it is another one now.
    pub(in crate::core::call) fn measured(&mut self, stats: LinkStats) -> Option<LinkQuality> {
        let seen = rate(stats);
        let times = self.candidate.filter(|(quality, _)| *quality == seen).map_or(1, |(_, times)| times + 1);
        self.candidate = Some((seen, times));
        if self.quality == Some(seen) || (self.quality.is_some() && times < STEADY) {
            return None;
        }
        self.quality = Some(seen);
        Some(seen)
    }

    fn expect_within(&mut self, grace: Duration, now: Timestamp) {
        let at = now.after(grace + self.lag());
        self.deadline = Some(self.deadline.map_or(at, |deadline| deadline.min(at)));
    }

    fn lag(&self) -> Duration {
        if self.polite { LAG } else { Duration::ZERO }
    }
}

fn rate(stats: LinkStats) -> LinkQuality {
    let expected = u64::from(stats.packets_received) + u64::from(stats.packets_lost);
    let lost_permille = (u64::from(stats.packets_lost) * 1_000).checked_div(expected).unwrap_or(0);
    match (stats.round_trip_ms.unwrap_or(0), lost_permille) {
        (..150, ..20) => LinkQuality::Good,
        (..300, ..50) => LinkQuality::Fair,
        _ => LinkQuality::Poor,
    }
}

/// How long ICE and DTLS get; chosen: a relayed path over TCP is up in 8 s on a bad network.
const PATIENCE: Duration = Duration::from_secs(10);
/// `disconnected` often heals by itself; chosen.
const GRACE: Duration = Duration::from_secs(2);
/// How much longer the polite side waits; chosen: several round trips.
const LAG: Duration = Duration::from_millis(1_500);
/// ICE restarts before a new connection is made; chosen.
const RESTARTS: u32 = 2;
/// Equal measurements in a row before the shown quality changes; chosen.
const STEADY: u32 = 3;

#[cfg(test)]
mod tests {
    use super::{ConnectionState, Health, LinkQuality, LinkStats, Remedy};
    use crate::core::time::Timestamp;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn a_short_interruption_needs_no_remedy() {
        let mut health = Health::new(false);
        health.changed(ConnectionState::Connected, at(0));
        health.changed(ConnectionState::Disconnected, at(1_000));
        assert_eq!(health.due(at(2_999)), None);
        health.changed(ConnectionState::Connected, at(2_999));
        assert_eq!((health.due(at(60_000)), health.timeout()), (None, None));
    }

    #[test]
    fn restarts_come_first_and_a_new_connection_after_them() {
        let mut health = Health::new(false);
        health.changed(ConnectionState::Failed, at(0));
        assert_eq!(health.due(at(0)), Some(Remedy::RestartIce));
        assert_eq!(health.due(at(10_000)), Some(Remedy::RestartIce));
        assert_eq!(health.due(at(20_000)), Some(Remedy::StartOver));
    }

    #[test]
    fn the_polite_side_acts_later() {
        let (mut polite, mut impolite) = (Health::new(true), Health::new(false));
        polite.changed(ConnectionState::Failed, at(0));
        impolite.changed(ConnectionState::Failed, at(0));
        assert!(polite.timeout() > impolite.timeout());
    }

    #[test]
    fn one_bad_measurement_does_not_change_the_shown_quality() {
        let mut health = Health::new(false);
        let good = LinkStats { round_trip_ms: Some(20), packets_received: 100, packets_lost: 0 };
        let bad = LinkStats { packets_lost: 50, ..good };
        let shown = [good, bad, good, bad, bad, bad, bad].map(|stats| health.measured(stats));
        assert_eq!(shown, [Some(LinkQuality::Good), None, None, None, None, Some(LinkQuality::Poor), None]);
    }
}
