//! Requests that nobody entitled has made: tokens, proofs, certificates and lists changed in every way that somebody without the
//! keys could, sent to the server's real router, which must take none.
//!
//! The router runs in this process, without sockets, on a clock that stands still. A round begins with something genuine; its
//! forgeries come first, then the genuine one, which must be taken: so nothing but the change was refused, and no forgery has
//! used anything up. Then the same once more, which must be refused. Left out: guessing codes and passwords more often
//! than limits allow.

mod bytes;
mod chance;
mod code;
mod password;
mod proof;
mod scene;
mod secret;
mod takeover;
mod task;
mod token;
mod world;

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, future::join_all, stream};

use chance::Chance;
use scene::Scene;
use world::{Ask, World};

/// Forgeries of one genuine request, at most.
const PER_ROUND: u64 = 8;
/// Rounds at once: some answers are held back on purpose.
const AT_ONCE: usize = 24;
/// Changes in a row that come to nothing, until a round gives up: some do not fit every request.
const MOST_IDLE: u32 = 200;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Forgeries that were sent, by the kind of change. All were refused.
    pub forged: BTreeMap<&'static str, u64>,
    /// Genuine requests that were taken, by what they ask.
    pub genuine: BTreeMap<&'static str, u64>,
}

impl Report {
    /// How many forgeries were sent.
    pub fn cases(&self) -> u64 {
        self.forged.values().sum()
    }

    fn join(mut self, other: Self) -> Self {
        for (name, count) in other.forged {
            *self.forged.entry(name).or_default() += count;
        }
        for (name, count) in other.genuine {
            *self.genuine.entry(name).or_default() += count;
        }
        self
    }
}

/// Sends at least `cases` forgeries. Equal `seed`s forge the same.
///
/// # Errors
/// When a forgery was taken or made the server fail, or a genuine request was refused; tells which.
pub fn run(cases: u64, seed: u64) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let world = Arc::new(World::new()?);
        password::register(&world).await?;
        let rounds = (0..cases.div_ceil(PER_ROUND)).map(|number| {
            let world = Arc::clone(&world);
            async move { tokio::spawn(async move { round(&world, seed, number).await }).await? }
        });
        let all: Vec<Report> = stream::iter(rounds).buffer_unordered(AT_ONCE).try_collect().await?;
        let report = all.into_iter().fold(Report::default(), Report::join);
        ensure!(report.cases() >= cases, "only {} of {cases} forgeries were made", report.cases());
        Ok(report)
    })
}

async fn round(world: &World, seed: u64, number: u64) -> Result<Report> {
    let mut chance = Chance::new(seed, number);
    let scene = Scene::new(world, number, &mut chance).await?;
    let (genuine, task) = (scene.genuine(), scene.task.name());
    let mut report = Report::default();
    let forgeries = forgeries(&scene, &genuine, &mut chance);
    let answers = join_all(forgeries.iter().map(|(_, ask)| world.send(ask))).await;
    for ((name, ask), status) in forgeries.iter().zip(answers) {
        let status = status?;
        // Anything else was not judged at all, or broke something.
        let is_refused = matches!(status, 400 | 401 | 403 | 404 | 405 | 409);
        ensure!(is_refused, "{status} for {name} in {task}, seed {seed}, round {number}: {ask:?} from {genuine:?}");
        *report.forged.entry(name).or_default() += 1;
    }
    let status = world.send(&genuine).await?;
    ensure!((200..300).contains(&status), "{status} for the genuine {task}, seed {seed}, round {number}: {genuine:?}");
    report.genuine.insert(task, 1);
    if scene.task.is_taken_once() {
        let status = world.send(&genuine).await?;
        ensure!(matches!(status, 400 | 401 | 403), "{status} for {task} once more, seed {seed}, round {number}");
        report.forged.insert("again", 1);
    }
    Ok(report)
}

/// Changes of `genuine` that say something else than it does.
fn forgeries(scene: &Scene, genuine: &Ask, chance: &mut Chance) -> Vec<(&'static str, Ask)> {
    let (mut forgeries, mut idle) = (Vec::new(), 0);
    while (forgeries.len() as u64) < PER_ROUND && idle < MOST_IDLE {
        let changed = match chance.below(5) {
            0 | 1 => token::forge(scene, genuine, chance),
            2 | 3 => proof::forge(scene, genuine, chance),
            _ => secret::forge(scene, genuine, chance),
        };
        let guesses = forgeries.iter().filter(|(name, _)| *name == secret::GUESS).count();
        match changed {
            Some((secret::GUESS, _)) if guesses >= secret::MOST_GUESSES => idle += 1,
            Some((name, ask)) if !ask.says_the_same(genuine) => forgeries.push((name, ask)),
            _ => idle += 1,
        }
    }
    forgeries
}
