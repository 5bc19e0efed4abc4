//! Who may use the TURN server, and how much: pure accounting by 5-tuple, credential and network.
//!
//! A 5-tuple is first a *newcomer*, who costs little and is forgotten soon, and after a verified request a *client*, who counts
//! against its credential and its network until it goes. Drive order: [`TurnQuota::knock`] for every request of somebody
//! who is no client, [`TurnQuota::vouch`] when its signature verified, [`TurnQuota::admit`] when the protocol engine asks for the
//! password; then [`TurnQuota::relay`] for every packet; [`TurnQuota::overdue`] every second. What is not here: passwords and packets.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use crate::core::{subnet::Subnet, time::Timestamp};

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// Datagrams.
    Udp,
    /// A connection.
    Tcp,
}

/// A client's 5-tuple; the server's end of it is always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuple {
    /// UDP or TCP.
    pub carrier: Carrier,
    /// The client's end.
    pub remote: SocketAddr,
}

/// Every number that limits a TURN server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnLimits {
    /// Newcomers in all.
    pub newcomers: usize,
    /// Newcomers of one network.
    pub newcomers_per_network: usize,
    /// How long a newcomer is remembered.
    pub newcomer_life: Duration,
    /// Clients in all.
    pub clients: usize,
    /// Clients of one network.
    pub clients_per_network: usize,
    /// Clients with one credential: browsers allocate per peer connection, server address and interface.
    pub clients_per_credential: usize,
    /// How long an allocation may last without being refreshed, whatever the client asked for.
    pub longest_life: Duration,
    /// Channels of one client.
    pub channels: usize,
    /// What one client may send, in bytes a second.
    pub bytes_per_second: u64,
    /// What one client may send at once, in bytes, after a silence.
    pub burst_bytes: u64,
    /// What all clients with one credential may send together, in bytes.
    pub bytes_per_credential: u64,
}

impl Default for TurnLimits {
    /// The real ones. An office or a school is one network.
    fn default() -> Self {
        Self {
            newcomers: 4_096,
            newcomers_per_network: 256,
            newcomer_life: Duration::from_secs(10),
            clients: 4_096,
            clients_per_network: 128,
            clients_per_credential: 32,
            longest_life: Duration::from_secs(3_600),
            channels: 64,
            bytes_per_second: 1_000_000,
            burst_bytes: 2_000_000,
            bytes_per_credential: 4 * 1_024 * 1_024 * 1_024,
        }
    }
}

impl TurnLimits {
    /// Those of a laboratory, where everybody has the same address.
    pub fn lab() -> Self {
        let limits = Self::default();
        Self { newcomers_per_network: limits.newcomers, clients_per_network: limits.clients, ..limits }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct TurnQuota {
    limits: TurnLimits,
    newcomers: BTreeMap<Tuple, Newcomer>,
    newcomers_by_network: BTreeMap<Subnet, usize>,
    clients: BTreeMap<Tuple, Client>,
    clients_by_network: BTreeMap<Subnet, usize>,
    credentials: BTreeMap<String, Usage>,
}

#[derive(Debug)]
struct Newcomer {
    since: Timestamp,
    vouched: bool,
}

#[derive(Debug)]
struct Client {
    credential: String,
    refreshed: Timestamp,
    // Channel numbers, and the port of the relayed address each stands for.
    channels: BTreeMap<u16, u16>,
    // What may still be sent at `counted`.
    allowance: u64,
    counted: Timestamp,
}

#[derive(Debug, Default)]
struct Usage {
    clients: usize,
    sent_bytes: u64,
    last: Timestamp,
}

/// How long the use of a credential is remembered after its last client has gone: longer than credentials are valid, so
/// that coming again gives no new allowance.
const CREDENTIAL_MEMORY: Duration = Duration::from_secs(3_600);

impl TurnQuota {
    /// Nobody is there.
    pub const fn new(limits: TurnLimits) -> Self {
        Self {
            limits,
            newcomers: BTreeMap::new(),
            newcomers_by_network: BTreeMap::new(),
            clients: BTreeMap::new(),
            clients_by_network: BTreeMap::new(),
            credentials: BTreeMap::new(),
        }
    }

    /// True for a client.
    pub fn is_client(&self, tuple: &Tuple) -> bool {
        self.clients.contains_key(tuple)
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// Somebody who is no client asks for something. False if there are too many already.
    pub fn knock(&mut self, tuple: Tuple, now: Timestamp) -> bool {
        if self.newcomers.contains_key(&tuple) || self.is_client(&tuple) {
            return true;
        }
        let network = Subnet::from(tuple.remote.ip());
        let mine = self.newcomers_by_network.get(&network).copied().unwrap_or(0);
        if mine >= self.limits.newcomers_per_network || self.newcomers.len() >= self.limits.newcomers {
            return false;
        }
        self.newcomers.insert(tuple, Newcomer { since: now, vouched: false });
        self.newcomers_by_network.insert(network, mine + 1);
        true
    }

    /// The newcomer's request was signed with the password of a valid credential.
    pub fn vouch(&mut self, tuple: &Tuple) {
        if let Some(newcomer) = self.newcomers.get_mut(tuple) {
            newcomer.vouched = true;
        }
    }

    /// Makes a vouched newcomer a client with `credential`. False if it is not vouched for, or too many are there.
    pub fn admit(&mut self, tuple: Tuple, credential: &str, now: Timestamp) -> bool {
        let network = Subnet::from(tuple.remote.ip());
        let mine = self.clients_by_network.get(&network).copied().unwrap_or(0);
        let usage = self.credentials.get(credential);
        let refused = !self.newcomers.get(&tuple).is_some_and(|newcomer| newcomer.vouched)
            || self.clients.len() >= self.limits.clients
            || mine >= self.limits.clients_per_network
            || usage.is_some_and(|usage| {
                usage.clients >= self.limits.clients_per_credential
                    || usage.sent_bytes >= self.limits.bytes_per_credential
            });
        if refused {
            return false;
        }
        self.forget_newcomer(&tuple);
        self.clients_by_network.insert(network, mine + 1);
        let usage = self.credentials.entry(credential.to_owned()).or_default();
        (usage.clients, usage.last) = (usage.clients + 1, now);
        let client = Client {
            credential: credential.to_owned(),
            refreshed: now,
            channels: BTreeMap::new(),
            allowance: self.limits.burst_bytes,
            counted: now,
        };
        self.clients.insert(tuple, client);
        true
    }

    /// The client has allocated or refreshed.
    pub fn refresh(&mut self, tuple: &Tuple, now: Timestamp) {
        if let Some(client) = self.clients.get_mut(tuple) {
            client.refreshed = now;
        }
    }

    /// The client wants to bind channel `number` to the peer with this relayed port. False if it has too many.
    pub fn bind(&mut self, tuple: &Tuple, number: u16, peer_port: u16) -> bool {
        let Some(client) = self.clients.get_mut(tuple) else { return false };
        if client.channels.len() >= self.limits.channels && !client.channels.contains_key(&number) {
            return false;
        }
        client.channels.insert(number, peer_port);
        true
    }

    /// The relayed port that the client's channel stands for.
    pub fn channel_peer(&self, tuple: &Tuple, number: u16) -> Option<u16> {
        self.clients.get(tuple)?.channels.get(&number).copied()
    }

    /// The client sends `bytes` to a peer. False if it may not now.
    pub fn relay(&mut self, tuple: &Tuple, bytes: usize, now: Timestamp) -> bool {
        let bytes = bytes as u64;
        let Some(client) = self.clients.get_mut(tuple) else { return false };
        let elapsed_ms = u64::try_from(now.since(client.counted).as_millis()).unwrap_or(u64::MAX);
        let earned = elapsed_ms.saturating_mul(self.limits.bytes_per_second) / 1_000;
        if earned > 0 {
            client.allowance = client.allowance.saturating_add(earned).min(self.limits.burst_bytes);
            client.counted = now;
        }
        let Some(usage) = self.credentials.get_mut(&client.credential) else { return false };
        if client.allowance < bytes || usage.sent_bytes >= self.limits.bytes_per_credential {
            return false;
        }
        client.allowance -= bytes;
        usage.sent_bytes = usage.sent_bytes.saturating_add(bytes);
        true
    }

    /// The client or newcomer has gone.
    pub fn leave(&mut self, tuple: &Tuple, now: Timestamp) {
        self.forget_newcomer(tuple);
        let Some(client) = self.clients.remove(tuple) else { return };
        subtract_one(&mut self.clients_by_network, &Subnet::from(tuple.remote.ip()));
        if let Some(usage) = self.credentials.get_mut(&client.credential) {
            usage.clients = usage.clients.saturating_sub(1);
            usage.last = now;
        }
    }

    /// Forgets what is old, and tells whose session must be ended: newcomers who stay newcomers, and clients that do not refresh.
    pub fn overdue(&mut self, now: Timestamp) -> Vec<Tuple> {
        let (newcomer_life, longest_life) = (self.limits.newcomer_life, self.limits.longest_life);
        let late = self.newcomers.iter().filter(|(_, newcomer)| now.since(newcomer.since) >= newcomer_life);
        let stale = self.clients.iter().filter(|(_, client)| now.since(client.refreshed) >= longest_life);
        let overdue: Vec<Tuple> = late.map(|(tuple, _)| *tuple).chain(stale.map(|(tuple, _)| *tuple)).collect();
        for tuple in &overdue {
            self.leave(tuple, now);
        }
        self.credentials.retain(|_, usage| usage.clients > 0 || now.since(usage.last) < CREDENTIAL_MEMORY);
        overdue
    }

    fn forget_newcomer(&mut self, tuple: &Tuple) {
        if self.newcomers.remove(tuple).is_some() {
            subtract_one(&mut self.newcomers_by_network, &Subnet::from(tuple.remote.ip()));
        }
    }
}

fn subtract_one<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    match counts.get_mut(key) {
        Some(count) if *count > 1 => *count -= 1,
        _ => {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    fn limits() -> TurnLimits {
        TurnLimits {
            newcomers: 6,
            newcomers_per_network: 4,
            clients: 6,
            clients_per_network: 4,
            clients_per_credential: 2,
            channels: 2,
            bytes_per_second: 1_000,
            burst_bytes: 2_000,
            bytes_per_credential: 5_000,
            ..TurnLimits::default()
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + seconds * 1_000)
    }

    fn tuple(host: u8, port: u16) -> Tuple {
        Tuple { carrier: Carrier::Udp, remote: SocketAddr::new(IpAddr::from([192, 0, 2, host]), port) }
    }

    fn client(quota: &mut TurnQuota, tuple: Tuple, credential: &str) -> bool {
        let knocked = quota.knock(tuple, at(0));
        quota.vouch(&tuple);
        knocked && quota.admit(tuple, credential, at(0))
    }

    #[test]
    fn nobody_is_admitted_unless_vouched_for() {
        let mut quota = TurnQuota::new(limits());
        assert!(!quota.admit(tuple(1, 1), "a", at(0)), "never knocked");
        assert!(quota.knock(tuple(1, 1), at(0)));
        assert!(!quota.admit(tuple(1, 1), "a", at(0)), "not vouched for");
        quota.vouch(&tuple(1, 1));
        assert!(quota.admit(tuple(1, 1), "a", at(0)));
        assert!(quota.is_client(&tuple(1, 1)));
        assert!(quota.newcomers.is_empty());
    }

    #[test]
    fn newcomers_are_few_per_network_and_forgotten_soon() {
        let mut quota = TurnQuota::new(limits());
        let knocked = (0..10).filter(|port| quota.knock(tuple(1, *port), at(0))).count();
        assert_eq!(knocked, 4, "of one network");
        let knocked = (0..10).filter(|port| quota.knock(tuple(2, *port), at(0))).count();
        assert_eq!(knocked, 2, "of all");
        assert_eq!(quota.overdue(at(9)), []);
        assert_eq!(quota.overdue(at(10)).len(), 6);
        assert!(quota.newcomers_by_network.is_empty());
        assert!(quota.knock(tuple(1, 99), at(10)));
    }

    #[test]
    fn a_credential_a_network_and_the_server_each_hold_so_many_clients() {
        let mut quota = TurnQuota::new(limits());
        let by_credential = (0..4).filter(|port| client(&mut quota, tuple(1, *port), "a")).count();
        assert_eq!(by_credential, 2);
        let by_network = (10..14).filter(|port| client(&mut quota, tuple(1, *port), &format!("b{port}"))).count();
        assert_eq!(by_network, 2, "four with those of the first credential");
        let in_all = (0..4).filter(|port| client(&mut quota, tuple(2, *port), &format!("c{port}"))).count();
        assert_eq!(in_all, 2);
        quota.leave(&tuple(1, 0), at(1));
        quota.overdue(at(10));
        assert!(client(&mut quota, tuple(1, 20), "a"), "who goes makes room");
    }

    #[test]
    fn a_client_sends_a_burst_then_its_rate_and_a_credential_its_budget_even_if_it_comes_again() {
        let mut quota = TurnQuota::new(limits());
        assert!(client(&mut quota, tuple(1, 1), "a"));
        assert!(quota.relay(&tuple(1, 1), 2_000, at(0)));
        assert!(!quota.relay(&tuple(1, 1), 1, at(0)));
        assert!(quota.relay(&tuple(1, 1), 1_000, at(1)));
        assert!(!quota.relay(&tuple(1, 1), 1, at(1)));
        assert!(quota.relay(&tuple(1, 1), 2_000, at(60)));
        assert!(!quota.relay(&tuple(1, 1), 1, at(120)), "the credential's budget is used up");
        quota.leave(&tuple(1, 1), at(120));
        assert!(!client(&mut quota, tuple(1, 2), "a"), "coming again gives no new budget");
        assert!(!quota.relay(&tuple(1, 9), 1, at(120)), "and strangers send nothing");
    }

    #[test]
    fn a_client_that_does_not_refresh_is_ended_whatever_life_it_asked_for() {
        let mut quota = TurnQuota::new(limits());
        assert!(client(&mut quota, tuple(1, 1), "a"));
        quota.refresh(&tuple(1, 1), at(600));
        assert_eq!(quota.overdue(at(3_600)), []);
        assert_eq!(quota.overdue(at(4_200)), [tuple(1, 1)]);
        assert!(!quota.is_client(&tuple(1, 1)));
    }

    #[test]
    fn a_client_binds_so_many_channels_and_may_bind_the_same_again() {
        let mut quota = TurnQuota::new(limits());
        assert!(client(&mut quota, tuple(1, 1), "a"));
        let bound: Vec<bool> = [1, 2, 3, 1].map(|number| quota.bind(&tuple(1, 1), number, 50_000 + number)).into();
        assert_eq!(bound, [true, true, false, true]);
        assert_eq!(quota.channel_peer(&tuple(1, 1), 2), Some(50_002));
        assert_eq!(quota.channel_peer(&tuple(1, 1), 3), None);
    }

    proptest! {
        #[test]
        fn counts_agree_with_who_is_there(steps in proptest::collection::vec((0u8..5, 0u8..3, 0u16..4, 0u8..3), 0..200)) {
            let mut quota = TurnQuota::new(limits());
            for (n, (step, host, port, credential)) in steps.into_iter().enumerate() {
                let (tuple, now) = (tuple(host, port), at(n as u64));
                match step {
                    0 => { quota.knock(tuple, now); }
                    1 => quota.vouch(&tuple),
                    2 => { quota.admit(tuple, &credential.to_string(), now); }
                    3 => quota.leave(&tuple, now),
                    _ => { quota.overdue(now); }
                }
                prop_assert_eq!(quota.clients_by_network.values().sum::<usize>(), quota.clients.len());
                prop_assert_eq!(quota.newcomers_by_network.values().sum::<usize>(), quota.newcomers.len());
                prop_assert_eq!(quota.credentials.values().map(|usage| usage.clients).sum::<usize>(), quota.clients.len());
                prop_assert!(quota.clients.len() <= 6 && quota.newcomers.len() <= 6);
            }
        }
    }
}
