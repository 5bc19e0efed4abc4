//! The server's rules, pure: no IO, no clock, no async. Time is a parameter, in whole seconds since the Unix epoch.

pub mod account;
pub mod advertise;
pub mod challenge;
pub mod email;
pub mod keyed;
pub mod link_box;
pub mod login_state;
pub mod mail_budget;
pub mod mail_proof;
pub mod origin;
pub mod outbox;
pub mod reclaim;
pub mod room_life;
pub mod sealed_address;
pub mod session;
pub mod short_id;
