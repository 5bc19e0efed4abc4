//! One handler per path: reads the request, asks the registry or the relay, writes the answer. No rule is decided here.

pub mod csp_report;
pub mod dev_mail;
pub mod health;
pub mod page;
pub mod relays;
pub mod rooms;
pub mod socket;
