//! Builds the native programs that the product consists of: the server, and the program that renders the landing page.

use anyhow::Result;

use crate::command;
use crate::paths::Paths;
use crate::progress::Step;

/// The server.
pub const SERVER: &str = "milanio-rendezvous";
/// Writes the landing page's HTML to stdout.
pub const PRERENDER: &str = "prerender";

/// What the tests against js-libp2p dial.
pub const ECHO_RELAY: &str = "echo-relay";

/// Measures what accounts cost.
pub const ACCOUNT_BENCHES: &str = "bench-accounts";
/// Measures what a room's core costs.
pub const CORE_BENCHES: &str = "bench-core";
/// Lives through whole rooms.
pub const SIMULATOR: &str = "simulate";
/// Tries often what must always hold for accounts.
pub const PROOFS: &str = "prove-accounts";

/// Builds both programs optimised. One call, so that their common dependencies get one set of features and are
/// compiled once.
///
/// # Errors
/// When they do not compile.
pub fn build(paths: &Paths) -> Result<()> {
    let step = Step::start("Building the server");
    command::run(
        command::cargo()
            .args(["build", "--quiet", "--release", "--package", "milanio-rendezvous", "--package", "milanio-app"])
            .args(["--features", "milanio-rendezvous/server,milanio-app/prerender"])
            .args(["--bin", SERVER, "--bin", PRERENDER])
            .current_dir(&paths.root),
    )?;
    step.done();
    Ok(())
}

/// Builds the server and what measures it, optimised.
///
/// # Errors
/// When they do not compile.
pub fn build_lab(paths: &Paths) -> Result<()> {
    let step = Step::start("Building the server and what measures it");
    command::run(
        command::cargo()
            .args(["build", "--quiet", "--release", "--package", "milanio-rendezvous", "--package", "milanio-tests"])
            .args(["--features", "milanio-rendezvous/server"])
            .args(["--bin", SERVER, "--bin", ACCOUNT_BENCHES, "--bin", PROOFS])
            .current_dir(&paths.root),
    )?;
    step.done();
    Ok(())
}

/// Builds one program of the tests that needs nothing but rooms, optimised: what measures their core, or the simulator.
///
/// # Errors
/// When it does not compile.
pub fn build_room_program(paths: &Paths, name: &str) -> Result<()> {
    let step = Step::start(format!("Building {name}"));
    command::run(
        command::cargo()
            .args(["build", "--quiet", "--release", "--package", "milanio-tests", "--bin", name])
            .current_dir(&paths.root),
    )?;
    step.done();
    Ok(())
}

/// Builds the program that only the browser tests need, with the features of the other tests, whose dependencies it shares.
///
/// # Errors
/// When it does not compile.
pub fn build_for_tests(paths: &Paths) -> Result<()> {
    let step = Step::start("Building what the browser tests need");
    command::run(
        command::cargo()
            .args(["build", "--quiet", "--workspace", "--all-features", "--bin", ECHO_RELAY])
            .current_dir(&paths.root),
    )?;
    step.done();
    Ok(())
}
