//! What can only be seen while a run goes on: every word as it is told, and whether equal knowledge always gives equal rosters.

use std::collections::{BTreeMap, BTreeSet};

use milanio_identity::AccountId;
use milanio_node::{
    core::room::{Act, RoomEvent},
    wire::{message::MessageId, operation::Role},
};
use sha2::{Digest as _, Sha256};

use super::{
    checks::{self, Violation},
    deeds::Life,
};
use crate::sim::World;

/// How far each node was watched.
#[derive(Default)]
pub struct Watch {
    nodes: BTreeMap<usize, Watched>,
    /// Accounts that anybody ever took for moderators.
    moderators: BTreeSet<AccountId>,
}

#[derive(Default)]
struct Watched {
    told: usize,
    began: usize,
    messages: BTreeSet<MessageId>,
    roster: Option<usize>,
    operations: usize,
    /// Names the set of operations whatever their order.
    set: [u8; 32],
}

impl Watch {
    /// Looks at everything that was told since the last look.
    ///
    /// # Errors
    /// The property that does not hold.
    pub fn look(&mut self, world: &World, life: &Life) -> Result<(), Violation> {
        for (index, node) in world.nodes.iter().enumerate() {
            for (_, event) in node.told.iter().skip(self.nodes.get(&index).map_or(0, |one| one.told)) {
                if let RoomEvent::Roster(roster) = event {
                    let decides = roster.members.iter().filter(|member| member.role >= Role::Moderator);
                    self.moderators.extend(decides.map(|member| member.account));
                }
            }
        }
        let mut rosters: BTreeMap<[u8; 32], [u8; 32]> = BTreeMap::new();
        for index in 0..world.nodes.len() {
            self.listen(world, life, index)?;
            let watched = self.nodes.entry(index).or_default();
            watched.count(world.nodes[index].operations());
            if world.nodes[index].is_inside()
                && let Some(RoomEvent::Roster(roster)) = watched.roster.map(|at| &world.nodes[index].told[at].1)
            {
                let digest = *rosters.entry(watched.set).or_insert(roster.digest);
                checks::g7_equal_sets_give_equal_rosters(index, digest, roster.digest)?;
            }
            checks::g13_the_genesis_is_the_founders(world, index)?;
        }
        Ok(())
    }

    fn listen(&mut self, world: &World, life: &Life, index: usize) -> Result<(), Violation> {
        let node = &world.nodes[index];
        let watched = self.nodes.entry(index).or_default();
        for at in watched.told..node.told.len() {
            if at >= life.began[index] && watched.began != life.began[index] {
                watched.begin(life.began[index]);
            }
            match &node.told[at].1 {
                RoomEvent::Roster(_) => watched.roster = Some(at),
                RoomEvent::Chat(message) => {
                    let is_new = watched.messages.insert(message.id);
                    checks::g8_nothing_is_told_twice(index, message, is_new)?;
                    checks::g2_who_wrote_it_wrote_it(world, life, index, message)?;
                    let before = watched.roster.map(|at| &node.told[at].1);
                    let meanwhile = node.told[at..].iter().take_while(|(moment, _)| *moment == node.told[at].0);
                    let rosters = before.into_iter().chain(meanwhile.map(|(_, event)| event));
                    checks::g2_only_members_are_heard(index, message, rosters)?;
                }
                RoomEvent::MemberJoined(member) | RoomEvent::MemberChanged(member) => {
                    checks::g2_nobody_is_another(world, index, member)?;
                }
                RoomEvent::Acted { by, what } => {
                    let about_oneself =
                        matches!(what, Act::Removed(account) | Act::SetRole(account, _) if account == by);
                    let may = about_oneself || self.moderators.contains(by);
                    checks::g7_nobody_acts_beyond_its_rights(index, *what, may)?;
                }
                RoomEvent::Asked { by, what } => {
                    let by = node.sees().get(by).map(|member| member.account);
                    let may = by.is_none_or(|by| self.moderators.contains(&by));
                    checks::g7_nobody_asks_beyond_its_rights(index, *what, may)?;
                }
                _ => {}
            }
        }
        if watched.began != life.began[index] {
            // It entered anew and was told nothing yet.
            watched.begin(life.began[index]);
        }
        watched.told = node.told.len();
        Ok(())
    }
}

impl Watched {
    /// A new run: what was told before may be told again, and everything is learned anew.
    fn begin(&mut self, began: usize) {
        *self = Self { began, operations: self.operations, set: self.set, ..Self::default() };
    }

    fn count(&mut self, operations: &[Vec<u8>]) {
        for operation in operations.iter().skip(self.operations) {
            let hash: [u8; 32] = Sha256::digest(operation).into();
            self.set.iter_mut().zip(hash).for_each(|(byte, other)| *byte ^= other);
        }
        self.operations = operations.len();
    }
}
