//! Sealing a group message of 200 bytes at one device, and opening it at another.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use milanio_identity::{AccountKey, DeviceKey, RoomId};
use milanio_node::{
    core::{
        group::{GroupCrypto as _, GroupRoster, SenderKeys},
        time::Timestamp,
    },
    wire::{
        group::{GroupMessage, Heads},
        message::RunId,
        operation::{Admitted, OperationHash},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::Value;

/// Bytes of a message: two lines of chat with all around them.
const TEXT: [u8; 200] = [b'x'; 200];
/// Messages of one round; the time of a round is divided by them.
const ROUND: u32 = 100;
/// Rounds that are measured, after one that is not.
const ROUNDS: u32 = 200;
const ROOM: RoomId = RoomId::from_bytes([1; 16]);
const HEAD: OperationHash = OperationHash([2; 32]);

pub fn measure() -> Result<Value> {
    let now = Timestamp::from_millis(1_000_000);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (mut writer, mut reader) = (keys(1, &mut rng, now), keys(2, &mut rng, now));
    writer.on_ephemeral(device(2).id(), RunId([2; 8]), reader.ephemeral(now), now);
    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        let start = Instant::now();
        for _ in 0..ROUND {
            let sealed = writer.seal(&TEXT, &mut rng, now)?;
            for bundle in &sealed.bundles {
                reader.hear_bundle(bundle, &knows, now)?;
            }
            // As it travels.
            let message = GroupMessage::from_bytes(&sealed.message.to_bytes())?;
            let opened = reader.open(&message, &knows, now)?;
            ensure!(*opened.plaintext == TEXT, "another text");
        }
        if round > 0 {
            times.push(start.elapsed() / ROUND);
        }
    }
    Ok(super::spread(times, Duration::from_micros(1), "us"))
}

fn knows(operation: &OperationHash) -> bool {
    *operation == HEAD
}

fn device(index: u8) -> DeviceKey {
    DeviceKey::from_seed([index; 32])
}

fn member(index: u8) -> Admitted {
    Admitted { account: AccountKey::from_seed([index; 32]).id(), device: device(index).id() }
}

fn keys(index: u8, rng: &mut ChaCha20Rng, now: Timestamp) -> SenderKeys {
    let mut keys = SenderKeys::new(ROOM, member(index).account, device(index), RunId([index; 8]), rng, now);
    let roster = GroupRoster { heads: Heads::new(vec![HEAD]), devices: [1, 2].map(member).into() };
    keys.on_roster_change(roster, now);
    keys
}
