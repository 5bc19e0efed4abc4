//! Worlds that are broken on purpose, each in a way that one of the checks must see.

use milanio_node::wire::{inner, message::FloorBody, operation::OperationBody, operation::VerifiedOperation};

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
}

impl Break {
    /// Breaks a world.
    pub fn apply(self, world: &mut World) {
        match self {
            Self::DeafToRemovals => world.filter = Some(tells_no_removal),
            Self::AnyGenesis => {
                world.believes_every_genesis = true;
                world.registry = Registry::Lies;
            }
            Self::LostMessages => world.filter = Some(loses_chat),
        }
    }
}

/// What a frame says on a floor, whoever can read it.
fn heard(world: &World, topic: &milanio_identity::TopicName, data: &[u8]) -> Option<FloorBody> {
    let readers = 0..world.nodes.len();
    let keys = readers.flat_map(|index| world.readable(index)).find(|keys| keys.topic() == *topic)?;
    let now = milanio_node::core::time::RoomTime::from_millis(world.now());
    let bytes = milanio_node::wire::frame::open(&keys, data, now).ok()?;
    inner::open(world.room_id(), &bytes).ok().map(|heard| heard.body)
}

fn tells_no_removal(world: &World, to: usize, topic: &milanio_identity::TopicName, data: &[u8]) -> bool {
    let Some(FloorBody::Operations(said)) = (to == 1).then(|| heard(world, topic, data)).flatten() else { return true };
    let genesis = world.genesis().genesis().digest();
    let removes = |bytes: &Vec<u8>| {
        VerifiedOperation::from_bytes(&genesis, bytes)
            .is_ok_and(|one| matches!(one.operation().body, OperationBody::Remove(_) | OperationBody::Ban(_)))
    };
    !said.0.iter().any(removes)
}

fn loses_chat(world: &World, to: usize, topic: &milanio_identity::TopicName, data: &[u8]) -> bool {
    !matches!((to == 1).then(|| heard(world, topic, data)).flatten(), Some(FloorBody::Group(_) | FloorBody::Again(_)))
}
