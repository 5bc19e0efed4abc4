//! A device that has the room code and no room of its own: it says to a node of a [`World`] what it likes, under its own keys.

use milanio_identity::{AccountKey, DeviceId, DeviceKey};
use milanio_node::{
    core::{
        group::{Ephemeral, GroupCrypto as _, GroupRoster, SenderKeys},
        time::Timestamp,
    },
    wire::{
        codec::encode,
        group::{Again, Author, GroupBody, Heads},
        message::{Chat, FloorBody, RunId},
        operation::Admitted,
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::sim::World;

/// The device.
pub struct Stranger {
    device: DeviceKey,
    keys: SenderKeys,
    rng: ChaCha20Rng,
}

impl Stranger {
    /// Writes in `run`, so that node `index` can read it. That node must have said its presence.
    pub fn new(world: &World, index: usize, (account, device): (&AccountKey, &DeviceKey), run: RunId) -> Self {
        let (mut rng, now) = (ChaCha20Rng::from_seed([9; 32]), Timestamp::from_millis(world.now()));
        let mut keys = SenderKeys::new(world.room_id(), account.id(), device.clone(), run, &mut rng, now);
        let node = &world.nodes[index];
        let itself = Admitted { account: account.id(), device: device.id() };
        let reader = Admitted { account: node.account(), device: node.device };
        keys.on_roster_change(GroupRoster { heads: Heads::default(), devices: [itself, reader].into() }, now);
        let said = Ephemeral { key: world.ephemeral(index), age: std::time::Duration::ZERO };
        keys.on_ephemeral(node.device, RunId([0; 8]), said, now);
        Self { device: device.clone(), keys, rng }
    }

    /// Says a message to node `index`, behind its keys where they were not said yet.
    pub fn say(&mut self, world: &mut World, index: usize, chat: &Chat) {
        let plaintext = encode(chat).expect("within the limits of the wire");
        let now = Timestamp::from_millis(world.now());
        let sealed = self.keys.seal(&plaintext, &mut self.rng, now).expect("it is in its own roster");
        let keys = sealed.bundles.iter().map(|bundle| GroupBody::Keys(bundle.as_bytes().to_vec()));
        for body in keys.chain([GroupBody::Message(sealed.message.to_bytes())]) {
            world.say_as(index, &self.device, &FloorBody::Group(body));
        }
    }

    /// What `device` says again, in `run`, to the nodes of `world` that have said their presence.
    pub fn again(world: &World, device: DeviceId, run: RunId, chat: &Chat) -> FloorBody {
        let author = Author { room: world.room_id(), device, run };
        let targets = (0..world.nodes.len()).map(|index| (world.nodes[index].device, world.ephemeral(index)));
        let (targets, plaintext) = (targets.collect::<Vec<_>>(), encode(chat).expect("within the limits of the wire"));
        let again = Again::seal(author, &plaintext, &targets, &mut ChaCha20Rng::from_seed([8; 32]));
        FloorBody::Again(again.expect("few nodes, and a short text"))
    }
}
