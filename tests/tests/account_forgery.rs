//! Forged requests to the server's router: none is taken. `MILANIO_FORGERIES` says how many are tried.

use milanio_tests::forgery;

/// Forgeries in the test command; `cargo xtask proof forgery` tries more.
const FORGERIES: u64 = 2_000;
/// Chosen anew for every run with more.
const SEED: u64 = 42;

#[test]
fn no_forged_request_is_taken_and_every_genuine_one_is() {
    let more = std::env::var("MILANIO_FORGERIES").ok();
    let forgeries = more.map_or(FORGERIES, |count| count.parse().expect("MILANIO_FORGERIES is a number"));
    let report = forgery::run(forgeries, SEED).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(report.forged.len() >= 26, "every kind of change was tried: {:?}", report.forged);
    assert_eq!(report.genuine.len(), 23, "everything was asked: {:?}", report.genuine);
}
