//! libFuzzer feeds `milanio_tests::fuzz::http_body`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| milanio_tests::fuzz::http_body(data));
