//! The real server program on loopback, over real sockets: the API, its limits, its end, and what survives being killed.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "server/accounts.rs"]
mod accounts;
#[path = "server/accounts_canary.rs"]
mod accounts_canary;
#[path = "server/accounts_devices.rs"]
mod accounts_devices;
#[path = "server/accounts_flood.rs"]
mod accounts_flood;
#[path = "server/accounts_kept.rs"]
mod accounts_kept;
#[path = "server/accounts_kill.rs"]
mod accounts_kill;
#[path = "server/accounts_kill_deeds.rs"]
mod accounts_kill_deeds;
#[path = "server/accounts_kill_takeover.rs"]
mod accounts_kill_takeover;
#[path = "server/accounts_letters.rs"]
mod accounts_letters;
#[path = "server/accounts_limits.rs"]
mod accounts_limits;
#[path = "server/accounts_mail_down.rs"]
mod accounts_mail_down;
#[path = "server/accounts_password.rs"]
mod accounts_password;
#[path = "server/accounts_reclaim.rs"]
mod accounts_reclaim;
#[path = "server/admin.rs"]
mod admin;
#[path = "server/backup.rs"]
mod backup;
#[path = "server/canary.rs"]
mod canary;
#[path = "server/client.rs"]
mod client;
#[path = "server/config.rs"]
mod config;
#[path = "server/flood.rs"]
mod flood;
#[path = "server/http.rs"]
mod http;
#[path = "server/http2.rs"]
mod http2;
#[path = "server/kill.rs"]
mod kill;
#[path = "server/life.rs"]
mod life;
#[path = "mail_server/running.rs"]
mod mail_server;
#[path = "server/operation.rs"]
mod operation;
#[path = "server/person.rs"]
mod person;
#[path = "server/postman.rs"]
mod postman;
#[path = "server/process.rs"]
mod process;
#[path = "server/room.rs"]
mod room;
#[path = "server/search.rs"]
mod search;
#[path = "server/tap.rs"]
mod tap;
#[path = "server/transcript.rs"]
mod transcript;
