//! A wire that is listened to: connections to a server on this machine, and every byte of them, each way by itself.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Listens until the test ends.
pub struct Tap {
    pub at: SocketAddr,
    sent: Bytes,
    answered: Bytes,
}

type Bytes = Arc<Mutex<Vec<u8>>>;

impl Tap {
    /// A way to the server at `port`.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = listener.local_addr().unwrap();
        let (sent, answered) = (Bytes::default(), Bytes::default());
        let heard = [Arc::clone(&sent), Arc::clone(&answered)];
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // Dropping the client is how it hears that the server is gone.
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                for ((from, to), heard) in [(client, server), back].into_iter().zip(heard.clone()) {
                    thread::spawn(move || pass(from, to, &heard));
                }
            }
        });
        Self { at, sent, answered }
    }

    /// What clients have sent.
    pub fn sent(&self) -> Vec<u8> {
        self.sent.lock().unwrap().clone()
    }

    /// What the server has answered.
    pub fn answered(&self) -> Vec<u8> {
        self.answered.lock().unwrap().clone()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, heard: &Bytes) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        heard.lock().unwrap().extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
