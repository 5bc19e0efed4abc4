//! Where the data is, for commands beside `run`, and how they reach the server that uses it.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::Args;

use super::Failure;
use crate::{
    admin::{AdminAnswer, AdminRequest, SOCKET},
    clock,
    config::{self, Flags},
    store::EmbeddedStore,
};

/// The data directory, as `run` would find it.
#[derive(Args)]
pub struct Place {
    /// Where rooms, accounts and keys are kept. [default: milanio-data]
    #[arg(long, env = "MILANIO_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// A file of settings (TOML) that names it.
    #[arg(long, env = "MILANIO_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    /// The directory.
    pub fn data(&self) -> Result<PathBuf, Failure> {
        let flags = Flags { config: self.config.clone(), data: self.data.clone(), ..Flags::default() };
        Ok(config::load(&flags)?.data)
    }

    /// Asks the server that runs on this data; none if none runs.
    pub fn ask(&self, request: &AdminRequest) -> Result<Option<(AdminAnswer, BufReader<UnixStream>)>, Failure> {
        let Ok(mut stream) = UnixStream::connect(self.data()?.join(SOCKET)) else { return Ok(None) };
        let mut line = serde_json::to_vec(request).context("cannot write the request")?;
        line.push(b'\n');
        stream.write_all(&line).context("cannot ask the server")?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).context("the server does not answer")?;
        let answer = serde_json::from_str(&line).context("the server's answer is not understood")?;
        Ok(Some((answer, reader)))
    }

    /// The store itself, which no server may be using.
    pub fn store(&self, make: bool) -> Result<EmbeddedStore, Failure> {
        let path = self.data()?.join("rooms");
        if !make && !path.exists() {
            return Err(anyhow::anyhow!("there is no data in {}", path.display()).into());
        }
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let opened = EmbeddedStore::open(&path, clock::seconds(&clock::system()));
        Ok(opened.with_context(|| format!("cannot open {} (does a server use it?)", path.display()))?)
    }
}

/// A runtime for what is async.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")
}

/// Fails with the server's reason.
pub fn refuse<T>(answer: AdminAnswer) -> anyhow::Result<T> {
    match answer {
        AdminAnswer::Failed { reason } => bail!("the server did not do it: {reason}"),
        _ => bail!("the server answered something else"),
    }
}
