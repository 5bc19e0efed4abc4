//! Vectors of what an account seals for itself and takes along, and of handing it to another device.

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    cases::{Array, Bytes, Mismatch, holds, same},
    scripted::Scripted,
};
use crate::{
    AccountKey, DeviceCert, DeviceId, DeviceKey, DeviceList, ExportKey, Keepsake, LinkCode, LinkNewDevice,
    LinkOldDevice, LinkSecret, ListedDevice, Profile, open_file, open_vault, seal_file, seal_vault,
};

/// One profile, and the vault and the file of its account.
#[derive(Deserialize)]
pub(super) struct Sealed {
    account_seed: Array<32>,
    seq: u64,
    nonce: Array<24>,
    name: String,
    avatar: Option<Bytes>,
    device_names: Vec<Named>,
    created_s: u64,
    profile: Option<Bytes>,
    profile_sha256: Array<32>,
    export_key: Array<64>,
    vault: Bytes,
    password: String,
    salt: Array<16>,
    file: Bytes,
}

#[derive(Deserialize)]
struct Named {
    device: Array<32>,
    name: String,
}

impl Sealed {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let account = AccountKey::from_seed(self.account_seed.0);
        let profile = self.profile()?;
        let sealed = profile.seal(&account, self.seq, &mut Scripted::new(&self.nonce.0));
        let sealed = sealed.map_err(|_| Mismatch("sealing of the profile"))?;
        same("hash of the sealed profile", &Sha256::digest(&sealed), &self.profile_sha256.0)?;
        holds("sealed profile", self.profile.as_ref().is_none_or(|given| given.0 == sealed))?;
        holds("opened profile", Profile::open(&account, self.seq, &sealed).as_ref() == Ok(&profile))?;
        let keepsake = Keepsake { account, profile, created_s: self.created_s };
        self.vault(&keepsake)?;
        self.file(&keepsake)
    }

    fn vault(&self, keepsake: &Keepsake) -> Result<(), Mismatch> {
        let key = ExportKey::from_bytes(self.export_key.0);
        let vault = seal_vault(&key, self.seq, keepsake, &mut Scripted::new(&self.nonce.0));
        same("vault", &vault.map_err(|_| Mismatch("sealing of the vault"))?, &self.vault.0)?;
        let opened = open_vault(&key, keepsake.account.id(), self.seq, &self.vault.0);
        holds("opened vault", opened.is_ok_and(|opened| is_same(&opened, keepsake)))
    }

    fn file(&self, keepsake: &Keepsake) -> Result<(), Mismatch> {
        let script = [self.salt.0.as_slice(), &self.nonce.0].concat();
        let file = seal_file(self.password.as_bytes(), keepsake, &mut Scripted::new(&script));
        same("file", &file.map_err(|_| Mismatch("making of the file"))?, &self.file.0)?;
        let opened = open_file(self.password.as_bytes(), &self.file.0);
        holds("opened file", opened.is_ok_and(|opened| is_same(&opened, keepsake)))
    }

    fn profile(&self) -> Result<Profile, Mismatch> {
        let named = |named: &Named| Some((DeviceId::from_bytes(&named.device.0).ok()?, named.name.clone()));
        let device_names = self.device_names.iter().map(named).collect::<Option<_>>().ok_or(Mismatch("device"))?;
        let avatar = self.avatar.as_ref().map(|avatar| avatar.0.clone());
        Ok(Profile { name: self.name.clone(), avatar, device_names })
    }
}

/// One linking from the code to the account.
#[derive(Deserialize)]
pub(super) struct Link {
    code: String,
    secret: Array<32>,
    mailbox: Array<16>,
    account_seed: Array<32>,
    device_seed: Array<32>,
    new_ikm: Array<32>,
    new_nonce: Array<32>,
    old_nonce: Array<32>,
    old_ikm: Array<32>,
    nonces: [Array<24>; 4],
    created_s: u64,
    added_day: u32,
    name: String,
    device_name: String,
    messages: [Bytes; 4],
    words: [String; 4],
}

impl Link {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let code = LinkCode::parse(&self.code).map_err(|_| Mismatch("code"))?;
        let secret = LinkSecret::derive(&code).map_err(|_| Mismatch("secret"))?;
        same("secret", secret.as_bytes(), &self.secret.0)?;
        same("mailbox", &secret.mailbox(), &self.mailbox.0)?;
        let keepsake = self.keepsake();
        let (account, device) = (keepsake.account.clone(), DeviceKey::from_seed(self.device_seed.0).id());
        let [commit, answer, reveal, hand_over] = &self.messages;

        let script = [self.new_ikm.0.as_slice(), &self.new_nonce.0, &self.nonces[0].0].concat();
        let new = LinkNewDevice::start(secret.clone(), device, &mut Scripted::new(&script));
        let (new, message) = new.map_err(|_| Mismatch("start"))?;
        same("message 0", &message, &commit.0)?;
        let script = [self.old_nonce.0.as_slice(), &self.nonces[1].0].concat();
        let old = LinkOldDevice::answer(secret, account.id(), &commit.0, &mut Scripted::new(&script));
        let (old, message) = old.map_err(|_| Mismatch("answer"))?;
        same("message 1", &message, &answer.0)?;
        let shown = new.reveal(&answer.0, &mut Scripted::new(&self.nonces[2].0));
        let (new, message, words) = shown.map_err(|_| Mismatch("reveal"))?;
        same("message 2", &message, &reveal.0)?;
        holds("words on the new device", words.words().iter().eq(&self.words))?;
        let (old, words, _) = old.check(&reveal.0).map_err(|_| Mismatch("check"))?;
        holds("words on the old device", words.words().iter().eq(&self.words))?;

        let cert = DeviceCert::issue(&account, device, self.created_s, self.created_s + 86_400);
        let cert = cert.map_err(|_| Mismatch("certificate"))?;
        let listed = ListedDevice { device, added_day: self.added_day };
        let list = DeviceList::issue(&account, 2, vec![listed], Vec::new()).map_err(|_| Mismatch("device list"))?;
        let script = [self.old_ikm.0.as_slice(), &self.nonces[3].0].concat();
        let message = old.hand_over(&keepsake, &cert, &list, &mut Scripted::new(&script));
        same("message 3", &message.map_err(|_| Mismatch("handing over"))?, &hand_over.0)?;
        let received = new.receive(&hand_over.0).map_err(|_| Mismatch("receiving"))?;
        holds("what was received", is_same(&received.0, &keepsake) && received.1 == cert && received.2 == list)
    }

    fn keepsake(&self) -> Keepsake {
        let device = DeviceKey::from_seed(self.device_seed.0).id();
        let device_names = [(device, self.device_name.clone())].into();
        let profile = Profile { name: self.name.clone(), avatar: None, device_names };
        Keepsake { account: AccountKey::from_seed(self.account_seed.0), profile, created_s: self.created_s }
    }
}

/// Whether two keepsakes say the same, their pictures apart.
fn is_same(one: &Keepsake, other: &Keepsake) -> bool {
    one.account.seed() == other.account.seed()
        && one.profile.without_avatar() == other.profile.without_avatar()
        && one.created_s == other.created_s
}
