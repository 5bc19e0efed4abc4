//! The parts that account screens are made of, one per file.

pub mod alert;
pub mod aside;
pub mod avatar;
pub mod choice;
pub mod field;
pub mod leave;
pub mod notices;
pub mod password;
pub mod steps;
pub mod submit;
pub mod symbol;
pub mod tick;
