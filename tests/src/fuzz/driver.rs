//! Feeds a target on stable Rust: mutations of its seeds, from a seed of randomness that is told, until time or count is up.
//!
//! Nothing steers it by coverage; that is what the libFuzzer crate is for.

use std::{
    fs,
    panic::catch_unwind,
    path::Path,
    time::{Duration, Instant},
};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng as _};

use super::Target;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// After so many inputs.
    Inputs(u64),
    /// After so long.
    Time(Duration),
}

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many inputs were fed.
    pub inputs: u64,
    /// How many of them were read as what they should be.
    pub read: u64,
    /// How long the slowest took.
    pub slowest: Duration,
}

/// An input with which a target panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The input.
    pub input: Vec<u8>,
}

/// Feeds `target` until `limit`, or until it panics. Equal `seed`s feed equal inputs.
pub fn run(target: &Target, seed: u64, limit: Limit) -> Result<Report, Finding> {
    let seeds = [(target.seeds)(), committed(target)].concat();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut report = Report { inputs: 0, read: 0, slowest: Duration::ZERO };
    let start = Instant::now();
    for input in &seeds {
        feed(target, input, &mut report)?;
    }
    while !limit.is_reached(report.inputs, start) {
        feed(target, &mutation(&seeds, &mut rng), &mut report)?;
    }
    Ok(report)
}

/// The inputs in `tests/fuzz/seeds` for a target, in order: what was valid when they were written.
pub fn committed(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target.name);
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = files.map(|file| file.path()).collect();
    paths.sort_unstable();
    paths.into_iter().filter_map(|path| fs::read(path).ok()).collect()
}

impl Limit {
    fn is_reached(self, inputs: u64, start: Instant) -> bool {
        match self {
            Self::Inputs(limit) => inputs >= limit,
            Self::Time(limit) => start.elapsed() >= limit,
        }
    }
}

fn feed(target: &Target, input: &[u8], report: &mut Report) -> Result<(), Finding> {
    let start = Instant::now();
    let is_read = catch_unwind(|| (target.run)(input)).map_err(|_| Finding { input: input.to_vec() })?;
    report.read += u64::from(is_read);
    report.slowest = report.slowest.max(start.elapsed());
    report.inputs += 1;
    Ok(())
}

/// One of the seeds, or random bytes, changed a few times.
fn mutation(seeds: &[Vec<u8>], rng: &mut impl Rng) -> Vec<u8> {
    let mut input = match below(rng, seeds.len() * 8 + 1).checked_sub(1) {
        Some(at) => seeds[at % seeds.len()].clone(),
        None => random_bytes(rng),
    };
    for _ in 0..=below(rng, MOST_CHANGES) {
        change(&mut input, seeds, rng);
    }
    input.truncate(MAX_INPUT_BYTES);
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut impl Rng) {
    let at = below(rng, input.len() + 1);
    let end = (at + below(rng, 16)).min(input.len());
    match below(rng, 7) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1_u8 << below(rng, 8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = TELLING_BYTES[below(rng, TELLING_BYTES.len())];
            }
        }
        2 => drop(input.drain(at..end)),
        3 => drop(input.splice(at..at, random_bytes(rng))),
        4 => {
            let copy = input[at..end].to_vec();
            input.splice(end..end, copy);
        }
        5 => input.truncate(at),
        _ => {
            let other = &seeds[below(rng, seeds.len())];
            let from = below(rng, other.len() + 1);
            drop(input.splice(at.., other[from..].iter().copied()));
        }
    }
}

fn random_bytes(rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = vec![0; below(rng, 64)];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A number below `end`, which is not 0.
fn below(rng: &mut impl Rng, end: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap_or(usize::MAX) % end
}

/// Changes of one input, at most. Chosen: more rarely leave anything valid.
const MOST_CHANGES: usize = 6;
/// The longest input, in bytes. Chosen: beyond the largest message that is ever accepted.
const MAX_INPUT_BYTES: usize = 64 * 1024;
/// Bytes that decoders tend to treat differently: limits of numbers, separators, and what begins another way of writing.
const TELLING_BYTES: [u8; 12] = [0, 1, 2, 0x7f, 0x80, 0xff, b'\n', b'\r', b' ', b'"', b'-', b':'];
