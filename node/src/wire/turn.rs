//! `/milanio/turn/1`: one question to a relay, "what time is it, and may I use your TURN server?", and its answer.
//!
//! Types and bytes only: the libp2p codec is `net::turn_protocol`, the credentials are made by the relay's TURN server.
//! Encoded with postcard behind a version byte; decoding is strict and bounded by [`MAX_TURN_MESSAGE_BYTES`].

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::core::time::RoomTime;

/// The libp2p protocol name.
pub const TURN_PROTOCOL: &str = "/milanio/turn/1";

/// The most bytes of one request or answer: 8 URLs of 256 bytes, two texts of 256 bytes, and room to spare (chosen).
pub const MAX_TURN_MESSAGE_BYTES: usize = 4 * 1024;

/// The most URLs one credential may name: UDP and TCP, each for a few names or address families (chosen).
pub const MAX_TURN_URLS: usize = 8;

/// The most bytes of a URL, user name or credential (chosen; a browser refuses nothing shorter).
pub const MAX_TURN_TEXT_BYTES: usize = 256;

/// The question. It says nothing yet: who asks is known from the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnRequest;

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnAnswer {
    /// The relay's clock when it answered: what room time is made from.
    pub now: RoomTime,
    /// Leave to use its TURN server, if it has one and the asker has not asked too often.
    pub turn: Option<TurnCredential>,
}

/// Leave to use one TURN server for a while (RFC 8489 long-term credentials, made per request).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnCredential {
    /// `turn:` and `stun:` URLs (RFC 7064, RFC 7065), at most [`MAX_TURN_URLS`].
    pub urls: Vec<String>,
    /// The user name.
    pub username: String,
    /// The password.
    pub credential: String,
    /// After this no new allocation is granted; running ones go on.
    pub expires: RoomTime,
}

impl std::fmt::Debug for TurnCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // URLs hold addresses and the rest is a secret: neither belongs in a log.
        f.debug_struct("TurnCredential").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Why bytes are no message of this protocol; always the peer's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TurnMessageError {
    /// Longer than [`MAX_TURN_MESSAGE_BYTES`], or a part longer than its limit.
    #[error("the peer sent more than is allowed")]
    PeerSentTooMuch,
    /// A version this build does not speak.
    #[error("the peer speaks an unknown version")]
    PeerIncompatible,
    /// Bytes that are no message, or more bytes than the message.
    #[error("the peer sent bytes that are no message")]
    PeerSentNoMessage,
}

impl TurnRequest {
    /// The bytes to send.
    pub fn to_bytes(self) -> Vec<u8> {
        encode(&self)
    }

    /// The request in `bytes`; nothing may follow it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TurnMessageError> {
        decode(bytes)
    }
}

impl TurnAnswer {
    /// The bytes to send.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The answer in `bytes`; nothing may follow it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TurnMessageError> {
        let answer: Self = decode(bytes)?;
        match &answer.turn {
            Some(turn) if !turn.within_limits() => Err(TurnMessageError::PeerSentTooMuch),
            _ => Ok(answer),
        }
    }
}

impl TurnCredential {
    fn within_limits(&self) -> bool {
        self.urls.len() <= MAX_TURN_URLS
            && self.urls.iter().chain([&self.username, &self.credential]).all(|text| text.len() <= MAX_TURN_TEXT_BYTES)
    }
}

const VERSION: u8 = 1;

fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    // Serialising integers and strings into a growing vector has no way to fail.
    postcard::to_extend(message, vec![VERSION]).unwrap_or_default()
}

fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, TurnMessageError> {
    if bytes.len() > MAX_TURN_MESSAGE_BYTES {
        return Err(TurnMessageError::PeerSentTooMuch);
    }
    let (version, body) = bytes.split_first().ok_or(TurnMessageError::PeerSentNoMessage)?;
    if *version != VERSION {
        return Err(TurnMessageError::PeerIncompatible);
    }
    match postcard::take_from_bytes(body) {
        // Numbers can be written in more than one way; only what we would write counts.
        Ok((message, [])) if encode(&message) == bytes => Ok(message),
        _ => Err(TurnMessageError::PeerSentNoMessage),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer() -> TurnAnswer {
        TurnAnswer {
            now: RoomTime::from_millis(1_800_000_000_000),
            turn: Some(TurnCredential {
                urls: vec!["turn:192.0.2.1:3478?transport=udp".into()],
                username: "1800000600:abc".into(),
                credential: "secret".into(),
                expires: RoomTime::from_millis(1_800_000_600_000),
            }),
        }
    }

    #[test]
    fn an_answer_survives_the_trip() {
        assert_eq!(TurnAnswer::from_bytes(&answer().to_bytes()), Ok(answer()));
        assert_eq!(TurnRequest::from_bytes(&TurnRequest.to_bytes()), Ok(TurnRequest));
    }

    #[test]
    fn trailing_bytes_and_unknown_versions_are_refused() {
        let mut bytes = answer().to_bytes();
        bytes.push(0);
        assert_eq!(TurnAnswer::from_bytes(&bytes), Err(TurnMessageError::PeerSentNoMessage));
        assert_eq!(TurnRequest::from_bytes(&[2]), Err(TurnMessageError::PeerIncompatible));
        assert_eq!(TurnRequest::from_bytes(&[]), Err(TurnMessageError::PeerSentNoMessage));
    }

    #[test]
    fn too_many_urls_are_refused() {
        let mut many = answer();
        if let Some(turn) = &mut many.turn {
            turn.urls = vec!["turn:a".into(); MAX_TURN_URLS + 1];
        }
        assert_eq!(TurnAnswer::from_bytes(&many.to_bytes()), Err(TurnMessageError::PeerSentTooMuch));
    }

    #[test]
    fn a_credential_does_not_show_its_secret() {
        assert!(!format!("{:?}", answer()).contains("secret"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_decoder_panic_and_what_decodes_encodes_again(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            if let Ok(answer) = TurnAnswer::from_bytes(&bytes) {
                prop_assert_eq!(TurnAnswer::from_bytes(&answer.to_bytes()), Ok(answer));
            }
            let _ = TurnRequest::from_bytes(&bytes);
        }
    }
}
