//! Whole rooms that go through whatever a seed says, checked against what must hold in every one of them.
//!
//! A run has three parts: `deeds` (people come, go, write, decide; the network and machines fail) with `harm` in between (members
//! and relays that mean it), then everything heals, and `checks` says whether what was promised holds. `watch` notes what can only
//! be seen while it happens. `broken` breaks worlds on purpose: what the checks are good for.
//!
//! Left out: calls, files, and keys of single messages (forward secrecy and healing are proved over traces of those keys).

mod broken;
mod checks;
mod deeds;
mod harm;
mod truth;
mod watch;

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use milanio_identity::Policy;

pub use self::{broken::Break, checks::Violation};
use self::{deeds::Life, truth::Truth, watch::Watch};
use crate::sim::{NOON, Weather, World};

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The same seed gives the same run.
    pub seed: u64,
    /// How many devices there are at most.
    pub devices: usize,
    /// What is broken on purpose, if anything.
    pub broken: Option<Break>,
}

/// What a run was like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Devices there were.
    pub devices: usize,
    /// Frames that were said.
    pub frames: usize,
    /// Frames that were heard, counted at each device.
    pub heard: u64,
    /// Operations in the room at the end.
    pub operations: usize,
    /// Messages that had to come to somebody, and did.
    pub kept: usize,
    /// Virtual milliseconds from the healing of the network until everybody saw the same.
    pub converged_ms: u64,
    /// Frames said where somebody could read them who was put out, because the speaker was not handed the new floor's secret yet.
    pub on_old_floor: usize,
    /// Virtual milliseconds in all.
    pub lived_ms: u64,
}

/// How a run ended.
pub type Outcome = Result<Figures, Violation>;

/// The most accounts in one run: a room has room for them with some to spare.
const ACCOUNTS: usize = 60;
/// After healing everybody has so long to come together, in virtual milliseconds: a knock, a lost question and its repetition.
const CONVERGES_WITHIN: u64 = 90_000;
/// How often it is looked whether everybody has.
const LOOKS_EVERY: u64 = 2_500;
/// After coming together: the longest pause between two questions for one message.
const REPAIRS_WITHIN: u64 = 16_000;

/// Lives through one run. Everything that is not as it must be is an error that says which property broke.
///
/// # Errors
/// The property that does not hold.
pub fn run(plan: Plan) -> Outcome {
    let (mut world, mut life) = found(plan);
    let mut watch = Watch::default();
    let steps = 24 + world.random(24);
    for step in 0..steps {
        life.step(&mut world, step);
        watch.look(&world, &life)?;
    }
    let healed = life.heal(&mut world);
    let converged = converge(&mut world, &life, &mut watch)?;
    for index in life.honest_inside(&world) {
        life.write(&mut world, index, steps);
    }
    world.run(REPAIRS_WITHIN);
    watch.look(&world, &life)?;
    let truth = Truth::of(&world, &life);
    checks::together(&world, &life, &truth)?;
    let kept = checks::all(&world, &life, &truth)?;
    Ok(Figures {
        devices: world.nodes.len(),
        frames: world.recorded.len(),
        heard: world.nodes.iter().flat_map(|node| node.verdicts.values()).map(|count| u64::from(*count)).sum(),
        operations: truth.operations(),
        kept,
        converged_ms: converged - healed,
        on_old_floor: checks::on_old_floor(&world, &life, &truth),
        lived_ms: world.now() - NOON,
    })
}

/// Runs unbroken worlds of all `seeds`, as many at once as the machine has processors; `ended` hears of each. In the order in which they
/// ended. A run that panics ends all.
pub fn run_all(seeds: Range<u64>, devices: usize, ended: impl Fn(u64, &Outcome) + Sync) -> Vec<(u64, Outcome)> {
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let some = || {
        let mut outcomes = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return outcomes;
            }
            let outcome = run(Plan { seed, devices, broken: None });
            ended(seed, &outcome);
            outcomes.push((seed, outcome));
        }
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|_| scope.spawn(some)).collect();
        runs.into_iter().flat_map(|run| run.join().expect("a run that panics is an error of its own")).collect()
    })
}

/// The world of a plan, with people in it.
fn found(plan: Plan) -> (World, Life) {
    let mut pick = World::new(plan.seed, 1, NOON);
    let least = 4.min(plan.devices);
    let size =
        if plan.devices > 20 { plan.devices } else { least + pick.random((plan.devices - least + 1) as u64) as usize };
    let policy = match pick.random(4) {
        0 => Policy::Lobby,
        1 => Policy::Locked,
        _ => Policy::Open,
    };
    let accounts = (size - size / 6).min(ACCOUNTS);
    let mut world = World::shared(plan.seed, (size, accounts), NOON, policy);
    world.keeps = true;
    if let Some(broken) = plan.broken {
        broken.apply(&mut world);
    }
    let life = Life::begin(&mut world, accounts);
    if let Some(broken) = plan.broken {
        broken.decide(&mut world);
    }
    (world, life)
}

/// Lets time pass until everybody sees the same; the moment when they did.
fn converge(world: &mut World, life: &Life, watch: &mut Watch) -> Result<u64, Violation> {
    let end = world.now() + CONVERGES_WITHIN;
    loop {
        world.run(LOOKS_EVERY);
        watch.look(world, life)?;
        let truth = Truth::of(world, life);
        match checks::together(world, life, &truth) {
            Ok(()) => return Ok(world.now()),
            Err(apart) if world.now() >= end => return Err(apart),
            Err(_) => {}
        }
    }
}

/// Weather that is worse the higher the draw (below 100).
fn weather(draw: u64) -> Weather {
    match draw {
        0..=39 => Weather::FINE,
        40..=69 => Weather { loss: 50, duplicate: 20, delay_min: 20, delay_max: 200 },
        70..=89 => Weather::STORM,
        _ => Weather { loss: 50, duplicate: 100, delay_min: 5, delay_max: 5_000 },
    }
}
