//! What tests of more than one crate share: the fuzz targets with their driver, forged requests, and the simulators of the scenario tests. Left
//! out: helpers that only one crate needs, which are beside its code.

pub mod call_world;
pub mod forgery;
pub mod fuzz;
pub mod lab;
pub mod person;
pub mod sim;
pub mod simulate;
pub mod stranger;
pub mod tap;
pub mod theft;
pub mod thief;
pub mod tries;
