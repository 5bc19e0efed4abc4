//! Moves the bytes of files: from an app's source to a stream, and from a stream to an app's sink.
//!
//! Everything runs in a task of its own, over connections to relays of their own, so that a file never delays what is said. The
//! swarm is made for the first transfer, under a PeerId that nobody has seen before, and dropped when
//! [`core::files`](crate::core::files) says that it may rest. What is to be transferred when is decided there.

mod hub;
mod network;
mod pump;
mod station;

use std::{
    collections::VecDeque,
    future::poll_fn,
    task::{Context, Poll},
};

use futures::{
    StreamExt,
    channel::{mpsc, oneshot},
};

use crate::{
    core::files::{FileCommand, FileName, TransferEnd, TransferEvent},
    net::{client::RelayAddress, runtime},
    wire::{file::FileId, file_chunk, limits::FILE_CHUNK_BYTES},
};

/// Commands that may wait for the task. Chosen: far more than transfers and offers in one moment.
const COMMAND_QUEUE: usize = 256;

/// Events that may wait for the client.
const EVENT_QUEUE: usize = 64;

/// Bytes that a source is asked for at once, at most. Chosen: reading in a browser costs a millisecond whatever its size.
pub const READ_BYTES: usize = 4 * FILE_CHUNK_BYTES;

/// Chunks that may wait for a sink: with more, memory would fill when a disk is slow.
pub const SINK_QUEUE: usize = 8;

/// A question to a source: `length` bytes from `offset` on.
#[derive(Debug)]
pub struct ReadRequest {
    /// The first byte.
    pub offset: u64,
    /// How many, at most [`READ_BYTES`].
    pub length: usize,
    /// Takes exactly those bytes, or `None` if they cannot be read.
    pub reply: oneshot::Sender<Option<Vec<u8>>>,
}

/// Where the bytes of an own file come from.
pub type FileSource = mpsc::Sender<ReadRequest>;

/// Where the bytes of somebody else's file go, in order. Closed when nothing more comes: whether all came is told as an event.
pub type FileSink = mpsc::Sender<Vec<u8>>;

/// What the task is told.
enum HubCommand {
    Relays(Vec<RelayAddress>),
    Source(FileId, FileSource),
    Sink(FileName, FileSink),
    Run(FileCommand),
}

/// The client's end of the task. The task ends when this is dropped.
pub(crate) struct Transfers {
    commands: mpsc::Sender<HubCommand>,
    events: mpsc::Receiver<TransferEvent>,
    /// Transfers that the task could not take.
    refused: VecDeque<TransferEvent>,
}

impl Transfers {
    /// Starts the task. It connects to nobody until there is something to transfer.
    pub(crate) fn start() -> Self {
        let (commands, to_hub) = mpsc::channel(COMMAND_QUEUE);
        let (from_hub, events) = mpsc::channel(EVENT_QUEUE);
        runtime::spawn(hub::Hub::new(to_hub, from_hub).run());
        Self { commands, events, refused: VecDeque::new() }
    }

    /// The relays that may be used.
    pub(crate) fn set_relays(&mut self, relays: Vec<RelayAddress>) {
        self.tell(HubCommand::Relays(relays));
    }

    /// Where to read an own file.
    pub(crate) fn add_source(&mut self, file: FileId, source: FileSource) {
        self.tell(HubCommand::Source(file, source));
    }

    /// Where to write somebody else's file.
    pub(crate) fn add_sink(&mut self, file: FileName, sink: FileSink) {
        self.tell(HubCommand::Sink(file, sink));
    }

    /// Does what the core wants. Signals are not among it.
    pub(crate) fn run(&mut self, command: FileCommand) {
        let started = match &command {
            FileCommand::Serve(serve) => Some((serve.transfer, serve.offset)),
            FileCommand::Fetch(fetch) => Some((fetch.transfer, fetch.offset)),
            _ => None,
        };
        if !self.tell(HubCommand::Run(command))
            && let Some((transfer, offset)) = started
        {
            self.refused.push_back(TransferEvent::Ended { transfer, offset, end: TransferEnd::Broken });
        }
    }

    /// Waits for the next event. Nothing is lost when the returned future is dropped.
    pub(crate) fn next(&mut self) -> impl Future<Output = TransferEvent> + Unpin + '_ {
        poll_fn(|cx| self.poll(cx))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<TransferEvent> {
        if let Some(event) = self.refused.pop_front() {
            return Poll::Ready(event);
        }
        match self.events.poll_next_unpin(cx) {
            Poll::Ready(Some(event)) => Poll::Ready(event),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn tell(&mut self, command: HubCommand) -> bool {
        let taken = self.commands.try_send(command).is_ok();
        if !taken {
            tracing::warn!("the transfers are too busy to take a command");
        }
        taken
    }
}

/// Bytes of a sealed chunk of a file of `size` bytes that begins at `offset`.
fn sealed_length(size: u64, offset: u64) -> usize {
    file_chunk::length(size, offset) + file_chunk::CHUNK_OVERHEAD
}
