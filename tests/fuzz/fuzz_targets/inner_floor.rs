//! libFuzzer feeds `milanio_tests::fuzz::inner_floor`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| milanio_tests::fuzz::inner_floor(data));
