//! The RPCs of libp2p's pubsub, as far as a leaf speaks it (libp2p specifications, pubsub): who follows which topic, and messages
//! that name no author. Relays speak gossipsub, which understands the same.
//!
//! Encoded as protocol buffers, each behind its length. What is not of use here is passed over, as protocol buffers demand.

use thiserror::Error;

/// The libp2p protocol name.
pub const PUBSUB_PROTOCOL: &str = "/floodsub/1.0.0";

/// Messages in one RPC. Senders here put one in each; more would get around what counts RPCs.
pub const MAX_MESSAGES_PER_RPC: usize = 1;

/// Longest name of a topic that is of any interest: ours have 52 characters.
const MAX_TOPIC_BYTES: usize = 128;

/// Numbers of the fields.
const RPC_SUBSCRIPTION: u64 = 1;
const RPC_MESSAGE: u64 = 2;
const SUBSCRIPTION_IS_ON: u64 = 1;
const SUBSCRIPTION_TOPIC: u64 = 2;
const MESSAGE_DATA: u64 = 2;
const MESSAGE_TOPIC: u64 = 4;

/// How fields are laid out.
const WIRE_VARINT: u64 = 0;
const WIRE_64_BITS: u64 = 1;
const WIRE_BYTES: u64 = 2;
const WIRE_32_BITS: u64 = 5;

/// Most bytes of a 64-bit number.
const MAX_VARINT_BYTES: usize = 10;

/// What one end tells the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rpc {
    /// Topics, and whether the sender follows them from now on.
    pub subscriptions: Vec<(String, bool)>,
    /// Messages.
    pub messages: Vec<PubsubMessage>,
}

/// A message on a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PubsubMessage {
    /// On which topic.
    pub topic: String,
    /// What.
    pub data: Vec<u8>,
}

/// Why bytes are no RPC; always the peer's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PubsubError {
    /// They end too early, or a number is too long.
    #[error("the peer's bytes are no protocol buffer")]
    PeerMalformed,
    /// More than [`MAX_MESSAGES_PER_RPC`] messages, or a topic that is too long.
    #[error("the peer sent more than is allowed")]
    PeerTooMuch,
    /// A part that must be there is not, or is no text.
    #[error("the peer's RPC lacks something")]
    PeerIncomplete,
}

impl Rpc {
    /// The RPC without its length.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (topic, is_on) in &self.subscriptions {
            let mut part = Vec::with_capacity(topic.len() + 4);
            put_varint(&mut part, SUBSCRIPTION_IS_ON << 3 | WIRE_VARINT);
            put_varint(&mut part, u64::from(*is_on));
            put_bytes(&mut part, SUBSCRIPTION_TOPIC, topic.as_bytes());
            put_bytes(&mut bytes, RPC_SUBSCRIPTION, &part);
        }
        for PubsubMessage { topic, data } in &self.messages {
            let mut part = Vec::with_capacity(topic.len() + data.len() + 8);
            put_bytes(&mut part, MESSAGE_DATA, data);
            put_bytes(&mut part, MESSAGE_TOPIC, topic.as_bytes());
            put_bytes(&mut bytes, RPC_MESSAGE, &part);
        }
        bytes
    }

    /// Reads an RPC without its length.
    ///
    /// # Errors
    /// If it is none, or too much.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PubsubError> {
        let (mut rpc, mut rest) = (Self::default(), bytes);
        while let Some(field) = Field::take(&mut rest)? {
            match field {
                Field { number: RPC_SUBSCRIPTION, value: Value::Bytes(part) } => {
                    rpc.subscriptions.push(subscription(part)?);
                }
                Field { number: RPC_MESSAGE, value: Value::Bytes(part) } => rpc.messages.push(message(part)?),
                _ => {}
            }
            if rpc.messages.len() > MAX_MESSAGES_PER_RPC {
                return Err(PubsubError::PeerTooMuch);
            }
        }
        Ok(rpc)
    }
}

fn subscription(mut rest: &[u8]) -> Result<(String, bool), PubsubError> {
    let (mut topic, mut is_on) = (None, false);
    while let Some(field) = Field::take(&mut rest)? {
        match field {
            Field { number: SUBSCRIPTION_IS_ON, value: Value::Varint(number) } => is_on = number != 0,
            Field { number: SUBSCRIPTION_TOPIC, value: Value::Bytes(name) } => topic = Some(topic_of(name)?),
            _ => {}
        }
    }
    topic.map(|topic| (topic, is_on)).ok_or(PubsubError::PeerIncomplete)
}

fn message(mut rest: &[u8]) -> Result<PubsubMessage, PubsubError> {
    let (mut topic, mut data) = (None, Vec::new());
    while let Some(field) = Field::take(&mut rest)? {
        match field {
            Field { number: MESSAGE_DATA, value: Value::Bytes(bytes) } => data = bytes.to_vec(),
            Field { number: MESSAGE_TOPIC, value: Value::Bytes(name) } => topic = Some(topic_of(name)?),
            _ => {}
        }
    }
    topic.map(|topic| PubsubMessage { topic, data }).ok_or(PubsubError::PeerIncomplete)
}

fn topic_of(name: &[u8]) -> Result<String, PubsubError> {
    if name.len() > MAX_TOPIC_BYTES {
        return Err(PubsubError::PeerTooMuch);
    }
    str::from_utf8(name).map(str::to_owned).map_err(|_| PubsubError::PeerIncomplete)
}

struct Field<'a> {
    number: u64,
    value: Value<'a>,
}

enum Value<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    /// Of a kind that nothing here has.
    Other,
}

impl<'a> Field<'a> {
    /// Takes one field off the front; `None` at the end.
    fn take(rest: &mut &'a [u8]) -> Result<Option<Self>, PubsubError> {
        if rest.is_empty() {
            return Ok(None);
        }
        let key = take_varint(rest)?;
        let value = match key & 7 {
            WIRE_VARINT => Value::Varint(take_varint(rest)?),
            WIRE_BYTES => {
                let length = usize::try_from(take_varint(rest)?).map_err(|_| PubsubError::PeerMalformed)?;
                Value::Bytes(take_bytes(rest, length)?)
            }
            WIRE_64_BITS => take_bytes(rest, 8).map(|_| Value::Other)?,
            WIRE_32_BITS => take_bytes(rest, 4).map(|_| Value::Other)?,
            _ => return Err(PubsubError::PeerMalformed),
        };
        Ok(Some(Self { number: key >> 3, value }))
    }
}

fn take_bytes<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], PubsubError> {
    rest.split_off(..length).ok_or(PubsubError::PeerMalformed)
}

fn take_varint(rest: &mut &[u8]) -> Result<u64, PubsubError> {
    let mut number = 0;
    for index in 0..MAX_VARINT_BYTES {
        let byte = *rest.split_off_first().ok_or(PubsubError::PeerMalformed)?;
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(PubsubError::PeerMalformed)
}

fn put_bytes(to: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    put_varint(to, number << 3 | WIRE_BYTES);
    put_varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// Appends a number, seven bits a byte, the lowest first.
pub fn put_varint(to: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        to.push(number as u8 & 0x7f | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rpc() -> Rpc {
        Rpc {
            subscriptions: vec![("ab".into(), true), ("c".into(), false)],
            messages: vec![PubsubMessage { topic: "ab".into(), data: vec![7; 300] }],
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_specification() {
        let subscription = Rpc { subscriptions: vec![("ab".into(), true)], messages: Vec::new() };
        assert_eq!(subscription.to_bytes(), [0x0a, 6, 0x08, 1, 0x12, 2, b'a', b'b']);
        let message = PubsubMessage { topic: "ab".into(), data: vec![9] };
        let message = Rpc { subscriptions: Vec::new(), messages: vec![message] };
        assert_eq!(message.to_bytes(), [0x12, 7, 0x12, 1, 9, 0x22, 2, b'a', b'b']);
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Rpc::from_bytes(&rpc().to_bytes()), Ok(rpc()));
    }

    #[test]
    fn fields_of_no_use_are_passed_over() {
        let mut bytes = vec![0x18, 0x85, 0x01, 0x1a, 2, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0x2d, 0, 0, 0, 0];
        bytes.extend(rpc().to_bytes());
        assert_eq!(Rpc::from_bytes(&bytes), Ok(rpc()));
    }

    #[test]
    fn too_much_is_refused() {
        let mut many = rpc();
        many.messages.push(many.messages[0].clone());
        assert_eq!(Rpc::from_bytes(&many.to_bytes()), Err(PubsubError::PeerTooMuch));
        let long = Rpc { subscriptions: vec![("x".repeat(MAX_TOPIC_BYTES + 1), true)], messages: Vec::new() };
        assert_eq!(Rpc::from_bytes(&long.to_bytes()), Err(PubsubError::PeerTooMuch));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(rpc) = Rpc::from_bytes(&bytes) {
                prop_assert_eq!(Rpc::from_bytes(&rpc.to_bytes()), Ok(rpc));
            }
        }

        #[test]
        fn a_cut_rpc_is_none_or_another(cut in 0_usize..300) {
            let bytes = rpc().to_bytes();
            prop_assume!(cut < bytes.len());
            prop_assert_ne!(Rpc::from_bytes(&bytes[..cut]), Ok(rpc()));
        }
    }
}
