//! The server program as a child process with its own data directory and free ports.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::Instant,
};

use super::client::PATIENCE;

/// A running server; killed when dropped.
pub struct Process {
    child: Child,
    pub at: SocketAddr,
    pub ready_line: String,
    log: Option<thread::JoinHandle<String>>,
}

impl Process {
    /// Starts the program on a free port with `data` and more arguments, and waits for the ready line.
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::from(command(data, arguments))
    }

    /// The same, logging what `directives` (of `tracing-subscriber`) say.
    pub fn start_logging(data: &Path, arguments: &[&str], directives: &str) -> Self {
        let mut command = command(data, arguments);
        command.env("MILANIO_LOG", directives);
        Self::from(command)
    }

    fn from(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (lines, ready) = mpsc::channel();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            let mut line = String::new();
            let _ = stdout.read_line(&mut line);
            let _ = lines.send(line);
        });
        let mut stderr = child.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let ready_line = ready.recv_timeout(PATIENCE).unwrap_or_default();
        let port = ready_line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        let Some(port) = port else {
            let _ = child.kill();
            panic!("the server did not start: {}", log.join().unwrap());
        };
        Self { child, at: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ready_line, log: Some(log) }
    }

    /// Starts the program expecting that it refuses; tells its exit status and what it said.
    pub fn refuse(data: &Path, arguments: &[&str]) -> (ExitStatus, String) {
        let output = command(data, arguments).output().unwrap();
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Runs another command of the program to its end, with `input` on its standard input.
    pub fn tool(arguments: &[&str], input: &str) -> Output {
        Self::tool_with(&[], arguments, input)
    }

    /// The same with variables of the environment.
    pub fn tool_with(variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Output {
        let mut child =
            program().args(arguments).envs(variables.iter().copied()).stdin(Stdio::piped()).spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Kills it without a chance to finish anything.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop as an operator would; tells how it ended and what it logged.
    pub fn terminate(mut self) -> (ExitStatus, String) {
        let asked = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        let started = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if started.elapsed() > PATIENCE => panic!("the server did not stop"),
                None => thread::yield_now(),
            }
        };
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(["run", "--port", "0", "--data"]).arg(data).args(arguments);
    command
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milanio-rendezvous"));
    // What the tests themselves run under means nothing to it.
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MILANIO_")) {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
