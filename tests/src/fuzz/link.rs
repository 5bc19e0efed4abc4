//! The target for messages between devices that are being linked, with its seeds: the bytes as each message, and as what somebody who
//! knows the code would have sealed in it.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use milanio_identity::{
    AccountKey, DeviceCert, DeviceId, DeviceKey, DeviceList, EphemeralPublic, Keepsake, LinkAwaiting, LinkConfirming,
    LinkNewDevice, LinkOldDevice, LinkSecret, ListedDevice, Profile,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use sha2::{Digest as _, Sha256};

use super::{NONCE, NOW, device};

/// All four messages, read by whoever they are for.
pub fn link(data: &[u8]) -> bool {
    let linking = Linking::new();
    let mut is_read = false;
    for message in [data.to_vec(), sealed(0, data)] {
        if let Ok((_, answer)) = LinkOldDevice::answer(secret(), account().id(), &message, &mut rng(2)) {
            assert_eq!(opened(1, &answer).len(), 64);
            is_read = true;
        }
    }
    for message in [data.to_vec(), sealed(1, data)] {
        let (new, _) = start();
        if let Ok((_, reveal, _)) = new.reveal(&message, &mut rng(3)) {
            assert_eq!(opened(2, &reveal), linking.reveal);
            is_read = true;
        }
    }
    for message in [data.to_vec(), sealed(2, data)] {
        let (old, _) = answer(&linking.commit);
        if let Ok((_, _, device)) = old.check(&message) {
            assert_eq!(
                (device, opened(2, &message)),
                (newcomer(), linking.reveal.clone()),
                "nothing else was committed to"
            );
            is_read = true;
        }
    }
    let handed_over = EphemeralPublic::from_bytes(linking.key()).seal(&linking.info(), &[], data, &mut rng(5));
    for message in [data.to_vec(), sealed(3, data), sealed(3, &handed_over.expect("a good key"))] {
        if let Ok((keepsake, cert, list)) = linking.awaiting().receive(&message) {
            assert_eq!((cert.account(), cert.device()), (account().id(), newcomer()));
            assert_eq!((keepsake.account.id(), list.account()), (account().id(), account().id()));
            is_read = true;
        }
    }
    is_read
}

/// What is in the messages of a linking: each as it is sent, and as it is before it is sealed.
pub fn links() -> Vec<Vec<u8>> {
    let linking = Linking::new();
    let message = linking.hand_over();
    let inner = opened(3, &message);
    let plaintext = linking.contents();
    vec![
        linking.commit.clone(),
        linking.answer.clone(),
        sealed(2, &linking.reveal),
        message,
        opened(0, &linking.commit),
        opened(1, &linking.answer),
        linking.reveal,
        inner,
        plaintext,
    ]
}

/// A linking up to the words.
struct Linking {
    commit: Vec<u8>,
    answer: Vec<u8>,
    /// What message 2 says: key, device and nonce.
    reveal: Vec<u8>,
}

impl Linking {
    fn new() -> Self {
        let (new, commit) = start();
        let (_, answer) = answer(&commit);
        let (_, message, _) = new.reveal(&answer, &mut rng(3)).expect("an honest answer");
        Self { commit, answer, reveal: opened(2, &message) }
    }

    fn awaiting(&self) -> LinkAwaiting {
        start().0.reveal(&self.answer, &mut rng(3)).expect("an honest answer").0
    }

    fn confirming(&self) -> LinkConfirming {
        answer(&self.commit).0.check(&sealed(2, &self.reveal)).expect("an honest device").0
    }

    fn key(&self) -> [u8; 32] {
        self.reveal[..32].try_into().expect("a key of 32 bytes in front")
    }

    /// What the last message is sealed for.
    fn info(&self) -> [u8; 32] {
        let name: &[u8] = b"link-transcript";
        let said = [opened(0, &self.commit), opened(1, &self.answer), self.reveal.clone()].concat();
        let hash = Sha256::digest([DOMAIN, name, &[0], &said].concat());
        derive(&derive(&SECRET, "link-transcript", &hash), "link-hand-over", &[])
    }

    fn hand_over(&self) -> Vec<u8> {
        let (keepsake, cert, list) = belongings();
        self.confirming().hand_over(&keepsake, &cert, &list, &mut rng(4)).expect("what belongs together")
    }

    /// The plaintext of the last message, which only the new device's own key opens: the same but for its padding's rest.
    fn contents(&self) -> Vec<u8> {
        let (keepsake, cert, list) = belongings();
        let (list, profile) = (list.to_bytes(), postcard::to_allocvec(&keepsake.profile).expect("a profile encodes"));
        let length = u16::try_from(list.len()).unwrap_or_default().to_be_bytes();
        let held = [keepsake.account.seed().as_slice(), &keepsake.created_s.to_be_bytes(), &profile].concat();
        let mut padded = [u32::try_from(held.len()).unwrap_or_default().to_be_bytes().as_slice(), &held].concat();
        padded.resize(1024, 0);
        [cert.to_bytes().as_slice(), &length, &list, &padded].concat()
    }
}

fn belongings() -> (Keepsake, DeviceCert, DeviceList) {
    let profile = Profile { name: "Zoë".to_owned(), ..Profile::default() };
    let keepsake = Keepsake { account: account(), profile, created_s: NOW.as_secs() };
    let cert = DeviceCert::issue(&account(), newcomer(), NOW.as_secs(), NOW.as_secs() + 86_400);
    let listed = |device| ListedDevice { device, added_day: NOW.day() };
    let list = DeviceList::issue(&account(), 2, vec![listed(device().id()), listed(newcomer())], Vec::new());
    (keepsake, cert.expect("a day is allowed"), list.expect("a short list"))
}

fn start() -> (LinkNewDevice, Vec<u8>) {
    LinkNewDevice::start(secret(), newcomer(), &mut rng(1)).expect("a good key")
}

fn answer(commit: &[u8]) -> (LinkOldDevice, Vec<u8>) {
    LinkOldDevice::answer(secret(), account().id(), commit, &mut rng(2)).expect("an honest commitment")
}

/// Message `step` as somebody who knows the code would seal it, put together from the format's description alone.
fn sealed(step: u8, plaintext: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plaintext, aad: &[VERSION, step] };
    let sealed = cipher(step).encrypt(&NONCE.into(), payload).expect("an input can be sealed");
    [&[VERSION], NONCE.as_slice(), &sealed].concat()
}

fn opened(step: u8, message: &[u8]) -> Vec<u8> {
    let (nonce, sealed) = message[1..].split_first_chunk::<24>().expect("a message begins with version and nonce");
    cipher(step).decrypt(nonce.into(), Payload { msg: sealed, aad: &[VERSION, step] }).expect("an honest message")
}

fn cipher(step: u8) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&derive(&SECRET, "link-message", &[step]).into())
}

fn derive(secret: &[u8; 32], name: &str, context: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, secret)
        .expand_multi_info(&[DOMAIN, name.as_bytes(), &[0], context], &mut key)
        .expect("32 bytes can be expanded");
    key
}

fn secret() -> LinkSecret {
    LinkSecret::from_bytes(SECRET)
}

fn account() -> AccountKey {
    AccountKey::from_seed([3; 32])
}

fn newcomer() -> DeviceId {
    DeviceKey::from_seed([0x77; 32]).id()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

const SECRET: [u8; 32] = [8; 32];
const VERSION: u8 = 1;
/// In front of every derivation.
const DOMAIN: &[u8] = b"milanio/v1/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_get_behind_every_seal() {
        let linking = Linking::new();
        assert!(linking.awaiting().receive(&linking.hand_over()).is_ok());
        let key = EphemeralPublic::from_bytes(linking.key());
        let inner = key.seal(&linking.info(), &[], &linking.contents(), &mut rng(5)).expect("a good key");
        let (keepsake, ..) = linking.awaiting().receive(&sealed(3, &inner)).expect("what an old device would send");
        assert_eq!(keepsake.profile.name, "Zoë");
    }
}
