//! Tests of the dial policy on virtual time.

use super::*;
use Carrier::{WebSocket, WebTransport};

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_000_000 + millis)
}

fn commands(dialer: &mut Dialer) -> Vec<DialCommand> {
    std::iter::from_fn(|| dialer.poll_command()).collect()
}

/// The attempts that were started, as (attempt, relay, path).
fn dialled(dialer: &mut Dialer) -> Vec<(AttemptId, usize, usize)> {
    let dials = commands(dialer).into_iter().filter_map(|command| match command {
        DialCommand::Dial { attempt, relay, path } => Some((attempt, relay, path)),
        _ => None,
    });
    dials.collect()
}

fn dialer(relays: Vec<Vec<Carrier>>) -> Dialer {
    let mut dialer = Dialer::new([7; 32]);
    dialer.set_relays(relays, at(0));
    dialer
}

#[test]
fn a_quick_connection_needs_no_rival() {
    let mut dialer = dialer(vec![vec![WebSocket, WebTransport]]);
    let first = dialled(&mut dialer);
    assert_eq!(first, vec![(AttemptId(0), 0, 1)], "WebTransport goes first wherever it stands in the list");
    dialer.handle_connected(first[0].0, at(40));
    assert_eq!(commands(&mut dialer), vec![]);
    assert_eq!(dialer.state(), LinkState::Connected { attempt: first[0].0, carrier: WebTransport });
    assert_eq!(dialer.poll_timeout(), None);
}

#[test]
fn a_slow_path_gets_a_rival_and_the_loser_is_hung_up() {
    let mut dialer = dialer(vec![vec![WebTransport, WebSocket]]);
    let slow = dialled(&mut dialer)[0].0;
    assert_eq!(dialer.poll_timeout(), Some(at(700)));
    dialer.handle_timeout(at(700));
    let rival = dialled(&mut dialer)[0];
    assert_eq!((rival.1, rival.2), (0, 1));
    dialer.handle_connected(rival.0, at(760));
    assert_eq!(commands(&mut dialer), vec![DialCommand::HangUp { attempt: slow }]);
    dialer.handle_ended(slow, at(800));
    dialer.handle_connected(slow, at(800));
    assert_eq!(dialer.state(), LinkState::Connected { attempt: rival.0, carrier: WebSocket });
}

#[test]
fn a_path_that_fails_is_replaced_without_waiting() {
    let mut dialer = dialer(vec![vec![WebTransport, WebSocket]]);
    let first = dialled(&mut dialer)[0].0;
    dialer.handle_ended(first, at(5));
    assert_eq!(dialled(&mut dialer).len(), 1);
}

#[test]
fn a_lost_connection_is_replaced_by_another_relay_at_once() {
    let mut dialer = dialer(vec![vec![WebTransport], vec![WebTransport]]);
    let first = dialled(&mut dialer)[0].0;
    dialer.handle_connected(first, at(50));
    dialer.handle_ended(first, at(60_000));
    let next = dialled(&mut dialer);
    assert_eq!(next.iter().map(|(_, relay, _)| *relay).collect::<Vec<_>>(), vec![1]);
    assert!(matches!(dialer.state(), LinkState::Connecting { lost: Some(_), .. }));
}

#[test]
fn when_everything_failed_pauses_grow_and_fresh_addresses_are_wanted() {
    let mut dialer = dialer(vec![vec![WebTransport]]);
    let mut now = at(0);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let attempt = dialled(&mut dialer)[0].0;
        dialer.handle_ended(attempt, now);
        assert_eq!(commands(&mut dialer), vec![DialCommand::NeedRelays]);
        let until = dialer.poll_timeout().expect("it waits");
        pauses.push(until.since(now));
        now = until;
        dialer.handle_timeout(now);
    }
    assert!(pauses[0] <= FIRST_PAUSE && pauses[0] >= FIRST_PAUSE / 2, "{pauses:?}");
    assert!(pauses[7] <= LONGEST_PAUSE && pauses[7] >= LONGEST_PAUSE / 2, "{pauses:?}");
}

#[test]
fn a_silent_relay_fails_after_the_limit() {
    let mut dialer = dialer(vec![vec![WebTransport], vec![WebTransport]]);
    let silent = dialled(&mut dialer)[0].0;
    assert_eq!(dialer.poll_timeout(), Some(at(8_000)));
    dialer.handle_timeout(at(8_000));
    let then = commands(&mut dialer);
    assert_eq!(then[0], DialCommand::HangUp { attempt: silent });
    assert!(matches!(then[1], DialCommand::Dial { relay: 1, .. }));
}

#[test]
fn a_relay_that_accepts_and_drops_is_not_hammered() {
    let mut dialer = dialer(vec![vec![WebTransport]]);
    let attempt = dialled(&mut dialer)[0].0;
    dialer.handle_connected(attempt, at(10));
    dialer.handle_ended(attempt, at(20));
    assert_eq!(commands(&mut dialer), vec![DialCommand::NeedRelays]);
    assert!(dialer.poll_timeout().is_some_and(|until| until > at(20)));
}

#[test]
fn without_relays_it_is_offline_and_starts_when_some_come() {
    let mut dialer = dialer(vec![]);
    assert_eq!((dialer.state(), commands(&mut dialer)), (LinkState::Offline, vec![DialCommand::NeedRelays]));
    dialer.set_relays(vec![vec![WebSocket]], at(100));
    assert_eq!(dialled(&mut dialer).len(), 1);
}

#[test]
fn coming_back_to_the_front_ends_a_pause() {
    let mut dialer = dialer(vec![vec![WebTransport]]);
    let attempt = dialled(&mut dialer)[0].0;
    dialer.handle_ended(attempt, at(1));
    commands(&mut dialer);
    dialer.retry_now(at(2));
    assert_eq!(dialled(&mut dialer).len(), 1);
}
