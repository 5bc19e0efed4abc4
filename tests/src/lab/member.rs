//! Somebody with an account, as the app acts for them.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use milanio_identity::{
    AccountKey, DeviceCert, DeviceKey, DeviceList, ExportKey, Keepsake, ListedDevice, OpaqueRegistration, Profile,
    seal_vault,
};
use milanio_rendezvous::api::{
    Asker, Base64Bytes, Blob, CHALLENGE_PATH, CertText, ChallengeAnswer, CodeSent, CodeText, EmailText, Empty, KeyText,
    LOGIN_PATH, LanguageTag, Login, OPAQUE_REGISTER_PATH, OpaqueRegister, OpaqueRegisterAnswer, Proven, PutVault,
    RECLAIM_PATH, REGISTER_PATH, Reclaim, Register, Session, Target, VAULT_PATH, VERIFY_PATH, Verify,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde::Serialize;

use super::{
    http::{Answer, Connection},
    post::Post,
};

/// A person on one device.
#[derive(Clone, Debug)]
pub struct Member {
    number: u64,
    account: AccountKey,
    device: DeviceKey,
    /// The address.
    pub email: String,
}

impl Member {
    /// Person number `number`; each has a domain of their own, since letters are counted per domain.
    pub fn new(number: u64) -> Self {
        let seed = |kind: u64| {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&number.to_be_bytes());
            seed[8..16].copy_from_slice(&kind.to_be_bytes());
            seed
        };
        Self {
            number,
            account: AccountKey::from_seed(seed(1)),
            device: DeviceKey::from_seed(seed(2)),
            email: format!("person{number}@mail{number}.example"),
        }
    }

    /// The same address in the hands of somebody else: another account.
    #[must_use]
    pub fn impostor(&self, number: u64) -> Self {
        Self { email: self.email.clone(), ..Self::new(number) }
    }

    /// What asks for a letter.
    pub fn registration(&self, http: &mut Connection) -> Result<Proven<Register>> {
        let body = Register {
            email: EmailText::new(self.email.clone())?,
            account: self.key(),
            cert: self.cert()?,
            language: LanguageTag::new("en")?,
            work: None,
        };
        self.prove(http, Target::post(REGISTER_PATH), body)
    }

    /// What asks for the address for this account, as if the one that has it had lost its keys.
    pub fn reclaim(&self, http: &mut Connection) -> Result<Proven<Reclaim>> {
        let body = Reclaim {
            email: EmailText::new(self.email.clone())?,
            account: self.key(),
            cert: self.cert()?,
            language: LanguageTag::new("en")?,
            work: None,
        };
        self.prove(http, Target::post(RECLAIM_PATH), body)
    }

    /// Registers, reads the letter and answers it.
    pub fn sign_up(&self, http: &mut Connection, post: &Post) -> Result<Session> {
        post.forget(&self.email)?;
        let request = self.registration(http)?;
        let sent: CodeSent = accepted(&http.json("POST", REGISTER_PATH, None, &request)?, 202)?;
        let code = post.code_for(&self.email)?;
        self.verify(http, &sent, &code)
    }

    /// Answers the letter.
    pub fn verify(&self, http: &mut Connection, sent: &CodeSent, code: &str) -> Result<Session> {
        let listed = ListedDevice { device: self.device.id(), added_day: 1 };
        let body = Verify {
            request_id: sent.request_id,
            account: self.key(),
            code: CodeText::new(code)?,
            cert: self.cert()?,
            device_list: Blob::new(DeviceList::issue(&self.account, 1, vec![listed], Vec::new())?.to_bytes())?,
        };
        accepted(&self.proven(http, "POST", VERIFY_PATH, None, body)?, 200)
    }

    /// Signs in by the device's key, whatever the answer.
    pub fn login(&self, http: &mut Connection) -> Result<Answer> {
        self.proven(
            http,
            "POST",
            LOGIN_PATH,
            None,
            Login { account: self.key(), cert: self.cert()?, email: None, language: None },
        )
    }

    /// Puts a vault under a password.
    pub fn put_vault(&self, http: &mut Connection, session: &Session, password: &[u8]) -> Result<()> {
        let (state, request) = OpaqueRegistration::start(password, &mut self.rng(0))?;
        let request = OpaqueRegister { request: Blob::new(request)? };
        let answer = http.json("POST", OPAQUE_REGISTER_PATH, Some(&session.token), &request)?;
        let answer: OpaqueRegisterAnswer = accepted(&answer, 200)?;
        let (record, export_key) = state.finish(password, answer.response.as_bytes(), &mut self.rng(1))?;
        let sealed = self.vault(&export_key)?;
        let body = PutVault { seq: 1, sealed: Blob::new(sealed)?, opaque_record: Blob::new(record)? };
        let answer = self.proven(http, "PUT", VAULT_PATH, Some(session), body)?;
        ensure!(answer.status == 204, "status {} for a vault", answer.status);
        Ok(())
    }

    fn vault(&self, export_key: &ExportKey) -> Result<Vec<u8>> {
        let keepsake = Keepsake { account: self.account.clone(), profile: Profile::default(), created_s: now_s() };
        Ok(seal_vault(export_key, 1, &keepsake, &mut self.rng(2))?)
    }

    fn proven<T: Serialize>(
        &self,
        http: &mut Connection,
        method: &str,
        path: &str,
        session: Option<&Session>,
        body: T,
    ) -> Result<Answer> {
        let body = self.prove(http, Target { method, path }, body)?;
        Ok(http.json(method, path, session.map(|session| session.token.as_str()), &body)?)
    }

    fn prove<T: Serialize>(&self, http: &mut Connection, target: Target<'_>, body: T) -> Result<Proven<T>> {
        let challenge: ChallengeAnswer = accepted(&http.json("POST", CHALLENGE_PATH, None, &Empty {})?, 200)?;
        let origin = format!("http://localhost:{}", http.at().port());
        let asker = Asker { origin: &origin, account: self.account.id(), device: &self.device };
        Ok(Proven::sign(body, target, challenge.challenge, &asker)?)
    }

    fn cert(&self) -> Result<CertText> {
        let cert = DeviceCert::issue(&self.account, self.device.id(), now_s(), now_s() + 86_400)?.to_bytes();
        let cert = cert.try_into().map_err(|_| anyhow::anyhow!("certificates have one length"))?;
        Ok(Base64Bytes::from_bytes(cert))
    }

    fn key(&self) -> KeyText {
        KeyText::from_bytes(*self.account.id().as_bytes())
    }

    fn rng(&self, purpose: u64) -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(self.number << 20 | purpose)
    }
}

/// The answer's body, if its status is this.
pub fn accepted<T: serde::de::DeserializeOwned>(answer: &Answer, status: u16) -> Result<T> {
    ensure!(answer.status == status, "status {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    Ok(answer.json()?)
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
