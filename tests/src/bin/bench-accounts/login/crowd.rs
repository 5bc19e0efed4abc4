//! Many people at once, and what one of their actions costs the server.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use milanio_tests::lab::{http::Connection, server::Server};

/// How long the server is left alone to see what it uses by itself.
const IDLE: Duration = Duration::from_secs(2);
/// How long after the last answer the server may still be at work for it (chosen: a letter takes some milliseconds).
const SETTLED: Duration = Duration::from_millis(100);
/// What is measured is shorter than tokio keeps threads that have nothing to do.
const LONGEST: Duration = Duration::from_secs(9);

/// The people, and what the server uses without them.
pub struct Crowd<'a> {
    server: &'a Server,
    idle_share: f64,
}

impl<'a> Crowd<'a> {
    /// Looks first what `server` uses by itself.
    pub fn of(server: &'a Server) -> Result<Self> {
        thread::sleep(SETTLED);
        let (before, started) = (server.cpu()?, Instant::now());
        thread::sleep(IDLE);
        let idle = server.cpu()?.since(&before);
        Ok(Self { server, idle_share: idle.as_secs_f64() / started.elapsed().as_secs_f64() })
    }

    /// The server's CPU time for one of `count` actions, of which `clients` are under way at once, each on its own connection.
    pub fn costs(
        &self,
        clients: usize,
        count: usize,
        act: impl Fn(&mut Connection, usize) -> Result<()> + Sync,
    ) -> Result<Duration> {
        let mut connections = (0..clients).map(|_| self.connected()).collect::<Result<Vec<_>>>()?;
        thread::sleep(SETTLED);
        let (before, started) = (self.server.cpu()?, Instant::now());
        share(&mut connections, count, &act)?;
        thread::sleep(SETTLED);
        let used = self.server.cpu()?.since(&before);
        let took = started.elapsed();
        ensure!(took < LONGEST, "measuring took {took:?}");
        let idle = took.mul_f64(self.idle_share);
        Ok(used.saturating_sub(idle) / u32::try_from(count)?)
    }

    /// What `count` actions come to, without measuring.
    pub fn prepare<T: Send>(
        &self,
        clients: usize,
        count: usize,
        act: impl Fn(&mut Connection, usize) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let mut connections: Vec<_> = (0..clients).map(|_| Connection::to(self.server.at())).collect();
        share(&mut connections, count, &act)
    }

    fn connected(&self) -> Result<Connection> {
        let mut connection = Connection::to(self.server.at());
        connection.get("/livez")?;
        Ok(connection)
    }
}

/// Turns `0..count`, in their order, by whoever is free.
fn share<T: Send>(
    connections: &mut [Connection],
    count: usize,
    act: &(impl Fn(&mut Connection, usize) -> Result<T> + Sync),
) -> Result<Vec<T>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    thread::scope(|scope| {
        let (next, done) = (&next, &done);
        let clients: Vec<_> = connections
            .iter_mut()
            .map(|connection| {
                scope.spawn(move || {
                    loop {
                        let turn = next.fetch_add(1, Ordering::Relaxed);
                        if turn >= count {
                            return anyhow::Ok(());
                        }
                        let came = act(connection, turn)?;
                        done.lock().map_err(|_| anyhow::anyhow!("another client has failed"))?.push((turn, came));
                    }
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().expect("clients do not panic"))
    })?;
    let mut done = done.into_inner().map_err(|_| anyhow::anyhow!("a client has failed"))?;
    done.sort_unstable_by_key(|(turn, _)| *turn);
    Ok(done.into_iter().map(|(_, came)| came).collect())
}
