//! The server as a child process: started on a free port, asked for its CPU time and memory, stopped or killed.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{cpu::Cpu, http::Connection};

/// A running server; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    at: SocketAddr,
    data: PathBuf,
    started: Instant,
}

impl Server {
    /// Starts `program` with the data in `data` and limits that let one address do what many would; waits until it serves.
    pub fn start(program: &Path, data: &Path) -> Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(program)
            .args(["run", "--port", "0", "--limits", "lab", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("the server cannot be started")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("the output is piped")?).read_line(&mut line)?;
        let port = line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port.context("the server prints where it is ready")?));
        Ok(Self { child, at, data: data.to_owned(), started })
    }

    /// Where it is.
    pub const fn at(&self) -> SocketAddr {
        self.at
    }

    /// Where its data is.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// How long after its start it answered a question that needs the store.
    pub fn first_answer(&self) -> Result<Duration> {
        let answer = Connection::to(self.at).get("/api/rooms/aaaaaaaaaaaaaaaaaaaaaaaaaa")?;
        ensure!(answer.status == 404, "status {} for a room that nobody has", answer.status);
        Ok(self.started.elapsed())
    }

    /// The CPU time that its threads have used.
    pub fn cpu(&self) -> Result<Cpu> {
        Cpu::of(self.child.id())
    }

    /// Its memory, in MiB.
    pub fn memory_mib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells its memory")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024)
    }

    /// Ends it as the kernel would: without a chance to finish anything.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits.
    pub fn stop(&mut self) -> Result<()> {
        let asked = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        ensure!(asked.success(), "the server cannot be asked to stop");
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
