//! Over a real relay: marked texts, names, and a file's name and bytes show in nothing that goes over the wire to it or from it, in nothing
//! that it stores, and in nothing that it or the clients log on any level; not before somebody is put out, and not after.
//!
//! Left out: the relay's memory, which here is that of the clients too; `tests/e2e` searches that of a relay of its own.

use std::{
    fs, io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, channel::mpsc};
use libp2p::{Multiaddr, multiaddr::Protocol};
use milanio_node::{
    core::{
        files::{FetchState, FileEvent},
        room::{Moderation, RoomEvent},
        session::{SessionInput, SessionOutput},
    },
    net::{
        client::{ClientInput, ClientOutput, RelayAddress},
        files::{ReadRequest, SINK_QUEUE},
        relay::{Relay, RelayConfig, RelayLimits},
    },
    wire::{
        entry::Entry,
        file::{FileId, FileKey, FileOffer},
    },
};
use milanio_tests::person::{Person, random_root};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tracing_subscriber::fmt::MakeWriter;

const BEFORE: &str = "canary text before";
const AFTER: &str = "canary text after";
const FILE_NAME: &str = "canary-file.bin";
const CONTENTS: &str = "canary contents of the file ";
const NAMES: [&str; 3] = ["Canary owner", "Canary one out", "Canary friend"];
/// Bytes of the file: several chunks.
const FILE_BYTES: usize = 200_000;

/// Bytes that many write, and one searches.
#[derive(Clone, Default)]
struct Record(Arc<Mutex<Vec<u8>>>);

impl Record {
    fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }

    fn holds(&self, wanted: &[u8]) -> bool {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.windows(wanted.len()).any(|window| window == wanted)
    }
}

impl io::Write for Record {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Record {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Passes connections on to the relay at `to`, and keeps every byte of both directions.
async fn tap(to: SocketAddr, wire: Record) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(to).await else { return };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            tokio::spawn(pass_on(near_in, far_out, wire.clone()));
            tokio::spawn(pass_on(far_in, near_out, wire.clone()));
        }
    });
    Ok(at)
}

async fn pass_on(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, wire: Record) {
    let mut buffer = vec![0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        wire.add(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

fn port_of(address: &Multiaddr) -> Option<u16> {
    address.iter().find_map(|part| if let Protocol::Tcp(port) = part { Some(port) } else { None })
}

fn contents() -> Vec<u8> {
    CONTENTS.bytes().cycle().take(FILE_BYTES).collect()
}

fn offer() -> FileOffer {
    let (contents, name) = (contents(), FILE_NAME.to_owned());
    let sha256 = Sha256::digest(&contents).into();
    FileOffer { id: FileId([7; 16]), name, size_bytes: FILE_BYTES as u64, sha256, key: FileKey([9; 32]) }
}

/// Has `person` offer the file to everybody.
fn share(person: &mut Person) -> Result<()> {
    let (source, mut requests) = mpsc::channel::<ReadRequest>(1);
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let start = usize::try_from(request.offset).unwrap_or(usize::MAX);
            let piece = contents().get(start..start.saturating_add(request.length)).map(<[u8]>::to_vec);
            // Whoever asked may have been stopped.
            let _ = request.reply.send(piece);
        }
    });
    person.send(ClientInput::ShareFile(offer(), source))?;
    person.send(SessionInput::SendEntry(Entry::Offer(offer()), None))
}

/// Has `person` hear of the file and fetch it from `owner`.
async fn fetch(person: &mut Person, owner: &Person) -> Result<()> {
    let (sink, written) = mpsc::channel(SINK_QUEUE);
    person.send(ClientInput::FetchFile(owner.device, offer(), sink))?;
    let written = tokio::spawn(written.concat());
    let is_over = |output| match output {
        ClientOutput::Session(SessionOutput::File(FileEvent::Fetching { state, .. })) => {
            matches!(state, FetchState::Complete | FetchState::Failed(_)).then_some(state)
        }
        _ => None,
    };
    ensure!(person.until(is_over).await? == FetchState::Complete, "the file did not come");
    ensure!(written.await? == contents(), "the file came otherwise");
    Ok(())
}

/// Owner, one who is put out, and a friend say and do what is marked.
async fn live(relay: &RelayAddress) -> Result<()> {
    let root = random_root()?;
    let mut owner = Person::start_founder(NAMES[0], &root, vec![relay.clone()])?;
    let mut out = Person::start(NAMES[1], &root, vec![relay.clone()])?;
    let mut friend = Person::start(NAMES[2], &root, vec![relay.clone()])?;
    for person in [&mut owner, &mut out, &mut friend] {
        person.connected().await?;
        person.enter()?;
    }
    let seen = [owner.member().await?, owner.member().await?];
    let account = seen.iter().find(|member| member.name == NAMES[1]).context("it is seen by its name")?.account;
    owner.say(BEFORE)?;
    ensure!(out.heard().await?.text() == BEFORE && friend.heard().await?.text() == BEFORE);
    share(&mut owner)?;
    fetch(&mut out, &owner).await?;
    owner.send(SessionInput::Moderate(Moderation::Ban(account)))?;
    out.room_event(|event| matches!(event, RoomEvent::Removed { .. }).then_some(())).await?;
    owner.say(AFTER)?;
    while friend.heard().await?.text() != AFTER {}
    fetch(&mut friend, &owner).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_marked_shows_on_no_wire_in_no_store_and_in_no_log() -> Result<()> {
    // Nothing else is in this program.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (log, wire) = (Record::default(), Record::default());
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(log.clone()).init();
    let data = tempfile::tempdir()?;
    let mut config = RelayConfig::new(data.path().to_owned());
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse()?];
    config.limits = RelayLimits::lab();
    let relay = Relay::start(config).await?;
    let addresses = relay.addresses().wait_for(|addresses| !addresses.is_empty()).await?.clone();
    let port = addresses.iter().find_map(port_of).context("it listens")?;
    let at = tap(SocketAddr::from(([127, 0, 0, 1], port)), wire.clone()).await?;
    let address = format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", at.port(), relay.peer_id()).parse()?;
    live(&RelayAddress { peer: relay.peer_id(), addresses: vec![address] }).await?;
    let stored = Record::default();
    for file in fs::read_dir(data.path())? {
        let path = file?.path();
        stored.add(&if path.is_file() { fs::read(path)? } else { Vec::new() });
    }
    for marked in [BEFORE, AFTER, FILE_NAME, CONTENTS].into_iter().chain(NAMES) {
        for (place, record) in [("wire", &wire), ("store", &stored), ("log", &log)] {
            assert!(!record.holds(marked.as_bytes()), "{marked} shows in the {place}");
        }
    }
    // The search would find what is there: what both sides of a connection say first is in the clear.
    assert!(wire.holds(b"/multistream/1.0.0") && log.holds(relay.peer_id().to_string().as_bytes()));
    let bytes = wire.0.lock().unwrap_or_else(PoisonError::into_inner).len();
    assert!(bytes > 4 * FILE_BYTES, "{bytes} bytes went both ways, with the file twice");
    Ok(())
}
