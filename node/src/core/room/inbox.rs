//! Which chat messages of which author have come, which are missing, and when to ask for them.
//!
//! An author is a device in one run; its messages are numbered from 1 without holes. Numbers come with messages and with the
//! author's beats. What was said before this device heard of the author is nobody's loss: the first number heard is the
//! baseline, except for authors who entered later, whose baseline is 0. What is before the baseline is not asked for; if it comes all
//! the same, sealed to this device, it is delivered like everything else.
//!
//! Left out: the messages themselves (nothing is stored) and how a request is sent.

use std::{collections::VecDeque, time::Duration};

use crate::core::sorted::{SortedMap, SortedSet};
use milanio_identity::DeviceId;

use super::limits::{CHAT_KEPT, MAX_AUTHORS};
use crate::{
    core::time::Timestamp,
    wire::{
        limits::READ_AUTHORS,
        message::{ChatWanted, MessageId, RunId},
    },
};

/// How long a gap may stay before it is asked for: frames overtake each other by less. Chosen.
const PATIENCE: Duration = Duration::from_millis(800);
/// The longest wait between two requests for one author.
const MAX_WAIT: Duration = Duration::from_secs(14);
/// How long after it was announced a message is given up and told as missing, whatever else comes: after seven requests, and within the
/// minute in which somebody who keeps messages back must be seen to.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(57);
/// Numbers that are announced within this time are given up together.
const ANNOUNCED_TOGETHER: Duration = Duration::from_secs(4);
/// Groups of such numbers of one author. Chosen: as many as there are in a minute.
const MAX_MISSED: usize = 16;

/// The counters of all authors.
#[derive(Default)]
pub struct Inbox {
    authors: SortedMap<(DeviceId, RunId), Author>,
}

/// What is known of one author's messages.
#[derive(Debug)]
struct Author {
    /// All up to here are settled: delivered, before the baseline, or given up.
    through: u32,
    /// What was said up to here is not asked for.
    baseline: u32,
    /// Delivered up to the baseline; none is further from it than [`CHAT_KEPT`].
    before: SortedSet<u32>,
    /// Delivered beyond `through + 1`; at most [`CHAT_KEPT`].
    ahead: SortedSet<u32>,
    /// The highest number known to exist.
    announced: u32,
    /// The last of those that came: what was delivered with everything before it, or after what was given up.
    came: u32,
    /// Up to where it was said that they are read.
    told: u32,
    /// When to ask next and how often that was done in vain; only while something is missing.
    ask: Option<Ask>,
    /// Up to which number something is missing, and since when that is known, the oldest first; only while something is missing that
    /// somebody can be asked for, or could until the author was put out.
    missed: VecDeque<(Timestamp, u32)>,
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
        if !entry.reachable {
            entry.told = 0;
        }
        entry.reachable = true;
        if whole && entry.fresh {
            entry.through = entry.announced.saturating_sub(CHAT_KEPT);
            entry.baseline = entry.through;
        }
        entry.plan(now);
    }

    /// The author is silent: nothing is asked until it is back.
    pub fn author_silent(&mut self, author: DeviceId, run: RunId) {
        if let Some(entry) = self.authors.get_mut(&(author, run)) {
            entry.reachable = false;
            entry.ask = None;
            entry.missed.clear();
        }
    }

    /// The author is out, perhaps for a moment: what is missing is not asked for until it is back, and told as missing in its time.
    pub fn author_out(&mut self, author: DeviceId, run: RunId) {
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

    /// The number of the last message that an author had said when this device heard of it first.
    pub fn baseline(&self, author: DeviceId, run: RunId) -> Option<u32> {
        self.authors.get(&(author, run)).map(|author| author.baseline)
    }

    /// True when this message was not delivered before and should be: a caller who then delivers it calls [`Self::deliver`].
    pub fn wants(&self, author: DeviceId, run: RunId, seq: u32) -> bool {
        seq > 0 && self.authors.get(&(author, run)).is_none_or(|author| author.wants(seq))
    }

    /// Takes note that a message is delivered. Returns how many messages before it were given up for it (it is further ahead than
    /// authors keep).
    pub fn deliver(&mut self, author: DeviceId, run: RunId, seq: u32, now: Timestamp) -> u32 {
        let entry = self.entry(author, run, seq.saturating_sub(1), now);
        entry.fresh = false;
        entry.heard_at = now;
        if seq <= entry.baseline {
            entry.before.insert(seq);
            return 0;
        }
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
            author.baseline = author.through;
        }
    }

    /// The requests that are due, and how many messages of which author are given up since asking is in vain.
    pub fn due(&mut self, now: Timestamp) -> (Vec<ChatWanted>, Vec<(DeviceId, u32)>) {
        let (mut wanted, mut lost) = (Vec::new(), Vec::new());
        for (&(author, run), entry) in &mut self.authors {
            while let Some((_, through)) = entry.missed.pop_front_if(|(since, _)| since.after(GIVEN_UP_AFTER) <= now) {
                lost.push((author, entry.skip_to(through)));
                entry.plan(now);
            }
            let Some(ask) = entry.ask.filter(|ask| ask.at <= now) else { continue };
            let (first, last) = entry.missing();
            wanted.push(ChatWanted { author, run, first, last });
            let wait = Duration::from_secs(1 << ask.tries.min(4)).min(MAX_WAIT);
            entry.ask = Some(Ask { at: now.after(wait), tries: ask.tries + 1 });
        }
        (wanted, lost)
    }

    /// Whether something came of which nobody who can be told knows that it is read.
    pub fn is_unread(&self) -> bool {
        self.authors.values().any(Author::is_unread)
    }

    /// The last message that came of those authors who can be told and were not yet that it is read; takes them as told.
    pub fn read(&mut self) -> Vec<MessageId> {
        let unread = self.authors.iter_mut().filter(|(_, author)| author.is_unread()).take(READ_AUTHORS);
        unread
            .map(|(&(device, run), author)| {
                author.told = author.came;
                MessageId { device, run, seq: author.came }
            })
            .collect()
    }

    /// When [`Self::due`] has something next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let asks = self.authors.values().filter_map(|author| author.ask).map(|ask| ask.at);
        let missed = self.authors.values().filter_map(|author| author.missed.front());
        asks.chain(missed.map(|(since, _)| since.after(GIVEN_UP_AFTER))).min()
    }

    /// Ask at once for what is missing: a lost connection is back, and everything may be different.
    pub fn retry(&mut self, now: Timestamp) {
        for author in self.authors.values_mut() {
            author.ask = author.ask.map(|_| Ask { at: now.after(PATIENCE), tries: 0 });
            author.told = 0;
            author.missed.clear();
            author.plan(now);
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
            baseline,
            before: SortedSet::new(),
            ahead: SortedSet::new(),
            announced: baseline,
            came: 0,
            told: 0,
            ask: None,
            missed: VecDeque::new(),
            reachable: false,
            fresh: true,
            heard_at: now,
        }
    }

    fn is_unread(&self) -> bool {
        self.reachable && self.came > self.told
    }

    fn wants(&self, seq: u32) -> bool {
        match self.baseline.checked_sub(seq) {
            Some(back) => back < CHAT_KEPT && !self.before.contains(&seq),
            None => seq > self.through && !self.ahead.contains(&seq),
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
        if self.through >= self.announced {
            self.missed.clear();
        }
        if self.through >= self.announced || !self.reachable {
            self.ask = None;
            return;
        }
        self.ask.get_or_insert(Ask { at: now.after(PATIENCE), tries: 0 });
        let through = self.through;
        self.missed.retain(|(_, last)| *last > through);
        let is_full = self.missed.len() >= MAX_MISSED;
        match self.missed.back_mut() {
            Some((_, last)) if *last >= self.announced => {}
            Some((since, last)) if is_full || now.since(*since) < ANNOUNCED_TOGETHER => *last = self.announced,
            _ => self.missed.push_back((now, self.announced)),
        }
    }

    /// Takes everything up to `target` as settled; returns how many of those never came.
    fn skip_to(&mut self, target: u32) -> u32 {
        if target <= self.through {
            return 0;
        }
        let before = self.ahead.len();
        self.ahead.retain(|seq| *seq > target);
        let came = (before - self.ahead.len()) as u32;
        let lost = target - self.through - came;
        self.through = target;
        lost
    }

    fn settle(&mut self) {
        while self.ahead.first().is_some_and(|&seq| seq == self.through.saturating_add(1)) {
            self.ahead.pop_first();
            self.through += 1;
            self.came = self.through;
        }
    }

    fn give_up(&mut self) -> u32 {
        let lost = self.skip_to(self.announced);
        self.ask = None;
        self.missed.clear();
        self.fresh = false;
        lost
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;
    use proptest::prelude::*;

    use super::*;

    const RUN: RunId = RunId([1; 8]);

    fn author() -> DeviceId {
        DeviceKey::from_seed([1; 32]).id()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// An inbox with one author, who is present and entered later than this device.
    fn inbox() -> Inbox {
        let mut inbox = Inbox::default();
        inbox.announce(author(), RUN, 0, at(0));
        inbox.author_joined(author(), RUN, true, at(0));
        inbox
    }

    fn wanted(first: u32, last: u32) -> ChatWanted {
        ChatWanted { author: author(), run: RUN, first, last }
    }

    #[test]
    fn a_hole_is_asked_for_after_a_moment_and_then_ever_more_seldom() {
        let mut inbox = inbox();
        for seq in [1, 4] {
            assert!(inbox.wants(author(), RUN, seq));
            inbox.deliver(author(), RUN, seq, at(0));
        }
        assert_eq!(inbox.due(at(799)).0, []);
        assert_eq!(inbox.next_due(), Some(at(800)));
        assert_eq!(inbox.due(at(800)).0, [wanted(2, 3)]);
        assert_eq!(inbox.due(at(1_799)).0, []);
        assert_eq!(inbox.due(at(1_800)).0, [wanted(2, 3)]);
        assert_eq!(inbox.next_due(), Some(at(3_800)));
    }

    #[test]
    fn what_is_read_is_told_once_as_far_as_it_came_and_again_to_who_is_back() {
        let mut inbox = inbox();
        let last = |seq| vec![MessageId { device: author(), run: RUN, seq }];
        assert!(!inbox.is_unread());
        for seq in [1, 2, 4] {
            inbox.deliver(author(), RUN, seq, at(0));
        }
        assert!(inbox.is_unread());
        assert_eq!((inbox.read(), inbox.read()), (last(2), vec![]), "3 did not come yet");
        inbox.deliver(author(), RUN, 3, at(0));
        inbox.author_silent(author(), RUN);
        assert!(!inbox.is_unread());
        inbox.author_joined(author(), RUN, false, at(0));
        assert_eq!(inbox.read(), last(4));
        inbox.retry(at(0));
        assert_eq!(inbox.read(), last(4));
    }

    #[test]
    fn what_never_came_is_not_told_as_read() {
        let mut inbox = inbox();
        inbox.deliver(author(), RUN, 1, at(0));
        inbox.announce(author(), RUN, 9, at(0));
        while let Some(due) = inbox.next_due() {
            inbox.due(due);
        }
        assert_eq!(inbox.read().iter().map(|last| last.seq).collect::<Vec<_>>(), [1]);
        let mut newcomers = Inbox::default();
        newcomers.announce(author(), RUN, 7, at(0));
        newcomers.author_joined(author(), RUN, false, at(0));
        newcomers.deliver(author(), RUN, 6, at(0));
        assert!(!newcomers.is_unread(), "it was handed on");
    }

    #[test]
    fn what_came_meanwhile_is_not_asked_for() {
        let mut inbox = inbox();
        inbox.deliver(author(), RUN, 3, at(0));
        inbox.deliver(author(), RUN, 1, at(100));
        inbox.deliver(author(), RUN, 2, at(200));
        assert_eq!(inbox.next_due(), None);
        assert!((1..=3).all(|seq| !inbox.wants(author(), RUN, seq)));
    }

    #[test]
    fn a_beat_alone_tells_of_a_lost_last_message() {
        let mut inbox = inbox();
        inbox.announce(author(), RUN, 2, at(5_000));
        assert_eq!(inbox.due(at(5_800)).0, [wanted(1, 2)]);
    }

    #[test]
    fn the_first_number_heard_is_the_baseline_of_who_was_there_before() {
        let mut inbox = Inbox::default();
        inbox.announce(author(), RUN, 7, at(0));
        inbox.author_joined(author(), RUN, false, at(0));
        assert_eq!(inbox.next_due(), None);
        assert!(inbox.wants(author(), RUN, 8));
    }

    #[test]
    fn what_comes_from_before_the_baseline_is_delivered_once_and_never_asked_for() {
        let mut inbox = Inbox::default();
        inbox.announce(author(), RUN, 1_000, at(0));
        inbox.author_joined(author(), RUN, false, at(0));
        for seq in [1_000, 998, 1_000 - CHAT_KEPT + 1] {
            assert!(inbox.wants(author(), RUN, seq));
            assert_eq!(inbox.deliver(author(), RUN, seq, at(0)), 0);
            assert!(!inbox.wants(author(), RUN, seq));
        }
        assert!(!inbox.wants(author(), RUN, 1_000 - CHAT_KEPT), "nobody keeps what is so far back");
        assert_eq!(inbox.next_due(), None);
    }

    #[test]
    fn a_message_seen_before_its_author_is_known_lowers_the_baseline_to_just_below_it() {
        let mut inbox = Inbox::default();
        inbox.glimpse(author(), RUN, 5, at(0));
        inbox.announce(author(), RUN, 6, at(10));
        inbox.author_joined(author(), RUN, false, at(10));
        assert!(inbox.wants(author(), RUN, 5));
        assert_eq!(inbox.due(at(1_000)).0, [wanted(5, 6)]);
    }

    #[test]
    fn asking_in_vain_ends_and_is_told() {
        let mut inbox = inbox();
        inbox.announce(author(), RUN, 2, at(0));
        let (mut asked, mut lost, mut now) = (0, Vec::new(), 0);
        while let Some(due) = inbox.next_due() {
            now = due.as_millis();
            let (wanted, gone) = inbox.due(due);
            asked += wanted.len();
            lost.extend(gone);
        }
        assert_eq!((asked, lost), (7, vec![(author(), 2)]));
        assert_eq!(now, GIVEN_UP_AFTER.as_millis() as u64);
        assert!(!inbox.wants(author(), RUN, 2));
    }

    #[test]
    fn a_message_that_is_kept_back_is_told_within_a_minute_however_much_its_author_says() {
        let (mut inbox, mut lost) = (inbox(), Vec::new());
        for number in 1..200_u32 {
            let now = at(u64::from(number) * 1_000);
            if number % 30 != 7 {
                inbox.deliver(author(), RUN, number, now);
            }
            let (_, gone) = inbox.due(now);
            lost.extend(gone.into_iter().filter(|(_, count)| *count > 0).map(|(_, count)| (number, count)));
        }
        assert_eq!(lost.len(), 5);
        for (kept_back, (told, count)) in (7_u32..).step_by(30).zip(lost) {
            assert!(count == 1 && (kept_back + 50..=kept_back + 60).contains(&told), "{kept_back}: {told}");
        }
    }

    #[test]
    fn a_silent_author_is_not_asked_until_it_is_back() {
        let mut inbox = inbox();
        inbox.announce(author(), RUN, 1, at(0));
        inbox.author_silent(author(), RUN);
        assert_eq!(inbox.next_due(), None);
        inbox.announce(author(), RUN, 3, at(60_000));
        inbox.author_joined(author(), RUN, false, at(60_000));
        assert_eq!(inbox.due(at(60_800)).0, [wanted(1, 3)]);
    }

    #[test]
    fn who_was_out_for_a_moment_is_asked_again_and_who_stays_out_is_missed_in_time() {
        for is_back in [true, false] {
            let mut inbox = inbox();
            inbox.announce(author(), RUN, 2, at(0));
            inbox.author_out(author(), RUN);
            inbox.announce(author(), RUN, 2, at(5));
            if is_back {
                inbox.author_joined(author(), RUN, true, at(10));
                assert_eq!(inbox.due(at(810)).0, [wanted(1, 2)]);
            }
            assert!(inbox.due(at(56_999)).1.is_empty());
            assert_eq!(inbox.due(at(57_000)), (vec![], vec![(author(), 2)]));
            assert_eq!(inbox.next_due(), None);
        }
    }

    #[test]
    fn who_only_observed_starts_where_it_enters() {
        let mut inbox = inbox();
        inbox.announce(author(), RUN, 9, at(0));
        inbox.start_here();
        assert_eq!(inbox.next_due(), None);
        inbox.author_joined(author(), RUN, true, at(10));
        assert_eq!(inbox.next_due(), None);
        assert!(inbox.wants(author(), RUN, 10));
    }

    #[test]
    fn a_request_never_spans_more_than_authors_keep() {
        let mut inbox = inbox();
        inbox.announce(author(), RUN, 10_000, at(0));
        assert_eq!(inbox.due(at(800)).0, [wanted(10_000 - CHAT_KEPT + 1, 10_000)]);
    }

    #[test]
    fn the_number_of_authors_is_bounded_and_those_present_stay() {
        let mut inbox = inbox();
        for number in 0..2 * MAX_AUTHORS as u64 {
            let mut run = [0; 8];
            run.copy_from_slice(&number.to_be_bytes());
            inbox.announce(author(), RunId(run), 1, at(1 + number));
        }
        assert_eq!(inbox.authors.len(), MAX_AUTHORS);
        assert!(!inbox.wants(author(), RUN, 0) && inbox.authors.contains_key(&(author(), RUN)));
    }

    proptest! {
        /// Whatever comes in whatever order, each number is delivered at most once, and what is asked for is just what misses.
        #[test]
        fn numbers_are_delivered_once_and_holes_are_known(seqs in prop::collection::vec(1_u32..200, 1..300)) {
            let mut inbox = inbox();
            let mut delivered = SortedSet::new();
            for seq in seqs {
                prop_assert_eq!(inbox.wants(author(), RUN, seq), !delivered.contains(&seq));
                if delivered.insert(seq) {
                    prop_assert_eq!(inbox.deliver(author(), RUN, seq, at(0)), 0);
                }
            }
            let highest = delivered.last().copied().unwrap_or_default();
            let missing: Vec<u32> = (1..=highest).filter(|seq| !delivered.contains(seq)).collect();
            let asked = inbox.due(at(1_000)).0;
            let expected: Vec<_> = missing.first().zip(missing.last()).map(|(first, last)| wanted(*first, *last)).into_iter().collect();
            prop_assert_eq!(asked, expected);
        }

        /// No numbers, however far apart, make it panic or grow.
        #[test]
        fn any_numbers_are_survived(steps in prop::collection::vec((any::<u32>(), 0..6_u8), 1..200)) {
            let mut inbox = inbox();
            for (number, (seq, step)) in steps.into_iter().enumerate() {
                let now = at(number as u64 * 500);
                match step {
                    0 => { inbox.announce(author(), RUN, seq, now); }
                    1 => { inbox.glimpse(author(), RUN, seq, now); }
                    2 => inbox.start_here(),
                    3 => { inbox.author_silent(author(), RUN); }
                    4 => { inbox.author_joined(author(), RUN, seq % 2 == 0, now); }
                    _ => if inbox.wants(author(), RUN, seq) { inbox.deliver(author(), RUN, seq, now); },
                }
                for wanted in inbox.due(now).0 {
                    prop_assert!(wanted.first > 0 && wanted.last >= wanted.first && wanted.last - wanted.first < CHAT_KEPT);
                }
                prop_assert!(inbox.authors.values().all(|a| a.ahead.len().max(a.before.len()) <= CHAT_KEPT as usize));
            }
        }
    }
}
