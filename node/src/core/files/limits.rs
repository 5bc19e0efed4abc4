//! How many files at once, and how long everything may take.

use std::time::Duration;

/// Own files that are offered at once. Chosen.
pub const MAX_SHARED: usize = 64;
/// Transfers that are sent at once, to all members together. Chosen: so many share one upload without each being too slow.
pub const MAX_SERVING: usize = 4;
/// Files that come at once; the rest queue. Chosen.
pub const MAX_FETCHING: usize = 2;
/// Files that are wanted at once, queued ones included. Chosen.
pub const MAX_WANTED: usize = 32;
/// Attempts of others that are remembered, so that none is begun twice. Chosen: more than anybody may ask for while they expire.
pub const MAX_SEEN: usize = 1_024;
/// Relays that are known. As in the dial policy.
pub const MAX_RELAYS: usize = 16;

/// How long a signal is good for. Chosen: it waits for a lost connection for 30 s.
pub const SIGNAL_LIFE: Duration = Duration::from_secs(60);
/// How long an answer to a request may take: the owner has to reach a relay first, which may take 10 s for each.
pub const ANSWER_PATIENCE: Duration = Duration::from_secs(25);
/// How long the other side may take to come to the relay. Chosen: the answer to it may wait for a connection, too.
pub const MEETING_PATIENCE: Duration = Duration::from_secs(25);
/// How long a stream may stand still. Chosen: a relay that dies silently is noticed so.
pub const STALL_PATIENCE: Duration = Duration::from_secs(15);
/// How long nothing may be taken by who fetches. Chosen: buffers on the way may hold megabytes, and a slow line drains them
/// slowly; who asks again is not kept waiting by an old stream.
pub const SENDING_PATIENCE: Duration = Duration::from_secs(180);
/// The first pause before another attempt; doubled each time that nothing came.
pub const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause before another attempt.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(16);
/// The pause when the owner is busy.
pub const BUSY_PAUSE: Duration = Duration::from_secs(5);
/// For how long a file is tried for without a single byte coming. Chosen: a reboot, a train tunnel.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(300);
/// Connections for transfers are closed when there was none for this long.
pub const REST_AFTER: Duration = Duration::from_secs(30);
