//! Targets that read group messages and bundles: the bytes as they are, and behind the right signatures and seals.

use milanio_identity::{
    AccountKey, ChainSigner, ChainVerifier, DeviceId, DeviceKey, EphemeralSecret, Label, Signature,
};
use milanio_node::{
    core::{
        group::{Ephemeral, GroupCrypto as _, GroupRoster, SenderKeys},
        time::Timestamp,
    },
    wire::{
        group::{Again, Author, ChainId, GroupMessage, Heads, MessagePlace, VerifiedBundle},
        limits,
        message::RunId,
        operation::{Admitted, OperationHash},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::ROOM;

/// Group messages: what is read has one encoding, and a reader refuses it.
pub fn message(data: &[u8]) -> bool {
    let (_, mut reader) = pair();
    let read = GroupMessage::from_bytes(data);
    if let Ok(message) = &read {
        assert_eq!(message.to_bytes(), data);
        // The one that is in the seeds may be opened.
        let _ = reader.open(message, &|_| true, NOW);
    }
    let Some((index, text)) = data.split_first_chunk::<4>() else { return false };
    if text.len() > limits::GROUP_PLAINTEXT_BYTES {
        return read.is_ok();
    }
    let heads = Heads::new(text.iter().take(3).map(|byte| OperationHash([*byte; 32])).collect());
    let chain = ChainId { device: device(1).id(), run: RUN, number: 1 };
    let at = MessagePlace {
        room: ROOM,
        account: member(1).account,
        chain,
        index: u32::from_be_bytes(*index),
        heads: &heads,
    };
    let (signer, key) = (ChainSigner::generate(&mut rng()), milanio_identity::OneTimeKey::from_bytes([1; 32]));
    let Ok(sealed) = GroupMessage::seal(&at, key.clone(), &signer, text) else { return read.is_ok() };
    assert_eq!(GroupMessage::from_bytes(&sealed.to_bytes()).as_ref(), Ok(&sealed));
    let verifier = ChainVerifier::new(signer.id()).expect("no weak key has an id");
    assert_eq!(sealed.verify(ROOM, member(1).account, &verifier), Ok(()));
    assert!(reader.open(&sealed, &|_| true, NOW).is_err(), "another signer than the chain's");
    read.is_ok()
}

/// Bundles: the bytes as they are, and as what the sender's device signed.
pub fn bundle(data: &[u8]) -> bool {
    if let Ok(bundle) = VerifiedBundle::from_bytes(ROOM, data) {
        assert_eq!(bundle.as_bytes(), data);
    }
    let Some((statement, _)) = data.split_last_chunk::<{ Signature::LENGTH }>() else { return false };
    let signature = device(1).sign(Label::KeyBundle, &[ROOM.as_bytes().as_slice(), statement].concat());
    let bytes = [statement, &signature.0].concat();
    let signed = VerifiedBundle::from_bytes(ROOM, &bytes);
    if let Ok(bundle) = &signed {
        assert_eq!(VerifiedBundle::sign(&device(1), ROOM, bundle.bundle()).as_ref(), Ok(bundle));
        let (_, mut reader) = pair();
        let _ = reader.hear_bundle(bundle, &|_| true, NOW);
    }
    signed.is_ok()
}

/// A message of the first device, and one that begins as the target reads its input.
pub(super) fn messages() -> Vec<Vec<u8>> {
    let (mut writer, _) = pair();
    let said =
        ["a", "some more words"].into_iter().filter_map(|text| writer.seal(text.as_bytes(), &mut rng(), NOW).ok());
    said.map(|sealed| sealed.message.to_bytes()).chain([b"\0\0\0\x05text".to_vec()]).collect()
}

/// A bundle for the second device.
pub(super) fn bundles() -> Vec<Vec<u8>> {
    let (mut writer, _) = pair();
    let sealed = writer.seal(b"text", &mut rng(), NOW).into_iter();
    sealed.flat_map(|sealed| sealed.bundles).map(|bundle| bundle.as_bytes().to_vec()).collect()
}

/// A message that is said again to `to`.
pub(super) fn again(to: DeviceId) -> Option<Again> {
    let author = Author { room: ROOM, device: device(1).id(), run: RUN };
    Again::seal(author, b"text", &[(to, EphemeralSecret::generate(&mut rng()).public())], &mut rng())
}

/// A device that writes and one that reads, who know each other.
fn pair() -> (SenderKeys, SenderKeys) {
    let roster = GroupRoster { heads: Heads::default(), devices: [1, 2].map(member).into() };
    let [mut writer, mut reader] = [1, 2].map(|index| {
        let mut keys = SenderKeys::new(ROOM, member(index).account, device(index), RUN, &mut rng(), NOW);
        keys.on_roster_change(roster.clone(), NOW);
        keys
    });
    let said: [Ephemeral; 2] = [writer.ephemeral(NOW), reader.ephemeral(NOW)];
    writer.on_ephemeral(device(2).id(), RUN, said[1], NOW);
    reader.on_ephemeral(device(1).id(), RUN, said[0], NOW);
    (writer, reader)
}

fn device(index: u8) -> DeviceKey {
    DeviceKey::from_seed([index; 32])
}

fn member(index: u8) -> Admitted {
    Admitted { account: AccountKey::from_seed([index; 32]).id(), device: device(index).id() }
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

const RUN: RunId = RunId([7; 8]);
const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);
