//! Who decides in a room, shown to somebody who knows its genesis and nothing else.
//!
//! A [`Right`] is a chain of operations from the founder on: the room was given away so and so often, and the last owner made somebody
//! a moderator. Everybody who is on the way is named by a certificate. It shows that somebody had the right once; whether it was
//! taken away since, only all operations tell. Heirs of an owner who left without giving the room away, and whom they
//! appointed, cannot show it.

use milanio_identity::{AccountId, DeviceCert, DeviceId, Genesis};

use super::ledger::Ledger;
use crate::wire::{
    door::{Link, Right},
    limits::RIGHT_LINKS,
    operation::{Admitted, OperationBody, OperationHash, Role, VerifiedOperation},
};

/// What shows that `device` decides in the room for `account`, if that can be shown.
pub fn prove(ledger: &mut Ledger, account: AccountId, device: DeviceId) -> Option<Right> {
    let founder = ledger.genesis().owner;
    let all: Vec<OperationHash> = ledger.membership().operations().map(VerifiedOperation::hash).collect();
    let counting: Vec<OperationHash> =
        all.into_iter().filter(|hash| ledger.membership().refusal(hash).is_none()).collect();
    let (mut links, mut target) = (Vec::new(), account);
    while target != founder {
        if links.len() == RIGHT_LINKS {
            return None;
        }
        let may_appoint = links.is_empty();
        let grants = |operation: &VerifiedOperation| {
            next(&operation.operation().body).is_some_and(|(to, last)| to == target && (may_appoint || !last))
        };
        let membership = &*ledger.membership();
        let mut latest = counting.iter().rev().filter_map(|hash| membership.find(hash));
        let grant = latest.find(|operation| grants(operation))?.clone();
        let author = grant.operation();
        let cert = cert_of(ledger, author.account, author.device)?;
        target = author.account;
        links.push(Link { cert, operation: grant.as_bytes().to_vec() });
    }
    links.reverse();
    Some(Right { cert: cert_of(ledger, account, device)?, links })
}

/// Whether `right` shows that `who` decides in the room that `genesis` founded.
///
/// What is forged costs little: that the chain leads from the founder to `who` is seen before any signature is looked at, and the
/// signatures are gone through from its end on, since whoever was inside knows genuine beginnings.
pub fn shows(right: &Right, who: Admitted, genesis: &Genesis) -> bool {
    leads_to(right, who, genesis.owner) && is_signed(right, &genesis.digest())
}

fn leads_to(right: &Right, who: Admitted, founder: AccountId) -> bool {
    let mut holder = Some((founder, false));
    for link in &right.links {
        let claimed = VerifiedOperation::claimed(&link.operation).ok();
        holder = claimed.zip(certified(&link.cert)).zip(holder).and_then(|((claimed, author), (account, is_over))| {
            let is_author = Admitted { account: claimed.account, device: claimed.device } == author;
            if is_over || !is_author || author.account != account { None } else { next(&claimed.body) }
        });
    }
    holder.is_some_and(|(account, _)| account == who.account) && certified(&right.cert) == Some(who)
}

fn is_signed(right: &Right, genesis: &[u8; 32]) -> bool {
    let is_signed = |link: &Link| VerifiedOperation::from_bytes(genesis, &link.operation).is_ok() && holds(&link.cert);
    holds(&right.cert) && right.links.iter().rev().all(is_signed)
}

/// Whom an operation gives a right to decide, and whether that is one that cannot be passed on.
fn next(body: &OperationBody) -> Option<(AccountId, bool)> {
    match body {
        OperationBody::Transfer(account) => Some((*account, false)),
        OperationBody::SetRole { account, role: Role::Moderator } => Some((*account, true)),
        _ => None,
    }
}

/// A certificate of the device, from the operation that let it in.
fn cert_of(ledger: &mut Ledger, account: AccountId, device: DeviceId) -> Option<Vec<u8>> {
    let admitted = Some(Admitted { account, device });
    let mut admissions = ledger.membership().operations().filter(|operation| operation.admitted() == admitted);
    admissions.find_map(|operation| match &operation.operation().body {
        OperationBody::Join(cert) | OperationBody::Add(cert) => Some(cert.clone()),
        _ => None,
    })
}

/// The device that a certificate says to be of an account, whoever signed it.
fn certified(cert: &[u8]) -> Option<Admitted> {
    let cert = DeviceCert::from_bytes(cert).ok()?;
    Some(Admitted { account: cert.account(), device: cert.device() })
}

/// Whether the account signed the certificate. Its lifetime is not looked at, as in operations.
fn holds(cert: &[u8]) -> bool {
    DeviceCert::from_bytes(cert).is_ok_and(|cert| cert.verify(cert.created_s()).is_ok())
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, DeviceKey, EphemeralSecret, FloorRoot, Policy, RoomId};

    use super::*;
    use crate::{
        core::room::{door, ledger::Author},
        wire::{
            codec::{decode, encode},
            door::KnockAnswer,
            group::tests::Constant,
            message::{DoorBody, RunId},
        },
    };

    const FOUNDED_S: u64 = 1_750_000_000;

    fn account(number: u8) -> AccountId {
        AccountKey::from_seed([number; 32]).id()
    }

    fn device(number: u8) -> DeviceKey {
        DeviceKey::from_seed([100 + number; 32])
    }

    fn cert(number: u8) -> Vec<u8> {
        let account = AccountKey::from_seed([number; 32]);
        DeviceCert::issue(&account, device(number).id(), FOUNDED_S, FOUNDED_S + 60).unwrap().to_bytes()
    }

    fn genesis() -> Genesis {
        Genesis { nonce: [0; 16], owner: account(1), policy: Policy::Open, created_s: FOUNDED_S, ttl_s: 60 }
    }

    /// A room in which everybody joined that acts, and then these did this.
    fn room(deeds: &[(u8, OperationBody)]) -> Ledger {
        let mut said: Vec<Vec<u8>> = Vec::new();
        let joins = (1..6).map(|number| (number, OperationBody::Join(cert(number))));
        for (by, body) in joins.chain(deeds.iter().cloned()) {
            let author = Author { account: account(by), device: device(by).id(), run: RunId([by; 8]) };
            let mut ledger = Ledger::new(genesis(), author);
            ledger.take(&said);
            said.push(ledger.state(body, &device(by)).unwrap().as_bytes().to_vec());
        }
        let author = Author { account: account(9), device: device(9).id(), run: RunId([9; 8]) };
        let mut ledger = Ledger::new(genesis(), author);
        ledger.take(&said);
        ledger
    }

    fn appoint(number: u8) -> OperationBody {
        OperationBody::SetRole { account: account(number), role: Role::Moderator }
    }

    /// Whether it shows anything of anybody.
    fn is_shown(right: &Right) -> bool {
        (1..6).any(|number| shows(right, of(number), &genesis()))
    }

    fn right_of(ledger: &mut Ledger, number: u8) -> Option<Right> {
        prove(ledger, account(number), device(number).id())
    }

    fn of(number: u8) -> Admitted {
        Admitted { account: account(number), device: device(number).id() }
    }

    #[test]
    fn owners_and_whom_they_appointed_show_it_however_often_the_room_was_given_away() {
        let mut ledger = room(&[
            (1, OperationBody::Transfer(account(2))),
            (2, OperationBody::Transfer(account(3))),
            (3, appoint(4)),
        ]);
        for (number, links) in [(1, 0), (3, 2), (4, 3)] {
            let right = right_of(&mut ledger, number).unwrap();
            assert_eq!(right.links.len(), links);
            assert!(shows(&right, of(number), &genesis()));
            assert!(!shows(&right, of(5), &genesis()));
        }
        assert_eq!(right_of(&mut ledger, 5), None, "a plain member");
    }

    #[test]
    fn a_chain_that_does_not_fit_shows_nothing() {
        let mut ledger = room(&[(1, OperationBody::Transfer(account(2))), (2, appoint(3))]);
        let good = right_of(&mut ledger, 3).unwrap();
        let mut bad = vec![good.clone(); 6];
        bad[0].links.remove(0);
        bad[1].links.swap(0, 1);
        bad[2].cert = cert(4);
        bad[3].links[1].cert = cert(4);
        bad[4].links.push(good.links[0].clone());
        *bad[5].links[0].operation.last_mut().unwrap() ^= 1;
        assert!(shows(&good, of(3), &genesis()));
        for (number, right) in bad.iter().enumerate() {
            assert!(!is_shown(right), "{number}");
        }
        assert!(!shows(&good, of(3), &Genesis { nonce: [1; 16], ..genesis() }), "of another room");
    }

    #[test]
    fn a_moderator_makes_no_moderators() {
        let mut ledger = room(&[(1, appoint(2))]);
        let mut right = right_of(&mut ledger, 2).unwrap();
        let author = Author { account: account(2), device: device(2).id(), run: RunId([7; 8]) };
        let draft = ledger.membership().draft(author.account, author.device, author.run, appoint(3));
        let operation = VerifiedOperation::sign(&device(2), &genesis(), &draft).unwrap();
        right.links.push(Link { cert: cert(2), operation: operation.as_bytes().to_vec() });
        right.cert = cert(3);
        assert!(!is_shown(&right));
    }

    #[derive(serde::Deserialize)]
    struct Vectors {
        genesis_digest: String,
        room: String,
        from: String,
        to: String,
        ephemeral_ikm: String,
        answers: Vec<AnswerCase>,
    }

    #[derive(serde::Deserialize)]
    struct AnswerCase {
        kind: String,
        plain: String,
        body: String,
    }

    fn bytes<const LENGTH: usize>(hex: &str) -> [u8; LENGTH] {
        hex::decode(hex).unwrap().try_into().unwrap()
    }

    /// The figures were computed with another implementation of the seals, the signatures and the encoding.
    #[test]
    fn answers_at_the_door_match_the_vectors() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../../tests/vectors/door.json")).unwrap();
        assert_eq!(hex::encode(genesis().digest()), vectors.genesis_digest);
        let (from, to) = (bytes(&vectors.from), bytes(&vectors.to));
        assert_eq!((from, to), (*device(3).id().as_bytes(), *device(9).id().as_bytes()));
        let info = door::info(RoomId::from_bytes(bytes(&vectors.room)), device(3).id(), device(9).id());
        let secret = EphemeralSecret::generate(&mut Constant(bytes::<32>(&vectors.ephemeral_ikm)[0]));
        let mut kinds = Vec::new();
        for case in vectors.answers {
            let body = hex::decode(case.body).unwrap();
            let said: DoorBody = decode(&body).unwrap();
            assert_eq!(encode(&said), Ok(body));
            let DoorBody::Answer(said) = said else { panic!("no answer") };
            assert_eq!(said.to, device(9).id());
            let plain = secret.open(&info, &[], &said.sealed).unwrap();
            assert_eq!(hex::encode(&plain), case.plain);
            let answer: KnockAnswer = decode(&plain).unwrap();
            assert_eq!(encode(&answer), Ok(plain));
            kinds.push((case.kind, is_proven(answer)));
        }
        let expected = [("Admit", 0), ("Admit", 1), ("Refuse", 1), ("Refuse", 1), ("Wait", 0)];
        assert!(kinds.iter().map(|(kind, proofs)| (kind.as_str(), *proofs)).eq(expected), "{kinds:?}");
    }

    /// How many proofs it has, all of which hold.
    fn is_proven(answer: KnockAnswer) -> usize {
        match answer {
            KnockAnswer::Admit(floors) => {
                let proven = floors.iter().filter_map(|floor| floor.proof.as_ref().map(|proof| (floor, proof)));
                proven
                    .map(|(floor, proof)| {
                        let made = VerifiedOperation::from_bytes(&genesis().digest(), &proof.operation).unwrap();
                        assert_eq!(made.hash(), floor.rotation);
                        let commitment = FloorRoot::from_bytes(floor.secret).commitment();
                        assert_eq!(made.operation().body, OperationBody::FloorRotate { commitment });
                        assert!(shows(&proof.right, of(3), &genesis()));
                    })
                    .count()
            }
            KnockAnswer::Refuse { right, .. } => {
                let by = if right.links.is_empty() { 1 } else { 3 };
                assert!(shows(&right, of(by), &genesis()));
                1
            }
            KnockAnswer::Wait { host_online } => {
                assert!(host_online);
                0
            }
        }
    }

    #[test]
    fn no_changed_bit_shows_anything_else() {
        let mut ledger = room(&[(1, appoint(2))]);
        let good = right_of(&mut ledger, 2).unwrap();
        let fields: [fn(&mut Right) -> &mut Vec<u8>; 3] =
            [|right| &mut right.cert, |right| &mut right.links[0].cert, |right| &mut right.links[0].operation];
        for field in fields {
            for bit in 0..8 * field(&mut good.clone()).len() {
                let mut right = good.clone();
                field(&mut right)[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_shown(&right), "bit {bit}");
            }
        }
    }
}
