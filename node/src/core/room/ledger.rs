//! The room's operations as one device keeps them: read from others, stated by itself, and what follows.
//!
//! Left out: when they are said and asked for (`exchange`), and what the room does about them.

use milanio_identity::{AccountId, DeviceId, DeviceKey, Genesis};
use sha2::{Digest as _, Sha256};

use super::{moderation::ModerateError, view::RosterView};
use crate::{
    core::membership::{Added, DeviceStanding, Membership, Refusal, Removal},
    wire::{
        floor::HeadsDigest,
        limits,
        message::RunId,
        operation::{Door, OperationBody, OperationError, OperationHash, Role, RoomPolicy, VerifiedOperation},
    },
};

/// Who keeps the operations: account, device and run.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    /// The account.
    pub account: AccountId,
    /// Its device.
    pub device: DeviceId,
    /// The run of the app on it.
    pub run: RunId,
}

/// What became of operations that somebody said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Something new is in the set.
    pub any_new: bool,
    /// Something waits for operations that are missing.
    pub any_waiting: bool,
    /// What is new, in the order in which it came in: hash by hash.
    pub new: Vec<OperationHash>,
}

/// The operations.
pub struct Ledger {
    genesis: Genesis,
    genesis_digest: [u8; 32],
    membership: Membership,
    author: Author,
    digest: HeadsDigest,
    /// How many operations were told to be kept.
    told: usize,
}

impl Ledger {
    /// None yet, in the room that `genesis` founded.
    pub fn new(genesis: Genesis, author: Author) -> Self {
        let membership = Membership::new(&genesis);
        let digest = digest_of(&membership);
        Self { genesis_digest: genesis.digest(), genesis, membership, author, digest, told: 0 }
    }

    /// The room's genesis.
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Takes operations that somebody said, up to the first that is none of this room: whoever said it is at fault for the rest.
    pub fn take(&mut self, operations: &[Vec<u8>]) -> Taken {
        let mut taken = Taken::default();
        let before = self.membership.operations().count();
        for bytes in operations {
            match self.verify(bytes) {
                Ok(operation) => match self.membership.add(operation) {
                    Ok(Added::New { .. }) => taken.any_new = true,
                    Ok(Added::Waiting) => taken.any_waiting = true,
                    Ok(Added::Known) | Err(_) => {}
                },
                Err(_) => break,
            }
        }
        taken.new = self.membership.operations().skip(before).map(VerifiedOperation::hash).collect();
        self.digest = digest_of(&self.membership);
        taken
    }

    /// States `body` on top of all that is known, if it is allowed.
    pub fn state(&mut self, body: OperationBody, key: &DeviceKey) -> Result<VerifiedOperation, ModerateError> {
        let Author { account, device, run } = self.author;
        let draft = self.membership.draft(account, device, run, body);
        let signed = VerifiedOperation::sign(key, &self.genesis, &draft);
        let operation = signed.map_err(|_| ModerateError::NotAllowed(Refusal::Target))?;
        self.membership.allows(&operation).map_err(ModerateError::NotAllowed)?;
        self.membership.add(operation.clone()).map_err(|_| ModerateError::Full)?;
        self.digest = digest_of(&self.membership);
        Ok(operation)
    }

    fn verify(&self, bytes: &[u8]) -> Result<VerifiedOperation, OperationError> {
        VerifiedOperation::from_bytes(&self.genesis_digest, bytes)
    }

    /// Operations that were not told to be kept before.
    pub fn untold(&mut self) -> Vec<Vec<u8>> {
        let untold: Vec<_> = self.membership.operations().skip(self.told).map(|one| one.as_bytes().to_vec()).collect();
        self.told += untold.len();
        untold
    }

    /// Says which operations are known.
    pub const fn digest(&self) -> HeadsDigest {
        self.digest
    }

    /// Whether somebody who says this knows just what is known here, or all of it but what this run stated by itself.
    pub fn covers(&self, said: &HeadsDigest) -> bool {
        let is_others = |hash: &OperationHash| {
            let own = (self.author.device, self.author.run);
            self.membership.find(hash).is_some_and(|head| (head.operation().device, head.operation().run) != own)
        };
        *said == self.digest || *said == digest_of_heads(self.membership.heads().iter().filter(|hash| is_others(hash)))
    }

    /// What is known, for a question: of too many heads those that `pick` (random) begins with.
    pub fn heads(&self, pick: u64) -> Vec<OperationHash> {
        let mut heads = self.membership.heads();
        if heads.len() > limits::WANTED_HEADS {
            let by = (pick % heads.len() as u64) as usize;
            heads.rotate_left(by);
            heads.truncate(limits::WANTED_HEADS);
            heads.sort_unstable();
        }
        heads
    }

    /// What somebody who knows `heads` does not know, in pieces that fit a message, at most `pieces` of them.
    pub fn unknown_to(&self, heads: &[OperationHash], pieces: usize) -> Vec<Vec<Vec<u8>>> {
        let mut said: Vec<Vec<Vec<u8>>> = Vec::new();
        let mut bytes = usize::MAX;
        for operation in self.membership.unknown_to(heads, pieces * limits::OPERATIONS) {
            let operation = operation.as_bytes().to_vec();
            bytes = bytes.saturating_add(operation.len());
            let full = said.len() == pieces;
            match said.last_mut() {
                Some(piece) if bytes <= limits::OPERATIONS_BYTES && piece.len() < limits::OPERATIONS => {
                    piece.push(operation);
                }
                _ if full => break,
                _ => {
                    bytes = operation.len();
                    said.push(vec![operation]);
                }
            }
        }
        said
    }

    /// Whether an operation is known.
    pub fn knows(&self, hash: &OperationHash) -> bool {
        self.membership.knows(hash)
    }

    /// Whether all of these are known.
    pub fn knows_all(&self, hashes: &[OperationHash]) -> bool {
        hashes.iter().all(|hash| self.knows(hash))
    }

    /// The operation that would be said first to somebody who knows `heads`.
    pub fn first_unknown_to(&self, heads: &[OperationHash]) -> Option<&VerifiedOperation> {
        self.membership.unknown_to(heads, 1).first().copied()
    }

    /// The membership itself.
    pub const fn membership(&mut self) -> &mut Membership {
        &mut self.membership
    }

    /// What `account` is, speaking through `device`; `None` if it does not speak for it.
    pub fn role(&mut self, account: &AccountId, device: &DeviceId) -> Option<Role> {
        let roster = self.membership.roster();
        roster.speaks_for(account, device).then(|| roster.role(account)).flatten()
    }

    /// Whether it is known here that an account does not decide: it was put out, or is in without that right.
    pub fn lost_right(&mut self, account: &AccountId) -> bool {
        match self.membership.roster().role(account) {
            Some(role) => role < Role::Moderator,
            None => self.removed_by(account).is_some(),
        }
    }

    /// What this device's account is, if this device speaks for it.
    pub fn own_role(&mut self) -> Option<Role> {
        let Author { account, device, .. } = self.author;
        self.role(&account, &device)
    }

    /// Whether a device is frozen.
    pub fn is_frozen(&mut self, account: &AccountId, device: &DeviceId) -> bool {
        let member = self.membership.roster().members.get(account);
        member.and_then(|member| member.devices.get(device)) == Some(&DeviceStanding::Frozen)
    }

    /// Who may do what.
    pub fn policy(&mut self) -> RoomPolicy {
        self.membership.roster().policy
    }

    /// Whether the room was founded with an open door.
    pub fn was_founded_open(&self) -> bool {
        RoomPolicy::founding(&self.genesis).door == Door::Open
    }

    /// The admission by which this device is in, the latest if there are several.
    pub fn own_ticket(&mut self) -> Option<OperationHash> {
        let Author { account, device, .. } = self.author;
        self.own_role()?;
        let is_own = |operation: &&VerifiedOperation| {
            operation.admitted().is_some_and(|admitted| (admitted.account, admitted.device) == (account, device))
        };
        let own: Vec<_> = self.membership.operations().filter(is_own).map(VerifiedOperation::hash).collect();
        own.into_iter().rev().find(|hash| self.membership.refusal(hash).is_none())
    }

    /// The removal of this account by somebody who knew of its `ticket`.
    pub fn own_removal(&mut self, ticket: &OperationHash) -> Option<Removal> {
        let removals = self.membership.removals_of(&self.author.account);
        removals.into_iter().rev().find(|removal| self.membership.is_known_to(ticket, &removal.hash))
    }

    /// Who put `account` out last, if anybody did.
    pub fn removed_by(&mut self, account: &AccountId) -> Option<AccountId> {
        self.membership.removals_of(account).last().map(|removal| removal.by)
    }

    /// The roster as this account sees it.
    pub fn view(&mut self) -> RosterView {
        RosterView::of(&mut self.membership, self.author.account)
    }

    /// What a rotation commits to; `None` if it is not known.
    pub fn commitment(&self, rotation: &OperationHash) -> Option<[u8; 32]> {
        match self.membership.find(rotation)?.operation().body {
            OperationBody::FloorRotate { commitment } => Some(commitment),
            _ => None,
        }
    }
}

fn digest_of(membership: &Membership) -> HeadsDigest {
    digest_of_heads(membership.heads().iter())
}

fn digest_of_heads<'a>(heads: impl Iterator<Item = &'a OperationHash>) -> HeadsDigest {
    let mut hasher = Sha256::new();
    heads.for_each(|head| hasher.update(head.0));
    let whole: [u8; 32] = hasher.finalize().into();
    HeadsDigest(std::array::from_fn(|index| whole[index]))
}
