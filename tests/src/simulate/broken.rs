//! Worlds that are broken on purpose, each in a way that one of the checks must see.

use milanio_identity::TopicName;
use milanio_node::{
    core::room::Moderation,
    wire::{
        inner,
        message::FloorBody,
        operation::{Door, OperationBody, RoomPolicy, VerifiedOperation},
    },
};

use crate::sim::{Registry, World};

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Node 1 never hears that somebody was put out.
    DeafToRemovals,
    /// Every genesis is taken for the one that the code commits to.
    AnyGenesis,
    /// Node 1 never hears what is written.
    LostMessages,
    /// Node 1 says everything once more, without a seal.
    Unsealed,
    /// Node 2 signs with the keys of node 1.
    StolenKeys,
    /// Who comes late is handed what was said before.
    HandedOn,
    /// Node 1 says everything many times over.
    Stutters,
}

impl Break {
    /// Breaks a world in which nobody is yet.
    pub fn apply(self, world: &mut World) {
        match self {
            Self::DeafToRemovals => world.filter = Some(tells_no_removal),
            Self::AnyGenesis => {
                world.believes_every_genesis = true;
                world.registry = Registry::Lies;
            }
            Self::LostMessages => world.filter = Some(loses_chat),
            Self::Unsealed => world.spill = Some(says_it_unsealed),
            Self::StolenKeys => world.share_keys(2, 1),
            Self::HandedOn => {}
            Self::Stutters => world.stutters = Some(1),
        }
    }

    /// Breaks what people decide there.
    pub fn decide(self, world: &mut World) {
        if self == Self::HandedOn {
            let policy = RoomPolicy { history: true, ..RoomPolicy::plain(Door::Open) };
            world.moderate(0, Moderation::SetPolicy(policy)).expect("the owner is there");
        }
    }
}

fn says_it_unsealed(world: &World, by: usize, topic: &TopicName, data: &[u8]) -> Option<Vec<u8>> {
    let keys = (by == 1).then(|| world.readable(by).into_iter().find(|keys| keys.topic() == *topic)).flatten()?;
    world.opens(&keys, data)
}

/// What a frame says on a floor, whoever can read it.
fn heard(world: &World, topic: &TopicName, data: &[u8]) -> Option<FloorBody> {
    let readers = 0..world.nodes.len();
    let keys = readers.flat_map(|index| world.readable(index)).find(|keys| keys.topic() == *topic)?;
    let now = milanio_node::core::time::RoomTime::from_millis(world.now());
    let bytes = milanio_node::wire::frame::open(&keys, data, now).ok()?;
    inner::open(world.room_id(), &bytes).ok().map(|heard| heard.body)
}

fn tells_no_removal(world: &World, to: usize, topic: &TopicName, data: &[u8]) -> bool {
    let Some(FloorBody::Operations(said)) = (to == 1).then(|| heard(world, topic, data)).flatten() else { return true };
    let genesis = world.genesis().genesis().digest();
    let removes = |bytes: &Vec<u8>| {
        VerifiedOperation::from_bytes(&genesis, bytes)
            .is_ok_and(|one| matches!(one.operation().body, OperationBody::Remove(_) | OperationBody::Ban(_)))
    };
    !said.0.iter().any(removes)
}

fn loses_chat(world: &World, to: usize, topic: &TopicName, data: &[u8]) -> bool {
    !matches!((to == 1).then(|| heard(world, topic, data)).flatten(), Some(FloorBody::Group(_) | FloorBody::Again(_)))
}
