//! libFuzzer feeds `milanio_tests::fuzz::frame`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| milanio_tests::fuzz::frame(data));
