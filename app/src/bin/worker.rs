//! The worker: slow key derivation beside the page.

fn main() {}
