//! HTTP/2 as somebody speaks it who means harm: more streams at once than are allowed, and streams that are given up as soon as they
//! are opened (CVE-2023-44487). Written in frames (RFC 9113), since a client library would keep to the rules.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
};

use super::{
    client::{get, open},
    process::Process,
};

// Kinds of frames and errors: RFC 9113 sections 6 and 7.
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const MAX_CONCURRENT_STREAMS: u16 = 3;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;
/// Waits for a message that never comes.
const SLOW: &str = "/api/link/aaaaaaaaaaaaaaaaaaaaaaaaaa/0";

struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn new(kind: u8, stream: u32, payload: Vec<u8>) -> Self {
        Self { kind, stream, payload }
    }

    /// A whole request, its fields as literals (RFC 7541 section 6.2.2).
    fn request(stream: u32, path: &str) -> Self {
        let literal = |name: u8, value: &str| [&[name, value.len() as u8], value.as_bytes()].concat();
        // GET and http are in the static table.
        Self::new(HEADERS, stream, [vec![0x82, 0x86], literal(4, path), literal(1, "localhost")].concat())
    }

    fn to_bytes(&self) -> Vec<u8> {
        // The end of the fields and of the stream.
        let flags = if self.kind == HEADERS { 0x5 } else { 0 };
        let length = (self.payload.len() as u32).to_be_bytes();
        [&length[1..], &[self.kind, flags], &self.stream.to_be_bytes(), &self.payload].concat()
    }

    fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0; 9];
        from.read_exact(&mut head)?;
        let [a, b, c, kind, _, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        from.read_exact(&mut payload)?;
        Ok(Self::new(kind, u32::from_be_bytes(stream), payload))
    }

    /// The four bytes there.
    fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

fn connect(at: SocketAddr) -> TcpStream {
    let mut stream = open(at).unwrap();
    let settings = Frame::new(SETTINGS, 0, Vec::new()).to_bytes();
    stream.write_all(&[&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings].concat()).unwrap();
    stream
}

/// The numbers of the first `count` streams of a client.
fn streams(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|n| 2 * n + 1)
}

#[test]
fn of_two_hundred_streams_at_once_a_hundred_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let mut stream = connect(server.at);
    let told = Frame::read(&mut stream).unwrap();
    assert_eq!(told.kind, SETTINGS);
    let most = told.payload.chunks(6).find(|setting| setting[..2] == MAX_CONCURRENT_STREAMS.to_be_bytes()).unwrap();
    assert_eq!(most[2..], 100_u32.to_be_bytes());
    let requests: Vec<u8> = streams(200).flat_map(|number| Frame::request(number, SLOW).to_bytes()).collect();
    stream.write_all(&requests).unwrap();
    let mut refused = Vec::new();
    while refused.len() < 100 {
        let frame = Frame::read(&mut stream).unwrap();
        assert_ne!(frame.kind, HEADERS, "stream {} was answered before the others were refused", frame.stream);
        if frame.kind == RST_STREAM {
            assert_eq!(frame.number(0), REFUSED_STREAM);
            refused.push(frame.stream);
        }
    }
    assert_eq!(refused, streams(200).skip(100).collect::<Vec<_>>(), "those that came last");
    assert_eq!(get(server.at, "/livez").unwrap().status, 200, "others are served meanwhile");
    // Then those that waited are answered, and none of the others.
    let mut answered: Vec<_> = std::iter::repeat_with(|| Frame::read(&mut stream).unwrap())
        .filter(|frame| frame.kind == HEADERS)
        .take(100)
        .map(|frame| frame.stream)
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, streams(100).collect::<Vec<_>>());
}

#[test]
fn who_gives_streams_up_as_fast_as_they_are_opened_is_cut_off() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let mut stream = connect(server.at);
    let resets = streams(5_000).flat_map(|number| {
        let reset = Frame::new(RST_STREAM, number, CANCEL.to_be_bytes().to_vec());
        [Frame::request(number, "/livez").to_bytes(), reset.to_bytes()]
    });
    // The server may close before it has read everything.
    let _ = stream.write_all(&resets.flatten().collect::<Vec<u8>>());
    let goaway =
        std::iter::repeat_with(|| Frame::read(&mut stream).unwrap()).find(|frame| frame.kind == GOAWAY).unwrap();
    assert_eq!(goaway.number(4), ENHANCE_YOUR_CALM);
    assert!(goaway.number(0) < 10_000, "before the last stream");
    assert_eq!(get(server.at, "/livez").unwrap().status, 200, "others are served");
}
