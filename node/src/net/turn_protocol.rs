//! The libp2p side of `/milanio/turn/1`: a request-response codec over [`crate::wire::turn`], for relays and clients.

use std::{io, time::Duration};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{
    StreamProtocol,
    request_response::{self, ProtocolSupport},
};

use crate::wire::turn::{MAX_TURN_MESSAGE_BYTES, TURN_PROTOCOL, TurnAnswer, TurnMessageError, TurnRequest};

/// The behaviour both ends use.
pub type TurnProtocol = request_response::Behaviour<TurnCodec>;

/// The end that asks.
pub fn client() -> TurnProtocol {
    behaviour(ProtocolSupport::Outbound)
}

/// The end that answers.
pub fn server() -> TurnProtocol {
    behaviour(ProtocolSupport::Inbound)
}

/// One message a direction: its bytes, then the end of the stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct TurnCodec;

impl request_response::Codec for TurnCodec {
    type Protocol = StreamProtocol;
    type Request = TurnRequest;
    type Response = TurnAnswer;

    async fn read_request<T>(&mut self, _: &Self::Protocol, io: &mut T) -> io::Result<TurnRequest>
    where
        T: AsyncRead + Unpin + Send,
    {
        TurnRequest::from_bytes(&read_bounded(io).await?).map_err(invalid)
    }

    async fn read_response<T>(&mut self, _: &Self::Protocol, io: &mut T) -> io::Result<TurnAnswer>
    where
        T: AsyncRead + Unpin + Send,
    {
        TurnAnswer::from_bytes(&read_bounded(io).await?).map_err(invalid)
    }

    async fn write_request<T>(&mut self, _: &Self::Protocol, io: &mut T, request: TurnRequest) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&request.to_bytes()).await
    }

    async fn write_response<T>(&mut self, _: &Self::Protocol, io: &mut T, answer: TurnAnswer) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        io.write_all(&answer.to_bytes()).await
    }
}

/// How long one exchange may take (chosen: longer than any round trip, shorter than anyone waits for a call).
const TIMEOUT: Duration = Duration::from_secs(5);

/// Requests one connection may have running (chosen: a client asks once at a time).
const MAX_CONCURRENT: usize = 4;

fn behaviour(support: ProtocolSupport) -> TurnProtocol {
    let config =
        request_response::Config::default().with_request_timeout(TIMEOUT).with_max_concurrent_streams(MAX_CONCURRENT);
    request_response::Behaviour::new([(StreamProtocol::new(TURN_PROTOCOL), support)], config)
}

async fn read_bounded<T: AsyncRead + Unpin + Send>(io: &mut T) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than allowed, so that a message that is too long is seen as such.
    io.take(MAX_TURN_MESSAGE_BYTES as u64 + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

fn invalid(error: TurnMessageError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
