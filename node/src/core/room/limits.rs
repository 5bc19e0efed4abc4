//! How much a room remembers and how much one device may say in it, in one place.
//!
//! Sizes of what travels are in `wire::limits`. "Chosen" means: generous for people, harmless for a browser.

use std::time::Duration;

/// Members at once; more are not let into the table. Chosen: a mesh of calls ends far below.
pub const MAX_MEMBERS: usize = 100;
/// Devices of one account at once. Chosen: a phone, a laptop, and what else one leaves open.
pub const MAX_DEVICES_PER_ACCOUNT: usize = 5;
/// Authors (a device in one run) whose message counters are remembered, members or not. Chosen: every member plus those who
/// came back or left.
pub const MAX_AUTHORS: usize = 256;
/// Own messages kept for sending again, and how far ahead of a gap messages are remembered: the same number, since what
/// the author no longer has need not be waited for. Chosen.
pub const CHAT_KEPT: u32 = 256;
/// Own messages that may wait for a connection. Chosen.
pub const MAX_CHAT_WAITING: usize = 64;
/// Own signals that may wait for a connection. Chosen: candidates come in bursts.
pub const MAX_SIGNALS_WAITING: usize = 128;
/// How long an own signal waits for a connection: as long as a signal is good for.
pub const SIGNAL_WAIT: Duration = Duration::from_secs(30);
/// Messages held for devices whose presence is not known yet, in all.
pub const MAX_HELD: usize = 64;
/// Messages held for one such device.
pub const MAX_HELD_PER_DEVICE: usize = 32;
/// How long such a message is held.
pub const HELD_FOR: Duration = Duration::from_secs(5);
/// Frames remembered so that they are not heard twice. At 30 frames a second this spans the time window of frames.
pub const MAX_FRAMES_REMEMBERED: usize = 10_000;
/// Devices whose beat is not understood and who are asked for their presence, at once.
pub const MAX_STRANGERS: usize = 64;
/// Servers whose attestations count. Chosen: the one that serves the page, its last key, and what a person adds.
pub const MAX_ISSUERS: usize = 8;
/// Devices at the door that are looked after at once. Chosen: a class that comes in at one moment.
pub const MAX_KNOCKERS: usize = 64;
/// Own operations that wait to be said. Chosen: more than anybody does while a connection is lost.
pub const MAX_OPERATIONS_UNSAID: usize = 32;
/// Joins that one run states: one, and one more each time when it was put out before it was known to be in. Chosen.
pub const MAX_JOINS: u32 = 8;
/// Genesis offers that are put to the (slow) test in one join: 80 bits cannot be searched in 32 tries, and a liar must not
/// keep the worker busy for ever.
pub const MAX_GENESIS_CHECKS: usize = 32;
/// Genesis offers waiting for the one that is being tested.
pub const MAX_GENESIS_OFFERS: usize = 8;

/// How much all devices together that are no members (yet) may say: keys cost nothing, so a budget for each of them is none at
/// all. Chosen: a full room that introduces itself twice to a newcomer, and then twenty newcomers a second.
pub const STRANGERS_SAY: Rate = Rate::new(2 * MAX_MEMBERS as u32, 50);
/// Knocks of strangers that are heard although they show no work, of all together. Chosen: what people do who come one by one.
pub const KNOCKS_WITHOUT_WORK: Rate = Rate::new(10, 6_000);
/// Knocks that show work, of devices that were not heard before, of all together. Chosen: a class that comes in at one moment, and then
/// four a second, which cost a browser that answers them about a fiftieth of its time.
pub const KNOCKS_FIRST: Rate = Rate::new(MAX_KNOCKERS as u32, 250);
/// Knocks of those who were heard before and show work, and of members, of all together: all who are looked after, each every 10 s.
pub const KNOCKS_AGAIN: Rate = Rate::new(2 * MAX_KNOCKERS as u32, 125);
/// Devices whose first knock is remembered: so many twice. Chosen: as many as come in two minutes and more, in 8 bytes each.
pub const KNOCKERS_REMEMBERED: usize = 512;
/// How long after a knock was refused for want of work devices that knock are to show it. Chosen: as long as work counts at least.
pub const CROWDED_FOR: Duration = Duration::from_secs(60);
/// Numbers that are tried at once for the work of a knock. Chosen: some milliseconds of a browser by estimate, which then draws
/// its page.
pub const WORK_SLICE: u32 = 8_192;
/// How much all strangers together may answer a device that knocks: apart from what else they say, and more, since one of these
/// may be the answer that counts. Chosen: seeing that one is forged takes a browser about a millisecond.
pub const STRANGERS_ANSWER: Rate = Rate::new(2 * MAX_MEMBERS as u32, 20);
/// How often answers that nobody vouches for make a device introduce itself anew. Chosen: what that takes is there again by then.
pub const LOOKS: Rate = Rate::new(2, 15_000);
/// How often they make it ask on the floors that they name, for what shows that they are the room's. Chosen.
pub const DOUBTS: Rate = Rate::new(8, 500);
/// Messages over its budget that a device may say before it is muted: a burst that a slow relay let go at once, and then one a
/// second. Chosen: no room that keeps to its own budgets comes near.
pub const BORNE_OVER: Rate = Rate::new(60, 1_000);
/// How long a device is muted.
pub const MUTED_FOR: Duration = Duration::from_secs(60);
/// How many devices' worth of budget one account has. Chosen: two that are talked on at the same time.
pub const DEVICES_AT_ONCE: u32 = 2;

/// How much one device may say in a room. Senders keep to it; receivers bear twice as much (a burst may have been delayed)
/// and drop what is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomLimits {
    /// Chat messages.
    pub chat: Rate,
    /// Full presences.
    pub presence: Rate,
    /// Beats.
    pub beat: Rate,
    /// Signals from one device to one other.
    pub signal: Rate,
    /// Requests: for messages, for presences, for operations.
    pub request: Rate,
    /// Knocks.
    pub knock: Rate,
    /// Questions for the genesis, and answers.
    pub door: Rate,
    /// Answers to knocks. Not the sender's to keep: others' knocks are bounded, and so are a member's answers.
    pub answer: Rate,
    /// Messages of operations, or with the secret of a floor.
    pub operations: Rate,
    /// Bundles of keys: one for each chain, for newcomers, and for who lost one.
    pub keys: Rate,
    /// How many zeros the work of a knock has where many knock. Chosen: 260,000 tries, some 0.2 s of a browser.
    pub work_bits: u32,
}

/// A token bucket's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How long until one more is allowed.
    pub every: Duration,
}

impl Rate {
    const fn new(burst: u32, every_millis: u64) -> Self {
        Self { burst, every: Duration::from_millis(every_millis) }
    }

    /// What a receiver bears of a sender who keeps to `self`.
    pub const fn received(self) -> Self {
        self.times(2)
    }

    /// The budget of so many who keep to `self`.
    pub const fn times(self, count: u32) -> Self {
        let every = self.every.as_micros() as u64 / count as u64;
        Self { burst: self.burst.saturating_mul(count), every: Duration::from_micros(every) }
    }
}

impl Default for RoomLimits {
    /// For people: chat 20 at once and 60 a minute, presence 20 a minute, signals 60 a minute and pair.
    fn default() -> Self {
        Self {
            chat: Rate::new(20, 1_000),
            presence: Rate::new(10, 3_000),
            beat: Rate::new(10, 1_000),
            signal: Rate::new(60, 1_000),
            request: Rate::new(10, 1_000),
            knock: Rate::new(3, 10_000),
            door: Rate::new(10, 2_000),
            answer: Rate::new(MAX_MEMBERS as u32, 150),
            operations: Rate::new(32, 250),
            keys: Rate::new(32, 500),
            work_bits: 18,
        }
    }
}

impl RoomLimits {
    /// For measurements: chat as fast as a machine writes it.
    pub fn lab() -> Self {
        Self { chat: Rate::new(10_000, 1), ..Self::default() }
    }
}
