//! Reading a roster from 5,000 operations from scratch, as somebody does who comes into a room that has been used for a year.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use milanio_identity::{AccountKey, DeviceCert, DeviceKey, Genesis, Policy};
use milanio_node::{
    core::membership::{MAX_OPERATIONS, Membership},
    wire::{
        message::RunId,
        operation::{OperationBody, Role, VerifiedOperation},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng as _};
use serde_json::{Value, json};

/// Times that are measured, after one that is not.
const ROUNDS: usize = 11;
/// People in the room; the first ones are its owner and moderators.
const PEOPLE: usize = 60;
const MODERATORS: usize = 6;
/// Places at which operations are stated without knowing of the others' latest ones, and after how many they hear of them.
const PLACES: usize = 3;
const HEARD_AFTER: usize = 8;
const FOUNDED_S: u64 = 1_750_000_000;

pub fn measure() -> Result<Value> {
    let genesis = Genesis {
        nonce: [1; 16],
        owner: Person::new(0).account.id(),
        policy: Policy::Open,
        created_s: FOUNDED_S,
        ttl_s: Genesis::DEFAULT_TTL_S,
    };
    let operations = history(&genesis)?;
    ensure!(operations.len() == MAX_OPERATIONS, "{} operations", operations.len());
    let (mut judged, mut verified) = (Vec::new(), Vec::new());
    let mut counting = 0;
    for round in 0..=ROUNDS {
        let start = Instant::now();
        let checked: Vec<VerifiedOperation> = operations
            .iter()
            .map(|operation| VerifiedOperation::from_bytes(&genesis.digest(), operation.as_bytes()))
            .collect::<Result<_, _>>()?;
        let signatures = start.elapsed();
        let start = Instant::now();
        let mut membership = Membership::new(&genesis);
        for operation in checked {
            membership.add(operation)?;
        }
        membership.roster();
        if round > 0 {
            verified.push(signatures);
            judged.push(start.elapsed());
        }
        counting = operations.iter().filter(|operation| membership.refusal(&operation.hash()).is_none()).count();
    }
    let millisecond = Duration::from_millis(1);
    let mut figures = super::spread(judged, millisecond, "ms").as_object().cloned().context("an object")?;
    let signatures = super::spread(verified, millisecond, "ms");
    figures.insert("signatures_median_ms".to_owned(), signatures["median_ms"].clone());
    figures.insert("operations".to_owned(), json!(operations.len()));
    figures.insert("counting".to_owned(), json!(counting));
    Ok(Value::Object(figures))
}

struct Person {
    account: AccountKey,
    device: DeviceKey,
}

impl Person {
    fn new(index: usize) -> Self {
        let seed = [index as u8 + 1; 32];
        Self { account: AccountKey::from_seed(seed), device: DeviceKey::from_seed([index as u8 + 101; 32]) }
    }

    fn cert(&self) -> Result<Vec<u8>> {
        Ok(DeviceCert::issue(&self.account, self.device.id(), FOUNDED_S, FOUNDED_S + 86_400)?.to_bytes())
    }
}

/// What a used room holds: everybody comes in, moderators are appointed, and then people act at several places.
fn history(genesis: &Genesis) -> Result<Vec<VerifiedOperation>> {
    let people: Vec<Person> = (0..PEOPLE).map(Person::new).collect();
    let mut places = vec![Membership::new(genesis); PLACES];
    let mut all: Vec<VerifiedOperation> = Vec::new();
    let mut heard = [0; PLACES];
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    while all.len() < MAX_OPERATIONS {
        let (who, body) = next(&people, all.len(), &mut rng)?;
        let is_beginning = all.len() < PEOPLE + MODERATORS;
        let place = if is_beginning { 0 } else { below(&mut rng, PLACES) };
        if heard[place] < PEOPLE + MODERATORS || below(&mut rng, HEARD_AFTER) == 0 {
            for operation in &all[heard[place]..] {
                places[place].add(operation.clone())?;
            }
            heard[place] = all.len();
        }
        let author = &people[who];
        // A run of its own for each place, so that nobody contradicts oneself.
        let run = RunId([place as u8 + 1; 8]);
        let draft = places[place].draft(author.account.id(), author.device.id(), run, body);
        let signed = VerifiedOperation::sign(&author.device, genesis, &draft)?;
        places[place].add(signed.clone())?;
        all.push(signed);
    }
    Ok(all)
}

/// Who states what after so many operations.
fn next(people: &[Person], stated: usize, rng: &mut ChaCha20Rng) -> Result<(usize, OperationBody)> {
    if let Some(person) = people.get(stated) {
        return Ok((stated, OperationBody::Join(person.cert()?)));
    }
    if stated < PEOPLE + MODERATORS {
        let account = people[1 + stated - PEOPLE].account.id();
        return Ok((0, OperationBody::SetRole { account, role: Role::Moderator }));
    }
    let moderator = below(rng, MODERATORS + 1);
    let target = 1 + MODERATORS + below(rng, PEOPLE - 1 - MODERATORS);
    let account = people[target].account.id();
    Ok(match below(rng, 10) {
        0 => (moderator, OperationBody::Remove(account)),
        1 => (moderator, OperationBody::Add(people[target].cert()?)),
        2 => (moderator, OperationBody::SetRole { account, role: Role::Viewer }),
        3 => (moderator, OperationBody::SetRole { account, role: Role::Member }),
        _ => (moderator, OperationBody::FloorRotate { commitment: [below(rng, 256) as u8; 32] }),
    })
}

/// A number below `end`, which is not 0.
fn below(rng: &mut ChaCha20Rng, end: usize) -> usize {
    rng.next_u32() as usize % end
}
