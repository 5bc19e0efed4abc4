//! An HTTP/1.1 client that sends exactly what a test says: one request a connection, answers bounded in size and time. It keeps
//! what a test's thread has sent and been answered, if asked to.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::net::TcpSocket;

/// How long any step may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// What travelled for one request.
#[derive(Debug)]
pub struct Exchange {
    /// Method and path.
    pub what: String,
    pub head: Vec<u8>,
    pub body: Vec<u8>,
    pub answer: Vec<u8>,
}

thread_local! {
    static RECORD: RefCell<Option<Vec<Exchange>>> = const { RefCell::new(None) };
}

/// Does `work` and tells what this thread has sent and been answered meanwhile.
pub fn recorded<T>(work: impl FnOnce() -> T) -> (T, Vec<Exchange>) {
    RECORD.set(Some(Vec::new()));
    let done = work();
    (done, RECORD.take().unwrap_or_default())
}

/// Sends a request without a body.
pub fn get(at: SocketAddr, path: &str) -> io::Result<Answer> {
    send(at, &format!("GET {path} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n\r\n", at.port()), &[])
}

/// Sends `body` as JSON.
pub fn json(at: SocketAddr, method: &str, path: &str, body: &impl Serialize) -> io::Result<Answer> {
    let body = serde_json::to_vec(body)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        at.port(),
        body.len()
    );
    send(at, &head, &body)
}

/// Sends these bytes and reads the answer to the end.
pub fn send(at: SocketAddr, head: &str, body: &[u8]) -> io::Result<Answer> {
    let mut stream = open(at)?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut bytes = Vec::new();
    stream.take(1 << 20).read_to_end(&mut bytes)?;
    RECORD.with_borrow_mut(|record| {
        let what = head.split(" HTTP/1.1").next().unwrap_or_default().to_owned();
        if let Some(record) = record {
            record.push(Exchange { what, head: head.into(), body: body.to_vec(), answer: bytes.clone() });
        }
    });
    parse(&bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

thread_local! {
    static FROM: Cell<Option<Ipv4Addr>> = const { Cell::new(None) };
}

/// From here on, what this thread sends comes from the loopback address `from`.
pub fn come_from(from: Ipv4Addr) {
    FROM.set(Some(from));
}

/// A connection with time limits.
pub fn open(at: SocketAddr) -> io::Result<TcpStream> {
    let stream = match FROM.get() {
        Some(from) => open_from(at, from)?,
        None => TcpStream::connect_timeout(&at, PATIENCE)?,
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

// The standard library cannot choose where a connection comes from.
fn open_from(at: SocketAddr, from: Ipv4Addr) -> io::Result<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stream = runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddrV4::new(from, 0).into())?;
        tokio::time::timeout(PATIENCE, socket.connect(at)).await?
    })?;
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let headers: BTreeMap<_, _> = lines.filter_map(header).collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some(Answer { status, headers, body })
}
