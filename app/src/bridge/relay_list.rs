//! The relay list as the client wants it.

use milanio_node::{
    core::time::{ClockOffset, RoomTime, Timestamp},
    net::client::RelayAddress,
};
use milanio_rendezvous::api::RelaysAnswer;

/// Where the relays are, and what time they have.
#[derive(Clone, Debug)]
pub(super) struct RelayList {
    pub(super) relays: Vec<RelayAddress>,
    pub(super) offset: ClockOffset,
}

impl RelayList {
    /// Reads the server's answer. Relays that this build cannot understand are left out. `asked_ms` and `answered_ms`: local
    /// wall clock around the request; the server read its own about half-way.
    pub(super) fn new(answer: &RelaysAnswer, asked_ms: u64, answered_ms: u64) -> Self {
        let relays = answer.relays.iter().filter_map(|relay| RelayAddress::parse(&relay.peer, &relay.addrs)).collect();
        let middle = asked_ms.midpoint(answered_ms.max(asked_ms));
        let offset = ClockOffset::between(Timestamp::from_millis(middle), RoomTime::from_millis(answer.now_ms));
        Self { relays, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milanio_rendezvous::api::RelayEntry;

    #[test]
    fn relays_of_unknown_kinds_are_left_out_and_the_clock_is_compared() {
        let known = RelayEntry {
            peer: "12D3KooWR7EfNv5SLtgjMRjUwR8AvNu3hP4fLrtSa9fmHHXKYWNG".into(),
            addrs: vec!["/ip4/127.0.0.1/tcp/8080/ws".into(), "/carrier-pigeon/7".into()],
        };
        let unknown = RelayEntry { peer: "somebody".into(), addrs: vec!["/ip4/127.0.0.1/tcp/1/ws".into()] };
        let answer = RelaysAnswer { now_ms: 700_050, relays: vec![known, unknown], turn: Vec::new() };
        let list = RelayList::new(&answer, 100_000, 100_100);
        assert_eq!(list.relays.len(), 1);
        assert_eq!(list.relays[0].addresses.len(), 1);
        assert_eq!(Timestamp::from_millis(100_050).in_room(list.offset), RoomTime::from_millis(700_050));
    }
}
