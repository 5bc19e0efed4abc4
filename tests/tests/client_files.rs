//! Files between two clients over real relays: whole, cancelled, refused, taken back, and resumed over another relay.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, channel::mpsc};
use milanio_identity::DeviceId;
use milanio_node::{
    core::{
        bandwidth::BandwidthLimits,
        files::{FetchError, FetchState, FileEvent, FileName, ServeState},
        session::{SessionInput, SessionOutput},
    },
    net::{
        client::{ClientInput, ClientOutput, RelayAddress},
        files::{READ_BYTES, ReadRequest, SINK_QUEUE},
        relay::{Relay, RelayConfig, RelayHandle, RelayLimits},
    },
    wire::file::{FileId, FileKey, FileOffer},
};
use milanio_tests::person::{Person, meet};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::task::JoinHandle;

const MIB: usize = 1024 * 1024;

async fn relay() -> Result<(RelayHandle, RelayAddress, TempDir)> {
    limited(RelayLimits::lab()).await
}

async fn limited(limits: RelayLimits) -> Result<(RelayHandle, RelayAddress, TempDir)> {
    // Another test may have done it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = tempfile::tempdir()?;
    let mut config = RelayConfig::new(data.path().to_owned());
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse()?];
    config.limits = limits;
    let relay = Relay::start(config).await?;
    let addresses = relay.addresses().wait_for(|addresses| !addresses.is_empty()).await?.clone();
    let address = RelayAddress { peer: relay.peer_id(), addresses };
    Ok((relay, address, data))
}

/// Bytes that differ everywhere, so that a chunk in the wrong place is noticed.
fn contents(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

fn offer(contents: &[u8]) -> FileOffer {
    FileOffer {
        id: FileId([7; 16]),
        name: "film.webm".into(),
        size_bytes: contents.len() as u64,
        sha256: Sha256::digest(contents).into(),
        key: FileKey([9; 32]),
    }
}

/// Has `person` offer `contents`.
fn share(person: &mut Person, offer: &FileOffer, contents: Vec<u8>) -> Result<()> {
    let (source, mut requests) = mpsc::channel::<ReadRequest>(1);
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            assert!(request.length <= READ_BYTES);
            let start = usize::try_from(request.offset).unwrap_or(usize::MAX);
            let piece = contents.get(start..start.saturating_add(request.length)).map(<[u8]>::to_vec);
            // Whoever asked may have been stopped.
            let _ = request.reply.send(piece);
        }
    });
    person.send(ClientInput::ShareFile(offer.clone(), source))
}

/// Has `person` fetch what `owner` offers; gives what was written when nothing more comes.
fn fetch(person: &mut Person, owner: DeviceId, offer: &FileOffer) -> Result<JoinHandle<Vec<u8>>> {
    let (sink, written) = mpsc::channel(SINK_QUEUE);
    person.send(ClientInput::FetchFile(owner, offer.clone(), sink))?;
    Ok(tokio::spawn(written.concat()))
}

/// Waits for a state of a wanted file; patience begins anew with every state, so that a slow machine may be slow.
async fn fetch_state<T>(person: &mut Person, mut pick: impl FnMut(FetchState) -> Option<T>) -> Result<T> {
    loop {
        let state = person.until(|output| match output {
            ClientOutput::Session(SessionOutput::File(FileEvent::Fetching { state, .. })) => Some(state),
            _ => None,
        });
        if let Some(found) = pick(state.await?) {
            return Ok(found);
        }
    }
}

async fn fetched(person: &mut Person) -> Result<FetchState> {
    fetch_state(person, |state| {
        matches!(state, FetchState::Complete | FetchState::Failed(_) | FetchState::Cancelled).then_some(state)
    })
    .await
}

async fn served(person: &mut Person) -> Result<ServeState> {
    loop {
        let state = person.until(|output| match output {
            ClientOutput::Session(SessionOutput::File(FileEvent::Serving { state, .. })) => Some(state),
            _ => None,
        });
        let state = state.await?;
        if matches!(state, ServeState::Complete | ServeState::Cancelled | ServeState::LocalSource) {
            return Ok(state);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_arrives_whole_and_its_owner_learns_so() -> Result<()> {
    let (relay, address, _data) = relay().await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    for size in [1, 3 * MIB + 17] {
        let contents = contents(size);
        let mut offer = offer(&contents);
        offer.id = FileId([size as u8; 16]);
        share(&mut ines, &offer, contents.clone())?;
        let written = fetch(&mut ravi, ines.device, &offer)?;
        assert_eq!(fetched(&mut ravi).await?, FetchState::Complete);
        assert_eq!(served(&mut ines).await?, ServeState::Complete);
        ensure!(written.await? == contents, "what arrived differs");
    }
    assert!(relay.stats().borrow().circuits <= 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_no_faster_than_its_addresses_share() -> Result<()> {
    let mut limits = RelayLimits::lab();
    limits.circuits.bandwidth = BandwidthLimits { total: 4 * MIB as u64, per_address: 2 * MIB as u64 };
    let (relay, address, _data) = limited(limits).await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    let contents = contents(3 * MIB);
    let offer = offer(&contents);
    share(&mut ines, &offer, contents.clone())?;
    let written = fetch(&mut ravi, ines.device, &offer)?;
    let coming = |state| matches!(state, FetchState::Receiving { .. }).then_some(());
    fetch_state(&mut ravi, coming).await?;
    let began = Instant::now();
    assert_eq!(fetched(&mut ravi).await?, FetchState::Complete);
    ensure!(written.await? == contents, "what arrived differs");
    // Both are at one address, which every byte comes from and goes to: 6 MiB at 2 a second, less what was under way before.
    let took = began.elapsed();
    ensure!((2..10).contains(&took.as_secs()), "it took {took:?}");
    let stats = *relay.stats().wait_for(|stats| stats.circuit_bytes >= contents.len() as u64).await?;
    ensure!(stats.circuit_waits > 0 && stats.circuit_bytes < 2 * contents.len() as u64, "{stats:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_mebibytes_arrive_whole_although_the_relay_is_killed_in_the_middle() -> Result<()> {
    let (first, first_address, _first_data) = relay().await?;
    let (second, second_address, _second_data) = relay().await?;
    let (mut ines, mut ravi) = meet(vec![first_address, second_address]).await?;
    let contents = contents(50 * MIB);
    let offer = offer(&contents);
    share(&mut ines, &offer, contents.clone())?;
    let began = Instant::now();
    let written = fetch(&mut ravi, ines.device, &offer)?;
    let before = fetch_state(&mut ravi, |state| match state {
        FetchState::Receiving { received, .. } if received >= 10 * MIB as u64 => Some(received),
        _ => None,
    })
    .await?;
    drop(first);
    let resumed_from = fetch_state(&mut ravi, |state| match state {
        FetchState::Asking { received } => Some(received),
        _ => None,
    })
    .await?;
    assert!(resumed_from >= before, "it went back from {before} to {resumed_from}");
    let is_resumed = fetch_state(&mut ravi, |state| match state {
        FetchState::Receiving { resumed, .. } => Some(resumed),
        _ => None,
    });
    assert!(is_resumed.await?);
    second.stats().wait_for(|stats| stats.circuits > 0).await.context("the second relay carries it")?;
    assert_eq!(fetched(&mut ravi).await?, FetchState::Complete);
    let took = began.elapsed();
    ensure!(written.await? == contents, "what arrived differs");
    println!("50 MiB over two relays took {took:?}, resumed at {resumed_from}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fetches_can_cancel_and_begin_anew() -> Result<()> {
    let (_relay, address, _data) = relay().await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    let contents = contents(20 * MIB);
    let offer = offer(&contents);
    share(&mut ines, &offer, contents.clone())?;
    let written = fetch(&mut ravi, ines.device, &offer)?;
    let coming = |state| matches!(state, FetchState::Receiving { .. }).then_some(());
    fetch_state(&mut ravi, coming).await?;
    ravi.send(SessionInput::CancelFile(FileName { owner: ines.device, id: offer.id }))?;
    assert_eq!(fetched(&mut ravi).await?, FetchState::Cancelled);
    assert_eq!(served(&mut ines).await?, ServeState::Cancelled);
    ensure!(written.await?.len() < contents.len(), "it was not cancelled in time");
    let written = fetch(&mut ravi, ines.device, &offer)?;
    assert_eq!(fetched(&mut ravi).await?, FetchState::Complete);
    ensure!(written.await? == contents, "what arrived differs");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_can_take_a_file_back() -> Result<()> {
    let (_relay, address, _data) = relay().await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    let contents = contents(20 * MIB);
    let offer = offer(&contents);
    share(&mut ines, &offer, contents)?;
    let written = fetch(&mut ravi, ines.device, &offer)?;
    let coming = |state| matches!(state, FetchState::Receiving { .. }).then_some(());
    fetch_state(&mut ravi, coming).await?;
    ines.send(SessionInput::WithdrawFile(offer.id))?;
    assert_eq!(fetched(&mut ravi).await?, FetchState::Failed(FetchError::OwnerGone));
    drop(written);
    fetch(&mut ravi, ines.device, &offer)?;
    assert_eq!(fetched(&mut ravi).await?, FetchState::Failed(FetchError::OwnerGone));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_file_than_the_offered_one_is_not_taken_for_it() -> Result<()> {
    let (_relay, address, _data) = relay().await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    let mut contents = contents(MIB);
    let offer = offer(&contents);
    contents[MIB / 2] ^= 1;
    share(&mut ines, &offer, contents.clone())?;
    fetch(&mut ravi, ines.device, &offer)?;
    assert_eq!(fetched(&mut ravi).await?, FetchState::Failed(FetchError::Forged));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_became_shorter_is_told_to_be_unreadable() -> Result<()> {
    let (_relay, address, _data) = relay().await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    let mut contents = contents(2 * MIB);
    let offer = offer(&contents);
    contents.truncate(MIB);
    share(&mut ines, &offer, contents)?;
    fetch(&mut ravi, ines.device, &offer)?;
    assert_eq!(served(&mut ines).await?, ServeState::LocalSource);
    assert_eq!(fetched(&mut ravi).await?, FetchState::Failed(FetchError::OwnerCannotRead));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_whose_owner_has_left_does_not_come() -> Result<()> {
    let (_relay, address, _data) = relay().await?;
    let (mut ines, mut ravi) = meet(vec![address]).await?;
    let contents = contents(MIB);
    let offer = offer(&contents);
    let owner = ines.device;
    share(&mut ines, &offer, contents)?;
    fetch(&mut ravi, owner, &offer)?;
    assert_eq!(fetched(&mut ravi).await?, FetchState::Complete);
    let later = FileOffer { id: FileId([8; 16]), ..offer };
    drop(ines);
    ravi.left().await?;
    fetch(&mut ravi, owner, &later)?;
    let waits = |state| matches!(state, FetchState::Waiting { received: 0, .. }).then_some(());
    fetch_state(&mut ravi, waits).await?;
    // Nobody who has left comes back soon: it can be given up at once.
    ravi.send(SessionInput::CancelFile(FileName { owner, id: later.id }))?;
    assert_eq!(fetched(&mut ravi).await?, FetchState::Cancelled);
    Ok(())
}
