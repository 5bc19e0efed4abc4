//! An HTTP/1.1 client that keeps its connection: one request at a time, answers bounded in size and time.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

/// How long any step may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest body of an answer.
const MAX_BODY_BYTES: usize = 1 << 20;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names and values of all headers, names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as `T`; an error tells the status.
    pub fn json<T: DeserializeOwned>(&self) -> io::Result<T> {
        serde_json::from_slice(&self.body).map_err(|_| io::Error::other(format!("status {}", self.status)))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A connection to a server, made anew when the server has closed it between two requests.
#[derive(Debug)]
pub struct Connection {
    at: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// To the server at `at`; connects with the first request.
    pub const fn to(at: SocketAddr) -> Self {
        Self { at, stream: None }
    }

    /// Where it goes.
    pub const fn at(&self) -> SocketAddr {
        self.at
    }

    /// Asks without a body.
    pub fn get(&mut self, path: &str) -> io::Result<Answer> {
        self.ask("GET", path, None, &[])
    }

    /// Asks with `body` as JSON, in the session of `token` if there is one.
    pub fn json(&mut self, method: &str, path: &str, token: Option<&str>, body: &impl Serialize) -> io::Result<Answer> {
        self.ask(method, path, token, &serde_json::to_vec(body)?)
    }

    /// Asks with these bytes.
    pub fn ask(&mut self, method: &str, path: &str, token: Option<&str>, body: &[u8]) -> io::Result<Answer> {
        let bearer = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
        let (port, length) = (self.at.port(), body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost:{port}\r\n{bearer}content-type: application/json\r\n\
             content-length: {length}\r\n\r\n"
        );
        let request = [head.as_bytes(), body].concat();
        if let Some(stream) = self.stream.take()
            && let Ok(answer) = self.exchange(stream, &request)
        {
            return Ok(answer);
        }
        // An idle connection may have been closed just now.
        self.exchange(connect(self.at)?, &request)
    }

    fn exchange(&mut self, mut stream: BufReader<TcpStream>, request: &[u8]) -> io::Result<Answer> {
        stream.get_mut().write_all(request)?;
        let answer = read(&mut stream)?;
        if answer.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

fn connect(at: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&at, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let status =
        line(stream)?.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let mut answer = Answer { status, headers: Vec::new(), body: Vec::new() };
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.split_once(": ") else { break };
        answer.headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = answer.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    if length > MAX_BODY_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    answer.body.resize(length, 0);
    stream.read_exact(&mut answer.body)?;
    Ok(answer)
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
