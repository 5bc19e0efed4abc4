//! Valid inputs of every fuzz target: mutations of them reach further than random bytes.

use milanio_identity::{
    AccountKey, Attestation, DeviceCert, EphemeralPublic, Genesis, Policy, RoomOwnerKey, SignedGenesis,
};
use milanio_node::{
    core::time::RoomTime,
    wire::{
        body::Body,
        codec::encode,
        door::{FloorSecret, Knock, KnockAnswer, Link, RefusalReason, Right, RotationProof, SealedAnswer},
        entry::Entry,
        file::{FileGranted, FileId, FileRefusal, FileSignal, FileSignalKind, FileToken, FileWanted, TransferId},
        floor::{Ask, AskDevice, FloorKeys, HeadsDigest, Operations, OperationsWanted},
        group::{ChainId, GroupBody, KeysWanted},
        limits,
        message::{
            Beat, Chat, ChatWanted, DoorBody, FloorBody, MediaState, MessageId, Presence, Read, RunId, SealedSignal,
        },
        operation::OperationHash,
        pubsub::{PubsubMessage, Rpc},
        signal::{Answer, CallId, Candidate, Offer, Signal, SignalKind},
        turn::{TurnAnswer, TurnCredential, TurnRequest},
        whisper::Whisper,
    },
};
use milanio_rendezvous::api::{CreateRoom, Sealed, Statement};

use super::{NOW, ROOM, device, topic_keys};

pub(super) const RUN: RunId = RunId([2; 8]);

pub(super) fn frame() -> Vec<Vec<u8>> {
    let plaintext =
        |length: usize| [&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes(), vec![3; length].as_slice()].concat();
    let whole = milanio_node::wire::frame::seal(&topic_keys(), NOW, super::NONCE, b"inner");
    [plaintext(0), plaintext(5), plaintext(254), plaintext(1022)].into_iter().chain(whole).collect()
}

pub(super) fn rpcs() -> Vec<Vec<u8>> {
    let message = PubsubMessage { topic: "ab".into(), data: vec![7; 300] };
    let follows = Rpc { subscriptions: vec![("ab".into(), true), ("c".into(), false)], messages: Vec::new() };
    [follows.clone(), Rpc { messages: vec![message], ..follows }].map(|rpc| rpc.to_bytes()).to_vec()
}

pub(super) fn door_bodies() -> Vec<Vec<u8>> {
    let knock = |join| Knock {
        cert: device_cert().to_bytes(),
        attestation: None,
        ephemeral: EphemeralPublic::from_bytes([4; 32]),
        name: "Zoë".to_owned(),
        said: NOW,
        join,
        work: 300,
    };
    bodies(&[
        DoorBody::GenesisWanted,
        DoorBody::Genesis(signed_genesis().to_bytes()),
        DoorBody::Knock(knock(None)),
        DoorBody::Knock(knock(Some(vec![5; 300]))),
        DoorBody::Answer(SealedAnswer { to: device().id(), sealed: vec![6; 100] }),
    ])
}

pub(super) fn floor_bodies() -> Vec<Vec<u8>> {
    let beat = Beat {
        run: RUN,
        said: NOW,
        last_chat: 1,
        lamport: 9,
        revision: 1,
        media: MediaState { microphone: true, camera: false },
        away: false,
        hand: Some(NOW),
        heads: HeadsDigest([9; 16]),
    };
    let presence = Presence {
        cert: device_cert().to_bytes(),
        attestation: Some(vec![3; Attestation::LENGTH]),
        ephemeral: EphemeralPublic::from_bytes([4; 32]),
        ephemeral_age: 5_000,
        name: "Zoë".to_owned(),
        entered: NOW,
        answer_wanted: true,
        beat,
    };
    let to = device().id();
    let mut said = vec![
        FloorBody::Presence(presence),
        FloorBody::Beat(beat),
        FloorBody::PresenceWanted(None),
        FloorBody::PresenceWanted(Some(to)),
        FloorBody::Leave(RUN),
        FloorBody::Typing(RUN),
        FloorBody::Read(Read { run: RUN, through: vec![MessageId { device: to, run: RUN, seq: 300 }] }),
        FloorBody::ChatWanted(ChatWanted { author: to, run: RUN, first: 1, last: limits::CHAT_WANTED_RANGE }),
        FloorBody::Signal(SealedSignal { to, sealed: vec![6; 200] }),
        FloorBody::Operations(Operations(vec![vec![1; 200], vec![2; 300]])),
        FloorBody::OperationsWanted(OperationsWanted { heads: vec![OperationHash([1; 32]), OperationHash([2; 32])] }),
        FloorBody::FloorKeys(FloorKeys { rotation: OperationHash([1; 32]), sealed: vec![(to, vec![6; 80])] }),
        FloorBody::Ask(AskDevice { to, what: Ask::Unmute, said: NOW }),
    ];
    said.extend(super::group::messages().into_iter().map(|bytes| FloorBody::Group(GroupBody::Message(bytes))));
    said.extend(super::group::bundles().into_iter().map(|bytes| FloorBody::Group(GroupBody::Keys(bytes))));
    let chain = ChainId { device: to, run: RUN, number: 1 };
    said.push(FloorBody::Group(GroupBody::KeysWanted(KeysWanted { chain })));
    said.extend(super::group::again(to).map(FloorBody::Again));
    bodies(&said)
}

pub(super) fn chats() -> Vec<Vec<u8>> {
    let chats = entries(MessageId { device: device().id(), run: RUN, seq: 7 });
    let chats = chats.map(|entry| Chat { seq: 1, lamport: 300, written: NOW, entry, proof: None });
    chats.iter().filter_map(|chat| encode(chat).ok()).collect()
}

pub(super) fn entries(of: MessageId) -> [Entry; 6] {
    [
        Entry::text("Grüezi"),
        Entry::Text { text: "**ja**".to_owned(), reply_to: Some(of) },
        Entry::Edit { of, text: "nein".to_owned() },
        Entry::Delete { of },
        Entry::React { of, emoji: "👍".to_owned(), on: true },
        Entry::Private(vec![vec![8; 100]; 2]),
    ]
}

pub(super) fn knock_answers() -> Vec<Vec<u8>> {
    let cert = device_cert().to_bytes();
    let link = Link { cert: cert.clone(), operation: vec![5; 300] };
    let right = Right { cert, links: vec![link] };
    let proof = Some(RotationProof { operation: vec![6; 250], right: right.clone() });
    let floor = |number| FloorSecret { rotation: OperationHash([number; 32]), secret: [number; 32], proof: None };
    let proven = FloorSecret { proof, ..floor(3) };
    let answers = [
        KnockAnswer::Admit(Vec::new()),
        KnockAnswer::Admit(vec![floor(1), floor(2), proven]),
        KnockAnswer::Refuse { reason: RefusalReason::Declined, right },
        KnockAnswer::Wait { host_online: true },
    ];
    answers.iter().filter_map(|answer| encode(answer).ok()).collect()
}

fn file_signals() -> impl Iterator<Item = Whisper> {
    let wanted = FileWanted { file: FileId([8; 16]), offset: 65_536, relays: vec![vec![3; 38]] };
    let granted = FileGranted { relay: vec![3; 38], peer: vec![4; 38], token: FileToken([5; 16]) };
    let kinds = [
        FileSignalKind::Want(wanted),
        FileSignalKind::Grant(granted),
        FileSignalKind::Refuse(FileRefusal::Busy),
        FileSignalKind::Cancel,
    ];
    kinds.into_iter().map(|kind| Whisper::File(FileSignal { transfer: TransferId([7; 16]), expires: NOW, kind }))
}

pub(super) fn signals() -> Vec<Vec<u8>> {
    let candidate = Candidate { candidate: CANDIDATE.to_owned(), mid: "0".to_owned(), ufrag: "abcd".to_owned() };
    let kinds = [
        SignalKind::Offer(Offer { sdp: OFFER.to_owned(), turn_nodes: vec![vec![7; 38]] }),
        SignalKind::Answer(Answer { sdp: OFFER.to_owned(), offer: [8; 32] }),
        SignalKind::Candidates(vec![candidate]),
        SignalKind::Bye,
    ];
    let signal = |kind| Signal { run: RUN, call: CallId([9; 16]), generation: 1, seq: 1, expires: NOW, kind };
    let calls = kinds.into_iter().map(|kind| Whisper::Call(signal(kind)));
    calls.chain(file_signals()).filter_map(|whisper| whisper.encode().ok()).collect()
}

pub(super) fn descriptions() -> Vec<Vec<u8>> {
    vec![OFFER.as_bytes().to_vec(), CHROMIUM_ANSWER.as_bytes().to_vec(), FIREFOX_OFFER.as_bytes().to_vec()]
}

pub(super) fn candidates() -> Vec<Vec<u8>> {
    [
        CANDIDATE,
        "candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0",
        "candidate:2 1 udp 41885439 198.51.100.1 50000 typ relay raddr 0.0.0.0 rport 0 generation 0",
        "candidate:3 1 udp 2122260223 2001:db8::1 50000 typ srflx raddr :: rport 0",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(super) fn geneses() -> Vec<Vec<u8>> {
    vec![signed_genesis().to_bytes()]
}

pub(super) fn certs() -> Vec<Vec<u8>> {
    vec![device_cert().to_bytes()]
}

pub(super) fn codes() -> Vec<Vec<u8>> {
    ["0000-0000-0000-0000", "https://example.org/#/r/0000000000000000?x", "OOOO oooo 0000 0000"]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
}

pub(super) fn texts() -> Vec<Vec<u8>> {
    let topic = topic_keys().topic();
    [topic.as_str(), "Zoë \u{202e}", "  a  b  "].map(|text| text.as_bytes().to_vec()).to_vec()
}

pub(super) fn turn_messages() -> Vec<Vec<u8>> {
    let credential = TurnCredential {
        urls: vec!["turn:192.0.2.1:3478?transport=udp".to_owned()],
        username: "1750000000:0123456789abcdef".to_owned(),
        credential: "c2VjcmV0".to_owned(),
        expires: RoomTime::from_millis(1_750_000_600_000),
    };
    vec![
        TurnRequest.to_bytes(),
        TurnAnswer { now: NOW, turn: None }.to_bytes(),
        TurnAnswer { now: NOW, turn: Some(credential) }.to_bytes(),
    ]
}

pub(super) fn http_bodies() -> Vec<Vec<u8>> {
    let keys = milanio_identity::RoomKeys::new(&milanio_identity::RootSecret::from_bytes([7; 32])).registry();
    let owner = RoomOwnerKey::derive(&account(), ROOM);
    let create =
        Sealed::new(vec![1; 300]).map(|sealed| CreateRoom::signed(&keys, &owner, 86_400, sealed, NOW.as_secs()));
    let statement = Statement::beat(&keys, NOW.as_secs());
    let create = create.ok().and_then(|create| serde_json::to_vec(&create).ok());
    create.into_iter().chain(serde_json::to_vec(&statement)).collect()
}

fn bodies<B: Body>(bodies: &[B]) -> Vec<Vec<u8>> {
    bodies.iter().filter_map(|body| encode(body).ok()).collect()
}

fn account() -> AccountKey {
    AccountKey::from_seed([3; 32])
}

fn device_cert() -> DeviceCert {
    DeviceCert::issue(&account(), device().id(), NOW.as_secs(), NOW.as_secs() + 86_400).expect("a day is allowed")
}

fn signed_genesis() -> SignedGenesis {
    let genesis = Genesis {
        nonce: [1; 16],
        owner: account().id(),
        policy: Policy::Open,
        created_s: NOW.as_secs(),
        ttl_s: Genesis::DEFAULT_TTL_S,
    };
    SignedGenesis::create(&device(), &device_cert(), genesis).expect("the device is the owner's")
}

const CANDIDATE: &str = "candidate:842163049 1 udp 2122260223 192.0.2.1 50000 typ host generation 0 ufrag abcd";
const OFFER: &str = include_str!("../../../node/tests/fixtures/chromium_offer.sdp");
const CHROMIUM_ANSWER: &str = include_str!("../../../node/tests/fixtures/chromium_answer.sdp");
const FIREFOX_OFFER: &str = include_str!("../../../node/tests/fixtures/firefox_style_offer.sdp");

#[cfg(test)]
mod tests {
    use milanio_identity::RoomCode;
    use milanio_node::{
        core::call::sdp::{Description, IceCandidate, SdpKind},
        wire::codec::decode,
    };

    use super::*;

    #[test]
    fn seeds_are_valid_inputs() {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(door_bodies().iter().flat_map(|seed| decode::<DoorBody>(seed)).count(), 5);
        assert_eq!(floor_bodies().iter().flat_map(|seed| decode::<FloorBody>(seed)).count(), 19);
        assert_eq!(chats().iter().flat_map(|seed| decode::<Chat>(seed)).count(), 6);
        assert_eq!(knock_answers().iter().flat_map(|seed| decode::<KnockAnswer>(seed)).count(), 4);
        assert_eq!(signals().iter().flat_map(|seed| Whisper::decode(seed)).count(), 8);
        assert_eq!(candidates().iter().flat_map(|seed| IceCandidate::parse(&text(seed))).count(), 4);
        assert_eq!(codes().iter().flat_map(|seed| RoomCode::from_input(&text(seed))).count(), 3);
        assert_eq!(turn_messages().iter().filter(|seed| TurnAnswer::from_bytes(seed).is_ok()).count(), 2);
        assert_eq!(http_bodies().iter().flat_map(|seed| serde_json::from_slice::<serde_json::Value>(seed)).count(), 2);
        assert!(serde_json::from_slice::<CreateRoom>(&http_bodies()[0]).is_ok_and(|create| create.verify().is_ok()));
        let kinds = [SdpKind::Offer, SdpKind::Answer, SdpKind::Offer];
        for (seed, kind) in descriptions().iter().zip(kinds) {
            assert!(Description::parse(kind, &text(seed)).is_ok(), "{kind:?}");
        }
    }
}
