//! The test vectors of `milanio-identity`, run in a browser: the same files as natively, compiled as the app is.
//!
//! `tests/e2e/vectors.test.mjs` calls these functions. Nothing here decides what a vector must come out as.

use milanio_identity::vectors::{ALL, run_all};
use wasm_bindgen::prelude::wasm_bindgen;

/// The names of all vector files.
#[wasm_bindgen]
pub fn names() -> Vec<String> {
    ALL.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Runs all cases of one file; says what differs, or nothing if all is well.
#[wasm_bindgen]
pub fn run(name: &str) -> Option<String> {
    match ALL.iter().find(|(known, _)| *known == name) {
        Some((_, json)) => run_all(json).err().map(|error| error.to_string()),
        None => Some("no such file".to_owned()),
    }
}
