//! `cargo xtask COMMAND`: every step of working on Milanio, from a fresh checkout to figures, as one program.
//!
//! This file only reads the command line. Nothing here decides how the product behaves.

mod bench;
mod build_app;
mod command;
mod debian;
mod fuzz;
mod lean;
mod native;
mod paths;
mod progress;
mod proof;
mod run;
mod simulate;
mod test_suites;
mod tidy;
mod wasm_std;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs, tests, builds, tidies and measures Milanio.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds everything and serves it at http://localhost:8080.
    Run(run::Options),
    /// Runs the tests, installing what they need.
    Test(test_suites::Options),
    /// Checks everything about the sources that a program can judge.
    Tidy(tidy::Options),
    /// Measures what the product promises.
    Bench(bench::Options),
    /// Tries often what must always hold.
    Proof(proof::Options),
    /// Lives through whole rooms on virtual time and checks what must hold.
    Simulate(simulate::Options),
    /// Feeds every decoder inputs that nobody thought of.
    Fuzz(fuzz::Options),
    /// Builds the browser app and prints the sizes of its files.
    BuildApp(build_app::Options),
}

fn main() -> ExitCode {
    if let Some(compiled) = lean::compile_if_asked() {
        return compiled;
    }
    let outcome = match Arguments::parse().task {
        Task::Run(options) => run::run(&options),
        Task::Test(options) => test_suites::run(&options),
        Task::Tidy(options) => tidy::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Proof(options) => proof::run(&options),
        Task::Simulate(options) => simulate::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::BuildApp(options) => build_app::report(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
