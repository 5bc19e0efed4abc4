//! Which relay to dial, how, and when again: the policy behind a leaf's one connection.
//!
//! A relay's paths are raced: the preferred one first, the next beside it if that one fails or takes long, and the first to
//! connect is kept. When every path of every relay has failed, the policy asks for a fresh list (certificates change) and
//! waits with growing, jittered pauses. A connection that ends is replaced at once, by another relay where one is known.
//!
//! Drive order: `set_relays`, `handle_*` or `retry_now`, then `poll_command` until `None`, then sleep until `poll_timeout`.
//! Addresses stay outside: relays and paths are named by their index in the list that `set_relays` was given.

use std::{collections::VecDeque, time::Duration};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::core::time::Timestamp;

mod race;

use race::Race;

/// What carries a connection to a relay, in the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// HTTP/3 WebTransport over UDP.
    WebTransport,
    /// A WebSocket on the site's own HTTP port.
    WebSocket,
    /// Plain TCP, between native peers.
    Tcp,
}

/// One try of one path; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptId(u64);

/// What the shell must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialCommand {
    /// Dial path `path` of relay `relay`, and report the outcome under `attempt`.
    Dial {
        /// Returns in `handle_connected` and `handle_ended`.
        attempt: AttemptId,
        /// Index in the list of relays.
        relay: usize,
        /// Index in that relay's list of paths.
        path: usize,
    },
    /// Give this attempt up: close it if it is connected, or as soon as it is. It is not reported any more.
    HangUp {
        /// The attempt.
        attempt: AttemptId,
    },
    /// Every known path has failed: fetch the list of relays again.
    NeedRelays,
}

/// How the leaf stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// No relay is known.
    Offline,
    /// Being connected, or about to be.
    Connecting {
        /// How many times all relays were tried in vain.
        failed_rounds: u32,
        /// The last path that was started; `None` while waiting for the next try.
        carrier: Option<Carrier>,
        /// When the connection was lost; `None` if there never was one.
        lost: Option<Timestamp>,
        /// When the next try starts; in the past while one runs.
        next_try: Timestamp,
    },
    /// Connected.
    Connected {
        /// The attempt that made it.
        attempt: AttemptId,
        /// What carries it.
        carrier: Carrier,
    },
}

/// A path that has no answer after this long gets a rival. Chosen: WebTransport connects in 50 ms on loopback and rarely needs
/// more than two round trips, while a blocked UDP port never answers.
pub const STAGGER: Duration = Duration::from_millis(700);

/// A relay none of whose paths connects in this time has failed.
pub const RACE_LIMIT: Duration = Duration::from_secs(8);

/// The pause after the first round in which everything failed; doubled every round.
pub const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A connection that ended sooner than this counts as a failed attempt: a relay that accepts and drops must not be hammered.
pub const SHORT_LIFE: Duration = Duration::from_secs(3);

/// Relays and paths per relay that are used; the rest of a longer list is ignored.
pub const MAX_RELAYS: usize = 16;

/// See [`MAX_RELAYS`].
pub const MAX_PATHS: usize = 8;

#[derive(Debug)]
enum Phase {
    /// No relay is known.
    Idle,
    /// Racing the paths of one relay.
    Racing(Race),
    /// Everything failed; the next round starts then.
    Waiting { until: Timestamp },
    /// Connected.
    Up { attempt: AttemptId, carrier: Carrier, since: Timestamp },
}

/// The policy. See the module's text for how to drive it.
#[derive(Debug)]
pub struct Dialer {
    relays: Vec<Vec<Carrier>>,
    /// The relay that is or was dialled last.
    relay: usize,
    /// Relays that failed in this round.
    failed_relays: usize,
    failed_rounds: u32,
    lost: Option<Timestamp>,
    phase: Phase,
    next_attempt: u64,
    rng: ChaCha20Rng,
    commands: VecDeque<DialCommand>,
}

impl Dialer {
    /// A policy that knows no relay yet. `seed` decides the jitter of its pauses.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            relays: Vec::new(),
            relay: 0,
            failed_relays: 0,
            failed_rounds: 0,
            lost: None,
            phase: Phase::Idle,
            next_attempt: 0,
            rng: ChaCha20Rng::from_seed(seed),
            commands: VecDeque::new(),
        }
    }

    /// The relays that may be dialled, most wanted first, each with what carries its paths. A connection that stands is kept;
    /// attempts that run are given up and started anew with the new list.
    pub fn set_relays(&mut self, relays: Vec<Vec<Carrier>>, now: Timestamp) {
        self.relays = relays.into_iter().filter(|paths| !paths.is_empty()).take(MAX_RELAYS).collect();
        for paths in &mut self.relays {
            paths.truncate(MAX_PATHS);
        }
        self.relay = 0;
        if !matches!(self.phase, Phase::Up { .. }) {
            self.start_round(now);
        }
    }

    /// The attempt has connected and is authenticated.
    pub fn handle_connected(&mut self, attempt: AttemptId, now: Timestamp) {
        let Phase::Racing(race) = &self.phase else { return };
        let Some(carrier) = race.carrier(attempt) else { return };
        self.commands
            .extend(race.running().filter(|other| *other != attempt).map(|attempt| DialCommand::HangUp { attempt }));
        self.phase = Phase::Up { attempt, carrier, since: now };
    }

    /// The attempt failed, or the connection it made has ended. Attempts that were hung up are ignored.
    pub fn handle_ended(&mut self, attempt: AttemptId, now: Timestamp) {
        match &mut self.phase {
            Phase::Up { attempt: current, since, .. } if *current == attempt => {
                let was_short = now.since(*since) < SHORT_LIFE;
                self.lost = Some(now);
                if was_short {
                    self.fail_relay(now);
                } else {
                    self.failed_rounds = 0;
                    self.failed_relays = 0;
                    self.race_next_relay(now);
                }
            }
            Phase::Racing(race) => {
                race.end(attempt);
                self.continue_race(now);
            }
            _ => {}
        }
    }

    /// Something changed for the better (the page came to the front, the network is back): do not wait any longer.
    pub fn retry_now(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Waiting { .. }) {
            self.start_round(now);
        }
    }

    /// To be called when [`Self::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        match &self.phase {
            Phase::Waiting { until } if *until <= now => self.start_round(now),
            Phase::Racing(race) if race.is_over(now) => {
                self.hang_up_race();
                self.fail_relay(now);
            }
            Phase::Racing(race) if race.is_late(now) => self.dial_next_path(now),
            _ => {}
        }
    }

    /// What to do next; `None` when nothing is to be done.
    pub fn poll_command(&mut self) -> Option<DialCommand> {
        self.commands.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Waiting { until } => Some(*until),
            Phase::Racing(race) => Some(race.wakes()),
            Phase::Idle | Phase::Up { .. } => None,
        }
    }

    /// How the leaf stands.
    pub fn state(&self) -> LinkState {
        let connecting = |carrier, next_try| LinkState::Connecting {
            failed_rounds: self.failed_rounds,
            carrier,
            lost: self.lost,
            next_try,
        };
        match &self.phase {
            Phase::Idle => LinkState::Offline,
            Phase::Racing(race) => connecting(race.latest_carrier(), race.started()),
            Phase::Waiting { until } => connecting(None, *until),
            Phase::Up { attempt, carrier, .. } => LinkState::Connected { attempt: *attempt, carrier: *carrier },
        }
    }

    fn start_round(&mut self, now: Timestamp) {
        self.hang_up_race();
        self.failed_relays = 0;
        if self.relays.is_empty() {
            self.phase = Phase::Idle;
            self.commands.push_back(DialCommand::NeedRelays);
            return;
        }
        self.race(now);
    }

    fn race(&mut self, now: Timestamp) {
        self.relay %= self.relays.len().max(1);
        self.phase = Phase::Racing(Race::new(self.relays.get(self.relay).map_or(&[][..], Vec::as_slice), now));
        self.continue_race(now);
    }

    fn race_next_relay(&mut self, now: Timestamp) {
        if self.relays.is_empty() {
            return self.start_round(now);
        }
        self.relay += 1;
        self.race(now);
    }

    /// Dials the next path if none is under way any more; without one the relay has failed.
    fn continue_race(&mut self, now: Timestamp) {
        let Phase::Racing(race) = &self.phase else { return };
        if race.running().next().is_some() {
            return;
        }
        if race.has_next() { self.dial_next_path(now) } else { self.fail_relay(now) }
    }

    fn dial_next_path(&mut self, now: Timestamp) {
        let Phase::Racing(race) = &mut self.phase else { return };
        let attempt = AttemptId(self.next_attempt);
        if let Some(path) = race.start_next(attempt, now) {
            self.next_attempt += 1;
            self.commands.push_back(DialCommand::Dial { attempt, relay: self.relay, path });
        }
    }

    fn hang_up_race(&mut self) {
        if let Phase::Racing(race) = &self.phase {
            self.commands.extend(race.running().map(|attempt| DialCommand::HangUp { attempt }));
        }
    }

    fn fail_relay(&mut self, now: Timestamp) {
        self.failed_relays += 1;
        if self.failed_relays < self.relays.len() {
            return self.race_next_relay(now);
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failed_rounds.min(8)).min(LONGEST_PAUSE);
        self.failed_rounds = self.failed_rounds.saturating_add(1);
        self.relay += 1;
        self.phase = Phase::Waiting { until: now.after(self.jittered(pause)) };
        self.commands.push_back(DialCommand::NeedRelays);
    }

    /// Between half of `pause` and all of it, so that the leaves of a dead relay do not all come back in the same instant.
    fn jittered(&mut self, pause: Duration) -> Duration {
        pause.mul_f64(0.5 + f64::from(self.rng.next_u32()) / f64::from(u32::MAX) / 2.0)
    }
}

#[cfg(test)]
mod tests;
