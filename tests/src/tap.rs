//! Everything that was said on the floors of a [`World`], opened by somebody who has the secret of each: an ear at every topic.

use std::collections::BTreeSet;

use milanio_identity::{DeviceId, FloorRoot, RoomKeys, TopicKeys};
use milanio_node::{
    core::{room::RoomEvent, time::RoomTime},
    wire::{
        frame,
        group::{ChainId, GroupBody, GroupMessage, VerifiedBundle},
        inner::{self, Inner},
        message::FloorBody,
    },
};

use crate::sim::World;

/// Something that was said.
pub struct Said {
    /// By whom.
    pub from: DeviceId,
    /// What.
    pub body: FloorBody,
    /// The signed message, as it was in its frame.
    pub inner: Vec<u8>,
}

/// What was said on any floor today, from the frame numbered `first` on.
pub fn said_since(world: &World, first: usize) -> Vec<Said> {
    let keys = floor_keys(world);
    let frames = world.recorded.iter().skip(first);
    frames.filter_map(|(topic, data)| open(world, keys.iter().find(|keys| keys.topic() == *topic)?, data)).collect()
}

fn open(world: &World, keys: &TopicKeys, data: &[u8]) -> Option<Said> {
    let time = data.get(1..9)?.try_into().ok().map(u64::from_be_bytes)?;
    let inner = frame::open(keys, data, RoomTime::from_millis(time)).ok()?;
    let Inner { from, body, .. } = inner::open::<FloorBody>(world.room_id(), &inner).ok()?;
    Some(Said { from, body, inner })
}

/// The keys of today's topics of all floors that any node knows.
fn floor_keys(world: &World) -> Vec<TopicKeys> {
    let day = RoomTime::from_millis(world.now()).day();
    let told = world.nodes.iter().flat_map(|node| &node.told);
    let secret = |(_, event): &(u64, RoomEvent)| match event {
        RoomEvent::Floor(kept) => <[u8; 32]>::try_from(&kept.as_bytes()[32..]).ok(),
        _ => None,
    };
    let secrets: BTreeSet<_> = told.filter_map(secret).collect();
    let rotated = secrets.into_iter().map(|secret| FloorRoot::from_bytes(secret).topic(day));
    rotated.chain([RoomKeys::new(world.root()).floor_epoch_zero(day)]).collect()
}

/// The bundles among what was `said`.
pub fn bundles(world: &World, said: &[Said]) -> Vec<VerifiedBundle> {
    let bundle = |said: &Said| match &said.body {
        FloorBody::Group(GroupBody::Keys(bytes)) => VerifiedBundle::from_bytes(world.room_id(), bytes).ok(),
        _ => None,
    };
    said.iter().filter_map(bundle).collect()
}

/// The chains of the messages among what was `said`.
pub fn chains(said: &[Said]) -> BTreeSet<ChainId> {
    let chain = |said: &Said| match &said.body {
        FloorBody::Group(GroupBody::Message(bytes)) => Some(GroupMessage::from_bytes(bytes).ok()?.chain()),
        _ => None,
    };
    said.iter().filter_map(chain).collect()
}

/// How many messages were said again to `device`.
pub fn said_again_to(said: &[Said], device: DeviceId) -> usize {
    said.iter().filter(|said| matches!(&said.body, FloorBody::Again(again) if again.is_for(&device))).count()
}
