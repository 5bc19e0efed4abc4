//! Every fuzz target holds for a short fixed run, and for every input that ever broke it.

use std::{fs, path::Path};

use milanio_tests::fuzz::{
    TARGETS,
    driver::{Finding, Limit, Report, committed, run},
};

#[test]
fn every_target_holds_for_a_short_run() {
    for target in &TARGETS {
        let seed = 42;
        if let Err(Finding { input }) = run(target, seed, Limit::Inputs(300)) {
            panic!("{} with seed {seed}: {input:?}", target.name);
        }
    }
}

#[test]
fn every_seed_is_there_and_what_broke_once_holds() {
    for target in &TARGETS {
        assert!(!(target.seeds)().is_empty(), "{}", target.name);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target.name);
        for file in fs::read_dir(folder).into_iter().flatten().flatten() {
            let _ = (target.run)(&fs::read(file.path()).expect("a committed input can be read"));
        }
    }
}

/// Who changes a format sees here what is not read any more, and writes seeds anew (`fuzz --write-seeds`).
#[test]
fn every_target_reads_what_is_committed_for_it_and_what_it_begins_with() {
    for target in &TARGETS {
        let is_read = |seeds: Vec<Vec<u8>>| seeds.iter().any(|seed| (target.run)(seed));
        assert!(is_read(committed(target)), "no file in tests/fuzz/seeds/{}", target.name);
        assert!(is_read((target.seeds)()), "{}", target.name);
    }
}

#[test]
fn equal_seeds_feed_equal_inputs_and_a_panic_is_found() {
    let picky = milanio_tests::fuzz::Target {
        name: "picky",
        run: |data| {
            assert!(!data.starts_with(b"x"), "what this target does not like");
            false
        },
        seeds: || vec![b"abc".to_vec()],
    };
    let first = run(&picky, 7, Limit::Inputs(1_000_000));
    assert_eq!(
        first.as_ref().map(|Report { inputs, .. }| *inputs),
        run(&picky, 7, Limit::Inputs(1_000_000)).as_ref().map(|report| report.inputs)
    );
    assert!(first.is_err_and(|finding| finding.input.starts_with(b"x")));
}
