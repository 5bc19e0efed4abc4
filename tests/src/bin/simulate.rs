//! `simulate SEEDS DEVICES [FIRST]`: lives through whole rooms on virtual time, one for each seed, and checks what must hold in all of
//! them. Prints each seed that fails and, on the last line, one JSON object. `cargo xtask simulate` runs this.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use anyhow::{Context as _, Result};
use milanio_tests::simulate::{Figures, Plan, Violation, run};
use serde_json::{Value, json};

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().context(argument));
    let seeds = arguments.next().context("how many seeds is the first argument")??;
    let devices = arguments.next().context("how many devices is the second argument")??;
    let first = arguments.next().transpose()?.unwrap_or_default();
    let start = Instant::now();
    let outcomes = all(first..first + seeds, usize::try_from(devices)?);
    let mut figures = report(&outcomes);
    figures["seconds"] = json!(start.elapsed().as_secs_f64());
    println!("{figures}");
    let failed = outcomes.iter().any(|(_, outcome)| outcome.is_err());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Runs all seeds, as many at once as the machine has processors. A run that panics ends this program.
fn all(seeds: std::ops::Range<u64>, devices: usize) -> Vec<(u64, Result<Figures, Violation>)> {
    let next = AtomicU64::new(seeds.start);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let one = || {
        let mut outcomes = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return outcomes;
            }
            let outcome = run(Plan { seed, devices, broken: None });
            if let Err(violation) = &outcome {
                println!("seed {seed}: {violation}");
            }
            outcomes.push((seed, outcome));
        }
    };
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        runs.into_iter().flat_map(|run| run.join().expect("a run that panics is an error of its own")).collect()
    })
}

fn report(outcomes: &[(u64, Result<Figures, Violation>)]) -> Value {
    let good: Vec<&Figures> = outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()).collect();
    let failed: Vec<u64> = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).map(|(seed, _)| *seed).collect();
    let mut converged: Vec<u64> = good.iter().map(|figures| figures.converged_ms).collect();
    converged.sort_unstable();
    json!({
        "seeds": outcomes.len(),
        "failed": failed,
        "frames": good.iter().map(|figures| figures.frames).sum::<usize>(),
        "heard": good.iter().map(|figures| figures.heard).sum::<u64>(),
        "operations": good.iter().map(|figures| figures.operations).sum::<usize>(),
        "promises_kept": good.iter().map(|figures| figures.kept).sum::<usize>(),
        "virtual_minutes": good.iter().map(|figures| figures.lived_ms).sum::<u64>() / 60_000,
        "converged_ms_median": converged.get(converged.len() / 2),
        "converged_ms_max": converged.last(),
        "said_on_old_floor": good.iter().map(|figures| figures.on_old_floor).sum::<usize>(),
    })
}
