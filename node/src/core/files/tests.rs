//! One owner and one taker on virtual time; signals pass by hand, streams are played.

use std::time::Duration;

use milanio_identity::DeviceKey;

use super::*;
use crate::wire::{
    file::{FileGranted, FileKey, FileRefusal, FileToken, FileWanted},
    limits::FILE_CHUNK_BYTES,
};

const CHUNK: u64 = FILE_CHUNK_BYTES as u64;
const SIZE: u64 = 10 * CHUNK + 5;

fn device(n: u8) -> DeviceId {
    DeviceKey::from_seed([n; 32]).id()
}

fn relay(n: u8) -> Node {
    vec![n; 38]
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_000_000 + seconds * 1_000)
}

fn offer(id: u8) -> FileOffer {
    let (id, key) = (FileId([id; 16]), FileKey([3; 32]));
    FileOffer { id, name: "a.pdf".into(), size_bytes: SIZE, sha256: [2; 32], key }
}

fn file(id: u8) -> FileName {
    FileName { owner: device(1), id: FileId([id; 16]) }
}

/// The owner (device 1) or the taker (device 2), who knows relays 1 and 2 and the other one.
fn machine(me: u8) -> Files {
    let mut files = Files::new([me; 32]);
    files.set_relays(vec![relay(1), relay(2)], at(0));
    files.handle_member(device(3 - me), at(0));
    files
}

fn commands(files: &mut Files) -> Vec<FileCommand> {
    std::iter::from_fn(|| files.poll_command()).collect()
}

fn signal(files: &mut Files) -> FileSignal {
    commands(files)
        .into_iter()
        .find_map(|command| match command {
            FileCommand::Send { signal, .. } => Some(signal),
            _ => None,
        })
        .expect("a signal")
}

fn want(files: &mut Files) -> (TransferId, FileWanted) {
    match signal(files) {
        FileSignal { transfer, kind: FileSignalKind::Want(wanted), .. } => (transfer, wanted),
        other => panic!("{other:?} is no request"),
    }
}

fn last_state(files: &mut Files) -> Option<FetchState> {
    std::iter::from_fn(|| files.poll_event())
        .filter_map(|event| match event {
            FileEvent::Fetching { state, .. } => Some(state),
            FileEvent::Serving { .. } => None,
        })
        .last()
}

fn said(transfer: TransferId, kind: FileSignalKind) -> FileSignal {
    FileSignal { transfer, expires: at(60).in_room(ClockOffset::default()), kind }
}

fn granted(at_relay: u8) -> FileSignalKind {
    FileSignalKind::Grant(FileGranted { relay: relay(at_relay), peer: relay(9), token: FileToken([4; 16]) })
}

fn wanted(id: u8, offset: u64) -> FileSignalKind {
    FileSignalKind::Want(FileWanted { file: FileId([id; 16]), offset, relays: vec![relay(2), relay(7)] })
}

/// A taker whose transfer of file 1 has begun.
fn receiving() -> (Files, TransferId) {
    let mut taker = machine(2);
    taker.fetch(device(1), offer(1), at(0)).unwrap();
    let (transfer, wanted) = want(&mut taker);
    assert_eq!((wanted.offset, wanted.relays), (0, vec![relay(1), relay(2)]));
    taker.handle_signal(device(1), said(transfer, granted(1)), at(0));
    assert!(matches!(commands(&mut taker)[..], [FileCommand::Fetch(Fetch { offset: 0, .. })]));
    (taker, transfer)
}

#[test]
fn a_broken_transfer_goes_on_where_it_was_over_another_relay() {
    let (mut taker, transfer) = receiving();
    taker.handle_transfer(TransferEvent::Progress { transfer, offset: 3 * CHUNK }, at(1));
    assert_eq!(last_state(&mut taker), Some(FetchState::Receiving { received: 3 * CHUNK, resumed: false }));
    taker.handle_transfer(TransferEvent::Ended { transfer, offset: 4 * CHUNK, end: TransferEnd::Broken }, at(1));
    taker.handle_timeout(at(2));
    let (again, wanted) = want(&mut taker);
    assert_ne!(again, transfer);
    assert_eq!((wanted.offset, wanted.relays), (4 * CHUNK, vec![relay(2), relay(1)]));
    taker.handle_signal(device(1), said(again, granted(2)), at(2));
    let fetch = commands(&mut taker);
    assert!(matches!(&fetch[..], [FileCommand::Fetch(fetch)] if fetch.offset == 4 * CHUNK), "{fetch:?}");
    taker.handle_transfer(TransferEvent::Progress { transfer: again, offset: 5 * CHUNK }, at(3));
    assert_eq!(last_state(&mut taker), Some(FetchState::Receiving { received: 5 * CHUNK, resumed: true }));
    taker.handle_transfer(TransferEvent::Ended { transfer: again, offset: SIZE, end: TransferEnd::Complete }, at(4));
    assert_eq!(last_state(&mut taker), Some(FetchState::Complete));
}

#[test]
fn a_stream_that_stands_still_is_stopped_before_another_is_begun() {
    let (mut taker, transfer) = receiving();
    let stalls = taker.poll_timeout().unwrap();
    taker.handle_timeout(stalls);
    assert_eq!(commands(&mut taker), [FileCommand::Stop(transfer)]);
    taker.handle_transfer(TransferEvent::Ended { transfer, offset: CHUNK, end: TransferEnd::Stopped }, stalls);
    let again = taker.poll_timeout().unwrap();
    taker.handle_timeout(again);
    assert_eq!(want(&mut taker).1.offset, CHUNK);
}

#[test]
fn what_never_comes_is_tried_ever_less_often_and_then_given_up() {
    let mut taker = machine(2);
    taker.fetch(device(1), offer(1), at(0)).unwrap();
    let mut requests = 0;
    while let Some(due) = taker.poll_timeout() {
        taker.handle_timeout(due);
        requests += commands(&mut taker).iter().filter(|command| matches!(command, FileCommand::Send { .. })).count();
        if last_state(&mut taker) == Some(FetchState::Failed(FetchError::Unreachable)) {
            assert!((5..20).contains(&requests), "{requests}");
            return assert!(due.since(at(0)) < Duration::from_secs(400));
        }
    }
    panic!("it was never given up");
}

#[test]
fn an_owner_who_leaves_ends_what_is_not_flowing() {
    let mut taker = machine(2);
    taker.fetch(device(1), offer(1), at(0)).unwrap();
    taker.handle_member_left(device(1), true, at(1));
    assert_eq!(last_state(&mut taker), Some(FetchState::Failed(FetchError::OwnerGone)));
    let (mut taker, transfer) = receiving();
    taker.handle_member_left(device(1), true, at(1));
    taker.handle_transfer(TransferEvent::Progress { transfer, offset: CHUNK }, at(1));
    assert_eq!(last_state(&mut taker), Some(FetchState::Receiving { received: CHUNK, resumed: false }));
    taker.handle_transfer(TransferEvent::Ended { transfer, offset: CHUNK, end: TransferEnd::Broken }, at(2));
    assert_eq!(last_state(&mut taker), Some(FetchState::Failed(FetchError::OwnerGone)));
}

#[test]
fn an_owner_who_fell_silent_is_waited_for_and_asked_when_back() {
    let (mut taker, transfer) = receiving();
    taker.handle_member_left(device(1), false, at(1));
    taker.handle_transfer(TransferEvent::Ended { transfer, offset: CHUNK, end: TransferEnd::Broken }, at(1));
    assert!(matches!(last_state(&mut taker), Some(FetchState::Waiting { reason: WaitReason::OwnerAway, .. })));
    commands(&mut taker);
    taker.handle_member(device(1), at(2));
    assert_eq!(want(&mut taker).1.offset, CHUNK);
}

#[test]
fn only_the_owner_answers_and_only_what_was_asked() {
    let mut taker = machine(2);
    taker.fetch(device(1), offer(1), at(0)).unwrap();
    let (transfer, _) = want(&mut taker);
    taker.handle_signal(device(3), said(transfer, granted(1)), at(0));
    taker.handle_signal(device(3), said(transfer, FileSignalKind::Refuse(FileRefusal::Gone)), at(0));
    taker.handle_signal(device(3), said(transfer, FileSignalKind::Cancel), at(0));
    taker.handle_signal(device(1), said(TransferId([0; 16]), granted(1)), at(0));
    assert_eq!(commands(&mut taker), []);
    taker.handle_signal(device(1), said(transfer, granted(1)), at(61));
    assert_eq!(commands(&mut taker), [], "it has expired");
    taker.handle_signal(device(1), said(transfer, granted(1)), at(1));
    taker.handle_signal(device(1), said(transfer, granted(2)), at(1));
    assert_eq!(commands(&mut taker).len(), 1, "one grant counts");
}

#[test]
fn so_many_come_at_once_and_the_rest_queue() {
    let mut taker = machine(2);
    for id in 0..MAX_WANTED as u8 {
        taker.fetch(device(1), offer(id), at(0)).unwrap();
    }
    assert_eq!(taker.fetch(device(1), offer(0), at(0)), Err(FilesError::Known));
    assert_eq!(taker.fetch(device(1), offer(200), at(0)), Err(FilesError::TooMany));
    assert_eq!(commands(&mut taker).len(), MAX_FETCHING);
    taker.cancel(file(0), at(0));
    let after = commands(&mut taker);
    assert!(after.contains(&FileCommand::Forget(file(0))));
    let sent = after.iter().filter(|command| matches!(command, FileCommand::Send { .. })).count();
    assert_eq!(sent, 2, "one is cancelled, the next is asked for: {after:?}");
}

#[test]
fn an_owner_waits_where_both_can_go_and_says_so() {
    let mut owner = machine(1);
    owner.share(offer(1)).unwrap();
    let transfer = TransferId([1; 16]);
    owner.handle_signal(device(2), said(transfer, wanted(1, CHUNK)), at(0));
    let serve = commands(&mut owner);
    let [FileCommand::Serve(serve)] = &serve[..] else { panic!("{serve:?}") };
    assert_eq!((&serve.relays, serve.offset), (&vec![relay(2)], CHUNK));
    owner.handle_transfer(TransferEvent::Waiting { transfer, relay: relay(2), peer: relay(8) }, at(1));
    let expected = FileGranted { relay: relay(2), peer: relay(8), token: serve.token };
    assert_eq!(signal(&mut owner).kind, FileSignalKind::Grant(expected));
    owner.handle_signal(device(2), said(transfer, wanted(1, CHUNK)), at(1));
    assert_eq!(commands(&mut owner), [], "a repeated request does nothing");
    owner.handle_signal(device(3), said(transfer, FileSignalKind::Cancel), at(1));
    assert_eq!(commands(&mut owner), [], "a stranger cancels nothing");
    owner.handle_signal(device(2), said(transfer, FileSignalKind::Cancel), at(1));
    assert_eq!(commands(&mut owner), [FileCommand::Stop(transfer)]);
}

#[test]
fn an_owner_refuses_what_it_cannot_give() {
    let mut owner = machine(1);
    let refusal = |owner: &mut Files, number: u8, kind| {
        owner.handle_signal(device(2), said(TransferId([number; 16]), kind), at(0));
        signal(owner).kind
    };
    let gone = FileSignalKind::Refuse(FileRefusal::Gone);
    assert_eq!(refusal(&mut owner, 1, wanted(1, 0)), gone);
    owner.share(offer(1)).unwrap();
    assert_eq!(refusal(&mut owner, 2, wanted(1, 11 * CHUNK)), gone);
    let elsewhere = FileWanted { file: FileId([1; 16]), offset: 0, relays: vec![relay(7)] };
    let no_relay = FileSignalKind::Refuse(FileRefusal::NoRelay);
    assert_eq!(refusal(&mut owner, 3, FileSignalKind::Want(elsewhere)), no_relay);
    for number in 10..10 + MAX_SERVING as u8 {
        owner.handle_signal(device(number), said(TransferId([number; 16]), wanted(1, 0)), at(0));
    }
    commands(&mut owner);
    assert_eq!(refusal(&mut owner, 4, wanted(1, 0)), FileSignalKind::Refuse(FileRefusal::Busy));
    owner.withdraw(FileId([1; 16]), at(1));
    let after = commands(&mut owner);
    let stops = after.iter().filter(|command| matches!(command, FileCommand::Stop(_))).count();
    assert_eq!((stops, after.len()), (MAX_SERVING, 2 * MAX_SERVING + 1));
}

#[test]
fn connections_are_closed_some_time_after_the_last_transfer() {
    let (mut taker, transfer) = receiving();
    taker.handle_transfer(TransferEvent::Ended { transfer, offset: SIZE, end: TransferEnd::Complete }, at(1));
    commands(&mut taker);
    let rests = taker.poll_timeout().unwrap();
    assert!(rests > at(20), "{rests:?}");
    taker.handle_timeout(rests);
    assert_eq!(commands(&mut taker), [FileCommand::Rest]);
    assert_eq!(taker.poll_timeout(), None);
}

fn last_served(files: &mut Files) -> Option<ServeState> {
    std::iter::from_fn(|| files.poll_event())
        .filter_map(|event| match event {
            FileEvent::Serving { state, .. } => Some(state),
            FileEvent::Fetching { .. } => None,
        })
        .last()
}

/// An owner who sends file 1 to device 2.
fn sending() -> (Files, TransferId) {
    let mut owner = machine(1);
    owner.share(offer(1)).unwrap();
    let transfer = TransferId([8; 16]);
    owner.handle_signal(device(2), said(transfer, wanted(1, 0)), at(0));
    owner.handle_transfer(TransferEvent::Waiting { transfer, relay: relay(2), peer: relay(9) }, at(0));
    owner.handle_transfer(TransferEvent::Progress { transfer, offset: CHUNK }, at(1));
    assert_eq!(last_served(&mut owner), Some(ServeState::Sending { sent: CHUNK }));
    commands(&mut owner);
    (owner, transfer)
}

#[test]
fn nothing_more_goes_to_who_is_put_out_although_the_stream_is_open() {
    let (mut owner, transfer) = sending();
    owner.handle_member_left(device(2), true, at(2));
    assert_eq!(commands(&mut owner), [], "who merely leaves may still take the rest");
    owner.handle_member_removed(device(2), at(2));
    assert_eq!(commands(&mut owner), [FileCommand::Stop(transfer)]);
    assert_eq!(last_served(&mut owner), Some(ServeState::Cancelled));
}

#[test]
fn nothing_more_is_taken_from_who_is_put_out() {
    let (mut taker, transfer) = receiving();
    taker.handle_transfer(TransferEvent::Progress { transfer, offset: CHUNK }, at(1));
    taker.handle_member_removed(device(1), at(2));
    assert_eq!(last_state(&mut taker), Some(FetchState::Failed(FetchError::OwnerGone)));
    assert_eq!(commands(&mut taker), [FileCommand::Stop(transfer), FileCommand::Forget(file(1))]);
}

#[test]
fn when_the_room_is_over_everything_stops_and_nothing_begins() {
    let (mut owner, transfer) = sending();
    owner.end(at(2));
    assert_eq!(commands(&mut owner), [FileCommand::Stop(transfer), FileCommand::Unshare(FileId([1; 16]))]);
    assert_eq!(owner.share(offer(2)), Err(FilesError::Over));
    owner.handle_signal(device(2), said(TransferId([9; 16]), wanted(1, 0)), at(2));
    assert_eq!(commands(&mut owner), []);
    let (mut taker, transfer) = receiving();
    taker.end(at(2));
    assert_eq!(last_state(&mut taker), Some(FetchState::Failed(FetchError::RoomOver)));
    assert_eq!(commands(&mut taker), [FileCommand::Stop(transfer), FileCommand::Forget(file(1))]);
    assert_eq!(taker.fetch(device(1), offer(2), at(3)), Err(FilesError::Over));
}
