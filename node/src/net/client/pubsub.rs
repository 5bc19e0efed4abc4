//! The leaf's topics at its relay: one stream there, over which it says what it follows and what it writes, and streams from there,
//! over which it hears.
//!
//! Relays flood leaves, so there is no mesh to keep: this is libp2p's floodsub, which gossipsub speaks too. Frames that come twice
//! are known to whoever reads them.

use std::task::{Context, Poll};

use futures::{
    AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt,
    channel::mpsc,
    future::BoxFuture,
    stream::{self, BoxStream, SelectAll},
};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::{Control, IncomingStreams};

use crate::{
    core::sorted::SortedSet,
    wire::{
        limits::MAX_PUBSUB_RPC_BYTES,
        pubsub::{PUBSUB_PROTOCOL, PubsubMessage, Rpc, put_varint},
    },
};

const PROTOCOL: StreamProtocol = StreamProtocol::new(PUBSUB_PROTOCOL);

/// RPCs that may wait for the stream.
const MAX_WAITING: usize = 512;

/// A relay may follow many rooms' topics; more names than this are not kept.
const MAX_FOLLOWED: usize = 32_768;

/// Streams of a relay that are listened to. It needs one on each of two connections.
const MAX_HEARD: usize = 4;

/// How often the stream is opened again on one connection.
const MAX_ATTEMPTS: usize = 5;

/// What came from the relay.
pub(super) enum Heard {
    Message(PubsubMessage),
    /// It follows other topics now.
    Followed,
    /// Nothing can be said to it any more over this connection.
    Broken,
}

pub(super) struct Pubsub {
    control: Control,
    incoming: IncomingStreams,
    talk: Option<Talk>,
    hearing: SelectAll<BoxStream<'static, Rpc>>,
    messages: Vec<PubsubMessage>,
}

/// With the relay that is connected.
struct Talk {
    relay: PeerId,
    queue: mpsc::Sender<Vec<u8>>,
    writing: BoxFuture<'static, ()>,
    /// The topics that it follows.
    followed: SortedSet<String>,
}

impl Pubsub {
    /// `None` if something else takes these streams already.
    pub(super) fn new(mut control: Control) -> Option<Self> {
        let incoming = control.accept(PROTOCOL).ok()?;
        Some(Self { control, incoming, talk: None, hearing: SelectAll::new(), messages: Vec::new() })
    }

    /// A connection is there: the relay is told what is followed.
    pub(super) fn connected(&mut self, relay: PeerId, wanted: &SortedSet<String>) {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        let writing = write(self.control.clone(), relay, waiting).boxed();
        self.hearing.clear();
        let mut talk = Talk { relay, queue, writing, followed: SortedSet::new() };
        talk.say(&Rpc { subscriptions: wanted.iter().map(|topic| (topic.clone(), true)).collect(), ..Rpc::default() });
        self.talk = Some(talk);
    }

    pub(super) fn disconnected(&mut self) {
        self.talk = None;
        self.hearing.clear();
    }

    /// From now on, the topic is followed or not.
    pub(super) fn follow(&mut self, topic: &str, is_on: bool) {
        if let Some(talk) = &mut self.talk {
            talk.say(&Rpc { subscriptions: vec![(topic.into(), is_on)], ..Rpc::default() });
        }
    }

    /// Whether the relay took it: it follows the topic, and not too much waits.
    pub(super) fn publish(&mut self, topic: &str, data: Vec<u8>) -> bool {
        let Some(talk) = self.talk.as_mut().filter(|talk| talk.followed.contains(topic)) else { return false };
        talk.say(&Rpc { messages: vec![PubsubMessage { topic: topic.into(), data }], ..Rpc::default() })
    }

    /// Whether the relay follows all these topics.
    pub(super) fn reaches(&self, topics: &SortedSet<String>) -> bool {
        self.talk.as_ref().is_some_and(|talk| topics.is_subset(&talk.followed))
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Heard> {
        while let Poll::Ready(Some((peer, stream))) = self.incoming.poll_next_unpin(cx) {
            if self.hearing.len() < MAX_HEARD && self.talk.as_ref().is_some_and(|talk| talk.relay == peer) {
                self.hearing.push(stream::unfold(stream, read).boxed());
            }
        }
        if let Some(message) = self.messages.pop() {
            return Poll::Ready(Heard::Message(message));
        }
        let Some(talk) = &mut self.talk else { return Poll::Pending };
        if let Poll::Ready(Some(rpc)) = self.hearing.poll_next_unpin(cx) {
            self.messages = rpc.messages;
            self.messages.reverse();
            talk.hear(rpc.subscriptions);
            return Poll::Ready(Heard::Followed);
        }
        if talk.writing.poll_unpin(cx).is_ready() {
            self.disconnected();
            return Poll::Ready(Heard::Broken);
        }
        Poll::Pending
    }
}

impl Talk {
    fn say(&mut self, rpc: &Rpc) -> bool {
        let bytes = rpc.to_bytes();
        let mut framed = Vec::with_capacity(bytes.len() + 4);
        put_varint(&mut framed, bytes.len() as u64);
        framed.extend(bytes);
        self.queue.try_send(framed).is_ok()
    }

    fn hear(&mut self, subscriptions: Vec<(String, bool)>) {
        for (topic, is_on) in subscriptions {
            if !is_on {
                self.followed.remove(&topic);
            } else if self.followed.len() < MAX_FOLLOWED {
                self.followed.insert(topic);
            }
        }
    }
}

/// Says everything in order; ends when it cannot.
async fn write(mut control: Control, relay: PeerId, mut queue: mpsc::Receiver<Vec<u8>>) {
    let mut unsaid: Option<Vec<u8>> = None;
    for _ in 0..MAX_ATTEMPTS {
        let Ok(mut stream) = control.open_stream(relay, PROTOCOL).await else { return };
        loop {
            let next = match unsaid.take() {
                None => queue.next().await,
                unsaid => unsaid,
            };
            let Some(rpc) = next else { return };
            if stream.write_all(&rpc).await.is_err() || stream.flush().await.is_err() {
                unsaid = Some(rpc);
                break;
            }
        }
    }
}

/// The next RPC; nothing if the stream has ended or holds something else.
async fn read(mut stream: Stream) -> Option<(Rpc, Stream)> {
    let (mut length, mut shift) = (0, 0);
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        if length > MAX_PUBSUB_RPC_BYTES {
            return None;
        }
        if byte[0] & 0x80 == 0 {
            break;
        }
        shift += 7;
        if shift > MAX_LENGTH_SHIFT {
            return None;
        }
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    let rpc = Rpc::from_bytes(&bytes).inspect_err(|error| tracing::debug!(%error, "a relay's RPC was refused")).ok()?;
    Some((rpc, stream))
}

/// Lengths of up to 28 bits are read, so that nothing overflows before the limit is looked at.
const MAX_LENGTH_SHIFT: usize = 21;
