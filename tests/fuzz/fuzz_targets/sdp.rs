//! libFuzzer feeds `milanio_tests::fuzz::sdp`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| milanio_tests::fuzz::sdp(data));
