//! Changes of bytes that anybody can make: of signatures, keys, challenges, certificates and lists.

use super::chance::Chance;

/// The eight points of low order in their canonical encodings (those of order 8 come in four), and ways to write some of them
/// that are not canonical. Under such a key a lax check takes almost any message.
pub const WEAK: [[u8; 32]; 12] = [
    point(1, 0, 0),
    point(0xec, 0xff, 0x7f),
    point(0, 0, 0),
    point(0, 0, 0x80),
    ORDER_8[0],
    ORDER_8[1],
    negative(ORDER_8[0]),
    negative(ORDER_8[1]),
    point(1, 0, 0x80),
    point(0xec, 0xff, 0xff),
    point(0xed, 0xff, 0x7f),
    point(0xee, 0xff, 0x7f),
];

/// The two y coordinates of the points of order 8.
const ORDER_8: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// The order of the base point (RFC 8032 section 5.1), little-endian.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A signature that fits every key of low order under a lax check: R such a point, s zero.
pub fn signature_of_nobody(chance: &mut Chance) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(chance.pick::<[u8; 32]>(&WEAK));
    signature
}

/// The signature at the end of `bytes` with s no longer reduced, which RFC 8032 section 5.1.7 forbids.
pub fn add_group_order(bytes: &mut [u8]) {
    let at = bytes.len().saturating_sub(32);
    let mut carry = 0;
    for (byte, order) in bytes[at..].iter_mut().zip(GROUP_ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
}

/// Changes some bytes of something that is signed or bound; `other` is a genuine one of somebody else. May change nothing.
pub fn change(bytes: &mut Vec<u8>, other: &[u8], chance: &mut Chance) {
    if bytes.is_empty() {
        return;
    }
    match chance.below(8) {
        0..=2 => {
            let bit = chance.below(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        3 => {
            for _ in 0..=chance.below(8) {
                let at = chance.below(bytes.len());
                [bytes[at]] = chance.bytes();
            }
        }
        4 => bytes.truncate(chance.below(bytes.len())),
        5 => bytes.extend_from_slice(&chance.bytes::<32>()[..=chance.below(32)]),
        6 => add_group_order(bytes),
        _ => {
            // The beginning of one and the end of the other.
            let at = chance.below(bytes.len().min(other.len()) + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(other.get(at..).unwrap_or_default());
        }
    }
}

const fn point(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut point = [middle; 32];
    point[0] = first;
    point[31] = last;
    point
}

const fn negative(mut point: [u8; 32]) -> [u8; 32] {
    point[31] |= 0x80;
    point
}

#[cfg(test)]
mod tests {
    use milanio_identity::{Label, Signature, SignatureError, verify};

    use super::*;

    #[test]
    fn every_weak_key_is_refused_as_one() {
        for key in WEAK {
            let refused = verify(&key, Label::Request, b"anything", &Signature([0; 64]));
            assert_eq!(refused, Err(SignatureError::BadKey), "{key:02x?}");
        }
    }

    #[test]
    fn the_order_of_the_group_is_added() {
        let mut bytes = [[7; 32], [0xff; 32]].concat();
        bytes[63] = 0;
        add_group_order(&mut bytes);
        assert_eq!((bytes[0], bytes[32], bytes[33], bytes[63]), (7, 0xec, 0xd3, 0x11));
    }
}
