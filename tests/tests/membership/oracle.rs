//! The rule of `core::membership` read literally: sets, walks over whole causal pasts, nothing remembered, nothing clever.
//!
//! Written from the rule's text. It shares the types of operations and rosters with the code it checks, and nothing else.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use milanio_identity::{AccountId, DeviceId, Genesis};
use milanio_node::{
    core::membership::{Age, DeviceStanding, MAX_DEVICES, MAX_MEMBERS, Member, Roster},
    wire::operation::{Door, Operation, OperationBody, OperationHash, Role, RoomPolicy, VerifiedOperation},
};

type Set = BTreeSet<usize>;

/// A set of operations, read from scratch.
pub struct Oracle {
    genesis: Genesis,
    operations: Vec<VerifiedOperation>,
    pasts: Vec<Set>,
    depths: Vec<u32>,
}

/// What an operation that is allowed does.
#[derive(Clone)]
struct Deed {
    strikes: Option<AccountId>,
    closes: bool,
    new_owner: Option<AccountId>,
    seniority: (Reverse<Option<Role>>, Age),
    by_open_door: bool,
}

/// What counts, and what became of it.
#[derive(Default)]
struct Round {
    counting: Set,
    deeds: BTreeMap<usize, Deed>,
    struck: Set,
}

/// A view: a past, what counts in it, and the ownership operations of the round.
struct View<'a> {
    past: &'a Set,
    counting: Set,
    deeds: &'a BTreeMap<usize, Deed>,
}

/// What a member is: role, appointment, since when, devices.
struct Inside {
    role: Role,
    appointed: Age,
    since: Age,
    devices: BTreeSet<DeviceId>,
}

impl Oracle {
    /// Reads `operations`, past before future, all of them rooted.
    pub fn new(genesis: &Genesis, operations: &[VerifiedOperation]) -> Self {
        let mut oracle =
            Self { genesis: genesis.clone(), operations: Vec::new(), pasts: Vec::new(), depths: Vec::new() };
        operations.iter().for_each(|operation| oracle.push(operation.clone()));
        oracle
    }

    /// Takes one more operation, whose dependencies are there.
    pub fn push(&mut self, operation: VerifiedOperation) {
        let (past, depth) = self.place(operation.operation());
        self.operations.push(operation);
        self.pasts.push(past);
        self.depths.push(depth);
    }

    fn place(&self, operation: &Operation) -> (Set, u32) {
        let known: Vec<usize> = operation.dependencies.iter().map(|hash| self.find(*hash)).collect();
        let past = known.iter().flat_map(|index| self.pasts[*index].iter().copied().chain([*index])).collect();
        (past, 1 + known.iter().map(|index| self.depths[*index]).max().unwrap_or(0))
    }

    fn find(&self, hash: OperationHash) -> usize {
        self.operations.iter().position(|operation| operation.hash() == hash).expect("past before future")
    }

    /// Section 1: whether an operation on top of these is rooted.
    pub fn is_rooted(&self, operation: &VerifiedOperation) -> bool {
        let op = operation.operation();
        let (past, _) = self.place(op);
        let past: Vec<_> = past.iter().map(|index| &self.operations[*index]).collect();
        let is_before = |known: &&VerifiedOperation| {
            let known = known.operation();
            known.device == op.device && known.run == op.run && known.seq == op.seq - 1
        };
        if op.seq > 1 && !past.iter().any(is_before) {
            return false;
        }
        if !matches!(op.body, OperationBody::Join(_)) {
            return past
                .iter()
                .filter_map(|known| known.admitted())
                .any(|admitted| admitted.account == op.account && admitted.device == op.device);
        }
        let opens = |known: &&VerifiedOperation| match &known.operation().body {
            OperationBody::SetPolicy(policy) => policy.door == Door::Open,
            OperationBody::Add(_) => known.admitted().is_some_and(|admitted| admitted.account == op.account),
            _ => false,
        };
        op.account == self.genesis.owner || Door::from(self.genesis.policy) == Door::Open || past.iter().any(opens)
    }

    /// Section 4: which operations count, and the roster of the whole set.
    pub fn read(&self) -> (BTreeSet<OperationHash>, Roster) {
        let mut round = Round::default();
        loop {
            self.go_through(&mut round);
            let waiting = round
                .deeds
                .iter()
                .filter(|(index, deed)| (deed.strikes.is_some() || deed.closes) && !round.struck.contains(index));
            let most_senior = waiting.min_by_key(|(index, deed)| {
                (deed.seniority, deed.new_owner.is_none(), self.operations[**index].hash())
            });
            let Some((index, _)) = most_senior else { break };
            let index = *index;
            round.struck.insert(index);
        }
        let counting = round.counting.iter().map(|index| self.operations[*index].hash()).collect();
        let all: Set = (0..self.operations.len()).collect();
        (counting, self.roster(&View { past: &all, counting: round.counting.clone(), deeds: &round.deeds }))
    }

    fn go_through(&self, round: &mut Round) {
        let settled: BTreeMap<usize, Deed> =
            round.struck.iter().map(|index| (*index, round.deeds[index].clone())).collect();
        round.counting = Set::new();
        round.deeds = BTreeMap::new();
        for index in 0..self.operations.len() {
            let deed = match settled.get(&index) {
                Some(deed) => Some(deed.clone()),
                None if self.is_hit(index, &settled) => None,
                None => {
                    let past = &self.pasts[index];
                    let counting = round.counting.intersection(past).copied().collect();
                    let view = View { past, counting, deeds: &round.deeds };
                    self.allowed(index, &view).filter(|deed| {
                        let is_shut_out =
                            settled.iter().any(|(strike, by)| by.closes && self.are_concurrent(*strike, index));
                        !(deed.by_open_door && is_shut_out)
                    })
                }
            };
            if let Some(deed) = deed {
                round.counting.insert(index);
                round.deeds.insert(index, deed);
            }
        }
    }

    fn is_hit(&self, index: usize, settled: &BTreeMap<usize, Deed>) -> bool {
        let author = self.operations[index].operation().account;
        settled.iter().any(|(strike, deed)| deed.strikes == Some(author) && self.are_concurrent(*strike, index))
    }

    fn are_concurrent(&self, one: usize, other: usize) -> bool {
        one != other && !self.pasts[one].contains(&other) && !self.pasts[other].contains(&one)
    }

    fn age(&self, index: usize) -> Age {
        Age { depth: self.depths[index], hash: self.operations[index].hash() }
    }

    fn body(&self, index: usize) -> &OperationBody {
        &self.operations[index].operation().body
    }

    /// Those of `set` that no other one of `set` has in its past.
    fn latest(&self, set: &Set) -> Set {
        set.iter().copied().filter(|one| !set.iter().any(|other| self.pasts[*other].contains(one))).collect()
    }

    fn owner(&self, view: &View<'_>) -> (AccountId, Age) {
        let named = |index: &usize| view.deeds.get(index).and_then(|deed| deed.new_owner);
        let changes: Set = view.counting.iter().copied().filter(|index| named(index).is_some()).collect();
        let last = self.latest(&changes).into_iter().min_by_key(|index| self.operations[*index].hash());
        match last {
            Some(index) => (named(&index).expect("filtered"), self.age(index)),
            None => (self.genesis.owner, Age::GENESIS),
        }
    }

    fn removals(&self, account: AccountId, view: &View<'_>) -> Set {
        let removes = |index: &usize| match self.body(*index) {
            OperationBody::Remove(target) | OperationBody::Ban(target) => *target == account,
            _ => false,
        };
        view.counting.iter().copied().filter(removes).collect()
    }

    fn is_banned(&self, account: AccountId, view: &View<'_>) -> bool {
        let is = |index: usize, body: OperationBody| *self.body(index) == body;
        let is_lifted = |ban: usize| {
            view.counting.iter().any(|by| is(*by, OperationBody::Unban(account)) && self.pasts[*by].contains(&ban))
        };
        let stands = |ban: &usize| is(*ban, OperationBody::Ban(account)) && !is_lifted(*ban);
        self.owner(view).0 != account && view.counting.iter().any(stands)
    }

    fn inside(&self, account: AccountId, view: &View<'_>) -> Option<Inside> {
        let removals = self.removals(account, view);
        let holds = |index: &usize| removals.is_subset(&self.pasts[*index]);
        let admissions: Vec<(Age, DeviceId)> = view
            .counting
            .iter()
            .filter(|index| holds(index))
            .filter_map(|index| Some((self.age(*index), self.operations[*index].admitted()?)))
            .filter(|(_, admitted)| admitted.account == account)
            .map(|(age, admitted)| (age, admitted.device))
            .collect();
        let (owner, owned_since) = self.owner(view);
        let mut beginnings: Vec<Age> = admissions.iter().map(|(age, _)| *age).collect();
        if account == self.genesis.owner && removals.is_empty() {
            beginnings.push(Age::GENESIS);
        }
        let since = match beginnings.into_iter().min() {
            Some(since) => since,
            None if owner == account => owned_since,
            None => return None,
        };
        let (role, appointed) = if owner == account {
            (Role::Owner, owned_since)
        } else {
            self.granted(account, view, holds).unwrap_or((Role::Member, since))
        };
        Some(Inside { role, appointed, since, devices: youngest(admissions) })
    }

    fn granted(&self, account: AccountId, view: &View<'_>, holds: impl Fn(&usize) -> bool) -> Option<(Role, Age)> {
        let grant = |index: &usize| match self.body(*index) {
            OperationBody::SetRole { account: target, role } if *target == account => Some(*role),
            OperationBody::Transfer(_) if self.operations[*index].operation().account == account => {
                Some(Role::Moderator)
            }
            _ => None,
        };
        let grants: Set = view.counting.iter().copied().filter(|i| holds(i) && grant(i).is_some()).collect();
        let latest = self.latest(&grants);
        let lowest = latest.iter().filter_map(grant).min()?;
        let oldest = latest.iter().filter(|index| grant(index) == Some(lowest)).map(|index| self.age(*index)).min()?;
        Some((lowest, oldest))
    }

    fn policy(&self, view: &View<'_>) -> RoomPolicy {
        let policy = |index: &usize| match self.body(*index) {
            OperationBody::SetPolicy(policy) => Some(*policy),
            _ => None,
        };
        let policies: Set = view.counting.iter().copied().filter(|index| policy(index).is_some()).collect();
        let latest: Vec<RoomPolicy> = self.latest(&policies).iter().filter_map(policy).collect();
        let strictest = |field: fn(&RoomPolicy) -> Role| latest.iter().map(field).max();
        match latest.iter().map(|policy| policy.door).max() {
            None => RoomPolicy::founding(&self.genesis),
            Some(door) => RoomPolicy {
                door,
                speak: strictest(|policy| policy.speak).expect("there is one"),
                share: strictest(|policy| policy.share).expect("there is one"),
                chat: strictest(|policy| policy.chat).expect("there is one"),
                history: latest.iter().all(|policy| policy.history),
            },
        }
    }

    fn is_frozen(&self, account: AccountId, device: DeviceId, view: &View<'_>) -> bool {
        let slot = |index: &usize| {
            let op = self.operations[*index].operation();
            (op.device, op.run, op.seq)
        };
        let of_device: Vec<usize> = view.past.iter().copied().filter(|index| slot(index).0 == device).collect();
        let has_twin = |one: &usize| of_device.iter().any(|other| one != other && slot(one) == slot(other));
        let twins: Set = of_device.iter().copied().filter(has_twin).collect();
        let renews = |index: &usize| {
            let admitted = self.operations[*index].admitted();
            matches!(self.body(*index), OperationBody::Add(_))
                && admitted.is_some_and(|admitted| admitted.account == account && admitted.device == device)
                && twins.is_subset(&self.pasts[*index])
        };
        !twins.is_empty() && !view.counting.iter().any(renews)
    }

    fn is_destroyed(&self, view: &View<'_>) -> bool {
        view.counting.iter().any(|index| *self.body(*index) == OperationBody::Destroy)
    }

    /// Everybody who is named anywhere.
    fn everybody(&self) -> BTreeSet<AccountId> {
        let admitted = self.operations.iter().filter_map(|operation| Some(operation.admitted()?.account));
        let named = self.operations.iter().filter_map(|operation| match operation.operation().body {
            OperationBody::Ban(account) => Some(account),
            _ => None,
        });
        admitted.chain(named).chain([self.genesis.owner]).collect()
    }

    fn members(&self, view: &View<'_>) -> Vec<(AccountId, Inside)> {
        self.everybody().into_iter().filter_map(|account| Some((account, self.inside(account, view)?))).collect()
    }

    fn heir(&self, view: &View<'_>) -> Option<AccountId> {
        let members = self.members(view);
        for role in [Role::Moderator, Role::Member, Role::Viewer] {
            let age = |inside: &Inside| if role == Role::Moderator { inside.appointed } else { inside.since };
            let of_role = members.iter().filter(|(_, inside)| inside.role == role);
            if let Some((account, _)) = of_role.min_by_key(|(_, inside)| age(inside)) {
                return Some(*account);
            }
        }
        None
    }

    /// Section 3.
    fn allowed(&self, index: usize, view: &View<'_>) -> Option<Deed> {
        let op = self.operations[index].operation();
        let author = op.account;
        if self.is_destroyed(view) || self.is_frozen(author, op.device, view) {
            return None;
        }
        let own = self.inside(author, view);
        if matches!(op.body, OperationBody::Join(_)) {
            let by_open_door = own.is_none();
            let may = !by_open_door || self.policy(view).door == Door::Open && self.members(view).len() < MAX_MEMBERS;
            let seniority = (Reverse(own.map(|own| own.role)), Age::GENESIS);
            let deed = Deed { strikes: None, closes: false, new_owner: None, seniority, by_open_door };
            return (may && !self.is_banned(author, view)).then_some(deed);
        }
        let own = own.filter(|own| own.devices.contains(&op.device))?;
        let seniority = (Reverse(Some(own.role)), own.appointed);
        let plain = Deed { strikes: None, closes: false, new_owner: None, seniority, by_open_door: false };
        let is_moderator = own.role >= Role::Moderator;
        let outranks = |other: &Inside| {
            own.role > other.role
                || own.role == Role::Moderator && other.role == Role::Moderator && own.appointed < other.appointed
        };
        let striking = |target| Deed { strikes: Some(target), ..plain.clone() };
        let handing_over = |to| Deed { new_owner: Some(to), ..striking(author) };
        match &op.body {
            OperationBody::Join(_) => None,
            OperationBody::Add(_) => {
                let target = self.operations[index].admitted()?.account;
                let may_enter = self.inside(target, view).is_some()
                    || self.policy(view).door != Door::Locked && self.members(view).len() < MAX_MEMBERS;
                (is_moderator && !self.is_banned(target, view) && may_enter).then_some(plain)
            }
            OperationBody::Remove(target) if *target == author => {
                if own.role == Role::Owner {
                    self.heir(view).map(handing_over)
                } else {
                    Some(plain)
                }
            }
            OperationBody::Remove(target) => {
                let target_inside = self.inside(*target, view)?;
                (is_moderator && outranks(&target_inside)).then(|| striking(*target))
            }
            OperationBody::Ban(target) => {
                let is_below = self.inside(*target, view).is_none_or(|inside| outranks(&inside));
                let may = is_moderator && *target != author && !self.is_banned(*target, view) && is_below;
                may.then(|| striking(*target))
            }
            OperationBody::Unban(target) => (is_moderator && self.is_banned(*target, view)).then_some(plain),
            OperationBody::SetRole { account, role } if *account == author => {
                (own.role != Role::Owner && *role < own.role).then_some(plain)
            }
            OperationBody::SetRole { account, role } => {
                let target = self.inside(*account, view)?;
                let gives = own.role == Role::Owner || is_moderator && *role <= Role::Member;
                let may = gives && outranks(&target) && target.role != *role && target.role != Role::Owner;
                may.then(|| if *role < target.role { striking(*account) } else { plain.clone() })
            }
            OperationBody::SetPolicy(policy) => {
                is_moderator.then(|| Deed { closes: policy.door != Door::Open, ..plain.clone() })
            }
            OperationBody::Transfer(target) => {
                self.inside(*target, view)?;
                (own.role == Role::Owner && *target != author).then(|| handing_over(*target))
            }
            OperationBody::FloorRotate { .. } => is_moderator.then_some(plain),
            OperationBody::Destroy | OperationBody::Snapshot { .. } => (own.role == Role::Owner).then_some(plain),
        }
    }

    fn roster(&self, view: &View<'_>) -> Roster {
        let mut members = self.members(view);
        members.sort_by_key(|(_, inside)| (Reverse(inside.role), inside.since));
        let member = |(account, inside): (AccountId, Inside)| {
            let standing = |device: DeviceId| match self.is_frozen(account, device, view) {
                true => DeviceStanding::Frozen,
                false => DeviceStanding::Good,
            };
            let devices = inside.devices.iter().map(|device| (*device, standing(*device))).collect();
            (account, Member { role: inside.role, since: inside.since, devices })
        };
        let commitment = |index: usize| match self.body(index) {
            OperationBody::FloorRotate { commitment } => Some((self.operations[index].hash(), *commitment)),
            _ => None,
        };
        let rotations: Set = view.counting.iter().copied().filter(|index| commitment(*index).is_some()).collect();
        Roster {
            owner: self.owner(view).0,
            members: members.into_iter().take(MAX_MEMBERS).map(member).collect(),
            banned: self.everybody().into_iter().filter(|account| self.is_banned(*account, view)).collect(),
            policy: self.policy(view),
            floor: self.latest(&rotations).into_iter().filter_map(commitment).collect(),
            destroyed: self.is_destroyed(view),
        }
    }
}

/// Of the devices of these admissions, each as old as its latest, the youngest.
fn youngest(admissions: Vec<(Age, DeviceId)>) -> BTreeSet<DeviceId> {
    let mut latest: BTreeMap<DeviceId, Age> = BTreeMap::new();
    for (age, device) in admissions {
        let known = latest.entry(device).or_insert(age);
        *known = age.max(*known);
    }
    let mut by_age: Vec<(Age, DeviceId)> = latest.into_iter().map(|(device, age)| (age, device)).collect();
    by_age.sort();
    by_age.into_iter().rev().take(MAX_DEVICES).map(|(_, device)| device).collect()
}
