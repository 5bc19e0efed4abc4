//! `GET /api/rooms/{rid}` from several connections, against nginx with a fixed answer, asked in the same way.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use milanio_identity::{AccountKey, RoomKeys, RoomOwnerKey, RootSecret};
use milanio_rendezvous::api::{CREATE_PATH, CreateRoom, Sealed};
use milanio_tests::lab::{http::Connection, server::Server, statistics::percentile};
use serde_json::{Value, json};

/// Connections at once.
const CONNECTIONS: u64 = 32;
/// Requests to each server; the limits of a lab let through as many at once.
const REQUESTS: u64 = 60_000;
/// Enough to start and to forget what is cold; not counted.
const WARM_UP: u64 = 2_000;

pub fn measure(program: &Path) -> Result<Value> {
    let data = tempfile::tempdir()?;
    let server = Server::start(program, data.path())?;
    let (path, length) = open_room(server.at())?;
    let ours = load(server.at(), &path)?;
    drop(server);
    let folder = tempfile::tempdir()?;
    let theirs = Nginx::start(folder.path(), length).and_then(|nginx| load(nginx.at, &path));
    let mut figures = json!({ "req_per_s": ours.rate, "p99_ms": ours.p99_ms, "body_bytes": length });
    // Without nginx there is nothing to compare with.
    if let (Ok(theirs), Some(figures)) = (theirs, figures.as_object_mut()) {
        figures.insert("req_per_s_nginx".into(), theirs.rate.into());
        figures.insert("p99_ms_nginx".into(), theirs.p99_ms.into());
        figures.insert("req_ratio_nginx".into(), (ours.rate / theirs.rate).into());
    }
    Ok(figures)
}

struct Load {
    rate: f64,
    p99_ms: f64,
}

/// Opens a room; its path and the length of the answer.
fn open_room(at: SocketAddr) -> Result<(String, usize)> {
    let keys = RoomKeys::new(&RootSecret::from_bytes([7; 32]));
    let owner = RoomOwnerKey::derive(&AccountKey::from_seed([3; 32]), keys.room_id());
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let room = CreateRoom::signed(&keys.registry(), &owner, 86_400, Sealed::new(vec![1; 300])?, now_s);
    let mut http = Connection::to(at);
    let answer = http.json("POST", CREATE_PATH, None, &room)?;
    ensure!(answer.status == 201, "status {} for a room", answer.status);
    let path = format!("/api/rooms/{}", room.rid);
    let answer = http.get(&path)?;
    ensure!(answer.status == 200, "status {} for the room", answer.status);
    Ok((path, answer.body.len()))
}

fn load(at: SocketAddr, path: &str) -> Result<Load> {
    ask(at, path, WARM_UP)?;
    let started = Instant::now();
    let mut times = ask(at, path, REQUESTS)?;
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    Ok(Load { rate, p99_ms: percentile(&mut times, 0.99).as_secs_f64() * 1e3 })
}

fn ask(at: SocketAddr, path: &str, requests: u64) -> Result<Vec<Duration>> {
    let asked = AtomicU64::new(0);
    thread::scope(|scope| {
        let askers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let (mut http, mut times) = (Connection::to(at), Vec::new());
                    while asked.fetch_add(1, Ordering::Relaxed) < requests {
                        let began = Instant::now();
                        let answer = http.get(path)?;
                        ensure!(answer.status == 200, "status {}", answer.status);
                        times.push(began.elapsed());
                    }
                    Ok(times)
                })
            })
            .collect();
        let times = askers.into_iter().map(|asker| asker.join().expect("askers do not panic"));
        Ok(times.collect::<Result<Vec<_>>>()?.concat())
    })
}

/// nginx with one fixed answer; killed when dropped.
struct Nginx {
    child: Child,
    at: SocketAddr,
}

impl Nginx {
    fn start(folder: &Path, length: usize) -> Result<Self> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let at = free.local_addr()?;
        drop(free);
        let configuration = format!(
            "worker_processes auto; pid nginx.pid; error_log stderr crit;\n\
             events {{ worker_connections 256; }}\n\
             http {{ access_log off; keepalive_requests 1000000; server {{ listen {at}; \
             location / {{ default_type application/json; return 200 '{}'; }} }} }}\n",
            "x".repeat(length)
        );
        fs::write(folder.join("nginx.conf"), configuration)?;
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(folder).args(["-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"]);
        let child = nginx.stdin(Stdio::null()).stderr(Stdio::null()).spawn().context("nginx cannot be started")?;
        let nginx = Self { child, at };
        let started = Instant::now();
        while TcpStream::connect(at).is_err() {
            ensure!(started.elapsed() < Duration::from_secs(5), "nginx does not listen");
            thread::yield_now();
        }
        Ok(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it only when it is asked.
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
