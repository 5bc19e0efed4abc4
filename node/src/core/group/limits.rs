//! How long keys are used and kept, and how many, in one place.

use std::time::Duration;

use crate::core::rate_limit::Rate;

/// How long a chain is used for sending. Chosen: what a thief of its key can read on.
pub const CHAIN_USED: Duration = Duration::from_secs(5 * 60);
/// Messages of one chain. Also bounds how far ahead a reader ever derives keys. Chosen.
pub const CHAIN_MESSAGES: u32 = 1_000;
/// How long the owner keeps the positions handed out after a chain's last use, for who lost the bundle. Chosen: as long as a frame
/// may travel.
pub const CHAIN_KEPT_BY_OWNER: Duration = Duration::from_secs(120);
/// How long a reader keeps a chain after its bundle came. Chosen: its use, and as much again for what comes late.
pub const CHAIN_KEPT: Duration = Duration::from_secs(10 * 60);
/// How long an ephemeral key is announced. Chosen: what a thief of it can open on.
pub const EPHEMERAL_USED: Duration = Duration::from_secs(5 * 60);
/// How long an ephemeral key is kept after the next one was announced, for bundles on their way.
pub const EPHEMERAL_KEPT: Duration = Duration::from_secs(60);
/// How old an ephemeral key may be to be sealed to: its use, and a minute in which the next one may arrive.
pub const EPHEMERAL_TRUSTED: Duration = Duration::from_secs(6 * 60);
/// How long the key of a message that was overtaken is kept.
pub const SKIPPED_KEPT: Duration = Duration::from_secs(10 * 60);
/// Keys of overtaken messages of one chain; the oldest give way.
pub const MAX_SKIPPED_PER_CHAIN: usize = 256;
/// Keys of overtaken messages of all chains; the device with the most of them gives way.
pub const MAX_SKIPPED: usize = 20_000;
/// Chains of one run that are read at once. Chosen: the current one, the last two, and one that came early.
pub const MAX_CHAINS_PER_RUN: usize = 4;
/// Runs of one device that are read at once; the one heard longest ago gives way. Chosen: a page that is reloaded quickly.
pub const MAX_RUNS_PER_DEVICE: usize = 4;
/// Devices whose chains are read or remembered. Chosen: a full room with five devices each, and as many that left.
pub const MAX_SENDERS: usize = 1_024;
/// Different positions of one chain that its owner keeps. Chosen: newcomers that come one by one while somebody writes.
pub const MAX_POSITIONS: usize = 64;
/// How often keys are handed to one device that asks: 3 a minute.
pub const ANSWERS: Rate = Rate { burst: 3, interval: Duration::from_secs(20) };
/// Devices whose requests are counted. Chosen: as many as a room has.
pub const MAX_ASKING: usize = 512;
/// Generations of a media secret that are derived ahead of the one that is known. Chosen: newcomers during one chain, with spare.
pub const MAX_GENERATIONS_AHEAD: u8 = 128;
/// How often what is over is looked for.
pub const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Messages and bundles of one device that wait for operations or keys.
pub const MAX_WAITING_PER_DEVICE: usize = 64;
/// Messages and bundles that wait, of all devices. Chosen: 24 KiB each at most.
pub const MAX_WAITING: usize = 512;
/// How long they wait.
pub const WAITING_KEPT: Duration = Duration::from_secs(30);
/// Requests for keys, and bundles that answer some, which wait to be said. Chosen: all that a full room asks for at once.
pub const MAX_TO_SAY: usize = 256;
/// Chains whose keys are asked for at once. Chosen: a room where everybody writes while we come in.
pub const MAX_WANTED: usize = 128;
/// How long after the first message of an unknown chain its keys are asked for, and how long after that again: a bundle may be
/// overtaken by the message behind it. Together they keep to what an owner answers.
pub const ASK_AFTER: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(3), Duration::from_secs(12)];
