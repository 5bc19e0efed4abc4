//! Valid inputs of the targets for accounts.

use milanio_identity::{
    Attestation, AttestationLevel, DeviceCert, DeviceId, DeviceList, ExportKey, IssuerKey, Keepsake, ListedDevice,
    OpaqueLogin, OpaqueRegistration, Phrase, Profile, seal_file, seal_vault,
};
use milanio_rendezvous::api::{
    Asker, Base64Bytes, Blob, ChallengeText, ChangeEmail, Empty, KeyText, LinkMessage, Login, ProfileRecord, Proven,
    PutDevices, PutVault, Register, RequestId, Target, Typed, Verify, VerifyEmail,
};
use serde::Serialize;

use super::{EXPORT_KEY, ISSUER, SEQ, account, rng};
use crate::fuzz::{NOW, device};

/// Signed lists, and one without its signature.
pub fn device_lists() -> Vec<Vec<u8>> {
    let listed = |id: u8| ListedDevice { device: other_device(id), added_day: NOW.day() };
    let issue = |devices, revoked| DeviceList::issue(&account(), SEQ, devices, revoked).expect("a short list");
    let long = issue((1..4).map(listed).collect(), vec![other_device(4), other_device(5)]).to_bytes();
    let unsigned = unsigned(&long);
    vec![issue(Vec::new(), Vec::new()).to_bytes(), long, unsigned]
}

/// A signed attestation, and the same without its signature.
pub fn attestations() -> Vec<Vec<u8>> {
    let issuer = IssuerKey::from_seed(ISSUER);
    let signed = Attestation::issue(&issuer, account().id(), AttestationLevel::Email, NOW.day()).to_bytes();
    let unsigned = unsigned(&signed);
    vec![signed, unsigned]
}

/// The words of an account in several spellings.
pub fn phrases() -> Vec<Vec<u8>> {
    let words = Phrase::of(&account()).words();
    let numbered: Vec<_> = words.iter().enumerate().map(|(at, word)| format!("{}. {word}", at + 1)).collect();
    vec![words.join(" ").into(), numbered.join("\n").to_uppercase().into()]
}

/// A sealed profile, and plaintexts of others.
pub fn profiles() -> Vec<Vec<u8>> {
    let sealed = person().seal(&account(), SEQ, &mut rng()).expect("a small profile");
    vec![sealed, padded(&encoded(&person()), 1024), padded(&encoded(&Profile::default()), 1024)]
}

/// A vault, the plaintext of another, and an exported file.
pub fn keepsakes() -> Vec<Vec<u8>> {
    let keepsake = Keepsake { account: account(), profile: person(), created_s: NOW.as_secs() };
    let vault = seal_vault(&ExportKey::from_bytes(EXPORT_KEY), SEQ, &keepsake, &mut rng()).expect("a small keepsake");
    let plaintext = [account().seed().as_slice(), &NOW.as_secs().to_be_bytes(), &encoded(&person())].concat();
    // Only its beginning: the key of a whole file is stretched for a tenth of a second.
    let mut file = seal_file(b"password", &keepsake, &mut rng()).expect("a small keepsake");
    file.pop();
    vec![vault, padded(&plaintext, 1024), file]
}

/// First messages of a registration and of a login.
pub fn opaque_messages() -> Vec<Vec<u8>> {
    let (_, registration) = OpaqueRegistration::start(b"password", &mut rng()).expect("a short password");
    let (_, login) = OpaqueLogin::start(b"password", &mut rng()).expect("a short password");
    vec![registration, login]
}

/// Addresses that are taken.
pub fn addresses() -> Vec<Vec<u8>> {
    [" Ada.L+calls@Mail.Example.org ", "zoë@bücher.example", "a@b.c"].map(|text| text.as_bytes().to_vec()).to_vec()
}

/// One body of each shape.
pub fn http_bodies() -> Vec<Vec<u8>> {
    let cert = DeviceCert::issue(&account(), device().id(), NOW.as_secs(), NOW.as_secs() + 86_400);
    let cert = cert.expect("a day is allowed").to_bytes().try_into().map(Base64Bytes::from_bytes);
    let cert = cert.expect("certificates have one length");
    let account = KeyText::from_bytes(*account().id().as_bytes());
    let request_id = RequestId::from_bytes([1; 16]);
    let register = Register { email: typed("ada@example.org"), account, cert, language: typed("de"), work: Some(7) };
    let device_list = blob(vec![1; 300]);
    let verify = Verify { request_id, account, code: typed("ABCD-2345"), cert, device_list: device_list.clone() };
    let change =
        ChangeEmail { old_email: typed("ada@example.org"), new_email: typed("a@b.example"), language: typed("en") };
    let bodies = [
        proven(Target::post("/api/auth/register"), register),
        proven(Target::post("/api/auth/verify"), verify),
        proven(Target::post("/api/auth/login"), Login { account, cert, email: None, language: None }),
        proven(
            Target::put("/api/users/vault"),
            PutVault { seq: 1, sealed: blob(vec![2; 99]), opaque_record: blob(vec![3; 192]) },
        ),
        proven(Target::put("/api/users/devices"), PutDevices { list: device_list }),
        proven(Target::post("/api/users/email"), change),
        proven(Target::delete("/api/users/account"), Empty {}),
        serde_json::to_vec(&ProfileRecord { seq: 1, sealed: Some(blob(vec![4; 99])) }),
        serde_json::to_vec(&VerifyEmail { request_id, code: typed("abcd2345") }),
        serde_json::to_vec(&LinkMessage { message: blob(vec![5; 99]) }),
    ];
    bodies.into_iter().flatten().collect()
}

fn proven<T: Serialize>(target: Target<'_>, body: T) -> serde_json::Result<Vec<u8>> {
    let device = device();
    let asker = Asker { origin: "https://milanio.example", account: account().id(), device: &device };
    let challenge = ChallengeText::from_bytes([8; 56]);
    serde_json::to_vec(&Proven::sign(body, target, challenge, &asker).expect("a short request"))
}

fn person() -> Profile {
    let device_names = [(other_device(1), "Telephone".to_owned())].into();
    Profile { name: "Zoë".to_owned(), avatar: None, device_names }
}

fn other_device(id: u8) -> DeviceId {
    milanio_identity::DeviceKey::from_seed([id; 32]).id()
}

fn encoded(profile: &Profile) -> Vec<u8> {
    postcard::to_allocvec(profile).expect("a profile encodes")
}

/// A padded plaintext: the length in front, zeros behind.
fn padded(contents: &[u8], size: usize) -> Vec<u8> {
    let length = u32::try_from(contents.len()).expect("short contents");
    let mut padded = [length.to_be_bytes().as_slice(), contents].concat();
    padded.resize(size, 0);
    padded
}

fn unsigned(signed: &[u8]) -> Vec<u8> {
    signed[..signed.len() - milanio_identity::Signature::LENGTH].to_vec()
}

fn blob<const MAX: usize>(bytes: Vec<u8>) -> Blob<MAX> {
    Blob::new(bytes).expect("within the bound")
}

fn typed<const MAX: usize>(text: &str) -> Typed<MAX> {
    Typed::new(text).expect("within the bound")
}

#[cfg(test)]
mod tests {
    use milanio_identity::{Label, open_vault};

    use milanio_rendezvous::core::email::EmailAddress;

    use super::super::{sealed, signer};
    use super::*;

    #[test]
    fn seeds_get_behind_signatures_and_seals() {
        let signed = |seed, label, bytes: &[u8]| [bytes, &signer(seed).sign(label, bytes).0].concat();
        let list = signed(*account().seed(), Label::DeviceList, &device_lists()[2]);
        assert_eq!(DeviceList::from_bytes(&list).and_then(|list| list.verify()), Ok(()));
        let attestation = signed(ISSUER, Label::Attestation, &attestations()[1]);
        assert_eq!(attestation, attestations()[0]);
        let profile = sealed(account().seed(), "profile", &profiles()[1]);
        assert_eq!(Profile::open(&account(), SEQ, &profile), Ok(person()));
        let vault = sealed(&EXPORT_KEY, "vault", &keepsakes()[1]);
        let opened = open_vault(&ExportKey::from_bytes(EXPORT_KEY), account().id(), SEQ, &vault);
        assert!(opened.is_ok_and(|keepsake| keepsake.profile == person()));
    }

    #[test]
    fn seeds_are_valid_inputs() {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(phrases().iter().flat_map(|seed| Phrase::parse(&text(seed))).count(), 2);
        assert_eq!(addresses().iter().flat_map(|seed| EmailAddress::parse(&text(seed))).count(), 3);
        let server = milanio_identity::OpaqueServer::from_seed(&[1; 32]);
        assert!(server.registration(&opaque_messages()[0], b"id").is_ok());
        assert!(server.login_start(None, &opaque_messages()[1], b"id", &mut rng()).is_ok());
        assert_eq!(http_bodies().len(), 10);
        let login: Proven<Login> = serde_json::from_slice(&http_bodies()[2]).expect("a login");
        assert_eq!(
            login.verify(Target::post("/api/auth/login"), "https://milanio.example", account().id()),
            Ok(device().id())
        );
    }
}
