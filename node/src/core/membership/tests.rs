//! The rule, case by case. The comparison with a literal reading of it on random histories is in the scenario tests.

use milanio_identity::{AccountKey, DeviceCert, DeviceKey, Policy};
use proptest::prelude::*;

use super::*;
use crate::wire::operation::{Door, RoomPolicy};

mod people;

use self::people::*;

#[test]
fn in_an_open_room_a_join_is_enough_and_nobody_has_to_be_there_first() {
    let mut room = Replica::founded(Policy::Open);
    room.join(STRANGER);
    assert_eq!(room.role(STRANGER), Some(Role::Member));
    assert_eq!(room.role(OWNER), Some(Role::Owner));
}

#[test]
fn through_a_lobby_people_come_by_the_word_of_a_moderator() {
    let mut room = Replica::founded(Policy::Lobby);
    let knocker = room.signed(&person(STRANGER), OperationBody::Join(person(STRANGER).cert));
    assert_eq!(room.membership.add(knocker), Err(AddError::Root(RootError::Door)));
    room.join(OWNER);
    room.make(OWNER, add(STRANGER));
    assert_eq!(room.role(STRANGER), Some(Role::Member));
    assert_eq!(room.refused(STRANGER, add(MEMBER)), Some(Refusal::NoRight));
    room.make(OWNER, door(Door::Locked));
    assert_eq!(room.refused(OWNER, add(MEMBER)), Some(Refusal::Door));
}

#[test]
fn an_operation_must_know_how_its_author_came_in_and_what_it_did_before() {
    let mut room = Replica::busy();
    let stranger = room.signed(&person(STRANGER), remove(MEMBER));
    assert_eq!(room.membership.add(stranger), Err(AddError::Root(RootError::Author)));
    let owner = person(OWNER);
    let draft = room.membership.draft(owner.account, owner.key.id(), RunId([0; 8]), remove(MEMBER));
    let skipped = VerifiedOperation::sign(&owner.key, &room.genesis, &Operation { seq: draft.seq + 1, ..draft });
    assert_eq!(room.membership.add(skipped.unwrap()), Err(AddError::Root(RootError::Sequence)));
}

#[test]
fn who_was_put_out_can_neither_act_on_nor_before() {
    let mut room = Replica::busy();
    let mut earlier = room.clone();
    earlier.run = 9;
    room.make(OWNER, remove(FIRST));
    assert_eq!(room.role(FIRST), None);
    assert_eq!(room.refused(FIRST, remove(MEMBER)), Some(Refusal::NotAMember));
    let back_dated = earlier.make(FIRST, remove(MEMBER));
    assert_eq!(earlier.role(MEMBER), None);
    earlier.meet(&mut room);
    assert_eq!(room.refusal(&back_dated), Some(Refusal::Struck));
    assert_eq!(room.role(MEMBER), Some(Role::Member));
}

#[test]
fn what_was_done_before_the_removal_stays() {
    let mut room = Replica::busy();
    room.make(FIRST, add(STRANGER));
    room.make(OWNER, remove(FIRST));
    assert_eq!(room.role(STRANGER), Some(Role::Member));
}

#[test]
fn what_rests_on_a_void_operation_falls_with_it() {
    let mut room = Replica::founded(Policy::Lobby);
    for name in [OWNER, FIRST] {
        room.make(OWNER, if name == OWNER { OperationBody::Join(person(OWNER).cert) } else { add(name) });
    }
    room.make(OWNER, set_role(FIRST, Role::Moderator));
    let mut apart = room.clone();
    apart.make(FIRST, add(STRANGER));
    let phone = device(STRANGER, 1);
    apart.make_by(&phone, OperationBody::Join(phone.cert.clone()));
    assert_eq!(apart.role(STRANGER), Some(Role::Member));
    room.make(OWNER, ban(FIRST));
    room.meet(&mut apart);
    assert_eq!(room.role(STRANGER), None);
}

#[test]
fn of_two_who_put_each_other_out_the_senior_stays() {
    for (one, other) in [(OWNER, FIRST), (FIRST, SECOND)] {
        let mut room = Replica::busy();
        let mut apart = room.clone();
        let kept = room.make(one, remove(other));
        let void = apart.make(other, remove(one));
        room.meet(&mut apart);
        assert_eq!((room.role(one).is_some(), room.role(other)), (true, None));
        assert_eq!(room.refusal(&kept), None);
        assert_ne!(room.refusal(&void), None);
    }
}

#[test]
fn of_two_whose_appointments_did_not_know_each_other_the_older_one_stays() {
    let mut room = Replica::founded(Policy::Open);
    for name in [OWNER, FIRST, SECOND] {
        room.join(name);
    }
    let tablet = device(OWNER, 1);
    room.make_by(&tablet, OperationBody::Join(tablet.cert.clone()));
    let mut apart = room.clone();
    let one = room.make(OWNER, set_role(FIRST, Role::Moderator)).hash();
    let other = apart.make_by(&tablet, set_role(SECOND, Role::Moderator)).hash();
    room.make(FIRST, remove(SECOND));
    apart.make(SECOND, remove(FIRST));
    room.meet(&mut apart);
    let (stays, goes) = if one < other { (FIRST, SECOND) } else { (SECOND, FIRST) };
    assert_eq!((room.role(stays), room.role(goes)), (Some(Role::Moderator), None));
}

#[test]
fn nobody_acts_on_whom_they_do_not_outrank() {
    let mut room = Replica::busy();
    for body in [remove(FIRST), remove(OWNER), ban(FIRST), ban(OWNER), set_role(FIRST, Role::Viewer)] {
        assert_eq!(room.refused(SECOND, body), Some(Refusal::Target));
    }
    for body in [remove(OWNER), ban(STRANGER), set_role(FIRST, Role::Viewer), door(Door::Locked), transfer(MEMBER)] {
        assert_eq!(room.refused(MEMBER, body), Some(Refusal::NoRight));
    }
    for body in [set_role(MEMBER, Role::Moderator), transfer(FIRST), OperationBody::Destroy] {
        assert_eq!(room.refused(FIRST, body), Some(Refusal::NoRight));
    }
    assert_eq!(room.refused(FIRST, remove(SECOND)), None);
}

#[test]
fn who_is_banned_stays_out_until_somebody_takes_it_back() {
    let mut room = Replica::busy();
    let mut apart = room.clone();
    room.make(FIRST, ban(MEMBER));
    assert!(room.membership.roster().banned.contains(&person(MEMBER).account));
    assert_eq!(room.refused(MEMBER, OperationBody::Join(person(MEMBER).cert)), Some(Refusal::Banned));
    assert_eq!(room.refused(SECOND, add(MEMBER)), Some(Refusal::Banned));
    apart.run = 1;
    let back_dated = apart.join(MEMBER);
    room.meet(&mut apart);
    assert_eq!(room.refusal(&back_dated), Some(Refusal::Struck));
    room.make(SECOND, OperationBody::Unban(person(MEMBER).account));
    assert_eq!(room.role(MEMBER), None);
    room.join(MEMBER);
    assert_eq!(room.role(MEMBER), Some(Role::Member));
}

#[test]
fn who_was_only_removed_may_come_back_through_an_open_door() {
    let mut room = Replica::busy();
    room.make(OWNER, remove(FIRST));
    room.join(FIRST);
    assert_eq!(room.role(FIRST), Some(Role::Member));
}

#[test]
fn nobody_slips_in_before_the_door_was_closed() {
    let mut room = Replica::busy();
    let mut apart = room.clone();
    let mut phone_apart = room.clone();
    room.make(FIRST, door(Door::Lobby));
    let back_dated = apart.join(STRANGER);
    assert_eq!(apart.role(STRANGER), Some(Role::Member));
    let phone = device(MEMBER, 1);
    let own_phone = phone_apart.make_by(&phone, OperationBody::Join(phone.cert.clone()));
    room.meet(&mut apart);
    room.meet(&mut phone_apart);
    assert_eq!(room.refusal(&back_dated), Some(Refusal::Struck));
    assert_eq!(room.refusal(&own_phone), None);
}

#[test]
fn of_concurrent_policies_the_strictest_holds() {
    let mut room = Replica::busy();
    let mut apart = room.clone();
    let strict =
        |speak, chat| RoomPolicy { speak, chat, history: chat == Role::Viewer, ..RoomPolicy::plain(Door::Open) };
    room.make(FIRST, OperationBody::SetPolicy(strict(Role::Moderator, Role::Viewer)));
    apart.make(SECOND, OperationBody::SetPolicy(strict(Role::Viewer, Role::Member)));
    room.meet(&mut apart);
    assert_eq!(room.membership.roster().policy, strict(Role::Moderator, Role::Member));
    room.make(SECOND, OperationBody::SetPolicy(strict(Role::Viewer, Role::Viewer)));
    assert_eq!(room.membership.roster().policy, strict(Role::Viewer, Role::Viewer));
}

#[test]
fn an_owner_who_leaves_hands_over_to_the_oldest_moderator_else_the_oldest_member() {
    let mut room = Replica::busy();
    for (leaves, heir) in [(OWNER, FIRST), (FIRST, SECOND), (SECOND, MEMBER)] {
        assert_eq!(room.refused(leaves, remove(leaves)), None);
        assert_eq!((room.role(leaves), room.role(heir)), (None, Some(Role::Owner)));
        assert_eq!(room.membership.roster().owner, person(heir).account);
    }
    assert_eq!(room.refused(MEMBER, remove(MEMBER)), Some(Refusal::NoHeir));
    assert!(!room.membership.roster().destroyed);
    room.join(OWNER);
    assert_eq!(room.role(OWNER), Some(Role::Member));
}

#[test]
fn who_gave_the_room_away_is_a_moderator_and_has_nothing_left_to_back_date() {
    let mut room = Replica::busy();
    let earlier = room.clone();
    room.make(OWNER, transfer(MEMBER));
    assert_eq!((room.role(OWNER), room.role(MEMBER)), (Some(Role::Moderator), Some(Role::Owner)));
    // Whatever the hashes are.
    for run in 10..20 {
        let mut earlier = Replica { run, ..earlier.clone() };
        let back_dated = earlier.make(OWNER, ban(MEMBER));
        room.meet(&mut earlier);
        assert_eq!(room.refusal(&back_dated), Some(Refusal::Struck));
    }
    assert_eq!(room.role(MEMBER), Some(Role::Owner));
}

#[test]
fn a_room_given_away_twice_has_one_owner() {
    let mut room = Replica::busy();
    let mut apart = room.clone();
    apart.run = 9;
    let one = room.make(OWNER, transfer(FIRST)).hash();
    let other = apart.make(OWNER, transfer(SECOND)).hash();
    room.meet(&mut apart);
    let owner = if one < other { FIRST } else { SECOND };
    assert_eq!(room.membership.roster().owner, person(owner).account);
}

#[test]
fn a_device_that_contradicts_itself_is_frozen_until_a_moderator_adds_it_again() {
    let mut room = Replica::busy();
    let mut apart = room.clone();
    let one = room.make(FIRST, OperationBody::FloorRotate { commitment: [1; 32] });
    let other = apart.make(FIRST, OperationBody::FloorRotate { commitment: [2; 32] });
    assert_eq!(one.operation().seq, other.operation().seq);
    room.meet(&mut apart);
    let first = person(FIRST);
    assert!(!room.membership.roster().speaks_for(&first.account, &first.key.id()));
    assert_eq!(room.refused(FIRST, remove(MEMBER)), Some(Refusal::Frozen));
    assert_eq!(room.refused(FIRST, OperationBody::Join(first.cert.clone())), Some(Refusal::Frozen));
    room.make(SECOND, add(FIRST));
    assert!(room.membership.roster().speaks_for(&first.account, &first.key.id()));
    assert_eq!(room.refused(FIRST, remove(MEMBER)), None);
}

#[test]
fn of_concurrent_rotations_all_are_listened_to_and_the_first_is_used() {
    let mut room = Replica::busy();
    let mut apart = room.clone();
    let one = room.make(FIRST, OperationBody::FloorRotate { commitment: [1; 32] });
    let other = apart.make(SECOND, OperationBody::FloorRotate { commitment: [2; 32] });
    room.meet(&mut apart);
    let floor = &room.membership.roster().floor;
    assert_eq!(floor.len(), 2);
    assert_eq!(floor.keys().next(), Some(&one.hash().min(other.hash())));
    let next = room.make(OWNER, OperationBody::FloorRotate { commitment: [3; 32] });
    assert_eq!(room.membership.roster().floor, [(next.hash(), [3; 32])].into());
}

#[test]
fn a_destroyed_room_takes_nothing_more() {
    let mut room = Replica::busy();
    room.make(OWNER, OperationBody::Destroy);
    assert!(room.membership.roster().destroyed);
    assert_eq!(room.refused(OWNER, remove(MEMBER)), Some(Refusal::Destroyed));
}

#[test]
fn a_snapshot_can_be_compared_with_what_its_author_knew() {
    let mut room = Replica::busy();
    let roster = room.membership.roster().digest();
    let snapshot = room.make(OWNER, OperationBody::Snapshot { roster });
    room.make(OWNER, remove(MEMBER));
    assert_eq!(room.membership.roster_before(&snapshot.hash()).map(|roster| roster.digest()), Some(roster));
    assert_ne!(room.membership.roster().digest(), roster);
}

#[test]
fn the_sixth_device_of_an_account_takes_the_place_of_the_oldest() {
    let mut room = Replica::founded(Policy::Open);
    let devices: Vec<_> = (0..6).map(|number| device(OWNER, number)).collect();
    for device in &devices {
        room.make_by(device, OperationBody::Join(device.cert.clone()));
    }
    let roster = room.membership.roster();
    let speaking: Vec<_> = devices.iter().map(|d| roster.speaks_for(&d.account, &d.key.id())).collect();
    assert_eq!(speaking, [false, true, true, true, true, true]);
}

#[test]
fn a_full_room_lets_nobody_else_in() {
    let mut room = Replica::founded(Policy::Open);
    let stranger = |index: u8| {
        let account = AccountKey::from_seed([index; 32]);
        let key = DeviceKey::from_seed([index; 32]);
        let cert = DeviceCert::issue(&account, key.id(), FOUNDED_S, FOUNDED_S + 60).unwrap().to_bytes();
        Person { account: account.id(), key, cert }
    };
    let apart = room.clone();
    for index in 0..=u8::try_from(MAX_MEMBERS).unwrap() {
        let joining = stranger(index + 10);
        let join = room.make_by(&joining, OperationBody::Join(joining.cert.clone()));
        let refusal = (usize::from(index) + 1 >= MAX_MEMBERS).then_some(Refusal::Full);
        assert_eq!(room.refusal(&join), refusal, "{index}");
    }
    let late = stranger(200);
    let unaware = apart.signed(&late, OperationBody::Join(late.cert.clone()));
    room.membership.add(unaware).unwrap();
    assert_eq!(room.membership.roster().members.len(), MAX_MEMBERS);
}

#[test]
fn what_waits_is_asked_for_bounded_and_comes_in_with_what_it_waits_for() {
    let mut room = Replica::busy();
    let mut late = Replica::founded(Policy::Open);
    let operations: Vec<_> = room.membership.operations().cloned().collect();
    for operation in operations.iter().rev().take(operations.len() - 1) {
        assert_eq!(late.membership.add(operation.clone()), Ok(Added::Waiting));
    }
    assert_eq!(late.membership.missing(), [operations[0].hash()]);
    let others = operations.len() - 1;
    assert_eq!(late.membership.add(operations[0].clone()), Ok(Added::New { others }));
    assert_eq!(late.membership.roster(), room.membership.roster());
}

#[test]
fn of_too_many_that_wait_the_oldest_is_dropped() {
    let mut ahead = Replica::founded(Policy::Open);
    ahead.join(OWNER);
    let mut behind = Replica::founded(Policy::Open);
    let first = ahead.join(OWNER);
    assert_eq!(behind.membership.add(first.clone()), Ok(Added::Waiting));
    for _ in 0..MAX_PENDING {
        let next = ahead.make(OWNER, OperationBody::FloorRotate { commitment: [0; 32] });
        assert_eq!(behind.membership.add(next), Ok(Added::Waiting));
    }
    assert_eq!(behind.membership.missing(), [first.hash()]);
}

#[test]
fn an_author_with_more_heads_than_dependencies_keeps_its_own() {
    let mut room = Replica::busy();
    let base = room.clone();
    for run in 1..=20 {
        let mut apart = base.clone();
        apart.run = run;
        let rotation = apart.make(FIRST, OperationBody::FloorRotate { commitment: [run; 32] });
        room.membership.add(rotation).unwrap();
    }
    room.run = 7;
    let next = room.make(FIRST, OperationBody::FloorRotate { commitment: [99; 32] });
    assert_eq!((next.operation().seq, next.operation().dependencies.len()), (2, DEPENDENCIES));
    assert_eq!(room.membership.heads().len(), 20 - DEPENDENCIES + 1);
}

#[test]
fn whoever_puts_out_one_of_a_crowd_that_came_at_one_moment_knows_who_that_is() {
    let mut room = Replica::founded(Policy::Open);
    room.join(OWNER);
    let base = room.clone();
    // More than one operation can name.
    let crowd = 6..=15;
    for name in crowd.clone() {
        room.membership.add(base.clone().join(name)).unwrap();
    }
    assert!(room.membership.heads().len() > DEPENDENCIES);
    for name in crowd {
        let mut room = room.clone();
        assert_eq!(room.refused(OWNER, remove(name)), None);
        assert_eq!(room.role(name), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_of_arrival_comes_to_the_same(seed: u64) {
        let mut room = Replica::busy();
        let mut apart = room.clone();
        room.make(FIRST, remove(SECOND));
        room.make(OWNER, add(STRANGER));
        apart.make(SECOND, set_role(MEMBER, Role::Viewer));
        apart.make(SECOND, ban(MEMBER));
        room.meet(&mut apart);
        let mut operations: Vec<_> = room.membership.operations().cloned().collect();
        operations.sort_by_key(|operation| {
            let mix = u64::from_be_bytes(std::array::from_fn(|index| operation.hash().0[index]));
            (mix ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31)
        });
        let mut other = Replica::founded(Policy::Open);
        for operation in operations {
            other.membership.add(operation).unwrap();
        }
        prop_assert_eq!(other.membership.roster(), room.membership.roster());
    }
}
