//! `simulate SEEDS DEVICES [FIRST]`: lives through whole rooms on virtual time, one for each seed, and checks what must hold in all of
//! them. Prints each seed that fails and, on the last line, one JSON object. `cargo xtask simulate` runs this.

use std::{process::ExitCode, time::Instant};

use anyhow::{Context as _, Result};
use milanio_tests::simulate::{Figures, Outcome, run_all};
use serde_json::{Value, json};

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().context(argument));
    let seeds = arguments.next().context("how many seeds is the first argument")??;
    let devices = arguments.next().context("how many devices is the second argument")??;
    let first = arguments.next().transpose()?.unwrap_or_default();
    let start = Instant::now();
    let outcomes = run_all(first..first + seeds, usize::try_from(devices)?, |seed, outcome| {
        if let Err(violation) = outcome {
            println!("seed {seed}: {violation}");
        }
    });
    let mut figures = report(&outcomes);
    figures["seconds"] = json!(start.elapsed().as_secs_f64());
    println!("{figures}");
    let failed = outcomes.iter().any(|(_, outcome)| outcome.is_err());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn report(outcomes: &[(u64, Outcome)]) -> Value {
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
