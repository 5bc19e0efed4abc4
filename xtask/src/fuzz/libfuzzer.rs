//! The targets under libFuzzer: built from `tests/fuzz` with coverage and AddressSanitizer, one after the other.
//!
//! Stable Rust takes these options of the compiler only with `RUSTC_BOOTSTRAP=1`; cargo-fuzz and nightly are not needed.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{Options, driver};
use crate::command;
use crate::paths::Paths;
use crate::progress::Step;

/// Coverage as libFuzzer reads it: counters, addresses and the operands of comparisons (LLVM, "SanitizerCoverage").
const COMPILER_OPTIONS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address";
/// An input that takes longer than this hangs (chosen: the slowest decoder takes milliseconds).
const HANG_SECONDS: u64 = 10;

/// Builds and runs.
///
/// # Errors
/// When an input breaks a target; it is kept among the regressions.
pub fn run(paths: &Paths, options: &Options) -> Result<()> {
    let crate_folder = paths.root.join("tests/fuzz");
    let host = command::probe("rustc", &["--print", "host-tuple"]).context("rustc names its host")?;
    let target_folder = paths.target.join("fuzz");
    build(&crate_folder, &target_folder, &host)?;
    let program = target_folder.join(&host).join("debug/libfuzzer");
    let mut broken = Vec::new();
    for target in targets(paths, options)? {
        let corpus = crate_folder.join("corpus").join(&target);
        command::run(driver(paths).arg("--write-seeds").arg(&corpus).arg(&target))?;
        match feed(&program, &crate_folder, &target, options.seconds)? {
            Outcome::Holds { inputs } => println!("{target}: {inputs} inputs"),
            Outcome::Broken { report } => {
                eprintln!("{report}");
                broken.push(target);
            }
        }
    }
    if broken.is_empty() { Ok(()) } else { bail!("broken: {}", broken.join(", ")) }
}

/// A target of its own keeps the options away from build scripts.
fn build(crate_folder: &Path, target_folder: &Path, host: &str) -> Result<()> {
    let step = Step::start("Building the fuzz targets for libFuzzer");
    command::run(
        command::cargo()
            .args(["build", "--quiet", "--target", host, "--target-dir"])
            .arg(target_folder)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", COMPILER_OPTIONS)
            .current_dir(crate_folder),
    )?;
    step.done();
    Ok(())
}

fn targets(paths: &Paths, options: &Options) -> Result<Vec<String>> {
    if !options.targets.is_empty() {
        return Ok(options.targets.clone());
    }
    Ok(command::output(driver(paths).arg("--list"))?.lines().map(str::to_owned).collect())
}

/// How feeding a target ended.
enum Outcome {
    /// Nothing was found in so many inputs.
    Holds { inputs: u64 },
    /// An input broke it; what libFuzzer says about that.
    Broken { report: String },
}

fn feed(program: &Path, crate_folder: &Path, target: &str, seconds: u64) -> Result<Outcome> {
    let regressions = crate_folder.join("regressions").join(target);
    std::fs::create_dir_all(&regressions)?;
    let mut libfuzzer = Command::new(program);
    libfuzzer
        .env("MILANIO_FUZZ_TARGET", target)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={HANG_SECONDS}"))
        .arg(format!("-artifact_prefix={}/", regressions.display()))
        .args(["-verbosity=0", "-print_final_stats=1"])
        .arg(crate_folder.join("corpus").join(target))
        .arg(crate_folder.join("seeds").join(target))
        .arg(&regressions)
        .stdin(Stdio::null())
        .current_dir(crate_folder);
    let output = libfuzzer.output().context("libFuzzer cannot be started")?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Ok(Outcome::Broken { report });
    }
    Ok(Outcome::Holds {
        inputs: inputs(&report).with_context(|| format!("libFuzzer counts its inputs, not {report}"))?,
    })
}

fn inputs(report: &str) -> Option<u64> {
    report.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_inputs_is_read_from_the_statistics() {
        let report = "INFO: Seed: 1\nstat::number_of_executed_units: 4711\nstat::average_exec_per_sec: 17\n";
        assert_eq!(inputs(report), Some(4711));
        assert_eq!(inputs("nothing"), None);
    }
}
