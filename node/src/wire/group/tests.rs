//! The codec of group messages and bundles: one encoding, and every field bound by signature and seal.

use std::convert::Infallible;

use milanio_identity::{
    AccountKey, ChainKey, ChainSigner, ChainVerifier, DeviceKey, EphemeralPublic, EphemeralSecret, Label, MediaSecret,
    OneTimeKey, Signature,
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use rand_core::{TryCryptoRng, TryRng};

use super::*;
use crate::wire::codec;

const ROOM: RoomId = RoomId::from_bytes([1; 16]);

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn account() -> AccountId {
    AccountKey::from_seed([2; 32]).id()
}

fn device(seed: u8) -> DeviceKey {
    DeviceKey::from_seed([seed; 32])
}

fn secret(seed: u64) -> EphemeralSecret {
    EphemeralSecret::generate(&mut rng(seed))
}

fn chain() -> ChainId {
    ChainId { device: device(1).id(), run: RunId([3; 8]), number: 7 }
}

fn heads() -> Heads {
    Heads::new(vec![OperationHash([5; 32]), OperationHash([4; 32])])
}

fn signer() -> ChainSigner {
    ChainSigner::generate(&mut rng(9))
}

fn verifier() -> ChainVerifier {
    ChainVerifier::new(signer().id()).unwrap()
}

fn key() -> OneTimeKey {
    OneTimeKey::from_bytes([6; 32])
}

fn message(text: &[u8]) -> Result<GroupMessage, LimitError> {
    let at = MessagePlace { room: ROOM, account: account(), chain: chain(), index: 300, heads: &heads() };
    GroupMessage::seal(&at, key(), &signer(), text)
}

fn contents() -> BundleContents {
    let (chain_key, media) = (ChainKey::from_bytes([10; 32]), MediaSecret::from_bytes([11; 32]));
    BundleContents { chain_key, media, generation: 12 }
}

fn plain_bundle() -> KeyBundle {
    let (signer, index) = (signer().id(), 300);
    KeyBundle {
        account: account(),
        chain: chain(),
        index,
        heads: heads(),
        signer,
        sealed: Vec::new(),
        keys: Vec::new(),
    }
}

fn bundle() -> VerifiedBundle {
    let targets = [(device(3).id(), secret(3).public()), (device(2).id(), secret(2).public())];
    VerifiedBundle::seal(&device(1), ROOM, plain_bundle(), &contents(), &targets, &mut rng(1)).unwrap()
}

#[test]
fn a_message_is_read_as_it_was_written() {
    let message = message(b"text").unwrap();
    let read = GroupMessage::from_bytes(&message.to_bytes()).unwrap();
    assert_eq!(read, message);
    assert_eq!((read.chain(), read.index(), read.heads()), (chain(), 300, &heads()));
    assert_eq!(read.verify(ROOM, account(), &verifier()), Ok(()));
    assert_eq!(read.open(ROOM, account(), key()).unwrap().as_slice(), b"text");
}

#[test]
fn a_message_belongs_to_its_room_account_and_chain() {
    let message = message(b"text").unwrap();
    let (room, other) = (RoomId::from_bytes([2; 16]), AccountKey::from_seed([3; 32]).id());
    let stranger = ChainVerifier::new(ChainSigner::generate(&mut rng(8)).id()).unwrap();
    assert!(message.verify(room, account(), &verifier()).is_err());
    assert!(message.verify(ROOM, other, &verifier()).is_err());
    assert!(message.verify(ROOM, account(), &stranger).is_err());
    assert!(message.open(room, account(), key()).is_err());
    assert!(message.open(ROOM, other, key()).is_err());
    assert!(message.open(ROOM, account(), OneTimeKey::from_bytes([7; 32])).is_err());
}

#[test]
fn the_longest_message_keeps_its_limit_and_longer_ones_are_refused() {
    let longest = message(&vec![0; limits::GROUP_PLAINTEXT_BYTES]).unwrap().to_bytes();
    assert!(longest.len() <= limits::GROUP_MESSAGE_BYTES);
    assert_eq!(message(&vec![0; limits::GROUP_PLAINTEXT_BYTES + 1]), Err(LimitError::GroupMessage));
    assert_eq!(message(b""), Err(LimitError::GroupMessage));
}

#[test]
fn a_bundle_opens_for_its_targets_alone() {
    let bundle = bundle();
    assert_eq!(VerifiedBundle::from_bytes(ROOM, bundle.as_bytes()), Ok(bundle.clone()));
    for seed in [2, 3] {
        let opened = bundle.open(&device(seed).id(), &secret(seed.into())).unwrap();
        assert_eq!(opened.chain_key.as_bytes(), contents().chain_key.as_bytes());
        assert_eq!(opened.media.as_bytes(), contents().media.as_bytes());
        assert_eq!(opened.generation, 12);
    }
    assert!(!bundle.is_for(&device(4).id()));
    for (target, opener) in [(2, 3), (3, 2), (4, 2)] {
        assert_eq!(bundle.open(&device(target).id(), &secret(opener)).err(), Some(GroupWireError::Sealed));
    }
}

#[test]
fn a_bundle_belongs_to_its_room_and_device() {
    let bundle = bundle();
    let mismatch = GroupWireError::Signature(SignatureError::Mismatch);
    let other_room = RoomId::from_bytes([2; 16]);
    assert_eq!(VerifiedBundle::from_bytes(other_room, bundle.as_bytes()), Err(mismatch));
    assert_eq!(VerifiedBundle::sign(&device(2), ROOM, bundle.bundle()), Err(mismatch));
}

/// The device would have to lie about itself; but nobody else can build on the sealed part of a bundle either.
#[test]
fn what_a_bundle_says_in_the_open_is_bound_to_what_it_seals() {
    let plain = bundle().bundle().clone();
    let changed = [
        KeyBundle { account: AccountKey::from_seed([3; 32]).id(), ..plain.clone() },
        KeyBundle { chain: ChainId { number: 8, ..chain() }, ..plain.clone() },
        KeyBundle { chain: ChainId { run: RunId([4; 8]), ..chain() }, ..plain.clone() },
        KeyBundle { index: 301, ..plain.clone() },
        KeyBundle { heads: Heads::default(), ..plain.clone() },
        KeyBundle { signer: ChainSigner::generate(&mut rng(8)).id(), ..plain.clone() },
    ];
    for changed in changed {
        let signed = VerifiedBundle::sign(&device(1), ROOM, &changed).unwrap();
        assert_eq!(signed.open(&device(2).id(), &secret(2)).err(), Some(GroupWireError::Sealed), "{changed:?}");
    }
    let thief = KeyBundle { chain: ChainId { device: device(5).id(), ..chain() }, ..plain };
    let signed = VerifiedBundle::sign(&device(5), ROOM, &thief).unwrap();
    assert_eq!(signed.open(&device(2).id(), &secret(2)).err(), Some(GroupWireError::Sealed));
}

#[test]
fn limits_of_bundles_hold() {
    let target = |index: usize| (device(index as u8).id(), secret(2).public());
    let seal =
        |targets: &[_]| VerifiedBundle::seal(&device(1), ROOM, plain_bundle(), &contents(), targets, &mut rng(1));
    let keys = Err(GroupWireError::Malformed(DecodeError::Limit(LimitError::Keys)));
    let most: Vec<_> = (0..limits::BUNDLE_KEYS).map(target).collect();
    assert!(seal(&most).unwrap().as_bytes().len() <= limits::BUNDLE_BYTES);
    assert_eq!(seal(&(0..=limits::BUNDLE_KEYS).map(target).collect::<Vec<_>>()), keys);
    assert_eq!(seal(&[]), keys);
    assert_eq!(seal(&[target(3), target(3)]), keys);
    assert_eq!(seal(&[(device(2).id(), EphemeralPublic::from_bytes([0; 32]))]), keys);
    let broken = KeyBundle { chain: ChainId { number: 0, ..chain() }, ..bundle().bundle().clone() };
    let number = Err(GroupWireError::Malformed(DecodeError::Limit(LimitError::Sequence)));
    assert_eq!(VerifiedBundle::sign(&device(1), ROOM, &broken), number);
}

#[test]
fn heads_are_few_and_sorted() {
    let many = Heads::new((0..20).rev().map(|byte| OperationHash([byte; 32])).collect());
    assert_eq!(many.operations(), (0..8).map(|byte| OperationHash([byte; 32])).collect::<Vec<_>>());
    assert_eq!(many.check(), Ok(()));
    for broken in [vec![OperationHash([2; 32]), OperationHash([1; 32])], vec![OperationHash([1; 32]); 2]] {
        assert_eq!(Heads(broken).check(), Err(LimitError::Dependencies));
    }
}

#[test]
fn a_later_version_is_told_apart() {
    let mut bytes = message(b"text").unwrap().to_bytes();
    bytes[0] = 2;
    assert_eq!(GroupMessage::from_bytes(&bytes), Err(GroupWireError::Version));
    let mut bytes = bundle().as_bytes().to_vec();
    bytes[0] = 2;
    assert_eq!(VerifiedBundle::from_bytes(ROOM, &bytes), Err(GroupWireError::Version));
    assert_eq!(VerifiedBundle::from_bytes(ROOM, &[1; 64]), Err(GroupWireError::Length));
    assert_eq!(GroupMessage::from_bytes(&[1; 63]), Err(GroupWireError::Length));
}

/// A generator that knows one byte: the vectors fix what is random elsewhere.
pub(crate) struct Constant(pub(crate) u8);

impl TryRng for Constant {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        target.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Constant {}

#[derive(serde::Deserialize)]
struct Vectors {
    messages: Vec<MessageCase>,
    bundles: Vec<BundleCase>,
    again: Vec<AgainCase>,
}

#[derive(serde::Deserialize)]
struct MessageCase {
    heads: Vec<String>,
    plaintext: String,
    bytes: String,
}

#[derive(serde::Deserialize)]
struct BundleCase {
    heads: Vec<String>,
    targets: Vec<TargetCase>,
    bytes: String,
}

#[derive(serde::Deserialize)]
struct AgainCase {
    targets: Vec<TargetCase>,
    plaintext: String,
    bytes: String,
}

#[derive(serde::Deserialize)]
struct TargetCase {
    device_seed: String,
    ephemeral_ikm: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../tests/vectors/group.json")).unwrap()
}

impl TargetCase {
    fn keys(&self) -> (DeviceId, EphemeralSecret) {
        let secret = EphemeralSecret::generate(&mut Constant(bytes_32(&self.ephemeral_ikm)[0]));
        (DeviceKey::from_seed(bytes_32(&self.device_seed)).id(), secret)
    }
}

fn bytes_32(hex: &str) -> [u8; 32] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn heads_of(heads: &[String]) -> Heads {
    Heads::new(heads.iter().map(|head| OperationHash(bytes_32(head))).collect())
}

/// The figures were computed with another implementation of the seals, the signatures and the encoding.
#[test]
fn messages_match_the_vectors() {
    let signer = ChainSigner::generate(&mut Constant(9));
    for case in vectors().messages {
        let (heads, plaintext) = (heads_of(&case.heads), hex::decode(&case.plaintext).unwrap());
        let at = MessagePlace { room: ROOM, account: account(), chain: chain(), index: 300, heads: &heads };
        let sealed = GroupMessage::seal(&at, key(), &signer, &plaintext).unwrap();
        assert_eq!(hex::encode(sealed.to_bytes()), case.bytes);
        let read = GroupMessage::from_bytes(&hex::decode(case.bytes).unwrap()).unwrap();
        assert_eq!(read.verify(ROOM, account(), &ChainVerifier::new(signer.id()).unwrap()), Ok(()));
        assert_eq!(*read.open(ROOM, account(), key()).unwrap(), plaintext);
    }
}

/// In the same way; HPKE by that implementation gives the figures of RFC 9180 A.2.1.
#[test]
fn bundles_match_the_vectors() {
    let signer = ChainSigner::generate(&mut Constant(9)).id();
    for case in vectors().bundles {
        let bundle = VerifiedBundle::from_bytes(ROOM, &hex::decode(case.bytes).unwrap()).unwrap();
        let said = bundle.bundle();
        assert_eq!((said.account, said.chain, said.index, said.signer), (account(), chain(), 300, signer));
        assert_eq!(said.heads, heads_of(&case.heads));
        assert_eq!(said.keys.len(), case.targets.len());
        for target in case.targets {
            let (device, secret) = target.keys();
            let opened = bundle.open(&device, &secret).unwrap();
            assert_eq!(opened.chain_key.as_bytes(), contents().chain_key.as_bytes());
            assert_eq!(opened.media.as_bytes(), contents().media.as_bytes());
            assert_eq!(opened.generation, 12);
        }
        assert_eq!(VerifiedBundle::sign(&device(1), ROOM, said), Ok(bundle));
    }
}

/// In the same way.
#[test]
fn messages_said_again_match_the_vectors() {
    let author = device(9).id();
    for case in vectors().again {
        let bytes = hex::decode(&case.bytes).unwrap();
        let again: Again = codec::decode(&bytes).unwrap();
        assert_eq!((codec::encode(&again), again.keys.len()), (Ok(bytes), case.targets.len()));
        for target in case.targets {
            let (device, secret) = target.keys();
            let opened = again.open((ROOM, author), &device, |info, sealed| secret.open(info, &[], sealed));
            assert_eq!(hex::encode(&*opened.unwrap()), case.plaintext);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn arbitrary_bytes_never_panic_and_are_no_bundle(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(VerifiedBundle::from_bytes(ROOM, &bytes).is_err());
        if let Ok(message) = GroupMessage::from_bytes(&bytes) {
            prop_assert_eq!(message.to_bytes(), bytes);
            prop_assert!(message.verify(ROOM, account(), &verifier()).is_err());
        }
    }

    #[test]
    fn what_a_device_signed_has_one_encoding(at: prop::sample::Index, byte: u8) {
        let bytes = bundle().as_bytes().to_vec();
        let mut statement = bytes[..bytes.len() - Signature::LENGTH].to_vec();
        let at = at.index(statement.len());
        statement[at] = byte;
        let signature = device(1).sign(Label::KeyBundle, &[ROOM.as_bytes().as_slice(), &statement].concat());
        let bytes = [statement, signature.0.to_vec()].concat();
        if let Ok(opened) = VerifiedBundle::from_bytes(ROOM, &bytes) {
            prop_assert_eq!(codec::encode(opened.bundle()).unwrap(), &bytes[1..bytes.len() - Signature::LENGTH]);
            prop_assert_eq!(VerifiedBundle::sign(&device(1), ROOM, opened.bundle()), Ok(opened));
        }
    }

    #[test]
    fn no_flipped_bit_is_accepted(at: prop::sample::Index, bit in 0..8) {
        let mut bytes = bundle().as_bytes().to_vec();
        let place = at.index(bytes.len());
        bytes[place] ^= 1_u8 << bit;
        prop_assert!(VerifiedBundle::from_bytes(ROOM, &bytes).is_err());
        let mut bytes = message(b"text").unwrap().to_bytes();
        let place = at.index(bytes.len());
        bytes[place] ^= 1_u8 << bit;
        if let Ok(message) = GroupMessage::from_bytes(&bytes) {
            prop_assert!(message.verify(ROOM, account(), &verifier()).is_err());
        }
    }
}
