//! One handler per path: reads the request, asks the registry or the relay, writes the answer. No rule is decided here.

pub mod auth;
pub mod csp_report;
pub mod dev_mail;
pub mod docs;
pub mod health;
pub mod keys;
pub mod link;
pub mod page;
pub mod reclaim;
pub mod relays;
pub mod rooms;
pub mod socket;
pub mod users;
