//! Secrets neither show nor stay: `Debug` of everything that holds one, and wiping on drop.

use milanio_identity::{
    AccountKey, ChainKey, ChainSigner, DeviceKey, EphemeralSecret, ExportKey, IssuerKey, Keepsake, LinkAwaiting,
    LinkCode, LinkConfirming, LinkNewDevice, LinkOldDevice, LinkSecret, MediaSecret, OneTimeKey, OpaqueLogin,
    OpaqueRegistration, OpaqueServer, Phrase, Profile, RegistryKeys, RoomCode, RoomId, RoomKeys, RoomOwnerKey,
    RootSecret, TopicKeys,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use zeroize::ZeroizeOnDrop;

const SECRET: [u8; 32] = [0xab; 32];

#[test]
fn debug_shows_no_byte_of_a_secret() {
    let account = AccountKey::from_seed(SECRET);
    let room = RoomKeys::new(&RootSecret::from_bytes(SECRET));
    let topic = room.door(1);
    let shown = [
        format!("{account:?}"),
        format!("{:?}", DeviceKey::from_seed(SECRET)),
        format!("{:?}", IssuerKey::from_seed(SECRET)),
        format!("{:?}", RootSecret::from_bytes(SECRET)),
        format!("{room:?}"),
        format!("{:?}", room.registry()),
        format!("{:?}", RoomOwnerKey::derive(&account, RoomId::from_bytes([0xab; 16]))),
        format!("{:?}", RoomId::from_bytes([0xab; 16])),
        format!("{topic:?}"),
        format!("{:?}", ChainKey::from_bytes(SECRET)),
        format!("{:?}", OneTimeKey::from_bytes(SECRET)),
        format!("{:?}", MediaSecret::from_bytes(SECRET)),
        format!("{:?}", ChainSigner::generate(&mut ChaCha20Rng::from_seed(SECRET))),
        format!("{:?}", EphemeralSecret::generate(&mut ChaCha20Rng::from_seed(SECRET))),
    ];
    let envelope = hex::encode(topic.envelope_key());
    for text in shown {
        assert!(!text.contains("ab, ") && !text.contains("171") && !text.to_lowercase().contains("abab"), "{text}");
        assert!(!text.contains(&envelope[..8]), "{text}");
    }
}

#[test]
fn debug_shows_nothing_of_a_password_and_what_it_opens() {
    let mut rng = ChaCha20Rng::from_seed(SECRET);
    let server = OpaqueServer::from_seed(&SECRET);
    let (registration, _) = OpaqueRegistration::start(b"password", &mut rng).expect("a short password");
    let (login, request) = OpaqueLogin::start(b"password", &mut rng).expect("a short password");
    let start = server.login_start(None, &request, b"id", &mut rng).expect("a good request");
    assert_eq!(format!("{server:?}"), "OpaqueServer(redacted)");
    assert_eq!(format!("{registration:?}"), "OpaqueRegistration(redacted)");
    assert_eq!(format!("{login:?}"), "OpaqueLogin(redacted)");
    assert_eq!(format!("{start:?}"), "ServerLogin(redacted)");
    assert_eq!(format!("{:?}", ExportKey::from_bytes([0xab; 64])), "ExportKey(redacted)");
}

#[test]
fn debug_shows_nothing_of_an_account_that_is_taken_along() {
    let account = AccountKey::from_seed(SECRET);
    let phrase = Phrase::of(&account);
    let profile = Profile { name: "Secret Name".to_owned(), avatar: Some(vec![0xab; 9]), ..Profile::default() };
    assert_eq!(format!("{phrase:?}"), "Phrase(redacted)");
    assert_eq!(format!("{profile:?}"), "Profile(redacted)");
    let id = account.id();
    assert_eq!(format!("{:?}", Keepsake { account, profile, created_s: 1 }), format!("Keepsake({id})"));
}

#[test]
fn debug_shows_nothing_of_a_device_link() {
    let mut rng = ChaCha20Rng::from_seed(SECRET);
    let secret = LinkSecret::from_bytes(SECRET);
    let device = DeviceKey::from_seed(SECRET).id();
    let account = AccountKey::from_seed(SECRET).id();
    assert_eq!(format!("{:?}", LinkCode::generate(&mut rng)), "LinkCode(redacted)");
    assert_eq!(format!("{secret:?}"), "LinkSecret(redacted)");
    let (new, zero) = LinkNewDevice::start(secret.clone(), device, &mut rng).expect("a start");
    assert_eq!(format!("{new:?}"), "LinkNewDevice(redacted)");
    let (old, one) = LinkOldDevice::answer(secret, account, &zero, &mut rng).expect("a good message");
    assert_eq!(format!("{old:?}"), "LinkOldDevice(redacted)");
    let (new, two, words) = new.reveal(&one, &mut rng).expect("a good message");
    assert_eq!(format!("{new:?} {words:?}"), "LinkAwaiting(redacted) LinkWords(redacted)");
    let (old, ..) = old.check(&two).expect("a good message");
    assert_eq!(format!("{old:?}"), "LinkConfirming(redacted)");
}

#[test]
fn debug_shows_no_part_of_a_room_code() {
    let code = RoomCode::parse("0000-0000-0000-0000").expect("a valid code");
    assert_eq!(format!("{code:?}"), "RoomCode(redacted)");
    assert_eq!(code.to_string(), "0000-0000-0000-0000");
}

#[test]
fn every_secret_wipes_itself() {
    const fn wipes_itself<T: ZeroizeOnDrop>() {}
    wipes_itself::<AccountKey>();
    wipes_itself::<ChainKey>();
    wipes_itself::<ChainSigner>();
    wipes_itself::<DeviceKey>();
    wipes_itself::<EphemeralSecret>();
    wipes_itself::<ExportKey>();
    wipes_itself::<IssuerKey>();
    wipes_itself::<LinkAwaiting>();
    wipes_itself::<LinkCode>();
    wipes_itself::<LinkConfirming>();
    wipes_itself::<LinkNewDevice>();
    wipes_itself::<LinkOldDevice>();
    wipes_itself::<LinkSecret>();
    wipes_itself::<MediaSecret>();
    wipes_itself::<OneTimeKey>();
    wipes_itself::<OpaqueLogin>();
    wipes_itself::<OpaqueRegistration>();
    wipes_itself::<OpaqueServer>();
    wipes_itself::<Phrase>();
    wipes_itself::<RegistryKeys>();
    wipes_itself::<RoomCode>();
    wipes_itself::<RoomKeys>();
    wipes_itself::<RoomOwnerKey>();
    wipes_itself::<RootSecret>();
    wipes_itself::<TopicKeys>();
}
