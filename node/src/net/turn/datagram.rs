//! What arrives, looked at strictly before the protocol engine sees it, and cut out of TCP streams.
//!
//! The engine (turn-server 4.1.5) panics on attributes whose padding is missing and on some password algorithms, and keeps the
//! padding of ChannelData as if it were data; both are dealt with here: nothing reaches it that this does not pass. What is
//! not here: what the messages mean.

/// Largest message, in bytes (chosen: an Ethernet frame and then some; media packets are below 1,300).
pub const MAX_MESSAGE_BYTES: usize = 2_048;
/// Bytes of a header that tells the length: of a STUN message or of ChannelData.
pub const PREFIX_BYTES: usize = 4;

/// A well-formed message of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datagram<'a> {
    /// A STUN message (RFC 8489 section 5), complete.
    Stun(StunKind, &'a [u8]),
    /// ChannelData (RFC 8656 section 12.4) without padding: its header and exactly as much data as that says.
    ChannelData(&'a [u8]),
}

/// What a STUN message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StunKind {
    /// "What is my address?"
    Binding,
    /// "Relay this": data in an indication.
    Send,
    /// Binds a channel.
    ChannelBind {
        /// Its number; 0 if none is told.
        number: u16,
        /// The port of the peer's relayed address; 0 if none is told.
        peer_port: u16,
    },
    /// Allocate, Refresh or CreatePermission.
    Other,
}

/// The well-formed message that `bytes` are, if they are one.
pub fn parse(bytes: &[u8]) -> Option<Datagram<'_>> {
    let prefix = bytes.first_chunk::<PREFIX_BYTES>()?;
    if bytes.len() > MAX_MESSAGE_BYTES {
        return None;
    }
    match prefix[0] >> 6 {
        0 => parse_stun(bytes).map(|kind| Datagram::Stun(kind, bytes)),
        // Channel numbers are 0x4000 to 0x4fff (RFC 8656 section 12).
        1 if prefix[0] < 0x50 => bytes.get(..PREFIX_BYTES + length_field(prefix)).map(Datagram::ChannelData),
        _ => None,
    }
}

/// How many bytes of a TCP stream the message takes that begins with `prefix`; none if no message begins so.
pub fn framed_length(prefix: &[u8; PREFIX_BYTES]) -> Option<usize> {
    let length = match prefix[0] >> 6 {
        0 => STUN_HEADER_BYTES + length_field(prefix),
        // Padded to a multiple of four on streams (RFC 8656 section 12.5).
        1 => PREFIX_BYTES + length_field(prefix).next_multiple_of(4),
        _ => return None,
    };
    (length <= MAX_MESSAGE_BYTES).then_some(length)
}

fn length_field(prefix: &[u8; PREFIX_BYTES]) -> usize {
    usize::from(u16::from_be_bytes([prefix[2], prefix[3]]))
}

fn parse_stun(bytes: &[u8]) -> Option<StunKind> {
    let (header, attributes) = bytes.split_first_chunk::<STUN_HEADER_BYTES>()?;
    let [type_high, type_low, length_high, length_low, magic @ ..] = header;
    let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
    if length != attributes.len() || !length.is_multiple_of(4) || !magic.starts_with(&MAGIC_COOKIE) {
        return None;
    }
    let (number, peer_port) = check_attributes(attributes)?;
    match u16::from_be_bytes([*type_high, *type_low]) {
        BINDING_REQUEST => Some(StunKind::Binding),
        SEND_INDICATION => Some(StunKind::Send),
        CHANNEL_BIND_REQUEST => Some(StunKind::ChannelBind { number, peer_port }),
        ALLOCATE_REQUEST | REFRESH_REQUEST | CREATE_PERMISSION_REQUEST => Some(StunKind::Other),
        _ => None,
    }
}

// The values of CHANNEL-NUMBER and of the port in XOR-PEER-ADDRESS, or 0, if all attributes are whole and allowed.
fn check_attributes(mut rest: &[u8]) -> Option<(u16, u16)> {
    let (mut channel, mut peer_port, mut signed, mut count) = (0, 0, false, 0);
    while !rest.is_empty() {
        let (header, tail) = rest.split_first_chunk::<4>()?;
        let (kind, length) = (u16::from_be_bytes([header[0], header[1]]), length_field(header));
        let value = tail.get(..length)?;
        rest = tail.get(length.next_multiple_of(4)..)?;
        count += 1;
        let allowed = match kind {
            PASSWORD_ALGORITHM => value == MD5,
            PASSWORD_ALGORITHMS | MESSAGE_INTEGRITY_SHA256 => false,
            // What follows the signature is not signed (RFC 8489 section 14.5).
            FINGERPRINT => true,
            _ => !signed,
        };
        if !allowed || count > MAX_ATTRIBUTES {
            return None;
        }
        match (kind, value) {
            (CHANNEL_NUMBER, [high, low, ..]) => channel = u16::from_be_bytes([*high, *low]),
            // The port comes after the family, masked by the start of the magic cookie (RFC 8489 section 14.2).
            (XOR_PEER_ADDRESS, [_, _, high, low, ..]) => {
                peer_port = u16::from_be_bytes([high ^ MAGIC_COOKIE[0], low ^ MAGIC_COOKIE[1]]);
            }
            (MESSAGE_INTEGRITY, _) => signed = true,
            _ => {}
        }
    }
    Some((channel, peer_port))
}

const STUN_HEADER_BYTES: usize = 20;
const MAGIC_COOKIE: [u8; 4] = 0x2112_A442_u32.to_be_bytes();
/// Attributes of one message (chosen: browsers send at most ten).
const MAX_ATTRIBUTES: usize = 32;

// Method and class, RFC 8489 section 5 and RFC 8656 section 17.
const BINDING_REQUEST: u16 = 0x0001;
const ALLOCATE_REQUEST: u16 = 0x0003;
const REFRESH_REQUEST: u16 = 0x0004;
const CREATE_PERMISSION_REQUEST: u16 = 0x0008;
const CHANNEL_BIND_REQUEST: u16 = 0x0009;
const SEND_INDICATION: u16 = 0x0016;

// Attribute types, RFC 8489 section 18.3 and RFC 8656 section 18.
const MESSAGE_INTEGRITY: u16 = 0x0008;
const CHANNEL_NUMBER: u16 = 0x000C;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
const PASSWORD_ALGORITHM: u16 = 0x001D;
const PASSWORD_ALGORITHMS: u16 = 0x8002;
const FINGERPRINT: u16 = 0x8028;
/// MD5 without parameters (RFC 8489 section 18.5.1): the only algorithm that browsers use.
const MD5: &[u8] = &[0, 1, 0, 0];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stun(kind: u16, attributes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(attributes.len()).unwrap();
        [&kind.to_be_bytes()[..], &length.to_be_bytes(), &MAGIC_COOKIE, &[7; 12], attributes].concat()
    }

    #[test]
    fn whole_messages_pass() {
        let allocate = stun(ALLOCATE_REQUEST, &[0, 0x19, 0, 4, 17, 0, 0, 0]);
        assert_eq!(parse(&allocate), Some(Datagram::Stun(StunKind::Other, &allocate)));
        let bind = stun(CHANNEL_BIND_REQUEST, &[0, 0x0c, 0, 4, 0x40, 1, 0, 0]);
        assert_eq!(parse(&bind), Some(Datagram::Stun(StunKind::ChannelBind { number: 0x4001, peer_port: 0 }, &bind)));
    }

    #[test]
    fn what_makes_the_engine_panic_does_not_pass() {
        let unpadded = stun(ALLOCATE_REQUEST, &[0, 6, 0, 1, b'a']);
        let no_value = stun(ALLOCATE_REQUEST, &[0, 6, 0, 9, b'a', b'b', b'c', b'd']);
        let long_parameter = stun(ALLOCATE_REQUEST, &[0, 0x1d, 0, 4, 0, 1, 0xff, 0xff]);
        let mut cut = stun(ALLOCATE_REQUEST, &[0, 0x19, 0, 4, 17, 0, 0, 0]);
        cut.truncate(22);
        for bytes in [unpadded, no_value, long_parameter, cut, vec![0; 3], vec![0; 19]] {
            assert_eq!(parse(&bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn nothing_unsigned_follows_a_signature_but_the_fingerprint() {
        let signature = [&[0, 8, 0, 20][..], &[0; 20]].concat();
        let fingerprint = [0x80, 0x28, 0, 4, 1, 2, 3, 4];
        let user = [0, 6, 0, 4, b'u', b's', b'e', b'r'];
        assert!(parse(&stun(REFRESH_REQUEST, &[&user[..], &signature, &fingerprint].concat())).is_some());
        assert_eq!(parse(&stun(REFRESH_REQUEST, &[&signature[..], &user].concat())), None);
    }

    #[test]
    fn channel_data_loses_its_padding_and_must_be_whole() {
        assert_eq!(parse(&[0x40, 0, 0, 2, 9, 9, 0, 0]), Some(Datagram::ChannelData(&[0x40, 0, 0, 2, 9, 9])));
        assert_eq!(parse(&[0x40, 0, 0, 3, 9, 9]), None);
        assert_eq!(parse(&[0x50, 0, 0, 0]), None);
    }

    #[test]
    fn frames_are_padded_on_streams() {
        assert_eq!(framed_length(&[0x40, 0, 0, 5]), Some(12));
        assert_eq!(framed_length(&[0, 1, 0, 8]), Some(28));
        assert_eq!(framed_length(&[0x80, 0, 0, 0]), None);
        assert_eq!(framed_length(&[0, 1, 0xff, 0xfc]), None, "too long");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn what_passes_is_no_longer_than_its_frame(mut bytes in proptest::collection::vec(any::<u8>(), 4..300)) {
            bytes[0] &= 0x7f;
            if let Some(Datagram::Stun(_, whole) | Datagram::ChannelData(whole)) = parse(&bytes) {
                let framed = framed_length(bytes.first_chunk().unwrap()).unwrap();
                prop_assert!(whole.len() <= framed && framed - whole.len() < 4);
            }
        }
    }
}
