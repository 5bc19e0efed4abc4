//! Presence, beats, goodbyes and silence, case by case.

use milanio_identity::{AccountKey, DeviceKey};

use super::*;
use crate::wire::{floor::HeadsDigest, message::MediaState};

pub(super) const START: u64 = 1_000_000_000_000;

pub(super) fn device(number: u8) -> DeviceKey {
    DeviceKey::from_seed([number; 32])
}

pub(super) fn after(millis: u64) -> Moment {
    Moment { local: Timestamp::from_millis(millis), room: RoomTime::from_millis(START + millis) }
}

fn beat(run: u8, said: u64) -> Beat {
    let said = RoomTime::from_millis(START + said);
    Beat {
        run: RunId([run; 8]),
        said,
        last_chat: 0,
        lamport: 0,
        revision: 0,
        media: MediaState::default(),
        away: false,
        hand: None,
        heads: HeadsDigest::default(),
    }
}

pub(super) fn presence(number: u8, run: u8, said: u64) -> Presence {
    let (from, until) = (START / 1_000 - 10, START / 1_000 + 3_600);
    let account = AccountKey::from_seed([number; 32]);
    Presence {
        cert: DeviceCert::issue(&account, device(number).id(), from, until).unwrap().to_bytes(),
        attestation: None,
        ephemeral: EphemeralPublic::from_bytes([number; 32]),
        ephemeral_age: 1_000,
        name: format!("Person {number}"),
        entered: RoomTime::from_millis(START + said),
        answer_wanted: false,
        beat: beat(run, said),
    }
}

fn joined(roster: &mut Roster, number: u8, run: u8, millis: u64) -> Result<Vec<RoomEvent>, Refused> {
    roster.hear_presence(
        device(number).id(),
        &presence(number, run, millis),
        None,
        |_| Some(Role::Member),
        after(millis),
    )
}

#[test]
fn a_full_presence_makes_a_member_and_says_what_is_different_later() {
    let mut roster = Roster::default();
    let events = joined(&mut roster, 1, 1, 0).unwrap();
    assert!(matches!(&events[..], [RoomEvent::MemberJoined(member)] if member.name == "Person 1"));
    let mut renamed = presence(1, 1, 0);
    (renamed.name, renamed.beat) = ("Renamed".into(), Beat { revision: 1, ..beat(1, 50) });
    let events = roster.hear_presence(device(1).id(), &renamed, None, |_| Some(Role::Member), after(50)).unwrap();
    assert!(matches!(&events[..], [RoomEvent::MemberChanged(member)] if member.name == "Renamed"));
    assert_eq!(
        roster.hear_presence(device(1).id(), &renamed, None, |_| Some(Role::Member), after(60)),
        Err(Refused::Stale)
    );
    assert_eq!(roster.len(), 1);
}

#[test]
fn beats_carry_what_is_switched_on_and_never_go_back() {
    let mut roster = Roster::default();
    joined(&mut roster, 1, 1, 0).unwrap();
    let on = Beat { media: MediaState { microphone: true, camera: false }, ..beat(1, 100) };
    assert!(matches!(roster.hear_beat(device(1).id(), &on, after(100)), BeatHeard::Member(Some(_))));
    assert_eq!(roster.hear_beat(device(1).id(), &beat(1, 50), after(110)), BeatHeard::Stale);
    assert_eq!(
        roster.hear_beat(device(1).id(), &Beat { said: beat(1, 200).said, ..on }, after(200)),
        BeatHeard::Member(None)
    );
    assert!(roster.find(&device(1).id()).unwrap().media.microphone);
}

#[test]
fn what_is_not_known_is_said_to_be() {
    let mut roster = Roster::default();
    assert_eq!(roster.hear_beat(device(1).id(), &beat(1, 0), after(0)), BeatHeard::Unknown);
    joined(&mut roster, 1, 1, 0).unwrap();
    assert_eq!(roster.hear_beat(device(1).id(), &beat(2, 10), after(10)), BeatHeard::Unknown);
    let newer = Beat { revision: 1, ..beat(1, 20) };
    assert_eq!(roster.hear_beat(device(1).id(), &newer, after(20)), BeatHeard::Unknown);
}

#[test]
fn words_from_outside_the_time_window_do_not_count() {
    let mut roster = Roster::default();
    let stored = presence(1, 1, 0);
    assert_eq!(
        roster.hear_presence(device(1).id(), &stored, None, |_| Some(Role::Member), after(120_001)),
        Err(Refused::Stale)
    );
    assert_eq!(roster.hear_beat(device(1).id(), &beat(1, 0), after(120_001)), BeatHeard::Stale);
    assert!(roster.hear_presence(device(1).id(), &stored, None, |_| Some(Role::Member), after(120_000)).is_ok());
}

#[test]
fn a_later_run_replaces_an_earlier_one_and_never_the_other_way_round() {
    let mut roster = Roster::default();
    joined(&mut roster, 1, 1, 1_000).unwrap();
    let events = joined(&mut roster, 1, 2, 2_000).unwrap();
    assert!(matches!(
        &events[..],
        [RoomEvent::MemberLeft { reason: Departure::Restarted, .. }, RoomEvent::MemberJoined(_)]
    ));
    assert_eq!(joined(&mut roster, 1, 1, 3_000), Err(Refused::Stale));
    assert_eq!(joined(&mut roster, 1, 3, 1_500), Err(Refused::Stale));
}

#[test]
fn a_goodbye_that_overtakes_the_presence_still_counts() {
    let mut roster = Roster::default();
    assert_eq!(roster.hear_leave(device(1).id(), RunId([1; 8]), after(10).local), None);
    assert_eq!(joined(&mut roster, 1, 1, 20), Err(Refused::Stale));
    assert!(joined(&mut roster, 1, 2, 30).is_ok());
}

#[test]
fn silence_raises_doubt_once_and_then_makes_gone_but_not_for_good() {
    let mut roster = Roster::default();
    joined(&mut roster, 1, 1, 0).unwrap();
    assert_eq!(roster.next_due(), Some(after(10_000).local));
    assert_eq!(roster.doubt(after(10_000).local), [device(1).id()]);
    assert_eq!(roster.doubt(after(11_000).local), []);
    assert_eq!(roster.next_due(), Some(after(16_000).local));
    assert_eq!(roster.expire(true, after(16_000)), []);
    let gone = roster.expire(false, after(16_000));
    assert!(matches!(&gone[..], [RoomEvent::MemberLeft { reason: Departure::Silent, .. }]));
    assert_eq!(roster.hear_beat(device(1).id(), &beat(1, 0), after(16_100)), BeatHeard::Stale);
    assert_eq!(roster.hear_beat(device(1).id(), &beat(1, 16_200), after(16_200)), BeatHeard::Unknown);
    assert!(joined(&mut roster, 1, 1, 16_300).is_ok());
}

#[test]
fn of_two_members_exactly_the_earlier_calls_the_later() {
    let (a, b) = (device(1).id(), device(2).id());
    for (entered_a, entered_b) in [(5, 9), (9, 5), (7, 7)] {
        let at = |millis| RoomTime::from_millis(START + millis);
        let sees = |own: (RoomTime, DeviceId), number: u8, entered: RoomTime| {
            let (mut roster, mut other) = (Roster::default(), presence(number, 1, 10));
            other.entered = entered;
            roster.hear_presence(device(number).id(), &other, Some(own), |_| Some(Role::Member), after(10)).unwrap();
            roster.find(&device(number).id()).unwrap().joined_after_me
        };
        assert_ne!(sees((at(entered_a), a), 2, at(entered_b)), sees((at(entered_b), b), 1, at(entered_a)));
    }
}

#[test]
fn runs_that_are_over_are_remembered_in_bounded_number() {
    let mut roster = Roster::default();
    for number in 0..1_000_u64 {
        roster.hear_leave(device(1).id(), RunId(number.to_be_bytes()), after(number).local);
    }
    assert_eq!(roster.past.len(), MAX_AUTHORS);
}
