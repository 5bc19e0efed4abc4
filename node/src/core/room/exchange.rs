//! When a device asks others for operations that it does not know, and when it answers those who ask.
//!
//! Beats say in 16 bytes what each device knows. A difference that lasts is asked about; what others ask is answered after a short
//! random wait, unless somebody else answers before. Bounded, and both repeat ever more seldom while nothing comes of it.
//!
//! Left out: the operations themselves, and how anything is sent.

use std::time::Duration;

use crate::core::sorted::SortedMap;
use milanio_identity::DeviceId;
use rand_core::Rng;

use super::{limits::MAX_AUTHORS, topics::Epoch};
use crate::{
    core::time::Timestamp,
    wire::{floor::HeadsDigest, operation::OperationHash},
};

/// How long a difference may last: operations and beats overtake each other by less. Chosen, as for messages.
const PATIENCE: Duration = Duration::from_millis(800);
/// When something is known to be missing, others may be about to ask: a random wait of at most this, in milliseconds.
const URGENT_MILLIS: u64 = 60;
/// The wait between two questions doubles from this.
const NEXT_WAIT: Duration = Duration::from_secs(1);
/// The longest wait between two questions.
const MAX_WAIT: Duration = Duration::from_secs(15);
/// Answers are spread over so many milliseconds for each who could answer, and not over more than [`ANSWER_WITHIN_MILLIS`].
const ANSWER_MILLIS_PER_MEMBER: u64 = 40;
/// The longest an answer waits, in milliseconds.
const ANSWER_WITHIN_MILLIS: u64 = 400;
/// A difference that lasted so long is more than operations under way. Chosen: four of the longest waits between two questions.
const APART_AFTER: Duration = Duration::from_secs(60);
/// Questions that wait to be answered.
const MAX_ANSWERS: usize = 8;

/// A question to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the one who asks knows.
    pub heads: Vec<OperationHash>,
    /// Where it was asked, so where it is answered.
    pub floor: Epoch,
    at: Timestamp,
}

/// Who knows something else of the room's operations than this device, by what their beats say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// Somebody does, perhaps because something is on its way.
    pub any: bool,
    /// Which devices have for a minute.
    pub who: Vec<DeviceId>,
}

/// What is asked and answered when.
#[derive(Default)]
pub struct Exchange {
    /// What each device said last that it knows, where, and since when that differs from here.
    differing: SortedMap<DeviceId, (HeadsDigest, Epoch, Timestamp)>,
    ask: Option<Ask>,
    answers: Vec<Answer>,
}

#[derive(Clone, Copy, Debug)]
struct Ask {
    at: Timestamp,
    tries: u32,
    floor: Epoch,
}

impl Exchange {
    /// A device says what it knows; `own` is what is known here.
    pub fn hear_digest(&mut self, from: DeviceId, said: HeadsDigest, own: HeadsDigest, floor: Epoch, now: Timestamp) {
        if said == own {
            self.differing.remove(&from);
        } else if self.differing.len() < MAX_AUTHORS || self.differing.contains_key(&from) {
            let known = self.differing.entry(from).or_insert((said, floor, now));
            *known = (said, floor, known.2);
        }
        self.plan(now);
    }

    /// What others said last that they know, where that differed from what was known here.
    pub fn said(&self) -> impl Iterator<Item = &HeadsDigest> {
        self.differing.values().map(|(said, ..)| said)
    }

    /// Whether anybody said last that they know something else, and who has for a minute.
    pub fn apart(&self, now: Timestamp) -> Apart {
        let lasting = self.differing.iter().filter(|(_, (.., since))| now.since(*since) >= APART_AFTER);
        Apart { any: !self.differing.is_empty(), who: lasting.map(|(device, _)| *device).collect() }
    }

    /// What is known here is `own` from now on. `progress`: another gave it.
    pub fn knows(&mut self, own: HeadsDigest, progress: bool, now: Timestamp) {
        self.differing.retain(|_, (said, ..)| *said != own);
        for (.., since) in self.differing.values_mut() {
            *since = now;
        }
        if progress && let Some(ask) = &mut self.ask {
            *ask = Ask { at: now.after(PATIENCE), tries: 0, ..*ask };
        }
        self.plan(now);
    }

    /// Nothing this device says counts any more.
    pub fn forget(&mut self, device: &DeviceId) {
        self.differing.remove(device);
        if self.differing.is_empty() {
            self.ask = None;
        }
    }

    /// Something is known to be missing that somebody on `floor` has.
    pub fn miss(&mut self, floor: Epoch, rng: &mut impl Rng, now: Timestamp) {
        let at = now.after(Duration::from_millis(rng.next_u64() % URGENT_MILLIS));
        match &mut self.ask {
            Some(ask) if ask.tries > 0 => ask.floor = floor,
            Some(ask) => *ask = Ask { at: ask.at.min(at), floor, ..*ask },
            None => self.ask = Some(Ask { at, tries: 0, floor }),
        }
    }

    /// Asks at once: on coming in, and when a lost connection is back.
    pub fn ask_now(&mut self, floor: Epoch, now: Timestamp) {
        self.ask = Some(Ask { at: now, tries: 0, floor });
    }

    /// Somebody else asked what is asked here too: the answer is heard by both.
    pub fn overhear_question(&mut self, heads: &[OperationHash], own: &[OperationHash], now: Timestamp) {
        if let Some(ask) = &mut self.ask
            && heads == own
        {
            ask.at = ask.at.max(now.after(PATIENCE));
        }
    }

    /// Somebody asks. `others`: how many could answer besides; `at_once`: this device is the one to.
    pub fn hear_question(
        &mut self,
        (heads, floor): (Vec<OperationHash>, Epoch),
        others: usize,
        at_once: bool,
        rng: &mut impl Rng,
        now: Timestamp,
    ) {
        if self.answers.len() >= MAX_ANSWERS || self.answers.iter().any(|answer| answer.heads == heads) {
            return;
        }
        let spread = ANSWER_WITHIN_MILLIS.min(ANSWER_MILLIS_PER_MEMBER * others as u64);
        let wait = if at_once { 0 } else { rng.next_u64() % (spread + 1) };
        self.answers.push(Answer { heads, floor, at: now.after(Duration::from_millis(wait)) });
    }

    /// Somebody else answered: those of the waiting answers of which `is_answered` holds need not be given.
    pub fn overhear_answer(&mut self, is_answered: impl Fn(&[OperationHash]) -> bool) {
        self.answers.retain(|answer| !is_answered(&answer.heads));
    }

    /// On which floor to ask now, if it is time. `insist`: it is known that something is missing, although nobody is heard.
    pub fn due_question(&mut self, insist: bool, now: Timestamp) -> Option<Epoch> {
        let ask = self.ask.filter(|ask| ask.at <= now)?;
        let wait = (NEXT_WAIT * (1 << ask.tries.min(4))).min(MAX_WAIT);
        self.ask = Some(Ask { at: now.after(wait), tries: ask.tries + 1, ..ask });
        if self.differing.is_empty() && ask.tries > 0 && !insist {
            // Everybody who is heard knows the same: the first question was answered, or there was nothing to answer.
            self.ask = None;
            return None;
        }
        // Nobody may hear what is asked where this device speaks: the next question is for another of those who are heard elsewhere.
        let mut floors = vec![ask.floor];
        for (_, floor, _) in self.differing.values() {
            if !floors.contains(floor) {
                floors.push(*floor);
            }
        }
        floors.get(ask.tries as usize % floors.len()).copied()
    }

    /// What to answer now.
    pub fn due_answers(&mut self, now: Timestamp) -> Vec<Answer> {
        let (due, waiting) = std::mem::take(&mut self.answers).into_iter().partition(|answer| answer.at <= now);
        self.answers = waiting;
        due
    }

    /// When [`Self::due_question`] or [`Self::due_answers`] has something next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let answers = self.answers.iter().map(|answer| answer.at);
        answers.chain(self.ask.map(|ask| ask.at)).min()
    }

    /// Plans a question if a difference has lasted, drops the plan if there is none.
    fn plan(&mut self, now: Timestamp) {
        let oldest = self.differing.values().min_by_key(|(.., since)| *since);
        match (oldest, &mut self.ask) {
            (None, ask) if ask.is_some_and(|ask| ask.tries > 0) => *ask = None,
            (Some((_, floor, since)), ask @ None) => {
                *ask = Some(Ask { at: since.after(PATIENCE).max(now), tries: 0, floor: *floor });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    const OWN: HeadsDigest = HeadsDigest([0; 16]);
    const OTHER: HeadsDigest = HeadsDigest([1; 16]);

    fn device(number: u8) -> DeviceId {
        DeviceKey::from_seed([number; 32]).id()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(1)
    }

    #[test]
    fn a_difference_that_lasts_is_asked_about_ever_more_seldom() {
        let mut exchange = Exchange::default();
        exchange.hear_digest(device(1), OTHER, OWN, Epoch::Zero, at(0));
        let mut asked = Vec::new();
        while asked.len() < 7 {
            let due = exchange.next_due().unwrap();
            if let Some(floor) = exchange.due_question(false, due) {
                asked.push((due.as_millis(), floor));
            }
        }
        let times: Vec<_> = asked.iter().map(|(at, _)| *at / 100).collect();
        assert_eq!(times, [8, 18, 38, 78, 158, 308, 458]);
    }

    #[test]
    fn who_asks_in_vain_asks_where_others_are_heard() {
        let mut exchange = Exchange::default();
        let elsewhere = Epoch::Rotated(OperationHash([1; 32]));
        exchange.ask_now(Epoch::Zero, at(0));
        exchange.hear_digest(device(1), OTHER, OWN, elsewhere, at(0));
        let asked: Vec<_> = (0..4).map(|_| exchange.due_question(false, exchange.next_due().unwrap())).collect();
        assert_eq!(asked, [Epoch::Zero, elsewhere, Epoch::Zero, elsewhere].map(Some));
        let third = Epoch::Rotated(OperationHash([2; 32]));
        exchange.miss(third, &mut rng(), at(9_000));
        assert_eq!(exchange.due_question(false, exchange.next_due().unwrap()), Some(third));
    }

    #[test]
    fn a_difference_that_goes_away_is_not_asked_about() {
        let mut exchange = Exchange::default();
        exchange.hear_digest(device(1), OTHER, OWN, Epoch::Zero, at(0));
        exchange.hear_digest(device(1), OWN, OWN, Epoch::Zero, at(500));
        assert_eq!(exchange.due_question(false, at(799)), None);
        exchange.hear_digest(device(1), OTHER, OWN, Epoch::Zero, at(2_000));
        exchange.knows(OTHER, true, at(2_100));
        assert!(exchange.differing.is_empty());
    }

    #[test]
    fn that_somebody_differs_is_told_at_once_and_who_has_for_a_minute_by_device() {
        let mut exchange = Exchange::default();
        let apart = |any, who: &[u8]| Apart { any, who: who.iter().copied().map(device).collect() };
        assert_eq!(exchange.apart(at(0)), Apart::default());
        exchange.hear_digest(device(1), OTHER, OWN, Epoch::Zero, at(0));
        exchange.hear_digest(device(2), OTHER, OWN, Epoch::Zero, at(30_000));
        assert_eq!(exchange.apart(at(59_999)), apart(true, &[]));
        exchange.hear_digest(device(1), HeadsDigest([2; 16]), OWN, Epoch::Zero, at(59_000));
        assert_eq!(exchange.apart(at(60_000)), apart(true, &[1]), "other news of the same device are no agreement");
        exchange.hear_digest(device(1), OWN, OWN, Epoch::Zero, at(61_000));
        assert_eq!(exchange.apart(at(61_000)), apart(true, &[]));
        exchange.knows(OTHER, true, at(62_000));
        assert_eq!(exchange.apart(at(200_000)), Apart::default());
    }

    #[test]
    fn progress_makes_the_next_question_come_soon() {
        let mut exchange = Exchange::default();
        exchange.hear_digest(device(1), OTHER, OWN, Epoch::Zero, at(0));
        for _ in 0..5 {
            let due = exchange.next_due().unwrap();
            exchange.due_question(false, due);
        }
        exchange.knows(HeadsDigest([2; 16]), true, at(30_000));
        assert_eq!(exchange.next_due(), Some(at(30_800)));
    }

    #[test]
    fn a_question_is_answered_unless_another_answers_it_before() {
        let (mut exchange, mut rng) = (Exchange::default(), rng());
        let heads = |number| vec![OperationHash([number; 32])];
        exchange.hear_question((heads(1), Epoch::Zero), 50, false, &mut rng, at(0));
        exchange.hear_question((heads(1), Epoch::Zero), 50, false, &mut rng, at(0));
        exchange.hear_question((heads(2), Epoch::Zero), 50, false, &mut rng, at(0));
        exchange.overhear_answer(|known| known == heads(2));
        let due = exchange.next_due().unwrap();
        assert!(due <= at(400));
        let answers = exchange.due_answers(due);
        assert_eq!(answers.into_iter().map(|answer| answer.heads).collect::<Vec<_>>(), [heads(1)]);
        assert_eq!(exchange.next_due(), None);
    }

    #[test]
    fn the_one_who_is_to_answer_does_so_at_once_and_few_do_so_soon() {
        let mut rng = rng();
        for (others, at_once, latest) in [(50, true, 0), (0, false, 0), (2, false, 80), (90, false, 400)] {
            for _ in 0..50 {
                let mut exchange = Exchange::default();
                exchange.hear_question((Vec::new(), Epoch::Zero), others, at_once, &mut rng, at(0));
                assert!(exchange.next_due().unwrap() <= at(latest));
            }
        }
    }

    #[test]
    fn neither_questions_nor_devices_pile_up() {
        let (mut exchange, mut rng) = (Exchange::default(), rng());
        for number in 0..1_000_u32 {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            exchange.hear_question((vec![OperationHash(hash)], Epoch::Zero), 3, false, &mut rng, at(0));
            exchange.hear_digest(DeviceKey::from_seed(hash).id(), OTHER, OWN, Epoch::Zero, at(0));
        }
        assert_eq!((exchange.answers.len(), exchange.differing.len()), (MAX_ANSWERS, MAX_AUTHORS));
    }
}
