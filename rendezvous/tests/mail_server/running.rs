//! The tests' mail server (aiosmtpd) as a child process, and the letters that it takes.

use std::{
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// A running mail server.
pub struct MailServer {
    pub port: u16,
    pub letters: Letters,
    #[allow(dead_code, reason = "one of the two test programs takes it apart, the other only keeps it")]
    pub running: Running,
}

impl MailServer {
    /// Starts it on `port`, 0 for a free one, with more arguments, and waits until it listens.
    pub fn start(port: u16, arguments: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail-server");
        let mut child = Command::new("sh")
            .arg(folder.join("run.sh"))
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-server"))
            .args(["--port", &port.to_string()])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut letters = Letters(BufReader::new(child.stdout.take().unwrap()).lines());
        let running = Running(child);
        let ready = letters.next().expect("the mail server starts (it needs Python 3 with venv)");
        Self { port: ready["port"].as_u64().unwrap().try_into().unwrap(), letters, running }
    }
}

/// What it takes, one after the other; waits for the next. Ends with the server.
pub struct Letters(Lines<BufReader<ChildStdout>>);

impl Iterator for Letters {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let line = self.0.next()?.ok()?;
        Some(serde_json::from_str(&line).unwrap())
    }
}

/// The process; killed when dropped.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
