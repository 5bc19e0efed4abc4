//! Founding a room: a genesis, the code that commits to it, and a record in the registry.

use std::time::Duration;

use gloo::timers::future::sleep;
use milanio_identity::{Genesis, GenesisError, Policy, RoomCode, RoomKeys, RoomOwnerKey, RootSecret, SignedGenesis};
use milanio_node::{net::runtime, wire::operation::Door};
use milanio_rendezvous::api::{CreateRoom, ErrorCode, Rid, Sealed, Statement};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::{
    bridge::{
        persona::{Persona, PersonaError},
        visit::Known,
    },
    platform::{
        api::{self, Failure},
        worker::KeyWorker,
    },
    state::founding::Founding,
    stretch::{Derived, Job},
};

/// How long to wait after each try to end a room's record. Chosen: a short loss of the network is outlived.
const UNREGISTERING_PAUSES: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(30)];

/// Why a room could not be founded. Always local.
#[derive(Debug, thiserror::Error)]
pub(super) enum FoundingError {
    #[error(transparent)]
    Persona(#[from] PersonaError),
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    #[error("the browser gives no randomness")]
    LocalRandomness(#[from] getrandom::Error),
    #[error("the room's keys could not be derived")]
    LocalDerivation,
}

/// Draws a genesis and derives everything that follows from it: a room that exists from now on, and its founder. It is to be as `wanted`. `now_s`: room
/// time, in seconds since the Unix epoch.
pub(super) async fn found(worker: &KeyWorker, now_s: u64, wanted: Founding) -> Result<Known, FoundingError> {
    let persona = Persona::of_this_browser(now_s).await?;
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)?;
    let genesis = Genesis {
        nonce,
        owner: persona.account().id(),
        policy: match wanted.door {
            Door::Open => Policy::Open,
            Door::Lobby => Policy::Lobby,
            Door::Locked => Policy::Locked,
        },
        created_s: now_s,
        ttl_s: wanted.life.seconds(),
    };
    let genesis = SignedGenesis::create(&persona.device(), persona.cert(), genesis)?;
    let code = code(worker, genesis.to_bytes()).await.ok_or(FoundingError::LocalDerivation)?;
    let root = root(worker, &code).await.ok_or(FoundingError::LocalDerivation)?;
    Ok(Known { root: Some(root), genesis: Some(genesis), is_unregistered: true, ..Known::new(code, persona) })
}

/// The code that commits to a signed genesis, by the worker.
pub(super) async fn code(worker: &KeyWorker, genesis: Vec<u8>) -> Option<RoomCode> {
    match worker.derive(Job::Code(genesis)).await? {
        Derived::Code(ref code) => RoomCode::parse(code).ok(),
        Derived::Root(_) => None,
    }
}

/// The root secret of a code, by the worker.
pub(super) async fn root(worker: &KeyWorker, code: &RoomCode) -> Option<RootSecret> {
    match worker.derive(Job::Root(code.to_string())).await? {
        Derived::Root(ref root) => Some(RootSecret::from_bytes(*root)),
        Derived::Code(_) => None,
    }
}

/// Puts the room's record into the registry.
///
/// # Errors
/// If the registry refuses or cannot be reached, or the room is not known whole. The room works all the same: its founder tells
/// the genesis to whoever comes.
pub(super) async fn register(known: &Known, now_s: u64) -> Result<(), Failure> {
    let (Some(root), Some(genesis)) = (&known.root, &known.genesis) else { return Err(Failure::Unreadable) };
    let keys = RoomKeys::new(root);
    let registry = keys.registry();
    let owner = RoomOwnerKey::derive(&known.persona.account(), keys.room_id());
    let mut rng = ChaCha20Rng::from_seed(runtime::seed().map_err(|_| Failure::Unreadable)?);
    let sealed = registry.seal_record(&genesis.to_bytes(), &mut rng).map_err(|_| Failure::Unreadable)?;
    let sealed = Sealed::new(sealed).map_err(|_| Failure::Unreadable)?;
    let request = CreateRoom::signed(&registry, &owner, genesis.genesis().ttl_s, sealed, now_s);
    match api::create(&request).await {
        Ok(_) | Err(Failure::Refused(ErrorCode::RoomExists, _)) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Ends the room's record in the registry, if this is the account that made it: whoever has the link is told that the room is over, also
/// when nobody is inside any more to say so. Tries again when the registry cannot be reached; a record that stays runs out by itself.
pub(super) async fn unregister(known: &Known, now_s: u64) {
    let (Some(root), Some(genesis)) = (&known.root, &known.genesis) else { return };
    let account = known.persona.account();
    if genesis.genesis().owner != account.id() {
        return;
    }
    let keys = RoomKeys::new(root);
    let rid = Rid::from_bytes(*keys.registry().rid());
    let statement = Statement::destroy(&rid, &RoomOwnerKey::derive(&account, keys.room_id()), now_s);
    for pause in UNREGISTERING_PAUSES {
        if api::destroy(&rid, &statement).await != Err(Failure::Unreachable) {
            return;
        }
        sleep(pause).await;
    }
}
