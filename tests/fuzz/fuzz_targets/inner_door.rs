//! libFuzzer feeds `milanio_tests::fuzz::inner_door`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| milanio_tests::fuzz::inner_door(data));
