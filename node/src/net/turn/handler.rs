//! What the protocol engine asks and tells: passwords, and who comes and goes.
//!
//! The engine calls [`ServiceHandler::on_destroy`] while it holds its locks, so nothing here calls the engine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turn_server::{
    codec::{crypto::Password, message::attributes::PasswordAlgorithm},
    service::{ServiceHandler, Transport, session::Identifier},
};

use super::credentials::CredentialKey;
use crate::{
    core::turn_quota::{Carrier, Tuple, TurnQuota},
    net::runtime::Clock,
};

/// Quotas and the credential key, shared by the engine and the shell.
#[derive(Clone)]
pub struct Handler {
    quota: Arc<Mutex<TurnQuota>>,
    key: CredentialKey,
    clock: Clock,
}

impl Handler {
    /// Nobody is there yet.
    pub fn new(quota: TurnQuota, key: CredentialKey, clock: Clock) -> Self {
        Self { quota: Arc::new(Mutex::new(quota)), key, clock }
    }

    /// The accounts. Never held while the engine is called.
    pub fn quota(&self) -> MutexGuard<'_, TurnQuota> {
        self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock that all accounts are kept by.
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// The password of a valid credential.
    pub fn long_term(&self, username: &str) -> Option<Password> {
        self.key.long_term(username, self.clock.now().as_millis() / 1_000)
    }
}

impl ServiceHandler for Handler {
    // Called for the first request of a 5-tuple that names a user, and the engine remembers the answer. The signature was
    // checked before, so that nobody becomes a client, or spends another's quota, by a name alone.
    async fn get_password(&self, id: &Identifier, username: &str, algorithm: PasswordAlgorithm) -> Option<Password> {
        let password = self.long_term(username).filter(|_| algorithm == PasswordAlgorithm::Md5)?;
        self.quota().admit(tuple(id), username, self.clock.now()).then_some(password)
    }

    fn on_allocated(&self, id: &Identifier, _: &str, _: u16) {
        self.quota().refresh(&tuple(id), self.clock.now());
        tracing::debug!("a TURN allocation was made");
    }

    fn on_refresh(&self, id: &Identifier, _: &str, _: u32) {
        self.quota().refresh(&tuple(id), self.clock.now());
    }

    fn on_destroy(&self, id: &Identifier, _: &str) {
        self.quota().leave(&tuple(id), self.clock.now());
        tracing::debug!("a TURN allocation has ended");
    }
}

/// The part of the engine's identifier that differs between clients.
pub fn tuple(id: &Identifier) -> Tuple {
    let carrier = match id.transport {
        Transport::Udp => Carrier::Udp,
        Transport::Tcp => Carrier::Tcp,
    };
    Tuple { carrier, remote: id.source }
}
