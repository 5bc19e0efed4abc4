//! Codes from letters: the one that the owner was sent, and others that are open at the same time.

use anyhow::Result;
use milanio_identity::AccountKey;
use milanio_rendezvous::{
    api::{CodeText, RequestId},
    core::mail_proof::{self, CODE_LIFE_S, OpenRequest, Purpose},
    store::{
        Store as _,
        account_record::{Row as _, request_key},
    },
};

use super::{
    scene::{Person, Scene},
    task::Task,
    world::{NOW_S, World, codes_key},
};

/// A code, as it is typed, and the request that it is for.
#[derive(Clone, Debug)]
pub struct Code {
    /// The request.
    pub request: RequestId,
    /// What is typed.
    pub typed: String,
}

impl Code {
    /// Both, as they travel; none if the code is too long to.
    pub fn into_parts(self) -> Option<(RequestId, CodeText)> {
        Some((self.request, CodeText::new(self.typed).ok()?))
    }
}

// What each code stands for.
const OWN: [u8; 5] = [7; 5];
const OF_ANOTHER_PURPOSE: [u8; 5] = [8; 5];
const OF_THE_FORGER: [u8; 5] = [9; 5];

/// Lets the owner's code be open; one that is for something else; and the forger's, for the same.
pub async fn send(world: &World, scene: &Scene) -> Result<()> {
    let purpose = purpose(scene, &scene.owner)?;
    open(world, &scene.owner.account, purpose, OWN).await?;
    open(world, &scene.owner.account, other(purpose), OF_ANOTHER_PURPOSE).await?;
    open(world, &scene.forger.account, self::purpose(scene, &scene.forger)?, OF_THE_FORGER).await
}

/// The one that the owner was sent.
pub fn right(scene: &Scene) -> Code {
    code(&scene.owner.account, purpose(scene, &scene.owner).unwrap_or(Purpose::Vault), OWN)
}

/// One that the owner was sent for something else.
pub fn of_another_purpose(scene: &Scene) -> Code {
    let purpose = purpose(scene, &scene.owner).unwrap_or(Purpose::Vault);
    code(&scene.owner.account, other(purpose), OF_ANOTHER_PURPOSE)
}

/// One that the forger was sent.
pub fn of_the_forger(scene: &Scene) -> Code {
    code(&scene.forger.account, purpose(scene, &scene.forger).unwrap_or(Purpose::Vault), OF_THE_FORGER)
}

fn purpose(scene: &Scene, who: &Person) -> Result<Purpose> {
    Ok(match scene.task {
        Task::Verify => Purpose::Register { email: who.address()? },
        Task::VerifyEmail => Purpose::ChangeEmail { email: who.next_address()? },
        Task::VerifyReclaim => Purpose::Reclaim { email: scene.holder.address()? },
        _ => Purpose::Vault,
    })
}

// About the same address, where there is one.
const fn other(purpose: Purpose) -> Purpose {
    match purpose {
        Purpose::Register { email } => Purpose::ChangeEmail { email },
        Purpose::ChangeEmail { .. } => Purpose::Vault,
        Purpose::Vault => Purpose::Register { email: [1; 32] },
        Purpose::Reclaim { email } => Purpose::Register { email },
    }
}

fn code(account: &AccountKey, purpose: Purpose, random: [u8; 5]) -> Code {
    let request = mail_proof::request_id(&codes_key(), account.id().as_bytes(), &purpose);
    let (typed, _) = mail_proof::code(&codes_key(), &request, random);
    Code { request, typed }
}

async fn open(world: &World, account: &AccountKey, purpose: Purpose, random: [u8; 5]) -> Result<()> {
    let (account, key) = (*account.id().as_bytes(), codes_key());
    let id = mail_proof::request_id(&key, &account, &purpose);
    let (_, code) = mail_proof::code(&key, &id, random);
    let open = OpenRequest { account, purpose, code, tries: 0, expires_s: NOW_S + CODE_LIFE_S };
    world.store.create(request_key(&id), open.encode()?, None).await?;
    Ok(())
}
