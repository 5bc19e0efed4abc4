//! The limits of every body that is said on a door or a floor, and what tells the two apart.

use milanio_identity::{EphemeralPublic, Label};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    codec::{Checked, LimitError},
    limits,
    message::{Chat, ChatWanted, DoorBody, FloorBody, MessageId, Presence, Read, SealedSignal},
    name,
};

/// What a device can say on a kind of topic.
pub trait Body: Checked + Serialize + DeserializeOwned {
    /// The purpose it is signed for: one for each kind of topic, so that what is said on one never counts on another.
    const LABEL: Label;
}

impl Body for DoorBody {
    const LABEL: Label = Label::Door;
}

impl Body for FloorBody {
    const LABEL: Label = Label::Floor;
}

impl Checked for DoorBody {
    fn check(&self) -> Result<(), LimitError> {
        match self {
            Self::GenesisWanted => Ok(()),
            Self::Genesis(bytes) => ensure(bytes.len() == limits::GENESIS_BYTES, LimitError::Genesis),
            Self::Knock(knock) => knock.check(),
            Self::Answer(answer) => answer.check(),
        }
    }
}

impl Checked for FloorBody {
    fn check(&self) -> Result<(), LimitError> {
        match self {
            Self::Presence(presence) => presence.check(),
            Self::Group(body) => body.check(),
            Self::Again(again) => again.check(),
            Self::ChatWanted(wanted) => wanted.check(),
            Self::Signal(signal) => signal.check(),
            Self::Operations(operations) => operations.check(),
            Self::OperationsWanted(wanted) => wanted.check(),
            Self::FloorKeys(keys) => keys.check(),
            Self::Read(read) => read.check(),
            Self::Beat(_) | Self::PresenceWanted(_) | Self::Leave(_) | Self::Typing(_) | Self::Ask(_) => Ok(()),
        }
    }
}

impl Checked for Presence {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.cert.len() == limits::CERT_BYTES, LimitError::Cert)?;
        let attestation = self.attestation.as_ref();
        let fits = attestation.is_none_or(|attestation| attestation.len() == limits::ATTESTATION_BYTES);
        ensure(fits, LimitError::Attestation)?;
        ensure(name::is_clean(&self.name), LimitError::Name)
    }
}

impl Checked for Chat {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.seq > 0, LimitError::Sequence)?;
        if let Some(proof) = &self.proof {
            proof.check()?;
            ensure(proof.salt.is_some(), LimitError::Proof)?;
        }
        self.entry.check()
    }
}

impl Checked for ChatWanted {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.first > 0, LimitError::Sequence)?;
        match self.last.checked_sub(self.first) {
            Some(0..limits::CHAT_WANTED_RANGE) => Ok(()),
            _ => Err(LimitError::Range),
        }
    }
}

impl Checked for Read {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.through.iter().all(|last| last.seq > 0), LimitError::Sequence)?;
        let author = |last: &MessageId| (last.device, last.run);
        let is_sorted = self.through.is_sorted_by(|one, other| author(one) < author(other));
        ensure(is_sorted && (1..=limits::READ_AUTHORS).contains(&self.through.len()), LimitError::Range)
    }
}

impl Checked for SealedSignal {
    fn check(&self) -> Result<(), LimitError> {
        let allowed = EphemeralPublic::SEAL_OVERHEAD + 1..=limits::SEALED_SIGNAL_BYTES;
        ensure(allowed.contains(&self.sealed.len()), LimitError::Signal)
    }
}

/// `error` unless `holds`.
pub(super) const fn ensure(holds: bool, error: LimitError) -> Result<(), LimitError> {
    if holds { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use milanio_identity::{DeviceId, DeviceKey};

    use super::*;
    use crate::{
        core::time::RoomTime,
        wire::{
            codec::{decode, encode},
            entry::Entry,
            floor::HeadsDigest,
            group::{Again, GroupBody, SealedKey},
            message::{Beat, MediaState, RunId},
        },
    };

    const RUN: RunId = RunId([0xff; 8]);
    const LATEST: RoomTime = RoomTime::from_millis(u64::MAX);

    fn device() -> DeviceId {
        DeviceKey::from_seed([1; 32]).id()
    }

    fn beat() -> Beat {
        Beat {
            run: RUN,
            said: LATEST,
            last_chat: u32::MAX,
            lamport: u64::MAX,
            revision: u32::MAX,
            media: MediaState { microphone: true, camera: true },
            away: true,
            hand: Some(LATEST),
            heads: HeadsDigest([0xff; 16]),
        }
    }

    fn presence(name: &str, cert_bytes: usize) -> FloorBody {
        FloorBody::Presence(Presence {
            cert: vec![0; cert_bytes],
            attestation: Some(vec![0; limits::ATTESTATION_BYTES]),
            ephemeral: EphemeralPublic::from_bytes([1; 32]),
            ephemeral_age: 1_000,
            name: name.to_owned(),
            entered: LATEST,
            answer_wanted: true,
            beat: beat(),
        })
    }

    fn attested(attestation: Option<usize>) -> FloorBody {
        let FloorBody::Presence(presence) = presence("Ada", limits::CERT_BYTES) else { unreachable!() };
        FloorBody::Presence(Presence { attestation: attestation.map(|bytes| vec![0; bytes]), ..presence })
    }

    fn chat(seq: u32, text: &str) -> Chat {
        saying(seq, Entry::text(text))
    }

    fn saying(seq: u32, entry: Entry) -> Chat {
        Chat { seq, lamport: u64::MAX, written: LATEST, entry, proof: None }
    }

    fn group(bytes: usize) -> FloorBody {
        FloorBody::Group(GroupBody::Message(vec![0; bytes]))
    }

    fn keys(bytes: usize) -> FloorBody {
        FloorBody::Group(GroupBody::Keys(vec![0; bytes]))
    }

    fn again(bytes: usize, targets: usize) -> FloorBody {
        let mut devices: Vec<_> = (0..targets).map(|number| DeviceKey::from_seed([number as u8; 32]).id()).collect();
        devices.sort();
        let key = |to| SealedKey { to, sealed: vec![0; limits::SEALED_KEY_BYTES] };
        FloorBody::Again(Again { run: RUN, sealed: vec![0; bytes], keys: devices.into_iter().map(key).collect() })
    }

    fn wanted(first: u32, last: u32) -> FloorBody {
        FloorBody::ChatWanted(ChatWanted { author: device(), run: RUN, first, last })
    }

    fn last(run: u8, seq: u32) -> MessageId {
        MessageId { device: device(), run: RunId([run; 8]), seq }
    }

    fn read(through: Vec<MessageId>) -> FloorBody {
        FloorBody::Read(Read { run: RUN, through })
    }

    fn read_of(authors: usize) -> FloorBody {
        read((0..authors).map(|run| last(run as u8, u32::MAX)).collect())
    }

    fn signal(bytes: usize) -> FloorBody {
        FloorBody::Signal(SealedSignal { to: device(), sealed: vec![0; bytes] })
    }

    #[test]
    fn every_limit_holds_at_its_edge() {
        let cases = [
            (presence("Ada", limits::CERT_BYTES), Ok(())),
            (presence("Ada", limits::CERT_BYTES + 1), Err(LimitError::Cert)),
            (presence("Ada\u{202e}", limits::CERT_BYTES), Err(LimitError::Name)),
            (presence(&"A".repeat(limits::NAME_CHARS + 1), limits::CERT_BYTES), Err(LimitError::Name)),
            (attested(None), Ok(())),
            (attested(Some(0)), Err(LimitError::Attestation)),
            (attested(Some(limits::ATTESTATION_BYTES + 1)), Err(LimitError::Attestation)),
            (group(limits::GROUP_MESSAGE_BYTES), Ok(())),
            (group(limits::GROUP_MESSAGE_BYTES + 1), Err(LimitError::GroupMessage)),
            (keys(limits::BUNDLE_BYTES), Ok(())),
            (keys(limits::BUNDLE_BYTES + 1), Err(LimitError::Keys)),
            (again(17, 1), Ok(())),
            (again(16, 1), Err(LimitError::GroupMessage)),
            (again(17, 0), Err(LimitError::Keys)),
            (wanted(1, 1), Ok(())),
            (wanted(0, 1), Err(LimitError::Sequence)),
            (wanted(2, 1), Err(LimitError::Range)),
            (wanted(1, limits::CHAT_WANTED_RANGE), Ok(())),
            (wanted(1, limits::CHAT_WANTED_RANGE + 1), Err(LimitError::Range)),
            (read_of(1), Ok(())),
            (read_of(0), Err(LimitError::Range)),
            (read_of(limits::READ_AUTHORS), Ok(())),
            (read_of(limits::READ_AUTHORS + 1), Err(LimitError::Range)),
            (read(vec![last(1, 0)]), Err(LimitError::Sequence)),
            (read(vec![last(2, 1), last(1, 1)]), Err(LimitError::Range)),
            (read(vec![last(1, 1), last(1, 2)]), Err(LimitError::Range)),
            (signal(EphemeralPublic::SEAL_OVERHEAD), Err(LimitError::Signal)),
            (signal(limits::SEALED_SIGNAL_BYTES), Ok(())),
            (signal(limits::SEALED_SIGNAL_BYTES + 1), Err(LimitError::Signal)),
        ];
        for (body, expected) in cases {
            assert_eq!(encode(&body).map(|_| ()), expected, "{body:?}");
        }
        let chats = [
            (chat(1, "x"), Ok(())),
            (chat(0, "x"), Err(LimitError::Sequence)),
            (chat(1, ""), Err(LimitError::Text)),
            (chat(1, &"x".repeat(limits::CHAT_BYTES)), Ok(())),
            (chat(1, &"x".repeat(limits::CHAT_BYTES + 1)), Err(LimitError::Text)),
        ];
        for (chat, expected) in chats {
            assert_eq!(encode(&chat).map(|_| ()), expected, "{chat:?}");
        }
        let genesis = |bytes| encode(&DoorBody::Genesis(vec![0; bytes])).map(|_| ());
        assert_eq!(genesis(limits::GENESIS_BYTES), Ok(()));
        assert_eq!(genesis(limits::GENESIS_BYTES - 1), Err(LimitError::Genesis));
    }

    #[test]
    fn the_largest_of_every_kind_fits_a_frame_and_a_beat_the_smallest() {
        const SIGNED: usize = 32 + 8 + 64;
        let fits = |body: &FloorBody, index: usize| {
            encode(body).unwrap().len() + SIGNED + 2 <= limits::FRAME_PLAINTEXT_BYTES[index]
        };
        assert!(fits(&FloorBody::Beat(beat()), 0));
        assert!(fits(&FloorBody::PresenceWanted(Some(device())), 0));
        assert!(fits(&wanted(u32::MAX - 255, u32::MAX), 0));
        assert!(fits(&presence(&"😀".repeat(limits::NAME_CHARS), limits::CERT_BYTES), 1));
        assert!(fits(&FloorBody::Typing(RUN), 0));
        assert!(fits(&read_of(limits::READ_AUTHORS), 1));
        assert!(fits(&group(limits::GROUP_MESSAGE_BYTES), 4));
        assert!(fits(&keys(limits::BUNDLE_BYTES), 3));
        assert!(fits(&again(limits::GROUP_PLAINTEXT_BYTES + 16, limits::AGAIN_KEYS), 4));
        let is_short = |chat: &Chat| encode(chat).unwrap().len() <= limits::GROUP_PLAINTEXT_BYTES;
        let reply_to = Some(MessageId { device: device(), run: RUN, seq: u32::MAX });
        let text = "x".repeat(limits::CHAT_BYTES);
        assert!(is_short(&saying(u32::MAX, Entry::Text { text, reply_to })));
        let seal = vec![0; limits::PRIVATE_BYTES + EphemeralPublic::SEAL_OVERHEAD];
        assert!(is_short(&saying(u32::MAX, Entry::Private(vec![seal; limits::PRIVATE_SEALS]))));
        assert!(fits(&signal(limits::SEALED_SIGNAL_BYTES), 4));
    }

    /// The figures were computed with another implementation of the encoding.
    #[test]
    fn what_is_said_to_be_read_matches_the_vectors() {
        #[derive(serde::Deserialize)]
        struct Vectors {
            read: Vec<Case>,
        }
        #[derive(serde::Deserialize)]
        struct Case {
            through: Vec<Last>,
            bytes: String,
        }
        #[derive(serde::Deserialize)]
        struct Last {
            run: String,
            seq: u32,
        }
        let vectors: Vectors = serde_json::from_str(include_str!("../../tests/vectors/floor.json")).unwrap();
        let device = DeviceKey::from_seed([101; 32]).id();
        for case in vectors.read {
            let run = |hex: &str| RunId(hex::decode(hex).unwrap().try_into().unwrap());
            let id = |last: &Last| MessageId { device, run: run(&last.run), seq: last.seq };
            let through = case.through.iter().map(id).collect();
            let body = FloorBody::Read(Read { run: RunId([2; 8]), through });
            assert_eq!(encode(&body).map(hex::encode), Ok(case.bytes.clone()));
            assert_eq!(decode(&hex::decode(case.bytes).unwrap()), Ok(body));
        }
    }

    #[test]
    fn a_body_with_a_weak_device_is_refused() {
        let mut bytes = encode(&wanted(1, 1)).unwrap();
        bytes[1..33].fill(0);
        assert!(decode::<FloorBody>(&bytes).is_err());
    }
}
