//! People of a room, each with what they know, and what they do.

use milanio_identity::{AccountKey, DeviceCert, DeviceKey, Policy};

use super::super::*;
use crate::wire::operation::{Door, RoomPolicy};

pub const FOUNDED_S: u64 = 1_750_000_000;

/// A person with one device.
#[derive(Clone)]
pub struct Person {
    pub account: AccountId,
    pub key: DeviceKey,
    pub cert: Vec<u8>,
}

/// Device `number` of person `name`.
pub fn device(name: u8, number: u8) -> Person {
    let account = AccountKey::from_seed([name; 32]);
    let key = DeviceKey::from_seed([100 + 10 * name + number; 32]);
    let cert = DeviceCert::issue(&account, key.id(), FOUNDED_S, FOUNDED_S + 60).unwrap().to_bytes();
    Person { account: account.id(), key, cert }
}

pub fn person(name: u8) -> Person {
    device(name, 0)
}

pub fn genesis(policy: Policy) -> Genesis {
    Genesis { nonce: [0; 16], owner: person(OWNER).account, policy, created_s: FOUNDED_S, ttl_s: 60 }
}

/// What one person knows.
#[derive(Clone)]
pub struct Replica {
    pub genesis: Genesis,
    pub membership: Membership,
    pub run: u8,
}

impl Replica {
    pub fn founded(policy: Policy) -> Self {
        let genesis = genesis(policy);
        Self { membership: Membership::new(&genesis), genesis, run: 0 }
    }

    /// An open room with the owner, two moderators (the first appointed first), and a member.
    pub fn busy() -> Self {
        let mut room = Self::founded(Policy::Open);
        for name in [OWNER, FIRST, SECOND, MEMBER] {
            room.join(name);
        }
        for name in [FIRST, SECOND] {
            room.make(OWNER, OperationBody::SetRole { account: person(name).account, role: Role::Moderator });
        }
        room
    }

    pub fn signed(&self, by: &Person, body: OperationBody) -> VerifiedOperation {
        let draft = self.membership.draft(by.account, by.key.id(), RunId([self.run; 8]), body);
        VerifiedOperation::sign(&by.key, &self.genesis, &draft).unwrap()
    }

    pub fn make_by(&mut self, by: &Person, body: OperationBody) -> VerifiedOperation {
        let operation = self.signed(by, body);
        assert_eq!(self.membership.add(operation.clone()), Ok(Added::New { others: 0 }));
        operation
    }

    pub fn make(&mut self, name: u8, body: OperationBody) -> VerifiedOperation {
        self.make_by(&person(name), body)
    }

    pub fn join(&mut self, name: u8) -> VerifiedOperation {
        self.make(name, OperationBody::Join(person(name).cert))
    }

    /// Why what `name` does now has no effect.
    pub fn refused(&mut self, name: u8, body: OperationBody) -> Option<Refusal> {
        let operation = self.make(name, body);
        self.membership.refusal(&operation.hash())
    }

    pub fn refusal(&mut self, operation: &VerifiedOperation) -> Option<Refusal> {
        self.membership.refusal(&operation.hash())
    }

    pub fn role(&mut self, name: u8) -> Option<Role> {
        self.membership.roster().role(&person(name).account)
    }

    /// Both learn what the other knows, and then say the same.
    pub fn meet(&mut self, other: &mut Self) {
        let [mine, theirs] = [&*self, &*other].map(|room| room.membership.operations().cloned().collect::<Vec<_>>());
        for (room, heard) in [(&mut *self, theirs), (&mut *other, mine)] {
            heard.into_iter().for_each(|operation| assert!(room.membership.add(operation).is_ok()));
        }
        assert_eq!(self.membership.roster(), other.membership.roster());
        assert_eq!(self.membership.heads(), other.membership.heads());
    }
}

pub fn remove(name: u8) -> OperationBody {
    OperationBody::Remove(person(name).account)
}

pub fn ban(name: u8) -> OperationBody {
    OperationBody::Ban(person(name).account)
}

pub fn transfer(name: u8) -> OperationBody {
    OperationBody::Transfer(person(name).account)
}

pub fn add(name: u8) -> OperationBody {
    OperationBody::Add(person(name).cert)
}

pub fn set_role(name: u8, role: Role) -> OperationBody {
    OperationBody::SetRole { account: person(name).account, role }
}

pub fn door(door: Door) -> OperationBody {
    OperationBody::SetPolicy(RoomPolicy { door, ..RoomPolicy::founding(&genesis(Policy::Open)) })
}

pub const OWNER: u8 = 1;
pub const FIRST: u8 = 2;
pub const SECOND: u8 = 3;
pub const MEMBER: u8 = 4;
pub const STRANGER: u8 = 5;
