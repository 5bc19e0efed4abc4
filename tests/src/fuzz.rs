//! One fuzz target for every decoder that reads what a stranger wrote.
//!
//! A target is a plain function: it must not panic, it checks that what is accepted encodes to what came, and it says whether
//! anything was. Signatures and
//! seals stop random bytes at once, so targets also put their bytes behind them, as somebody who knows the room could.
//! Two drivers feed them: [`driver`] on stable Rust, and the crate in `tests/fuzz` with libFuzzer.

mod accounts;
pub mod driver;
pub mod group;
mod history;
mod link;
pub mod membership;
mod seeds;
mod sign_in;

use milanio_identity::{
    DeviceCert, DeviceKey, Label, RoomCode, RoomId, RoomKeys, RootSecret, Signature, SignedGenesis, TopicKeys,
    TopicName,
};
use milanio_node::{
    core::{
        call::sdp::{Description, IceCandidate, SdpKind},
        time::RoomTime,
    },
    wire::{
        body::Body,
        codec::{decode, encode},
        door::KnockAnswer,
        frame, inner, limits,
        message::{Chat, DoorBody, FloorBody},
        name,
        pubsub::Rpc,
        turn::{TurnAnswer, TurnRequest},
        whisper::Whisper,
    },
};
use milanio_rendezvous::api::{CreateRoom, JoinRoom, Statement};

/// A decoder under test.
#[derive(Clone, Copy)]
pub struct Target {
    /// What it is called, on the command line and in `tests/fuzz`.
    pub name: &'static str,
    /// Feeds it one input; panics if a property does not hold. Whether anything read the input, as it is or behind a seal.
    pub run: fn(&[u8]) -> bool,
    /// Valid inputs to begin with. So are those in `tests/fuzz/seeds`, as they once were.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 31] = [
    Target { name: "frame", run: frame, seeds: seeds::frame },
    Target { name: "inner_door", run: inner_door, seeds: seeds::door_bodies },
    Target { name: "inner_floor", run: inner_floor, seeds: seeds::floor_bodies },
    Target { name: "chat", run: chat, seeds: seeds::chats },
    Target { name: "knock_answer", run: knock_answer, seeds: seeds::knock_answers },
    Target { name: "history", run: history::history, seeds: history::histories },
    Target { name: "signal", run: signal, seeds: seeds::signals },
    Target { name: "sdp", run: sdp, seeds: seeds::descriptions },
    Target { name: "candidate", run: candidate, seeds: seeds::candidates },
    Target { name: "genesis", run: genesis, seeds: seeds::geneses },
    Target { name: "cert", run: cert, seeds: seeds::certs },
    Target { name: "code", run: code, seeds: seeds::codes },
    Target { name: "text", run: text, seeds: seeds::texts },
    Target { name: "turn", run: turn, seeds: seeds::turn_messages },
    Target { name: "pubsub", run: pubsub, seeds: seeds::rpcs },
    Target { name: "http_body", run: http_body, seeds: seeds::http_bodies },
    Target { name: "device_list", run: accounts::device_list, seeds: accounts::seeds::device_lists },
    Target { name: "attestation", run: accounts::attestation, seeds: accounts::seeds::attestations },
    Target { name: "phrase", run: accounts::phrase, seeds: accounts::seeds::phrases },
    Target { name: "profile", run: accounts::profile, seeds: accounts::seeds::profiles },
    Target { name: "keepsake", run: accounts::keepsake, seeds: accounts::seeds::keepsakes },
    Target { name: "opaque", run: accounts::opaque, seeds: accounts::seeds::opaque_messages },
    Target { name: "email", run: accounts::email, seeds: accounts::seeds::addresses },
    Target { name: "account_body", run: accounts::http_body, seeds: accounts::seeds::http_bodies },
    Target { name: "session", run: sign_in::session, seeds: sign_in::sessions },
    Target { name: "login_state", run: sign_in::login_state, seeds: sign_in::login_states },
    Target { name: "request_proof", run: sign_in::request_proof, seeds: sign_in::request_proofs },
    Target { name: "link", run: link::link, seeds: link::links },
    Target { name: "operation", run: membership::operation, seeds: membership::operations },
    Target { name: "group_message", run: group::message, seeds: group::messages },
    Target { name: "key_bundle", run: group::bundle, seeds: group::bundles },
];

/// Frames: the bytes as a frame, and as the plaintext of a frame that is rightly sealed and signed.
pub fn frame(data: &[u8]) -> bool {
    let keys = topic_keys();
    let accepted = frame::check(&keys.topic(), data, NOW).is_ok();
    let opened = frame::open(&keys, data, NOW);
    if let Ok(inner) = &opened {
        let rightly_signed = sealed_again(&keys, data, inner);
        let unsigned = rightly_signed.len() - Signature::LENGTH;
        assert_eq!(
            rightly_signed[..unsigned],
            data[..unsigned],
            "nothing but the signature, which is for relays, may differ"
        );
        assert_eq!(accepted, rightly_signed == data, "a relay takes exactly the one that is rightly signed");
    }
    let Some(size) = limits::FRAME_PLAINTEXT_BYTES.into_iter().find(|&size| data.len() <= size) else {
        return opened.is_ok();
    };
    let mut plaintext = data.to_vec();
    plaintext.resize(size, 0);
    let forged = sealed_frame(&keys, &plaintext);
    assert_eq!(frame::check(&keys.topic(), &forged, NOW), Ok(()));
    let unsealed = frame::open(&keys, &forged, NOW);
    if let Ok(inner) = &unsealed {
        assert_eq!(frame::seal(&keys, NOW, NONCE, inner).as_ref(), Ok(&forged));
    }
    opened.is_ok() || unsealed.is_ok()
}

/// Inner messages of the door: the bytes as a message, and as a body that a device signed.
pub fn inner_door(data: &[u8]) -> bool {
    inner_message::<DoorBody>(data)
}

/// Inner messages of the floor, presence and chat among them.
pub fn inner_floor(data: &[u8]) -> bool {
    inner_message::<FloorBody>(data)
}

/// What a message says, once it is opened.
pub fn chat(data: &[u8]) -> bool {
    let read = decode::<Chat>(data);
    if let Ok(chat) = &read {
        assert_eq!(encode(chat).as_deref(), Ok(data));
    }
    read.is_ok()
}

/// What a knocker is told, once it is opened.
pub fn knock_answer(data: &[u8]) -> bool {
    let read = decode::<KnockAnswer>(data);
    if let Ok(answer) = &read {
        assert_eq!(encode(answer).as_deref(), Ok(data));
    }
    read.is_ok()
}

/// Signals of calls and of files.
pub fn signal(data: &[u8]) -> bool {
    let read = Whisper::decode(data);
    if let Ok(whisper) = &read {
        assert_eq!(whisper.encode().as_deref(), Ok(data));
    }
    read.is_ok()
}

/// Session descriptions: what is rebuilt from an accepted one is accepted and says the same.
pub fn sdp(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let read = [SdpKind::Offer, SdpKind::Answer].map(|kind| {
        let description = Description::parse(kind, &text);
        if let Ok(description) = &description {
            assert_eq!(Description::parse(kind, &description.to_string()).as_ref(), Ok(description));
        }
        description.is_ok()
    });
    read.contains(&true)
}

/// ICE candidates, in the same way.
pub fn candidate(data: &[u8]) -> bool {
    let read = IceCandidate::parse(&String::from_utf8_lossy(data));
    if let Ok(candidate) = &read {
        assert_eq!(IceCandidate::parse(&candidate.to_string()).as_ref(), Ok(candidate));
    }
    read.is_ok()
}

/// Signed geneses.
pub fn genesis(data: &[u8]) -> bool {
    let read = SignedGenesis::from_bytes(data);
    if let Ok(genesis) = &read {
        assert_eq!(genesis.to_bytes(), data);
        let _ = genesis.verify(NOW.as_secs());
    }
    read.is_ok()
}

/// What a relay says about topics, and on them: protocol buffers, which can say the same in many ways.
pub fn pubsub(data: &[u8]) -> bool {
    let read = Rpc::from_bytes(data);
    if let Ok(rpc) = &read {
        assert_eq!(Rpc::from_bytes(&rpc.to_bytes()).as_ref(), Ok(rpc));
    }
    read.is_ok()
}

/// Device certificates.
pub fn cert(data: &[u8]) -> bool {
    let read = DeviceCert::from_bytes(data);
    if let Ok(cert) = &read {
        assert_eq!(cert.to_bytes(), data);
        let _ = cert.verify(NOW.as_secs());
    }
    read.is_ok()
}

/// Room codes, typed or in a link.
pub fn code(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let read = [RoomCode::parse(&text), RoomCode::from_input(&text)];
    for code in read.iter().flatten() {
        assert_eq!(RoomCode::parse(&code.to_string()).as_ref(), Ok(code));
    }
    read.iter().any(Result::is_ok)
}

/// Topic names and display names.
pub fn text(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let topic = TopicName::parse(&text);
    if let Ok(topic) = &topic {
        assert_eq!(topic.as_str(), text);
    }
    assert!(name::is_clean(&name::clean(&text)));
    topic.is_ok() || name::is_clean(&text)
}

/// Questions and answers of the TURN protocol.
pub fn turn(data: &[u8]) -> bool {
    let (answer, request) = (TurnAnswer::from_bytes(data), TurnRequest::from_bytes(data));
    if let Ok(answer) = &answer {
        assert_eq!(answer.to_bytes(), data);
    }
    if let Ok(request) = &request {
        assert_eq!(request.to_bytes(), data);
    }
    answer.is_ok() || request.is_ok()
}

/// Bodies of HTTP requests.
pub fn http_body(data: &[u8]) -> bool {
    let create = serde_json::from_slice::<CreateRoom>(data);
    if let Ok(request) = &create {
        let _ = request.verify();
        let again = serde_json::to_vec(request).expect("a request encodes");
        assert_eq!(serde_json::from_slice::<CreateRoom>(&again).ok().as_ref(), Some(request));
    }
    let join = serde_json::from_slice::<JoinRoom>(data);
    let statement = serde_json::from_slice::<Statement>(data);
    create.is_ok() || join.is_ok() || statement.is_ok()
}

fn inner_message<B: Body>(data: &[u8]) -> bool {
    let heard = inner::open::<B>(ROOM, data);
    if let Ok(heard) = &heard {
        assert_eq!(inner::seal(&device(), ROOM, heard.said, &heard.body).as_deref(), Ok(data));
    }
    let id = device().id();
    let unsigned = [id.as_bytes().as_slice(), &NOW.as_millis().to_be_bytes(), data].concat();
    let signature = device().sign(B::LABEL, &[ROOM.as_bytes().as_slice(), &unsigned].concat());
    let message = [unsigned.as_slice(), &signature.0].concat();
    let signed = inner::open::<B>(ROOM, &message);
    if let Ok(heard) = &signed {
        assert_eq!((heard.from, heard.said), (id, NOW));
        assert_eq!(inner::seal(&device(), ROOM, NOW, &heard.body).as_ref(), Ok(&message));
    }
    heard.is_ok() || signed.is_ok()
}

/// The frame that somebody with the keys makes of `inner` with the time and nonce of `data`.
fn sealed_again(keys: &TopicKeys, data: &[u8], inner: &[u8]) -> Vec<u8> {
    let nonce = frame::nonce(data).expect("what opens has a nonce");
    let time = data.get(1..9).and_then(|time| time.try_into().ok()).expect("what opens has a time");
    frame::seal(keys, RoomTime::from_millis(u64::from_be_bytes(time)), nonce, inner).expect("what opens can be sealed")
}

/// A frame around `plaintext`, put together from the format's description alone.
fn sealed_frame(keys: &TopicKeys, plaintext: &[u8]) -> Vec<u8> {
    let header = [[1].as_slice(), &NOW.as_millis().to_be_bytes(), &NONCE].concat();
    let aad = [keys.topic().as_bytes().as_slice(), &header].concat();
    let sealed = keys.seal_envelope(&NONCE, &aad, plaintext).expect("32 KiB can be sealed");
    let mut frame = [header, sealed].concat();
    let signature = keys.sign(Label::Frame, &frame);
    frame.extend_from_slice(&signature.0);
    frame
}

fn topic_keys() -> TopicKeys {
    RoomKeys::new(&RootSecret::from_bytes([7; 32])).floor_epoch_zero(NOW.day())
}

fn device() -> DeviceKey {
    DeviceKey::from_seed([1; 32])
}

const NOW: RoomTime = RoomTime::from_millis(1_750_000_000_000);
const NONCE: [u8; 24] = [9; 24];
const ROOM: RoomId = RoomId::from_bytes([5; 16]);
