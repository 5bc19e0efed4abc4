//! The vectors of RFC 9807 for ristretto255 and SHA-512. They stretch with nothing, so they run on a suite that differs from the
//! product's in this alone, with the product's way of lending generators.

use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialRequest, Identifiers, RegistrationRequest, Ristretto255, ServerLogin, ServerLoginParameters,
    ServerRegistration, ServerSetup, TripleDh, ksf,
};
use serde::Deserialize;

use super::{
    cases::{Bytes, Mismatch, holds, same},
    scripted::Scripted,
};
use crate::opaque::Lent;

/// The suite of RFC 9807 C.1.1, C.1.2 and C.2.1.
struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = ksf::Identity;
}

/// One registration and login, or one answer about an account that does not exist.
#[derive(Deserialize)]
pub(super) struct Opaque {
    context: Bytes,
    credential_identifier: Bytes,
    oprf_seed: Bytes,
    server_private_key: Bytes,
    server_public_key: Bytes,
    server_nonce: Bytes,
    server_keyshare_seed: Bytes,
    masking_nonce: Bytes,
    client_identity: Option<Bytes>,
    server_identity: Option<Bytes>,
    ke1: Bytes,
    ke2: Bytes,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Kind {
    Real(Box<Real>),
    Fake { client_public_key: Bytes, masking_key: Bytes },
}

#[derive(Deserialize)]
struct Real {
    password: Bytes,
    blind_registration: Bytes,
    blind_login: Bytes,
    client_nonce: Bytes,
    client_keyshare_seed: Bytes,
    envelope_nonce: Bytes,
    registration_request: Bytes,
    registration_response: Bytes,
    registration_upload: Bytes,
    ke3: Bytes,
    session_key: Bytes,
    export_key: Bytes,
}

impl Opaque {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        match &self.kind {
            Kind::Real(real) => {
                let record = self.registration(real)?;
                self.login(real, record)
            }
            Kind::Fake { client_public_key, masking_key } => {
                let record = [client_public_key.0.as_slice(), &masking_key.0, &[0; ENVELOPE]].concat();
                self.answer(ServerRegistration::deserialize(&record).map_err(|_| Mismatch("record"))?).map(|_| ())
            }
        }
    }

    fn registration(&self, real: &Real) -> Result<ServerRegistration<Suite>, Mismatch> {
        let blind = wide(&real.blind_registration.0);
        let client = ClientRegistration::<Suite>::start(&mut Lent(&mut Scripted::new(&blind)), &real.password.0)
            .map_err(|_| Mismatch("registration"))?;
        same("registration request", &client.message.serialize(), &real.registration_request.0)?;
        let request = RegistrationRequest::deserialize(&real.registration_request.0);
        let request = request.map_err(|_| Mismatch("reading of the registration request"))?;
        let server = ServerRegistration::start(&self.server()?, request, &self.credential_identifier.0);
        let response = server.map_err(|_| Mismatch("registration response"))?.message;
        same("registration response", &response.serialize(), &real.registration_response.0)?;
        let parameters = ClientRegistrationFinishParameters::new(self.identifiers(), None);
        let mut rng = Scripted::new(&real.envelope_nonce.0);
        let finished = client.state.finish(&mut Lent(&mut rng), &real.password.0, response, parameters);
        let finished = finished.map_err(|_| Mismatch("registration record"))?;
        same("registration record", &finished.message.serialize(), &real.registration_upload.0)?;
        same("export key of the registration", &finished.export_key, &real.export_key.0)?;
        Ok(ServerRegistration::finish(finished.message))
    }

    fn login(&self, real: &Real, record: ServerRegistration<Suite>) -> Result<(), Mismatch> {
        let script = [wide(&real.blind_login.0), real.client_keyshare_seed.0.clone(), real.client_nonce.0.clone()];
        let script = script.concat();
        let client = ClientLogin::<Suite>::start(&mut Lent(&mut Scripted::new(&script)), &real.password.0)
            .map_err(|_| Mismatch("login"))?;
        same("KE1", &client.message.serialize(), &self.ke1.0)?;
        let server = self.answer(record)?;
        let parameters = ClientLoginFinishParameters::new(Some(&self.context.0), self.identifiers(), None);
        let mut none = Scripted::new(&[]);
        let finished = client
            .state
            .finish(&mut Lent(&mut none), &real.password.0, server.message, parameters)
            .map_err(|_| Mismatch("end of the login"))?;
        same("KE3", &finished.message.serialize(), &real.ke3.0)?;
        same("export key", &finished.export_key, &real.export_key.0)?;
        same("session key", &finished.session_key, &real.session_key.0)?;
        let session = server.state.finish(finished.message, self.parameters());
        holds("the server's session key", session.is_ok_and(|end| end.session_key[..] == real.session_key.0[..]))
    }

    /// The server's answer to KE1.
    fn answer(&self, record: ServerRegistration<Suite>) -> Result<opaque_ke::ServerLoginStartResult<Suite>, Mismatch> {
        let request = CredentialRequest::deserialize(&self.ke1.0).map_err(|_| Mismatch("reading of KE1"))?;
        // The library draws the masking key of somebody who does not exist first, whether or not it is needed.
        let script = [&[0; 64], self.masking_nonce.0.as_slice(), &self.server_keyshare_seed.0, &self.server_nonce.0];
        let script = script.concat();
        let mut rng = Scripted::new(&script);
        let id = &self.credential_identifier.0;
        let started =
            ServerLogin::start(&mut Lent(&mut rng), &self.server()?, Some(record), request, id, self.parameters());
        let started = started.map_err(|_| Mismatch("KE2"))?;
        same("KE2", &started.message.serialize(), &self.ke2.0)?;
        Ok(started)
    }

    fn server(&self) -> Result<ServerSetup<Suite>, Mismatch> {
        let setup = [self.oprf_seed.0.as_slice(), &self.server_private_key.0, &self.server_public_key.0].concat();
        ServerSetup::deserialize(&setup).map_err(|_| Mismatch("server's keys"))
    }

    fn identifiers(&self) -> Identifiers<'_> {
        let [client, server] = [&self.client_identity, &self.server_identity].map(|id| id.as_ref().map(|id| &id.0[..]));
        Identifiers { client, server }
    }

    fn parameters(&self) -> ServerLoginParameters<'_, '_> {
        ServerLoginParameters { context: Some(&self.context.0), identifiers: self.identifiers() }
    }
}

/// A scalar as 64 bytes, which come out as itself when they are reduced.
pub(super) fn wide(scalar: &[u8]) -> Vec<u8> {
    [scalar, &[0; 32]].concat()
}

/// Bytes of an envelope (RFC 9807 4.1.1).
const ENVELOPE: usize = 96;
