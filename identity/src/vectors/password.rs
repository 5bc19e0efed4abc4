//! Vectors of registering a password with the product's own suite: how its server's keys follow from a seed, and its stretching.

use serde::Deserialize;

use super::{
    cases::{Array, Bytes, Mismatch, holds, same},
    opaque::wide,
    scripted::Scripted,
};
use crate::{OpaqueLogin, OpaqueRegistration, OpaqueServer};

/// One registration.
#[derive(Deserialize)]
pub(super) struct Password {
    server_seed: Array<32>,
    credential_id: Bytes,
    password: String,
    blind: Bytes,
    envelope_nonce: Bytes,
    request: Bytes,
    response: Bytes,
    record: Bytes,
    export_key: Array<64>,
}

impl Password {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let (server, password) = (OpaqueServer::from_seed(&self.server_seed.0), self.password.as_bytes());
        let script = wide(&self.blind.0);
        let started = OpaqueRegistration::start(password, &mut Scripted::new(&script));
        let (client, request) = started.map_err(|_| Mismatch("start"))?;
        same("request", &request, &self.request.0)?;
        let response = server.registration(&self.request.0, &self.credential_id.0);
        same("response", &response.map_err(|_| Mismatch("answer"))?, &self.response.0)?;
        let mut rng = Scripted::new(&self.envelope_nonce.0);
        let finished = client.finish(password, &self.response.0, &mut rng);
        let (record, export_key) = finished.map_err(|_| Mismatch("end"))?;
        same("record", &record, &self.record.0)?;
        same("export key", export_key.as_bytes(), &self.export_key.0)?;
        self.login(&server)
    }

    /// The record still lets in.
    fn login(&self, server: &OpaqueServer) -> Result<(), Mismatch> {
        let (password, script) = (self.password.as_bytes(), wide(&self.blind.0));
        let started = OpaqueLogin::start(password, &mut Scripted::new(&script));
        let (client, request) = started.map_err(|_| Mismatch("start of the login"))?;
        let mut rng = Scripted::new(&self.envelope_nonce.0);
        let answer = server.login_start(Some(&self.record.0), &request, &self.credential_id.0, &mut rng);
        let answer = answer.map_err(|_| Mismatch("answer to the login"))?;
        let finished = client.finish(password, &answer.response, &mut Scripted::new(&[]));
        let (finalization, export_key) = finished.map_err(|_| Mismatch("end of the login"))?;
        same("export key of the login", export_key.as_bytes(), &self.export_key.0)?;
        holds("login", OpaqueServer::login_finish(&answer.state, &finalization).is_ok())
    }
}
