//! One round's people and what the first of them genuinely asks: the owner with a device, somebody else with an account of their
//! own, and every way in which a request can be put together and signed.

use std::net::Ipv4Addr;

use anyhow::Result;
use milanio_identity::{AccountKey, DeviceCert, DeviceKey, DeviceList, ListedDevice, OpaqueRegistration};
use milanio_rendezvous::{
    api::{
        Asker, Base64Bytes, Blob, CertText, ChallengeText, ChangeEmail, DeviceListText, EmailText, Empty,
        FinishReclaim, KeyText, LanguageTag, Login, OpaqueFinish, OpaqueLogin, OpaqueRegister, OpaqueVault,
        ProfileRecord, Proven, PutDevices, PutVault, Reclaim, ReclaimStatus, Register, StopReclaim, Target, Verify,
        VerifyEmail, VerifyReclaim,
    },
    core::{account::Account, email::EmailAddress, keyed::keyed, session::SessionClaims},
    store::{
        Store as _,
        account_record::{ClaimRow, KeptVault, Row as _, VaultRow, account_key, claim_key, vault_key},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde::Serialize;

use super::{
    chance::Chance,
    code::{self, Code},
    password::{self, Begun},
    takeover,
    task::Task,
    world::{Ask, HOST, NOW_S, ORIGIN, PEPPER, World, challenge, session_key},
};

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account.
    pub account: AccountKey,
    /// The device that they use.
    pub device: DeviceKey,
    /// Another one.
    pub second: DeviceKey,
    /// One that they have revoked.
    pub lost: DeviceKey,
    /// The address.
    pub email: String,
}

/// How a request is put together and signed.
#[derive(Clone, Debug)]
pub struct Signing {
    /// What the body says.
    pub task: Task,
    /// Method and path that the proof names.
    pub place: (&'static str, &'static str),
    /// The origin that the proof names.
    pub origin: String,
    /// The challenge.
    pub challenge: ChallengeText,
    /// The account that the proof and the body name.
    pub account: AccountKey,
    /// Who signs.
    pub device: DeviceKey,
    /// The certificate.
    pub cert: Vec<u8>,
    /// The next device list.
    pub list: Vec<u8>,
    /// The code from a letter.
    pub code: Code,
}

/// One round.
pub struct Scene {
    /// What the owner asks.
    pub task: Task,
    /// Whose account it is about.
    pub owner: Person,
    /// Who would like to be the owner.
    pub forger: Person,
    /// Who has the address that the owner would like to have, where that is what they ask.
    pub holder: Person,
    /// A login with a password that has begun, where the owner ends one.
    pub begun: Option<Begun>,
    nonce: [u8; 16],
    /// Where it is asked from.
    pub from: Ipv4Addr,
}

impl Scene {
    /// Registers everybody, but for an owner whose account is new because all keys of the one before are lost.
    pub async fn new(world: &World, number: u64, chance: &mut Chance) -> Result<Self> {
        let [_, b, c, d] = chance.bytes();
        let task = *chance.pick(&Task::ALL);
        let mut scene = Self {
            task,
            // Stretching a password is slow, so one is registered once.
            owner: Person::new(if task.is_login() { password::KEEPER } else { number }, 1),
            forger: Person::new(number, 2),
            holder: Person::new(number, 3),
            begun: None,
            nonce: chance.bytes(),
            from: Ipv4Addr::new(10, b, c, d),
        };
        scene.forger.register(world).await?;
        if task.is_takeover() {
            scene.holder.register(world).await?;
            takeover::wait(world, &scene.owner.account, &scene.holder.account, scene.holder.address()?).await?;
        } else if !task.is_login() && task != Task::Verify {
            scene.owner.register(world).await?;
        }
        if task == Task::OpenVault {
            scene.owner.keep_vault(world, vec![9; 192]).await?;
        }
        if task.is_coded() {
            code::send(world, &scene).await?;
        }
        if task == Task::FinishPassword {
            scene.begun = Some(password::begin(world, &scene, chance.bytes()).await?);
        }
        Ok(scene)
    }

    /// What the owner asks, as their app does.
    pub fn genuine(&self) -> Ask {
        self.ask(&self.signing())
    }

    /// How the owner's app signs it.
    pub fn signing(&self) -> Signing {
        Signing {
            task: self.task,
            place: self.task.place(),
            origin: ORIGIN.to_owned(),
            challenge: challenge(self.nonce, 0),
            account: self.owner.account.clone(),
            device: self.owner.device.clone(),
            cert: self.owner.cert(&self.owner.device, NOW_S),
            list: self.owner.list(2),
            code: code::right(self),
        }
    }

    /// The request that comes of it, to where the owner's would go.
    pub fn ask(&self, signing: &Signing) -> Ask {
        let (method, path) = self.task.place();
        Ask {
            method,
            path,
            host: HOST.to_owned(),
            authorization: self.task.is_in_session().then(|| bearer(&self.owner.token(&self.owner.device, NOW_S))),
            body: signing.body(self),
            from: self.from,
        }
    }
}

impl Person {
    /// Person `who` of round `number`.
    pub fn new(number: u64, who: u8) -> Self {
        let seed = |kind: u8| {
            let mut seed = [who; 32];
            seed[..8].copy_from_slice(&number.to_be_bytes());
            seed[8] = kind;
            seed
        };
        Self {
            account: AccountKey::from_seed(seed(1)),
            device: DeviceKey::from_seed(seed(2)),
            second: DeviceKey::from_seed(seed(3)),
            lost: DeviceKey::from_seed(seed(4)),
            email: format!("person{number}@mail{number}-{who}.example"),
        }
    }

    /// An account as a verification leaves it.
    pub async fn register(&self, world: &World) -> Result<()> {
        let account = *self.account.id().as_bytes();
        let email = self.address()?;
        let devices = DeviceList::from_bytes(&self.list(1))?;
        let row = Account { email, created_day: 1, devices }.encode()?;
        world.store.create(claim_key(&email), ClaimRow { account, claimed_s: NOW_S }.encode()?, None).await?;
        world.store.create(account_key(&account), row, None).await?;
        Ok(())
    }

    /// A vault, and the server's part of the password in front of it.
    pub async fn keep_vault(&self, world: &World, opaque: Vec<u8>) -> Result<()> {
        let kept = Some(KeptVault { sealed: vec![8; 1_000], opaque });
        let row = VaultRow { seq: 1, kept }.encode()?;
        world.store.create(vault_key(self.account.id().as_bytes()), row, None).await?;
        Ok(())
    }

    /// What the server keeps of the address.
    pub fn address(&self) -> Result<[u8; 32]> {
        hash_of(&self.email)
    }

    /// What it would keep of the address that they move to.
    pub fn next_address(&self) -> Result<[u8; 32]> {
        hash_of(&self.next_email())
    }

    fn next_email(&self) -> String {
        format!("other.{}", self.email)
    }

    /// A certificate for `device` that began at `created_s` and lasts a day.
    pub fn cert(&self, device: &DeviceKey, created_s: u64) -> Vec<u8> {
        let cert = DeviceCert::issue(&self.account, device.id(), created_s, created_s + 86_400);
        cert.map(|cert| cert.to_bytes()).unwrap_or_default()
    }

    /// The device list with this number.
    pub fn list(&self, seq: u64) -> Vec<u8> {
        let listed = |device: &DeviceKey| ListedDevice { device: device.id(), added_day: 1 };
        let (devices, revoked) = (vec![listed(&self.device), listed(&self.second)], vec![self.lost.id()]);
        DeviceList::issue(&self.account, seq, devices, revoked).map(|list| list.to_bytes()).unwrap_or_default()
    }

    /// The token that the server gave `device` at `issued_s`.
    pub fn token(&self, device: &DeviceKey, issued_s: u64) -> String {
        let claims = SessionClaims { account: self.account.id(), device: device.id(), id: [7; 16], issued_s };
        session_key().issue(&claims).unwrap_or_default()
    }
}

impl Signing {
    fn body(&self, scene: &Scene) -> Option<Vec<u8>> {
        let language = || LanguageTag::new("en").ok();
        let email = |text: &str| EmailText::new(text).ok();
        let (account, owner) = (KeyText::from_bytes(*self.account.id().as_bytes()), &scene.owner);
        match self.task {
            Task::ReadProfile | Task::ReadVault | Task::ReadDevices => None,
            Task::WriteProfile => plain(&ProfileRecord { seq: 1, sealed: Some(Blob::new(vec![7; 1_000]).ok()?) }),
            Task::Logout => plain(&Empty {}),
            Task::RegisterPassword => plain(&OpaqueRegister { request: Blob::new(password_request()?).ok()? }),
            Task::Register => {
                let (email, language) = (email(&format!("new.{}", owner.email))?, language()?);
                self.proven(Register { email, account, cert: self.cert_text()?, language, work: None })
            }
            Task::Login => self.proven(Login { account, cert: self.cert_text()?, email: None, language: None }),
            Task::WriteVault => {
                let (sealed, opaque_record) = (Blob::new(vec![8; 1_000]).ok()?, Blob::new(opaque_record()?).ok()?);
                self.proven(PutVault { seq: 1, sealed, opaque_record })
            }
            Task::DeleteVault | Task::DeleteAccount => self.proven(Empty {}),
            Task::WriteDevices => self.proven(PutDevices { list: DeviceListText::new(self.list.clone()).ok()? }),
            Task::ChangeEmail => {
                let new_email = email(&owner.next_email())?;
                self.proven(ChangeEmail { old_email: email(&owner.email)?, new_email, language: language()? })
            }
            Task::Reclaim | Task::VerifyReclaim | Task::ReclaimStatus | Task::FinishReclaim => {
                self.takeover_body(email(&scene.holder.email)?, language()?)
            }
            Task::StopReclaim => {
                let stop = takeover::stop(&scene.owner.account, &scene.holder.address().ok()?);
                plain(&StopReclaim { stop })
            }
            Task::Verify => {
                let device_list = DeviceListText::new(self.list.clone()).ok()?;
                let (request_id, code) = self.code.clone().into_parts()?;
                self.proven(Verify { request_id, account, code, cert: self.cert_text()?, device_list })
            }
            Task::VerifyEmail => {
                let (request_id, code) = self.code.clone().into_parts()?;
                plain(&VerifyEmail { request_id, code })
            }
            Task::OpenVault => {
                let (request_id, code) = self.code.clone().into_parts()?;
                plain(&OpaqueVault { request_id, code })
            }
            Task::StartPassword => {
                plain(&OpaqueLogin { email: email(&owner.email)?, request: Blob::new(password::first()?).ok()? })
            }
            Task::FinishPassword => {
                let Begun { login, finalization, .. } = scene.begun.clone()?;
                let (email, language) = (email(&owner.email)?, language()?);
                plain(&OpaqueFinish { login, email, finalization: Blob::new(finalization).ok()?, language })
            }
        }
    }

    fn takeover_body(&self, email: EmailText, language: LanguageTag) -> Option<Vec<u8>> {
        let (account, cert) = (KeyText::from_bytes(*self.account.id().as_bytes()), self.cert_text()?);
        match self.task {
            Task::Reclaim => self.proven(Reclaim { email, account, cert, language, work: None }),
            Task::VerifyReclaim => {
                let (request_id, code) = self.code.clone().into_parts()?;
                self.proven(VerifyReclaim { request_id, code, email, account, cert, language })
            }
            Task::ReclaimStatus => self.proven(ReclaimStatus { email, account, cert }),
            _ => {
                let device_list = DeviceListText::new(self.list.clone()).ok()?;
                self.proven(FinishReclaim { email, account, cert, device_list })
            }
        }
    }

    fn cert_text(&self) -> Option<CertText> {
        Some(Base64Bytes::from_bytes(self.cert.clone().try_into().ok()?))
    }

    fn proven<T: Serialize>(&self, body: T) -> Option<Vec<u8>> {
        let asker = Asker { origin: &self.origin, account: self.account.id(), device: &self.device };
        let (method, path) = self.place;
        plain(&Proven::sign(body, Target { method, path }, self.challenge, &asker).ok()?)
    }
}

fn hash_of(email: &str) -> Result<[u8; 32]> {
    Ok(keyed(&PEPPER, "email", &[EmailAddress::parse(email)?.folded().as_bytes()]))
}

/// What begins a password's registration: a point.
fn password_request() -> Option<Vec<u8>> {
    let (_, request) = OpaqueRegistration::start(b"correct horse", &mut ChaCha20Rng::from_seed([1; 32])).ok()?;
    Some(request)
}

/// What ends it, in its form (RFC 9807 section 5.2.1): a key, which is any point, and bytes that only its owner can judge.
fn opaque_record() -> Option<Vec<u8>> {
    Some([password_request()?, vec![7; 64 + 96]].concat())
}

/// The header's value for a token.
pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn plain(body: &impl Serialize) -> Option<Vec<u8>> {
    serde_json::to_vec(body).ok()
}
