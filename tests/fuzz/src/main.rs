//! libFuzzer feeds the target of `milanio_tests::fuzz` that the environment names: `MILANIO_FUZZ_TARGET=frame libfuzzer CORPUS...`.
//!
//! libFuzzer brings the main function and the command line. Which targets there are is decided in `tests/src/fuzz.rs`.

#![no_main]

use std::sync::LazyLock;

use milanio_tests::fuzz::{TARGETS, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("MILANIO_FUZZ_TARGET").expect("MILANIO_FUZZ_TARGET names a target");
    TARGETS.into_iter().find(|target| target.name == name).expect("the name of a target")
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = (TARGET.run)(data);
});
