//! From a removal to the moment at which the last of those who stay speaks on the new floor: 50 members on virtual time.
//!
//! Virtual time holds what frames take on their way and what devices wait. What they compute is measured by the clock: what the
//! moderator's device does, and an equal share for each of the others, who compute at the same time in their browsers.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use milanio_node::core::room::{Moderation, RoomEvent};
use milanio_tests::sim::{NOON, Weather, World};
use serde_json::{Value, json};

/// Members before the removal.
const MEMBERS: usize = 50;
/// Rooms that are measured; one member is removed from each.
const ROOMS: u64 = 11;
/// Frames take 20 to 80 ms, and so many in a thousand are lost.
const LOSS: [u64; 2] = [0, 50];
/// It is looked so often who has moved, in virtual milliseconds.
const LOOKS_EVERY: u64 = 5;
/// The longest it may take, in virtual milliseconds.
const GIVES_UP_AFTER: u64 = 60_000;

pub fn measure() -> Result<Value> {
    let [fine, lossy] = LOSS.map(|loss| (0..ROOMS).map(|seed| kick(seed, loss)).collect::<Result<Vec<_>>>());
    let mut figures = super::spread(fine?, Duration::from_millis(1), "ms");
    figures["loss_5_percent"] = super::spread(lossy?, Duration::from_millis(1), "ms");
    figures["members"] = json!(MEMBERS);
    figures["rooms"] = json!(ROOMS);
    Ok(figures)
}

/// How long one removal takes.
fn kick(seed: u64, loss: u64) -> Result<Duration> {
    let mut world = World::new(seed, MEMBERS, NOON);
    world.weather = Weather { loss: 0, duplicate: 0, delay_min: 20, delay_max: 80 };
    for index in 0..MEMBERS {
        world.join(index);
        world.run(50);
    }
    world.run(20_000);
    ensure!(world.nodes.iter().all(|node| node.sees().len() == MEMBERS - 1), "not everybody sees everybody");
    world.weather.loss = loss;
    let out = 1 + world.random(MEMBERS as u64 - 1) as usize;
    let account = world.nodes[out].account();
    let told: Vec<usize> = world.nodes.iter().map(|node| node.told.len()).collect();
    let begin = world.now();
    let clock = Instant::now();
    world.moderate(0, Moderation::Remove(account)).ok().context("the owner removes a member")?;
    let own = clock.elapsed();
    let clock = Instant::now();
    let mut stay: BTreeSet<usize> = (0..MEMBERS).filter(|index| *index != out).collect();
    while !stay.is_empty() {
        world.run(LOOKS_EVERY);
        stay.retain(|index| {
            !world.nodes[*index].told[told[*index]..].iter().any(|(_, event)| matches!(event, RoomEvent::Floor(_)))
        });
        ensure!(world.now() - begin < GIVES_UP_AFTER, "{} members did not move", stay.len());
    }
    let share = clock.elapsed() / (MEMBERS as u32 - 1);
    Ok(Duration::from_millis(world.now() - begin) + own + share)
}
