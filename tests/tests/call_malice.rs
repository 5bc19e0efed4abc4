//! What a malicious member or relay can do to a call: nothing but refuse it.

use std::time::Duration;

use milanio_node::core::call::{
    Call, CallCommand, CallConfig, ConnectionState, LinkId, LinkStats, MediaPath, PeerEvent, StepId,
};
use milanio_node::core::time::{RoomTime, Timestamp};
use milanio_node::wire::message::RunId;
use milanio_node::wire::signal::{Answer, CallId, Candidate, Offer, Signal, SignalKind};
use milanio_tests::call_world::World;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);
const OTHER_CERTIFICATE: &str = "a=fingerprint:sha-256 \
    00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF";

fn pair(seed: u64) -> World {
    let mut world = World::new(seed, 2);
    world.enter(0);
    world.enter(1);
    world.run_until(10 * SECOND, |world| world.is_meshed(&[0, 1])).expect("they meet");
    world
}

fn sent(world: &World, by: usize, wanted: impl Fn(&SignalKind) -> bool) -> Signal {
    let found = world.sent.iter().find(|entry| entry.1 == by && wanted(&entry.3.kind));
    found.map(|entry| entry.3.clone()).expect("such a signal was sent")
}

fn with_certificate(sdp: &str, line: &str) -> String {
    let swap = |old: &str| if old.starts_with("a=fingerprint") { line.to_owned() } else { old.to_owned() };
    sdp.lines().map(swap).map(|line| line + "\r\n").collect()
}

#[test]
fn replayed_signals_change_nothing() {
    for seed in 0..10 {
        let mut world = pair(seed);
        let (opened, sent) = (world.people[0].browser.opened, world.sent.clone());
        for (_, from, _, signal) in &sent {
            world.inject(*from, 1 - from, signal.clone());
            world.run(SECOND / 100);
        }
        world.run(30 * SECOND);
        assert!(world.is_meshed(&[0, 1]));
        assert_eq!((world.people[0].browser.opened, world.sent.len()), (opened, sent.len()));
    }
}

#[test]
fn a_new_offer_with_another_certificate_is_ignored() {
    let mut world = pair(1);
    let mut signal = sent(&world, 0, |kind| matches!(kind, SignalKind::Offer(_)));
    let before = world.sent.len();
    let SignalKind::Offer(offer) = &mut signal.kind else { unreachable!("it is one") };
    offer.sdp = with_certificate(&offer.sdp, OTHER_CERTIFICATE);
    signal.seq += 40;
    world.inject(0, 1, signal);
    world.run(5 * SECOND);
    assert!(world.is_meshed(&[0, 1]));
    assert_eq!(world.sent.len(), before, "it is not answered");
}

#[test]
fn a_connection_to_another_certificate_is_dropped() {
    let mut world = pair(5);
    let link = world.people[0].browser.links().first().copied().expect("they are connected");
    let event = PeerEvent::RemoteCertificate(b"another".to_vec());
    world.act(0, |call, now| call.handle_peer_event(link, event, now));
    assert!(!world.people[0].browser.is_open(link));
    assert!(world.run_until(10 * SECOND, |world| world.is_meshed(&[0, 1])).is_some());
}

#[test]
fn an_answer_to_another_offer_is_ignored() {
    let mut world = World::new(2, 2);
    world.enter(0);
    world.weather.loss = 100;
    world.enter(1);
    world.run(SECOND);
    let offer = sent(&world, 0, |kind| matches!(kind, SignalKind::Offer(_)));
    let run = world.people[1].run;
    let sdp = include_str!("../../node/tests/fixtures/chromium_answer.sdp").to_owned();
    let kind = SignalKind::Answer(Answer { sdp, offer: [7; 32] });
    world.inject(1, 0, Signal { run, seq: 1, kind, ..offer.clone() });
    world.run(SECOND);
    world.weather.loss = 0;
    assert!(world.run_until(20 * SECOND, |world| world.is_meshed(&[0, 1])).is_some());
}

#[test]
fn expired_far_dated_and_foreign_runs_signals_are_ignored() {
    let mut world = pair(3);
    let bye = sent(&world, 0, |kind| matches!(kind, SignalKind::Offer(_)));
    let bye = Signal { kind: SignalKind::Bye, seq: 50, ..bye };
    let now = world.now_ms();
    for signal in [
        Signal { expires: RoomTime::from_millis(now - 31_000), ..bye.clone() },
        Signal { expires: RoomTime::from_millis(now + 99_000), ..bye.clone() },
        Signal { run: RunId([9; 8]), ..bye.clone() },
        Signal { call: CallId([9; 16]), ..bye.clone() },
        Signal { seq: 0, ..bye.clone() },
    ] {
        world.inject(0, 1, signal);
        world.run(SECOND);
        assert!(world.is_meshed(&[0, 1]));
    }
    world.inject(0, 1, Signal { seq: 51, ..bye });
    assert!(!world.is_meshed(&[0, 1]), "a valid goodbye works");
}

#[test]
fn a_flood_of_offers_is_cut_off() {
    let mut world = pair(4);
    let offer = sent(&world, 0, |kind| matches!(kind, SignalKind::Offer(_)));
    for count in 1..500 {
        let mut call = [0; 16];
        call[..4].copy_from_slice(&u32::to_be_bytes(count));
        let signal = Signal { call: CallId(call), generation: 10 + count, seq: 60 + count, ..offer.clone() };
        world.inject(0, 1, signal);
    }
    assert!(world.people[1].browser.opened <= 62, "{}", world.people[1].browser.opened);
    assert_eq!(world.people[1].browser.open_links(), 1);
}

fn kind() -> impl Strategy<Value = SignalKind> {
    let sdp = prop_oneof![
        Just(include_str!("../../node/tests/fixtures/chromium_offer.sdp").to_owned()),
        Just(include_str!("../../node/tests/fixtures/chromium_answer.sdp").to_owned()),
        Just(include_str!("../../node/tests/fixtures/chromium_restart_offer.sdp").to_owned()),
        ".{0,60}",
    ];
    let nodes = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..5);
    let candidate = ("(candidate:1 1 udp 1 192.0.2.2 4 typ host|.{0,20})", "[0-2]?", "(giNr|46ah|x)?")
        .prop_map(|(candidate, mid, ufrag)| Candidate { candidate, mid, ufrag });
    prop_oneof![
        (sdp.clone(), nodes).prop_map(|(sdp, turn_nodes)| SignalKind::Offer(Offer { sdp, turn_nodes })),
        (sdp, any::<bool>()).prop_map(|(sdp, _)| SignalKind::Answer(Answer { sdp, offer: [0; 32] })),
        prop::collection::vec(candidate, 0..40).prop_map(SignalKind::Candidates),
        Just(SignalKind::Bye),
    ]
}

#[derive(Clone, Debug)]
enum Input {
    Member(u8, bool),
    Left,
    Signal(Box<Signal>),
    Peer(u64, PeerEvent),
    Network,
    Wait(u64),
}

fn input() -> impl Strategy<Value = Input> {
    let signal = (0u8..2, 0u8..3, 0u32..6, 0u32..80, kind()).prop_map(|(run, call, generation, seq, kind)| {
        let (run, call, expires) = (RunId([run; 8]), CallId([call; 16]), RoomTime::from_millis(1_030_000));
        Input::Signal(Box::new(Signal { run, call, generation, seq, expires, kind }))
    });
    let states = prop_oneof![
        Just(ConnectionState::Connecting),
        Just(ConnectionState::Connected),
        Just(ConnectionState::Disconnected),
        Just(ConnectionState::Failed),
        Just(ConnectionState::Closed),
    ];
    let offer = include_str!("../../node/tests/fixtures/chromium_offer.sdp");
    let answer = include_str!("../../node/tests/fixtures/chromium_answer.sdp");
    let sdp = prop_oneof![Just(offer.to_owned()), Just(answer.to_owned()), ".{0,9}"];
    let event = prop_oneof![
        (0u64..12, sdp).prop_map(|(step, sdp)| PeerEvent::LocalDescription { step: StepId(step), sdp }),
        (0u64..12).prop_map(|step| PeerEvent::AnswerApplied { step: StepId(step) }),
        (0u64..12).prop_map(|step| PeerEvent::StepFailed { step: StepId(step) }),
        states.prop_map(PeerEvent::ConnectionChanged),
        Just(PeerEvent::NegotiationNeeded),
        Just(PeerEvent::PathFound(MediaPath::Direct)),
        any::<(u32, u32)>().prop_map(|(received, lost)| {
            PeerEvent::Stats(LinkStats { round_trip_ms: None, packets_received: received, packets_lost: lost })
        }),
    ];
    prop_oneof![
        1 => (0u8..2, any::<bool>()).prop_map(|(run, after)| Input::Member(run, after)),
        1 => Just(Input::Left),
        2 => signal,
        1 => ((0u64..12), event).prop_map(|(link, event)| Input::Peer(link, event)),
        1 => Just(Input::Network),
        1 => (0u64..20_000).prop_map(Input::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_sequence_of_inputs_panics_or_commands_a_closed_link(inputs in prop::collection::vec(input(), 0..120)) {
        let them = World::new(0, 2).people[1].device;
        let me = World::new(0, 1).people[0].device;
        let mut call = Call::new(CallConfig { me, run: RunId([1; 8]), seed: [3; 32], relay_only: false });
        let mut now = 1_000_000;
        let mut open = std::collections::BTreeSet::<LinkId>::new();
        for input in inputs {
            let time = Timestamp::from_millis(now);
            match input {
                Input::Member(run, after) => call.handle_member(them, RunId([run; 8]), after, time),
                Input::Left => call.handle_member_left(them, time),
                Input::Signal(signal) => call.handle_signal(them, *signal, time),
                Input::Peer(link, event) => call.handle_peer_event(LinkId(link), event, time),
                Input::Network => call.handle_network_changed(time),
                Input::Wait(wait) => {
                    now += wait;
                    call.handle_timeout(Timestamp::from_millis(now));
                }
            }
            while let Some(command) = call.poll_command() {
                let link = match command {
                    CallCommand::Open { link, .. } => {
                        prop_assert!(open.insert(link));
                        link
                    }
                    CallCommand::Close { link } => {
                        prop_assert!(open.remove(&link));
                        continue;
                    }
                    CallCommand::Configure { link, .. }
                    | CallCommand::MakeOffer { link, .. }
                    | CallCommand::AcceptOffer { link, .. }
                    | CallCommand::AcceptAnswer { link, .. }
                    | CallCommand::AddCandidate { link, .. } => link,
                    CallCommand::Send { .. } => continue,
                };
                prop_assert!(open.contains(&link));
            }
            while call.poll_event().is_some() {}
            prop_assert!(open.len() <= 1);
        }
    }
}
