//! The server's rules, pure: no IO, no clock, no async. Time is a parameter, in whole seconds since the Unix epoch.

pub mod advertise;
pub mod email;
pub mod mail_budget;
pub mod outbox;
pub mod room_life;
