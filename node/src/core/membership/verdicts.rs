//! Which operations count: section 4 of the rule, from scratch and for one more operation.

use std::collections::{BTreeMap, BTreeSet};

use milanio_identity::AccountId;

use super::{
    graph::{Entry, Graph},
    judge::{Effect, Rank, Refusal, Strike, judge},
    op_set::OpSet,
    view::View,
};
use crate::wire::operation::{OperationBody, OperationHash};

/// When a strike strikes: seniority, whether it leaves the owner, hash; and its place.
type Turn = (Rank, bool, OperationHash, usize);

/// What became of each operation.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts {
    /// By place: what it does, or why it does not count.
    judged: Vec<Result<Effect, Refusal>>,
    counted: OpSet,
    /// Ownership operations that count, and whom they make owner.
    owners: BTreeMap<usize, AccountId>,
    /// Strikes that count and have not struck yet, the most senior first.
    waiting: BTreeSet<Turn>,
    struck: OpSet,
    /// Strikes on accounts that have struck.
    strikes: BTreeMap<AccountId, Vec<usize>>,
    /// Closings that have struck.
    closings: Vec<usize>,
    /// What strikes that have struck hit, and every join that is concurrent to a closing.
    hit: OpSet,
}

impl Verdicts {
    /// Judges what was added since the last time. Tells whether that was anything.
    pub(super) fn update(&mut self, graph: &Graph) -> bool {
        let judged = self.judged.len();
        for entry in &graph.entries()[judged..] {
            if self.append(graph, entry).is_none() {
                self.evaluate(graph);
                break;
            }
        }
        judged < graph.len()
    }

    /// Why an operation does not count.
    pub(super) fn refusal(&self, index: usize) -> Option<Refusal> {
        self.judged.get(index)?.err()
    }

    /// Whether somebody who knows only `past` may judge it otherwise: what counts there is void by a strike that is not in it, and
    /// with it what it had made void.
    pub(super) fn differs_from(&self, graph: &Graph, past: &OpSet) -> bool {
        let unknown = |entry: &Entry| {
            let strikes = self.strikes.get(&entry.author()).into_iter().flatten();
            strikes.copied().any(|strike| !past.contains(strike) && graph.entry(strike).is_concurrent(entry))
        };
        graph.entries().iter().any(|entry| {
            past.contains(entry.index) && self.refusal(entry.index) == Some(Refusal::Struck) && unknown(entry)
        })
    }

    /// What counts in `past`.
    pub(super) fn view<'a>(&'a self, graph: &'a Graph, past: &'a OpSet) -> View<'a> {
        View::new(graph, past, &self.counted, &self.owners)
    }

    /// All from scratch.
    fn evaluate(&mut self, graph: &Graph) {
        *self = Self::default();
        let mut from = Some(0);
        while let Some(first) = from {
            self.judge_from(graph, first);
            from = self.strike_until_something_is_hit(graph);
        }
    }

    /// Judges again everything from place `first` on, past before future.
    fn judge_from(&mut self, graph: &Graph, first: usize) {
        self.waiting.retain(|(.., index)| *index < first);
        for entry in &graph.entries()[first..] {
            if !self.struck.contains(entry.index) {
                let verdict = self.verdict(graph, entry);
                self.note(entry, verdict);
            }
        }
    }

    fn verdict(&self, graph: &Graph, entry: &Entry) -> Result<Effect, Refusal> {
        if self.is_struck(graph, entry) {
            return Err(Refusal::Struck);
        }
        let effect = judge(entry, &self.view(graph, &entry.past))?;
        if effect.by_open_door && self.is_shut_out(graph, entry) { Err(Refusal::Struck) } else { Ok(effect) }
    }

    fn note(&mut self, entry: &Entry, verdict: Result<Effect, Refusal>) {
        let index = entry.index;
        self.owners.remove(&index);
        self.counted.remove(index);
        if let Ok(effect) = verdict {
            self.counted.insert(index);
            if let Some(owner) = effect.owner {
                self.owners.insert(index, owner);
            }
            if effect.strike.is_some() {
                self.waiting.insert((effect.rank, effect.owner.is_none(), entry.age.hash, index));
            }
        }
        match self.judged.get_mut(index) {
            Some(judged) => *judged = verdict,
            None => self.judged.push(verdict),
        }
    }

    /// Lets strikes strike, the most senior first, until one hits what counted: the first place that must be judged again.
    fn strike_until_something_is_hit(&mut self, graph: &Graph) -> Option<usize> {
        while let Some((.., index)) = self.waiting.pop_first() {
            let hit = self.strike(graph, index);
            if hit.is_some() {
                return hit;
            }
        }
        None
    }

    /// The strike at `index` strikes. The first place of what counted and is hit.
    fn strike(&mut self, graph: &Graph, index: usize) -> Option<usize> {
        self.struck.insert(index);
        let strike = self.judged.get(index)?.ok()?.strike?;
        let candidates = match strike {
            Strike::Account(account) => {
                self.strikes.entry(account).or_default().push(index);
                graph.by_author(&account)
            }
            Strike::OpenDoor => {
                self.closings.push(index);
                graph.joins()
            }
        };
        let entry = graph.entry(index);
        let mut first = None;
        for other in candidates.iter().map(|other| graph.entry(*other)).filter(|other| other.is_concurrent(entry)) {
            if self.struck.contains(other.index) {
                continue;
            }
            self.hit.insert(other.index);
            let is_hit = |effect: &Effect| strike != Strike::OpenDoor || effect.by_open_door;
            if self.judged.get(other.index).is_some_and(|judged| judged.as_ref().is_ok_and(is_hit)) {
                first = first.or(Some(other.index));
            }
        }
        first
    }

    /// Whether a strike that has struck hits the author of `entry`.
    fn is_struck(&self, graph: &Graph, entry: &Entry) -> bool {
        let strikes = self.strikes.get(&entry.author()).into_iter().flatten();
        strikes.copied().any(|strike| graph.entry(strike).is_concurrent(entry))
    }

    /// Whether a closing that has struck is concurrent.
    fn is_shut_out(&self, graph: &Graph, entry: &Entry) -> bool {
        self.closings.iter().any(|closing| graph.entry(*closing).is_concurrent(entry))
    }

    /// Judges the latest operation, if that changes nothing else and is what a judgement from scratch would come to.
    ///
    /// Nothing knows it yet, so it can only matter to others by striking. As long as nothing in its past was ever hit,
    /// it is judged alike in every round, and if it then hits nothing, the moment at which it strikes makes no difference.
    fn append(&mut self, graph: &Graph, entry: &Entry) -> Option<()> {
        if may_strike(entry.body()) {
            let is_hit = self.is_struck(graph, entry);
            if is_hit || entry.past.meets(&self.hit) {
                return None;
            }
            let verdict = self.verdict(graph, entry);
            let strike = verdict.ok().and_then(|effect| effect.strike);
            if strike.is_some_and(|strike| hits_anything(graph, entry, strike)) {
                return None;
            }
            self.note(entry, verdict);
            if let Some(waiting) = strike.and_then(|_| self.waiting.pop_first()) {
                self.strike(graph, waiting.3);
            }
        } else {
            let verdict = self.verdict(graph, entry);
            if self.is_struck(graph, entry) || is_join(entry) && self.is_shut_out(graph, entry) {
                self.hit.insert(entry.index);
            }
            self.note(entry, verdict);
        }
        Some(())
    }
}

/// Whether anything could be hit by the strike of `entry`, which nothing knows.
fn hits_anything(graph: &Graph, entry: &Entry, strike: Strike) -> bool {
    let candidates = match strike {
        Strike::Account(account) => graph.by_author(&account),
        Strike::OpenDoor => graph.joins(),
    };
    // Later places are not judged yet.
    candidates.iter().any(|other| *other < entry.index && !entry.past.contains(*other))
}

fn is_join(entry: &Entry) -> bool {
    matches!(entry.body(), OperationBody::Join(_))
}

/// Whether an operation of this kind can strike.
fn may_strike(body: &OperationBody) -> bool {
    match body {
        OperationBody::Remove(_)
        | OperationBody::Ban(_)
        | OperationBody::SetRole { .. }
        | OperationBody::Transfer(_)
        | OperationBody::SetPolicy(_) => true,
        OperationBody::Join(_)
        | OperationBody::Add(_)
        | OperationBody::Unban(_)
        | OperationBody::FloorRotate { .. }
        | OperationBody::Destroy
        | OperationBody::Snapshot { .. } => false,
    }
}
