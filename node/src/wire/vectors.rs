//! The test vectors of what is said inside frames: each is read, has the fields that the file names, and is written the same.
//!
//! The figures were computed with another implementation of the encoding and of the seals, from the protocol's description alone.

use milanio_identity::{DeviceId, DeviceKey, EphemeralPublic};
use serde_json::Value;

use super::{
    body::Body,
    codec::{decode, encode},
    door::{Knock, SealedAnswer},
    entry::Entry,
    file::{
        FileGranted, FileId, FileKey, FileOffer, FileRefusal, FileSignal, FileSignalKind, FileToken, FileWanted,
        TransferId,
    },
    file_chunk::ChunkCipher,
    floor::{Ask, AskDevice, FloorKeys, HeadsDigest, Operations, OperationsWanted},
    group::{Again, ChainId, GroupBody, KeysWanted, SealedKey},
    limits::FILE_CHUNK_BYTES,
    message::{
        Beat, Chat, ChatWanted, DoorBody, FloorBody, MediaState, MessageId, Presence, Read, RunId, SealedSignal,
    },
    operation::OperationHash,
    proof::Proof,
    signal::{Answer, CallId, Candidate, Offer, Signal, SignalKind},
    whisper::Whisper,
};
use crate::core::time::RoomTime;

/// The whole file.
pub(crate) fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/bodies.json")).unwrap()
}

/// The bytes that a field spells.
pub(crate) fn bytes(of: &Value, field: &str) -> Vec<u8> {
    spelt(&of[field])
}

/// The same where there are `N`.
pub(crate) fn array<const N: usize>(of: &Value, field: &str) -> [u8; N] {
    bytes(of, field).try_into().unwrap()
}

pub(crate) fn device(of: &Value, field: &str) -> DeviceId {
    DeviceId::from_bytes(&array(of, field)).unwrap()
}

fn spelt(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn number(of: &Value, field: &str) -> u64 {
    of[field].as_u64().unwrap()
}

fn small(of: &Value, field: &str) -> u32 {
    number(of, field).try_into().unwrap()
}

fn is(of: &Value, field: &str) -> bool {
    of[field].as_bool().unwrap()
}

fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap().to_owned()
}

fn time(of: &Value, field: &str) -> RoomTime {
    RoomTime::from_millis(number(of, field))
}

fn run(of: &Value) -> RunId {
    RunId(array(of, "run"))
}

/// What `read` makes of a field that may be missing.
fn maybe<T>(of: &Value, field: &str, read: impl Fn(&Value, &str) -> T) -> Option<T> {
    (!of[field].is_null()).then(|| read(of, field))
}

fn list<T>(of: &Value, field: &str, read: impl Fn(&Value) -> T) -> Vec<T> {
    of[field].as_array().unwrap().iter().map(read).collect()
}

fn message_id(of: &Value) -> MessageId {
    MessageId { device: device(of, "device"), run: run(of), seq: small(of, "seq") }
}

fn door_body(kind: &str, of: &Value) -> DoorBody {
    match kind {
        "GenesisWanted" => DoorBody::GenesisWanted,
        "Genesis" => DoorBody::Genesis(bytes(of, "genesis")),
        "Knock" => DoorBody::Knock(Knock {
            cert: bytes(of, "cert"),
            attestation: maybe(of, "attestation", bytes),
            ephemeral: EphemeralPublic::from_bytes(array(of, "ephemeral")),
            name: text(of, "name"),
            said: time(of, "said"),
            join: maybe(of, "join", bytes),
            work: number(of, "work"),
        }),
        "Answer" => DoorBody::Answer(SealedAnswer { to: device(of, "to"), sealed: bytes(of, "sealed") }),
        other => panic!("{other}"),
    }
}

fn beat(of: &Value) -> Beat {
    Beat {
        run: run(of),
        said: time(of, "said"),
        last_chat: small(of, "last_chat"),
        lamport: number(of, "lamport"),
        revision: small(of, "revision"),
        media: MediaState { microphone: is(of, "microphone"), camera: is(of, "camera") },
        away: is(of, "away"),
        hand: maybe(of, "hand", time),
        heads: HeadsDigest(array(of, "heads")),
    }
}

fn presence(of: &Value) -> Presence {
    Presence {
        cert: bytes(of, "cert"),
        attestation: maybe(of, "attestation", bytes),
        ephemeral: EphemeralPublic::from_bytes(array(of, "ephemeral")),
        ephemeral_age: small(of, "ephemeral_age"),
        name: text(of, "name"),
        entered: time(of, "entered"),
        answer_wanted: is(of, "answer_wanted"),
        beat: beat(&of["beat"]),
    }
}

fn floor_body(kind: &str, of: &Value) -> FloorBody {
    match kind {
        "Presence" => FloorBody::Presence(presence(of)),
        "Beat" => FloorBody::Beat(beat(of)),
        "PresenceWanted" => FloorBody::PresenceWanted(maybe(of, "of", device)),
        "Leave" => FloorBody::Leave(run(of)),
        "GroupMessage" => FloorBody::Group(GroupBody::Message(bytes(of, "message"))),
        "GroupKeys" => FloorBody::Group(GroupBody::Keys(bytes(of, "bundle"))),
        "KeysWanted" => {
            let chain = ChainId { device: device(of, "device"), run: run(of), number: small(of, "number") };
            FloorBody::Group(GroupBody::KeysWanted(KeysWanted { chain }))
        }
        "ChatWanted" => FloorBody::ChatWanted(ChatWanted {
            author: device(of, "author"),
            run: run(of),
            first: small(of, "first"),
            last: small(of, "last"),
        }),
        "Signal" => FloorBody::Signal(SealedSignal { to: device(of, "to"), sealed: bytes(of, "sealed") }),
        "Typing" => FloorBody::Typing(run(of)),
        "Operations" => FloorBody::Operations(Operations(list(of, "operations", spelt))),
        "OperationsWanted" => {
            let heads = list(of, "heads", |head| OperationHash(spelt(head).try_into().unwrap()));
            FloorBody::OperationsWanted(OperationsWanted { heads })
        }
        "FloorKeys" => FloorBody::FloorKeys(FloorKeys {
            rotation: OperationHash(array(of, "rotation")),
            sealed: list(of, "sealed", |one| (device(one, "to"), bytes(one, "sealed"))),
        }),
        "Ask" => {
            FloorBody::Ask(AskDevice { to: device(of, "to"), what: ask(&text(of, "what")), said: time(of, "said") })
        }
        "Again" => FloorBody::Again(Again {
            run: run(of),
            sealed: bytes(of, "sealed"),
            keys: list(of, "keys", |one| SealedKey { to: device(one, "to"), sealed: bytes(one, "sealed") }),
        }),
        "Read" => FloorBody::Read(Read { run: run(of), through: list(of, "through", message_id) }),
        other => panic!("{other}"),
    }
}

fn ask(what: &str) -> Ask {
    let all = [Ask::Mute, Ask::CameraOff, Ask::Unmute, Ask::LowerHand];
    all.into_iter().find(|ask| format!("{ask:?}") == what).unwrap()
}

fn entry(kind: &str, of: &Value) -> Entry {
    match kind {
        "Text" => Entry::Text { text: text(of, "text"), reply_to: maybe(of, "reply_to", |of, at| message_id(&of[at])) },
        "Edit" => Entry::Edit { of: message_id(&of["of"]), text: text(of, "text") },
        "Delete" => Entry::Delete { of: message_id(&of["of"]) },
        "React" => Entry::React { of: message_id(&of["of"]), emoji: text(of, "emoji"), on: is(of, "on") },
        "Private" => Entry::Private(list(of, "sealed", spelt)),
        "Offer" => Entry::Offer(FileOffer {
            id: FileId(array(of, "id")),
            name: text(of, "name"),
            size_bytes: number(of, "size_bytes"),
            sha256: array(of, "sha256"),
            key: FileKey(array(of, "key")),
        }),
        other => panic!("{other}"),
    }
}

fn chat(of: &Value) -> Chat {
    let proof = |of: &Value, at: &str| Proof {
        name: text(&of[at], "name"),
        signature: bytes(&of[at], "signature"),
        salt: maybe(&of[at], "salt", array),
    };
    Chat {
        seq: small(of, "seq"),
        lamport: number(of, "lamport"),
        written: time(of, "written"),
        entry: entry(&text(of, "kind"), &of["fields"]),
        proof: maybe(of, "proof", proof),
    }
}

fn call_kind(kind: &str, of: &Value) -> SignalKind {
    let candidate =
        |of: &Value| Candidate { candidate: text(of, "candidate"), mid: text(of, "mid"), ufrag: text(of, "ufrag") };
    match kind {
        "Offer" => SignalKind::Offer(Offer { sdp: text(of, "sdp"), turn_nodes: list(of, "turn_nodes", spelt) }),
        "Answer" => SignalKind::Answer(Answer { sdp: text(of, "sdp"), offer: array(of, "offer") }),
        "Candidates" => SignalKind::Candidates(list(of, "candidates", candidate)),
        "Bye" => SignalKind::Bye,
        other => panic!("{other}"),
    }
}

fn file_kind(kind: &str, of: &Value) -> FileSignalKind {
    match kind {
        "Want" => FileSignalKind::Want(FileWanted {
            file: FileId(array(of, "file")),
            offset: number(of, "offset"),
            relays: list(of, "relays", spelt),
        }),
        "Grant" => FileSignalKind::Grant(FileGranted {
            relay: bytes(of, "relay"),
            peer: bytes(of, "peer"),
            token: FileToken(array(of, "token")),
        }),
        "Refuse" => {
            let all = [FileRefusal::Gone, FileRefusal::Busy, FileRefusal::NoRelay, FileRefusal::Unreadable];
            let reason = text(of, "reason");
            FileSignalKind::Refuse(all.into_iter().find(|one| format!("{one:?}") == reason).unwrap())
        }
        "Cancel" => FileSignalKind::Cancel,
        other => panic!("{other}"),
    }
}

/// Each case of a list: its kind, itself, and its bytes.
fn cases(of: &str) -> Vec<(String, Value, Vec<u8>)> {
    let all = list(&vectors(), of, |case| (text(case, "kind"), case.clone(), bytes(case, "bytes")));
    assert!(!all.is_empty(), "{of}");
    all
}

fn kinds(of: &str) -> usize {
    cases(of).into_iter().map(|(kind, ..)| kind).collect::<std::collections::BTreeSet<_>>().len()
}

/// Checks all bodies of a list: one of every kind that there is.
fn check<B: Body + PartialEq + std::fmt::Debug>(of: &str, body: impl Fn(&str, &Value) -> B) {
    for (kind, case, bytes) in cases(of) {
        let said = body(&kind, &case["fields"]);
        assert_eq!(decode(&bytes).as_ref(), Ok(&said), "{kind}");
        assert_eq!(encode(&said), Ok(bytes), "{kind}");
    }
}

#[test]
fn what_is_said_at_the_door_matches_the_vectors() {
    check("door", door_body);
    assert_eq!(kinds("door"), 4);
}

#[test]
fn what_is_said_on_the_floor_matches_the_vectors() {
    check("floor", floor_body);
    // Three of them are of a group.
    assert_eq!(kinds("floor"), 16);
}

#[test]
fn what_messages_say_matches_the_vectors() {
    for (kind, case, bytes) in cases("chat") {
        assert_eq!(decode(&bytes), Ok(chat(&case)), "{kind}");
        assert_eq!(encode(&chat(&case)), Ok(bytes), "{kind}");
    }
    assert_eq!(kinds("chat"), 6);
}

#[test]
fn signals_of_calls_match_the_vectors() {
    for (kind, case, bytes) in cases("call") {
        let signal = Signal {
            run: run(&case),
            call: CallId(array(&case, "call")),
            generation: small(&case, "generation"),
            seq: small(&case, "seq"),
            expires: time(&case, "expires"),
            kind: call_kind(&kind, &case["fields"]),
        };
        assert_eq!(signal.hash(device(&case, "from"), device(&case, "to")), array(&case, "hash"), "{kind}");
        let whisper = Whisper::Call(signal);
        assert_eq!(Whisper::decode(&bytes).as_ref(), Ok(&whisper), "{kind}");
        assert_eq!(whisper.encode(), Ok(bytes), "{kind}");
    }
    assert_eq!(kinds("call"), 4);
}

#[test]
fn signals_of_files_match_the_vectors() {
    for (kind, case, bytes) in cases("file") {
        let whisper = Whisper::File(FileSignal {
            transfer: TransferId(array(&case, "transfer")),
            expires: time(&case, "expires"),
            kind: file_kind(&kind, &case["fields"]),
        });
        assert_eq!(Whisper::decode(&bytes).as_ref(), Ok(&whisper), "{kind}");
        assert_eq!(whisper.encode(), Ok(bytes), "{kind}");
    }
    assert_eq!(kinds("file"), 4);
}

#[test]
fn chunks_of_files_match_the_vectors() {
    let of = &vectors()["chunks"];
    let cipher = ChunkCipher::new(&FileKey(array(of, "key")), FileToken(array(of, "token")));
    for case in list(of, "cases", Value::clone) {
        let (offset, chunk) = (number(&case, "number") * FILE_CHUNK_BYTES as u64, bytes(&case, "chunk"));
        assert_eq!(cipher.seal(offset, &chunk), Ok(bytes(&case, "sealed")));
        assert_eq!(cipher.open(offset, &bytes(&case, "sealed")), Ok(chunk));
    }
}

#[test]
fn devices_of_the_vectors_are_those_of_their_seeds() {
    let case = &vectors()["floor_keys"];
    assert_eq!(device(case, "from"), DeviceKey::from_seed([103; 32]).id());
}
