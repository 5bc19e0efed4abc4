//! Many strangers at once: idle connections, heads and bodies that never end, and requests beyond every limit. Who asks as people
//! do is still served, and the server's memory stays bounded.
//!
//! The strangers come from many addresses of the loopback range, since limits are per address. Everything ends with the test.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    time::Duration,
};

use milanio_rendezvous::api::{CREATE_PATH, RoomAnswer, RoomState};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};

use super::{client, process::Process, room::Room};

/// Connections of all strangers together.
const STRANGERS: u16 = 2_000;
/// Addresses they come from.
const ADDRESSES: u16 = 40;
/// Rooms that somebody opens meanwhile.
const HONEST: u64 = 20;
/// More memory than the server may ever take, in KiB.
pub const MAX_RESIDENT_KIB: u64 = 512 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_strangers_do_not_keep_anybody_out() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let at = server.at;
    let _turn = TURN.lock().await;
    let mut strangers: JoinSet<()> = (0..STRANGERS).map(|number| be_a_nuisance(at, number)).collect();
    let served = tokio::task::spawn_blocking(move || (0..HONEST).map(|seed| open_a_room(at, seed)).collect::<Vec<_>>());
    for (status, state) in served.await.unwrap() {
        // 200 if the first answer was lost on its way.
        assert!(matches!((status, state), (200 | 201, RoomState::Waiting)), "{status} {state:?}");
    }
    let resident = peak_resident_kib(server.id());
    assert!(resident < MAX_RESIDENT_KIB, "{resident} KiB");
    strangers.abort_all();
    while strangers.join_next().await.is_some() {}
    let (status, _) = server.terminate();
    assert!(status.success(), "{status}");
}

/// Floods take turns: two at once would starve the machine rather than the server.
pub static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// As an app does: a connection that breaks is tried again, a few times. Creating a room twice is creating it once.
fn open_a_room(at: SocketAddr, seed: u64) -> (u16, RoomState) {
    let request = Room::new(seed).creation(b"sealed");
    let answer = (0..TRIES).find_map(|_| client::json(at, "POST", CREATE_PATH, &request).ok()).unwrap();
    (answer.status, answer.json::<RoomAnswer>().state)
}

/// How often somebody tries before giving up.
const TRIES: u8 = 3;

/// One of four ways to take up room, over and over until the test ends.
async fn be_a_nuisance(at: SocketAddr, number: u16) {
    let from = Ipv4Addr::new(127, 1, 0, u8::try_from(number % ADDRESSES).unwrap_or_default() + 1);
    loop {
        // What the server closes or refuses is tried again: that is what a nuisance does.
        let _ = match number % 4 {
            0 => say(at, from, b"").await,
            1 => say(at, from, UNFINISHED_HEAD).await,
            2 => say(at, from, UNFINISHED_BODY).await,
            _ => ask(at, from).await,
        };
        tokio::time::sleep(PAUSE).await;
    }
}

/// Between two tries of one stranger: together they still come a thousand times a second.
pub const PAUSE: Duration = Duration::from_millis(500);

/// A head without an end.
pub const UNFINISHED_HEAD: &[u8] = b"GET /api/relays HTTP/1.1\r\nhost: localhost\r\n";
/// A body that goes no further.
pub const UNFINISHED_BODY: &[u8] = b"POST /api/rooms/create HTTP/1.1\r\nhost: localhost\r\n\
    content-type: application/json\r\ncontent-length: 9000\r\n\r\n{";

/// Says this and then nothing until the server hangs up.
pub async fn say(at: SocketAddr, from: Ipv4Addr, bytes: &[u8]) -> std::io::Result<()> {
    let mut stream = connect(at, from).await?;
    stream.write_all(bytes).await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}

/// Asks for more than anybody may, as fast as answers come.
async fn ask(at: SocketAddr, from: Ipv4Addr) -> std::io::Result<()> {
    let mut stream = connect(at, from).await?;
    let mut answer = vec![0; 4096];
    loop {
        stream
            .write_all(b"GET /api/rooms/00000000000000000000000000000000 HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await?;
        if stream.read(&mut answer).await? == 0 {
            return Ok(());
        }
    }
}

/// A connection that comes from the loopback address `from`.
pub async fn connect(at: SocketAddr, from: Ipv4Addr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddrV4::new(from, 0).into())?;
    socket.connect(at).await
}

/// The most memory the process has held at once (proc(5), `VmHWM`).
pub fn peak_resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
