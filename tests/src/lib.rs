//! What the scenario tests share. Left out: helpers that only one crate needs, which are beside its code.

pub mod sim;
