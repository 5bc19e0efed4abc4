//! One round's people and what the first of them genuinely asks: the owner with a device, somebody else with an account of their
//! own, and every way in which a request can be put together and signed.

use std::net::Ipv4Addr;

use anyhow::Result;
use milanio_identity::{AccountKey, DeviceCert, DeviceKey, DeviceList, ListedDevice, OpaqueRegistration};
use milanio_rendezvous::{
    api::{
        ACCOUNT_PATH, Asker, Base64Bytes, Blob, CertText, ChallengeText, ChangeEmail, DEVICES_PATH, DeviceListText,
        EMAIL_PATH, EmailText, Empty, FinishReclaim, KeyText, LOGIN_PATH, LOGOUT_PATH, LanguageTag, Login,
        OPAQUE_REGISTER_PATH, OpaqueRegister, PROFILE_PATH, ProfileRecord, Proven, PutDevices, PutVault,
        RECLAIM_FINISH_PATH, RECLAIM_PATH, RECLAIM_STATUS_PATH, RECLAIM_VERIFY_PATH, REGISTER_PATH, Reclaim,
        ReclaimStatus, Register, Target, VAULT_PATH, VerifyReclaim,
    },
    core::{account::Account, email::EmailAddress, keyed::keyed, session::SessionClaims},
    store::{
        Store as _,
        account_record::{ClaimRow, Row as _, account_key, claim_key},
    },
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde::Serialize;

use super::{
    chance::Chance,
    takeover,
    world::{Ask, HOST, NOW_S, ORIGIN, PEPPER, World, challenge, session_key},
};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The sealed profile.
    ReadProfile,
    /// The sealed vault.
    ReadVault,
    /// The device list.
    ReadDevices,
    /// Another profile.
    WriteProfile,
    /// The end of the session.
    Logout,
    /// The first step of a password's registration.
    RegisterPassword,
    /// A letter to a new address.
    Register,
    /// A session.
    Login,
    /// Another vault and password.
    WriteVault,
    /// No vault any more.
    DeleteVault,
    /// Another device list.
    WriteDevices,
    /// Another address.
    ChangeEmail,
    /// No account any more.
    DeleteAccount,
    /// A letter that begins a takeover.
    Reclaim,
    /// The begin of its wait.
    VerifyReclaim,
    /// How far it is.
    ReclaimStatus,
    /// Its end.
    FinishReclaim,
}

impl Task {
    /// Every one.
    pub const ALL: [Self; 17] = [
        Self::ReadProfile,
        Self::ReadVault,
        Self::ReadDevices,
        Self::WriteProfile,
        Self::Logout,
        Self::RegisterPassword,
        Self::Register,
        Self::Login,
        Self::WriteVault,
        Self::DeleteVault,
        Self::WriteDevices,
        Self::ChangeEmail,
        Self::DeleteAccount,
        Self::Reclaim,
        Self::VerifyReclaim,
        Self::ReclaimStatus,
        Self::FinishReclaim,
    ];

    /// Method and path.
    pub const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::ReadProfile => ("GET", PROFILE_PATH),
            Self::ReadVault => ("GET", VAULT_PATH),
            Self::ReadDevices => ("GET", DEVICES_PATH),
            Self::WriteProfile => ("PUT", PROFILE_PATH),
            Self::Logout => ("POST", LOGOUT_PATH),
            Self::RegisterPassword => ("POST", OPAQUE_REGISTER_PATH),
            Self::Register => ("POST", REGISTER_PATH),
            Self::Login => ("POST", LOGIN_PATH),
            Self::WriteVault => ("PUT", VAULT_PATH),
            Self::DeleteVault => ("DELETE", VAULT_PATH),
            Self::WriteDevices => ("PUT", DEVICES_PATH),
            Self::ChangeEmail => ("POST", EMAIL_PATH),
            Self::DeleteAccount => ("DELETE", ACCOUNT_PATH),
            Self::Reclaim => ("POST", RECLAIM_PATH),
            Self::VerifyReclaim => ("POST", RECLAIM_VERIFY_PATH),
            Self::ReclaimStatus => ("POST", RECLAIM_STATUS_PATH),
            Self::FinishReclaim => ("POST", RECLAIM_FINISH_PATH),
        }
    }

    /// What it is called in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadProfile => "read profile",
            Self::ReadVault => "read vault",
            Self::ReadDevices => "read devices",
            Self::WriteProfile => "write profile",
            Self::Logout => "sign out",
            Self::RegisterPassword => "register password",
            Self::Register => "register",
            Self::Login => "sign in",
            Self::WriteVault => "write vault",
            Self::DeleteVault => "delete vault",
            Self::WriteDevices => "write devices",
            Self::ChangeEmail => "change address",
            Self::DeleteAccount => "delete account",
            Self::Reclaim => "ask for an address",
            Self::VerifyReclaim => "begin a takeover",
            Self::ReclaimStatus => "ask about a takeover",
            Self::FinishReclaim => "finish a takeover",
        }
    }

    /// Whether it is about an address that shall move to a new account.
    pub const fn is_takeover(self) -> bool {
        matches!(self, Self::Reclaim | Self::VerifyReclaim | Self::ReclaimStatus | Self::FinishReclaim)
    }

    /// Whether its body has a certificate, which is all that says whose device it is.
    pub const fn is_certified(self) -> bool {
        matches!(self, Self::Register | Self::Login) || self.is_takeover()
    }

    /// Whether it needs a session.
    pub const fn is_in_session(self) -> bool {
        !self.is_certified()
    }

    /// Whether it needs a proof.
    pub const fn is_proven(self) -> bool {
        self.is_certified()
            || matches!(
                self,
                Self::WriteVault | Self::DeleteVault | Self::WriteDevices | Self::ChangeEmail | Self::DeleteAccount
            )
    }
}

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
    email: String,
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
    holder: Person,
    nonce: [u8; 16],
    from: Ipv4Addr,
}

impl Scene {
    /// Registers everybody, but for an owner whose account is new because all keys of the one before are lost.
    pub async fn new(world: &World, number: u64, chance: &mut Chance) -> Result<Self> {
        let [_, b, c, d] = chance.bytes();
        let scene = Self {
            task: *chance.pick(&Task::ALL),
            owner: Person::new(number, 1),
            forger: Person::new(number, 2),
            holder: Person::new(number, 3),
            nonce: chance.bytes(),
            from: Ipv4Addr::new(10, b, c, d),
        };
        scene.forger.register(world).await?;
        if scene.task.is_takeover() {
            scene.holder.register(world).await?;
            takeover::wait(world, &scene.owner.account, &scene.holder.account, scene.holder.address()?).await?;
        } else {
            scene.owner.register(world).await?;
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
    fn new(number: u64, who: u8) -> Self {
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

    async fn register(&self, world: &World) -> Result<()> {
        let account = *self.account.id().as_bytes();
        let email = self.address()?;
        let devices = DeviceList::from_bytes(&self.list(1))?;
        let row = Account { email, created_day: 1, devices }.encode()?;
        world.store.create(claim_key(&email), ClaimRow { account, claimed_s: NOW_S }.encode()?, None).await?;
        world.store.create(account_key(&account), row, None).await?;
        Ok(())
    }

    /// What the server keeps of the address.
    fn address(&self) -> Result<[u8; 32]> {
        Ok(keyed(&PEPPER, "email", &[EmailAddress::parse(&self.email)?.folded().as_bytes()]))
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
                let new_email = email(&format!("other.{}", owner.email))?;
                self.proven(ChangeEmail { old_email: email(&owner.email)?, new_email, language: language()? })
            }
            Task::Reclaim | Task::VerifyReclaim | Task::ReclaimStatus | Task::FinishReclaim => {
                self.takeover_body(email(&scene.holder.email)?, language()?)
            }
        }
    }

    fn takeover_body(&self, email: EmailText, language: LanguageTag) -> Option<Vec<u8>> {
        let (account, cert) = (KeyText::from_bytes(*self.account.id().as_bytes()), self.cert_text()?);
        match self.task {
            Task::Reclaim => self.proven(Reclaim { email, account, cert, language, work: None }),
            Task::VerifyReclaim => {
                let (request_id, code) = (takeover::request(&self.account), takeover::typed(&self.account).ok()?);
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
