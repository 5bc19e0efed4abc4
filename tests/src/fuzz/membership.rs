//! The target that reads operations: the bytes as they are, and as what the founder's device signed.

use milanio_identity::{AccountKey, DeviceCert, Genesis, Label, Policy, Signature};
use milanio_node::{
    core::membership::Membership,
    wire::{
        message::RunId,
        operation::{Operation, OperationBody, OperationHash, Role, RoomPolicy, VerifiedOperation},
    },
};

use super::{NOW, device};

/// Operations: what is accepted has one encoding, and a room takes it or refuses it.
pub fn operation(data: &[u8]) -> bool {
    let genesis = genesis();
    let stated = VerifiedOperation::from_bytes(&genesis.digest(), data);
    if let Ok(operation) = &stated {
        assert_eq!(operation.as_bytes(), data);
    }
    let Some((statement, _)) = data.split_last_chunk::<{ Signature::LENGTH }>() else { return false };
    let mut statement = statement.to_vec();
    if let Some(author) = statement.get_mut(AUTHOR) {
        author.copy_from_slice(&[*account().id().as_bytes(), *device().id().as_bytes()].concat());
    }
    let signed = [genesis.digest().as_slice(), &statement].concat();
    let signature = device().sign(Label::Operation, &signed);
    let bytes = [statement, signature.0.to_vec()].concat();
    let signed = VerifiedOperation::from_bytes(&genesis.digest(), &bytes);
    if let Ok(operation) = &signed {
        assert_eq!(VerifiedOperation::sign(&device(), &genesis, operation.operation()).as_ref(), Ok(operation));
        let mut room = Membership::new(&genesis);
        let _ = room.add(operation.clone());
        assert_eq!(room.roster().owner, genesis.owner, "nothing alone changes the owner");
    }
    stated.is_ok() || signed.is_ok()
}

/// One operation of every kind, by the founder's device.
pub(super) fn operations() -> Vec<Vec<u8>> {
    let cert =
        DeviceCert::issue(&account(), device().id(), NOW.as_secs(), NOW.as_secs() + 60).expect("a minute is allowed");
    let other = AccountKey::from_seed([3; 32]).id();
    let bodies = [
        OperationBody::Join(cert.to_bytes()),
        OperationBody::Add(cert.to_bytes()),
        OperationBody::Remove(other),
        OperationBody::Ban(other),
        OperationBody::Unban(other),
        OperationBody::SetRole { account: other, role: Role::Moderator },
        OperationBody::SetPolicy(RoomPolicy::founding(&genesis())),
        OperationBody::Transfer(other),
        OperationBody::FloorRotate { commitment: [5; 32] },
        OperationBody::Destroy,
        OperationBody::Snapshot { roster: [6; 32] },
    ];
    let dependencies = |count: u8| (0..count).map(|index| OperationHash([index; 32])).collect();
    let operation = |(index, body): (u8, OperationBody)| Operation {
        account: account().id(),
        device: device().id(),
        run: RunId([2; 8]),
        seq: 1,
        dependencies: dependencies(index % 3),
        body,
    };
    let signed = |operation: Operation| VerifiedOperation::sign(&device(), &genesis(), &operation).ok();
    (0..).zip(bodies).map(operation).filter_map(signed).map(|operation| operation.as_bytes().to_vec()).collect()
}

fn account() -> AccountKey {
    AccountKey::from_seed([2; 32])
}

fn genesis() -> Genesis {
    Genesis { nonce: [1; 16], owner: account().id(), policy: Policy::Open, created_s: NOW.as_secs(), ttl_s: 60 }
}

/// Where an operation names its account and device: behind the version.
const AUTHOR: std::ops::Range<usize> = 1..65;
