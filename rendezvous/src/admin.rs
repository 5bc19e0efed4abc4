//! What an operator may ask a running server, over a socket file in its data directory.
//!
//! Whoever may write into that directory has everything in it anyway, so the file's rights are the only check. A request is one line
//! of JSON; the answer is one line of JSON, and a backup's bytes after it. One is answered at a time. Left out: what a person sees
//! ([`crate::cli`]).

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

use crate::{
    accounts::{FindError, Overview},
    http::state::AppState,
    store::EmbeddedStore,
};

/// The socket's name in the data directory.
pub const SOCKET: &str = "admin.sock";

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminRequest {
    /// A backup of everything that is stored.
    Backup,
    /// What an account keeps.
    ShowAccount {
        /// Its e-mail address, the 12 characters that the app shows, or its whole id.
        account: String,
    },
    /// That an account is deleted.
    DeleteAccount {
        /// Its e-mail address, the 12 characters that the app shows, or its whole id.
        account: String,
    },
}

/// The line in front of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminAnswer {
    /// So many bytes of a backup follow.
    Backup {
        /// How many.
        bytes: u64,
    },
    /// The account.
    Account {
        /// What it keeps.
        overview: Overview,
    },
    /// It was deleted.
    Deleted,
    /// It was not done.
    Failed {
        /// Why, in one sentence.
        reason: String,
    },
}

/// A socket that answers until this is dropped.
pub struct AdminSocket {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl AdminSocket {
    /// Answers in the directory `data`, where no other server may run: one that crashed may have left its socket.
    pub fn start(data: &Path, store: EmbeddedStore, state: AppState) -> io::Result<Self> {
        let path = data.join(SOCKET);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        let desk = Desk { store, state, part: data.join("backup.part") };
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => desk.serve(stream).await,
                    Err(error) => {
                        tracing::warn!(%error, "an operator's request was not taken");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        });
        Ok(Self { path, task })
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        self.task.abort();
        // Gone already, or left to the next start.
        let _ = fs::remove_file(&self.path);
    }
}

/// How long a request may take to arrive (chosen: programs send it at once).
const REQUEST_TIME: Duration = Duration::from_secs(5);
/// Longest request, in bytes (chosen: an account's name and some more).
const MAX_REQUEST_BYTES: u64 = 4096;
/// How long accepting pauses after it failed (chosen).
const PAUSE: Duration = Duration::from_secs(1);

struct Desk {
    store: EmbeddedStore,
    state: AppState,
    // Where a backup is written before it is sent: a disk is fast enough to hold writes up for, a reader might not be.
    part: PathBuf,
}

impl Desk {
    async fn serve(&self, stream: UnixStream) {
        let (reader, mut writer) = stream.into_split();
        let mut line = String::new();
        let mut reader = BufReader::new(reader.take(MAX_REQUEST_BYTES));
        let read = tokio::time::timeout(REQUEST_TIME, reader.read_line(&mut line)).await;
        let request = match read {
            Ok(Ok(_)) => serde_json::from_str(&line).map_err(|_| "the request is not understood".to_owned()),
            _ => return,
        };
        let done = match request {
            Ok(AdminRequest::Backup) => self.backup(&mut writer).await,
            Ok(AdminRequest::ShowAccount { account }) => answer(&mut writer, &self.show(&account).await).await,
            Ok(AdminRequest::DeleteAccount { account }) => answer(&mut writer, &self.delete(&account).await).await,
            Err(reason) => answer(&mut writer, &AdminAnswer::Failed { reason }).await,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "an operator's request was not answered to its end");
        }
    }

    async fn show(&self, account: &str) -> AdminAnswer {
        let accounts = &self.state.accounts;
        let key = match accounts.find(account).await {
            Ok(key) => key,
            Err(error) => return failed(&error),
        };
        match accounts.overview(&key).await {
            Ok(Some(overview)) => AdminAnswer::Account { overview },
            Ok(None) => failed(&FindError::Unknown),
            Err(error) => failed(&error),
        }
    }

    async fn delete(&self, account: &str) -> AdminAnswer {
        let accounts = &self.state.accounts;
        let key = match accounts.find(account).await {
            Ok(key) => key,
            Err(error) => return failed(&error),
        };
        match accounts.remove(&key, None).await {
            Ok(true) => {
                tracing::info!("an operator deleted an account");
                AdminAnswer::Deleted
            }
            Ok(false) => failed(&FindError::Unknown),
            Err(error) => failed(&error),
        }
    }

    async fn backup(&self, writer: &mut (impl AsyncWriteExt + Unpin)) -> io::Result<()> {
        // One that a crash has left.
        let _ = fs::remove_file(&self.part);
        let summary = match self.store.snapshot(self.part.clone()).await {
            Ok(summary) => summary,
            Err(error) => return answer(writer, &AdminAnswer::Failed { reason: error.to_string() }).await,
        };
        tracing::info!(entries = summary.entries, "a backup was made");
        let mut file = tokio::fs::File::open(&self.part).await?;
        // It stays until it is closed.
        fs::remove_file(&self.part)?;
        answer(writer, &AdminAnswer::Backup { bytes: file.metadata().await?.len() }).await?;
        tokio::io::copy(&mut file, writer).await?;
        writer.flush().await
    }
}

fn failed(reason: &impl std::error::Error) -> AdminAnswer {
    AdminAnswer::Failed { reason: reason.to_string() }
}

async fn answer(writer: &mut (impl AsyncWriteExt + Unpin), answer: &AdminAnswer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    writer.write_all(&line).await
}
