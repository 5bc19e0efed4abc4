//! The codec of operations: one encoding, bound to room, author and everything in it.

use milanio_identity::{AccountKey, Policy};
use proptest::prelude::*;
use serde::Deserialize as _;

use super::*;

fn genesis() -> Genesis {
    Genesis { nonce: [1; 16], owner: account(1).id(), policy: Policy::Open, created_s: 1_750_000_000, ttl_s: 86_400 }
}

fn account(seed: u8) -> AccountKey {
    AccountKey::from_seed([seed; 32])
}

fn device(seed: u8) -> DeviceKey {
    DeviceKey::from_seed([seed.wrapping_add(100); 32])
}

fn cert(of: u8) -> Vec<u8> {
    DeviceCert::issue(&account(of), device(of).id(), 1_750_000_000, 1_750_086_400).unwrap().to_bytes()
}

fn operation(body: OperationBody) -> Operation {
    let dependencies = vec![OperationHash([3; 32]), OperationHash([4; 32])];
    Operation { account: account(1).id(), device: device(1).id(), run: RunId([2; 8]), seq: 7, dependencies, body }
}

fn bodies() -> Vec<OperationBody> {
    let other = account(2).id();
    let policy = RoomPolicy { history: true, ..RoomPolicy::plain(Door::Lobby) };
    vec![
        OperationBody::Join(cert(1)),
        OperationBody::Add(cert(2)),
        OperationBody::Remove(other),
        OperationBody::Ban(other),
        OperationBody::Unban(other),
        OperationBody::SetRole { account: other, role: Role::Moderator },
        OperationBody::SetPolicy(policy),
        OperationBody::Transfer(other),
        OperationBody::FloorRotate { commitment: [5; 32] },
        OperationBody::Destroy,
        OperationBody::Snapshot { roster: [6; 32] },
    ]
}

fn sign(operation: &Operation) -> Result<VerifiedOperation, OperationError> {
    VerifiedOperation::sign(&device(1), &genesis(), operation)
}

fn open(bytes: &[u8]) -> Result<VerifiedOperation, OperationError> {
    VerifiedOperation::from_bytes(&genesis().digest(), bytes)
}

#[test]
fn every_kind_of_operation_is_read_as_it_was_written() {
    for body in bodies() {
        let signed = sign(&operation(body.clone())).unwrap();
        assert_eq!(signed.operation(), &operation(body));
        assert_eq!(open(signed.as_bytes()), Ok(signed));
    }
}

#[test]
fn the_longest_operation_keeps_its_limit() {
    let dependencies = (0..8).map(|index| OperationHash([index; 32])).collect();
    let longest = Operation { seq: u32::MAX, dependencies, ..operation(OperationBody::Join(cert(1))) };
    let length = sign(&longest).unwrap().as_bytes().len();
    assert!(length <= limits::OPERATION_BYTES, "{length}");
    assert_eq!(open(&[1; limits::OPERATION_BYTES + 1]), Err(OperationError::Length));
}

#[test]
fn an_operation_of_one_room_is_none_of_another() {
    let signed = sign(&operation(OperationBody::Destroy)).unwrap();
    let other = Genesis { owner: account(2).id(), ..genesis() };
    let refused = VerifiedOperation::from_bytes(&other.digest(), signed.as_bytes());
    assert_eq!(refused, Err(OperationError::Signature(SignatureError::Mismatch)));
}

#[test]
fn what_breaks_a_limit_is_neither_written_nor_read() {
    let limit = |limit| Err(OperationError::Malformed(DecodeError::Limit(limit)));
    let plain = operation(OperationBody::Destroy);
    let hash = |byte| OperationHash([byte; 32]);
    for (broken, expected) in [
        (Operation { seq: 0, ..plain.clone() }, LimitError::Sequence),
        (Operation { dependencies: vec![hash(2), hash(1)], ..plain.clone() }, LimitError::Dependencies),
        (Operation { dependencies: vec![hash(1), hash(1)], ..plain.clone() }, LimitError::Dependencies),
        (Operation { dependencies: (0..9).map(hash).collect(), ..plain.clone() }, LimitError::Dependencies),
        (operation(OperationBody::Add(vec![1; 3])), LimitError::Cert),
        (operation(OperationBody::SetRole { account: account(2).id(), role: Role::Owner }), LimitError::Role),
    ] {
        assert_eq!(sign(&broken), limit(expected));
        let statement = [vec![VERSION], postcard::to_allocvec(&broken).unwrap()].concat();
        let signature = device(1).sign(Label::Operation, &signed_bytes(&genesis().digest(), &statement));
        assert_eq!(open(&[statement, signature.0.to_vec()].concat()), limit(expected));
    }
}

#[test]
fn nobody_joins_for_another_or_signs_for_another_device() {
    assert_eq!(sign(&operation(OperationBody::Join(cert(2)))), Err(OperationError::NotTheAuthor));
    let foreign = Operation { device: device(2).id(), ..operation(OperationBody::Destroy) };
    assert_eq!(sign(&foreign), Err(OperationError::Signature(SignatureError::Mismatch)));
}

#[test]
fn a_certificate_that_its_account_did_not_sign_lets_nobody_in() {
    let mut forged = cert(2);
    forged[40] ^= 1;
    assert!(matches!(sign(&operation(OperationBody::Add(forged))), Err(OperationError::Cert(_))));
}

#[test]
fn a_later_version_is_told_apart() {
    let mut bytes = sign(&operation(OperationBody::Destroy)).unwrap().as_bytes().to_vec();
    bytes[0] = 2;
    assert_eq!(open(&bytes), Err(OperationError::Version));
    assert_eq!(open(&[0; 64]), Err(OperationError::Length));
}

/// The figures were computed with another implementation of Ed25519 and of the encoding.
#[test]
fn operations_match_the_vectors() {
    #[derive(serde::Deserialize)]
    struct Case {
        kind: String,
        bytes: String,
        hash: String,
    }
    let vectors = include_str!("../../../tests/vectors/operation.json");
    let mut vectors = serde_json::Deserializer::from_str(vectors);
    let cases = Vec::<Case>::deserialize(&mut vectors).unwrap();
    assert_eq!(cases.len(), bodies().len());
    for (case, body) in cases.iter().zip(bodies()) {
        let signed = sign(&operation(body)).unwrap();
        assert_eq!(hex::encode(signed.as_bytes()), case.bytes, "{}", case.kind);
        assert_eq!(hex::encode(signed.hash().0), case.hash, "{}", case.kind);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn arbitrary_bytes_never_panic_and_are_no_operation(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        prop_assert!(open(&bytes).is_err());
    }

    #[test]
    fn what_a_device_signed_has_one_encoding(kind: prop::sample::Index, at: prop::sample::Index, byte: u8) {
        let body = bodies()[kind.index(bodies().len())].clone();
        let mut statement = [vec![VERSION], postcard::to_allocvec(&operation(body)).unwrap()].concat();
        // Behind the authors' keys, so that the signature still is by the device it names.
        let at = 65 + at.index(statement.len() - 65);
        statement[at] = byte;
        let signature = device(1).sign(Label::Operation, &signed_bytes(&genesis().digest(), &statement));
        let bytes = [statement, signature.0.to_vec()].concat();
        if let Ok(opened) = open(&bytes) {
            prop_assert_eq!(sign(opened.operation()), Ok(opened));
        }
    }

    #[test]
    fn no_flipped_bit_is_accepted(kind: prop::sample::Index, at: prop::sample::Index, bit in 0..8) {
        let body = bodies()[kind.index(bodies().len())].clone();
        let mut bytes = sign(&operation(body)).unwrap().as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(open(&bytes).is_err());
    }
}
