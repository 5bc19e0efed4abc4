//! Which chat messages of which author have come, which are missing, and when to ask for them.
//!
//! An author is a device in one run; its messages are numbered from 1 without holes. Numbers come with messages and with the
//! author's beats. What was said before this device heard of the author is nobody's loss: the first number heard is the
//! baseline, except for authors who entered later, whose baseline is 0.
//!
//! Left out: the messages themselves (nothing is stored) and how a request is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use milanio_identity::DeviceId;

use super::limits::{CHAT_KEPT, MAX_AUTHORS};
use crate::{
    core::time::Timestamp,
    wire::message::{ChatWanted, RunId},
};

/// How long a gap may stay before it is asked for: frames overtake each other by less. Chosen.
const PATIENCE: Duration = Duration::from_millis(800);
/// The longest wait between two requests for one author.
const MAX_WAIT: Duration = Duration::from_secs(15);
/// Requests without any progress after which the messages are given up: over a minute and a half.
const MAX_TRIES: u32 = 10;

/// The counters of all authors.
#[derive(Default)]
pub struct Inbox {
    authors: BTreeMap<(DeviceId, RunId), Author>,
}

/// What is known of one author's messages.
#[derive(Debug)]
struct Author {
    /// All up to here are settled: delivered, before the baseline, or given up.
    through: u32,
    /// Delivered beyond `through + 1`; at most [`CHAT_KEPT`].
    ahead: BTreeSet<u32>,
    /// The highest number known to exist.
    announced: u32,
    /// When to ask next and how often that was done in vain; only while something is missing.
    ask: Option<Ask>,
    /// Somebody who can be asked: a member, and present.
    reachable: bool,
    /// Nothing of this author was delivered yet, so the baseline may still be lowered.
    fresh: bool,
    heard_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Ask {
    at: Timestamp,
    tries: u32,
}

impl Inbox {
    /// Takes note that the author's messages up to `last` exist (from a beat or presence). The first note of an author sets
    /// the baseline to `last`.
    pub fn announce(&mut self, author: DeviceId, run: RunId, last: u32, now: Timestamp) {
        let entry = self.entry(author, run, last, now);
        entry.announced = entry.announced.max(last);
        entry.heard_at = now;
        entry.plan(now);
    }

    /// Takes note of a number that was seen with a message which cannot be delivered yet (its author is not known as a
    /// member). The first note of an author sets the baseline just below.
    pub fn glimpse(&mut self, author: DeviceId, run: RunId, seq: u32, now: Timestamp) {
        self.entry(author, run, seq.saturating_sub(1), now).heard_at = now;
    }

    /// The author can be asked from now on; `whole` when all of its messages since its number 1 are meant for this device.
    pub fn author_joined(&mut self, author: DeviceId, run: RunId, whole: bool, now: Timestamp) {
        let Some(entry) = self.authors.get_mut(&(author, run)) else { return };
        entry.reachable = true;
        if whole && entry.fresh {
            entry.through = entry.announced.saturating_sub(CHAT_KEPT);
        }
        entry.plan(now);
    }

    /// The author is silent: nothing is asked until it is back.
    pub fn author_silent(&mut self, author: DeviceId, run: RunId) {
        if let Some(entry) = self.authors.get_mut(&(author, run)) {
            entry.reachable = false;
            entry.ask = None;
        }
    }

    /// The author is gone for good. Returns how many messages will therefore never come.
    pub fn author_gone(&mut self, author: DeviceId, run: RunId) -> u32 {
        let Some(entry) = self.authors.get_mut(&(author, run)) else { return 0 };
        entry.reachable = false;
        entry.give_up()
    }

    /// True when this message was not delivered before and should be: a caller who then delivers it calls [`Self::deliver`].
    pub fn wants(&self, author: DeviceId, run: RunId, seq: u32) -> bool {
        seq > 0 && self.authors.get(&(author, run)).is_none_or(|a| seq > a.through && !a.ahead.contains(&seq))
    }

    /// Takes note that a message is delivered. Returns how many messages before it were given up for it (it is further ahead than
    /// authors keep).
    pub fn deliver(&mut self, author: DeviceId, run: RunId, seq: u32, now: Timestamp) -> u32 {
        let entry = self.entry(author, run, seq.saturating_sub(1), now);
        entry.fresh = false;
        entry.heard_at = now;
        entry.announced = entry.announced.max(seq);
        entry.ahead.insert(seq);
        let lost = entry.skip_to(seq.saturating_sub(CHAT_KEPT));
        entry.settle();
        // Progress: what is still missing gets a full set of tries.
        entry.ask = entry.ask.map(|ask| Ask { tries: 0, ..ask });
        entry.plan(now);
        lost
    }

    /// Everything up to what is known now was not meant for this device: it only observed until here.
    pub fn start_here(&mut self) {
        for author in self.authors.values_mut() {
            author.give_up();
        }
    }

    /// Another member asked this author for messages: what comes of it is heard here too, so one's own request can wait.
    pub fn overhear(&mut self, wanted: &ChatWanted, now: Timestamp) {
        if let Some(author) = self.authors.get_mut(&(wanted.author, wanted.run))
            && let Some(ask) = &mut author.ask
            && wanted.first <= author.through + 1
        {
            ask.at = ask.at.max(now.after(PATIENCE));
        }
    }

    /// The requests that are due, and how many messages of which author are given up since asking is in vain.
    pub fn due(&mut self, now: Timestamp) -> (Vec<ChatWanted>, Vec<(DeviceId, u32)>) {
        let (mut wanted, mut lost) = (Vec::new(), Vec::new());
        for (&(author, run), entry) in &mut self.authors {
            let Some(ask) = entry.ask.filter(|ask| ask.at <= now) else { continue };
            if ask.tries >= MAX_TRIES {
                lost.push((author, entry.give_up()));
                continue;
            }
            let (first, last) = entry.missing();
            wanted.push(ChatWanted { author, run, first, last });
            let wait = Duration::from_secs(1 << ask.tries.min(4)).min(MAX_WAIT);
            entry.ask = Some(Ask { at: now.after(wait), tries: ask.tries + 1 });
        }
        (wanted, lost)
    }

    /// When [`Self::due`] has something next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.authors.values().filter_map(|a| a.ask).map(|ask| ask.at).min()
    }

    /// Ask at once for what is missing: a lost connection is back, and everything may be different.
    pub fn retry(&mut self, now: Timestamp) {
        for author in self.authors.values_mut() {
            author.ask = author.ask.map(|_| Ask { at: now.after(PATIENCE), tries: 0 });
        }
    }

    fn entry(&mut self, author: DeviceId, run: RunId, baseline: u32, now: Timestamp) -> &mut Author {
        if self.authors.len() >= MAX_AUTHORS && !self.authors.contains_key(&(author, run)) {
            let oldest = self.authors.iter().min_by_key(|(_, a)| (a.reachable, a.heard_at)).map(|(key, _)| *key);
            oldest.and_then(|key| self.authors.remove(&key));
        }
        self.authors.entry((author, run)).or_insert_with(|| Author::new(baseline, now))
    }
}

impl Author {
    fn new(baseline: u32, now: Timestamp) -> Self {
        Self {
            through: baseline,
            ahead: BTreeSet::new(),
            announced: baseline,
            ask: None,
            reachable: false,
            fresh: true,
            heard_at: now,
        }
    }

    /// First and last number to ask for; at most [`CHAT_KEPT`] apart. Only while something is missing.
    fn missing(&self) -> (u32, u32) {
        let first = self.through.saturating_add(1);
        // Everything from the top of `ahead` downwards without holes is there already.
        let mut last = self.announced;
        while last > first && self.ahead.contains(&last) {
            last -= 1;
        }
        (first, last.min(first.saturating_add(CHAT_KEPT - 1)))
    }

    /// Plans a request if something is missing and somebody can be asked; drops the plan if not.
    fn plan(&mut self, now: Timestamp) {
        // An author keeps only so many: what is further back will not come.
        self.skip_to(self.announced.saturating_sub(CHAT_KEPT));
        self.settle();
        if self.through >= self.announced || !self.reachable {
            self.ask = None;
        } else if self.ask.is_none() {
            self.ask = Some(Ask { at: now.after(PATIENCE), tries: 0 });
        }
    }

    /// Takes everything up to `target` as settled; returns how many of those never came.
    fn skip_to(&mut self, target: u32) -> u32 {
        if target <= self.through {
            return 0;
        }
        let kept = self.ahead.split_off(&target.saturating_add(1));
        let came = self.ahead.len() as u32;
        self.ahead = kept;
        let lost = target - self.through - came;
        self.through = target;
        lost
    }

    fn settle(&mut self) {
        while self.ahead.first().is_some_and(|&seq| seq == self.through.saturating_add(1)) {
            self.ahead.pop_first();
            self.through += 1;
        }
    }

    fn give_up(&mut self) -> u32 {
        let lost = self.skip_to(self.announced);
        self.ask = None;
        self.fresh = false;
        lost
    }
}
