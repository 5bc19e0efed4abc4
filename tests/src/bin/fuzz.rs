//! Runs fuzz targets on stable Rust: `fuzz [--seconds N] [--seed N] [--replay FILE] [TARGET...]`; all targets if none is named.
//! `--list` prints their names, `--write-seeds FOLDER TARGET` writes a target's seeds to files, for other fuzzers.
//!
//! Ends with 1 at the first input that makes a target panic, and keeps the input in `tests/fuzz/regressions/TARGET/`, from
//! where the tests replay it for ever.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use milanio_tests::fuzz::{
    TARGETS, Target,
    driver::{Finding, Limit, Report, run},
};

fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    for target in &options.targets {
        if options.list {
            println!("{}", target.name);
            continue;
        }
        if let Some(folder) = &options.seeds {
            write_seeds(target, folder)?;
            continue;
        }
        if let Some(input) = &options.replay {
            let is_read = (target.run)(input);
            println!("{}: the input passes, and is {}", target.name, if is_read { "read" } else { "refused" });
            continue;
        }
        match run(target, options.seed, Limit::Time(options.time)) {
            Ok(Report { inputs, read, slowest }) => {
                println!("{}: {inputs} inputs, {read} of them read, slowest {slowest:?}", target.name);
            }
            Err(finding) => {
                bail!("{} panics (seed {}): {}", target.name, options.seed, keep(target, &finding)?.display())
            }
        }
    }
    Ok(())
}

struct Options {
    targets: Vec<Target>,
    time: Duration,
    seed: u64,
    replay: Option<Vec<u8>>,
    list: bool,
    seeds: Option<PathBuf>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options =
            Self { targets: Vec::new(), time: Duration::from_secs(5), seed: 1, replay: None, list: false, seeds: None };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--seconds" => {
                    options.time = Duration::from_secs(value()?.parse().context("--seconds needs a number")?)
                }
                "--seed" => options.seed = value()?.parse().context("--seed needs a number")?,
                "--replay" => options.replay = Some(fs::read(value()?).context("the input cannot be read")?),
                "--list" => options.list = true,
                "--write-seeds" => options.seeds = Some(value()?.into()),
                name => {
                    let target = TARGETS.into_iter().find(|target| target.name == name);
                    options.targets.push(target.with_context(|| format!("no target is called {name}"))?);
                }
            }
        }
        if options.targets.is_empty() {
            options.targets = TARGETS.to_vec();
        }
        Ok(options)
    }
}

fn write_seeds(target: &Target, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:03}")), seed)?;
    }
    Ok(())
}

fn keep(target: &Target, finding: &Finding) -> Result<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target.name);
    fs::create_dir_all(&folder)?;
    let number = fs::read_dir(&folder)?.count() + 1;
    let path = folder.join(format!("{number:03}"));
    fs::write(&path, &finding.input)?;
    Ok(path)
}
