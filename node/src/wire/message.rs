//! The bodies that members and joiners say to each other, as they are encoded (postcard) inside a signed inner message.
//!
//! A body says nothing about who sent it: that is the device whose signature covers it (`inner`). Limits of every
//! field are in `limits`, and checked when decoding.

use milanio_identity::{DeviceId, EphemeralPublic};
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::{
    door::{Knock, SealedAnswer},
    floor::{AskDevice, FloorKeys, HeadsDigest, Operations, OperationsWanted},
    group::{Again, GroupBody},
    proof::Proof,
};
use crate::core::time::RoomTime;

/// One run of the app on one device: 8 random bytes. Counters start anew in every run, so that two tabs or a restored
/// profile never use one number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub [u8; 8]);

/// Names one message for ever: author, run, and the author's count in that run (from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId {
    /// The author's device.
    pub device: DeviceId,
    /// The author's run.
    pub run: RunId,
    /// The author's count in that run, from 1.
    pub seq: u32,
}

/// What may be said on the door topic, which everybody holding the code can hear: getting in, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoorBody {
    /// "Who has this room's genesis?"
    GenesisWanted,
    /// The signed genesis, as `SignedGenesis::to_bytes` gives it.
    Genesis(Vec<u8>),
    /// "Let me in."
    Knock(Knock),
    /// The answer to a knock, for the knocker alone.
    Answer(SealedAnswer),
}

/// What may be said on the floor topic, which members use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FloorBody {
    /// Who I am, in full: on joining, when asked, on every change of it, and every 60 s.
    Presence(Presence),
    /// Still here, in short.
    Beat(Beat),
    /// "Say who you are, in full": to one device whose beat is not understood, or to all (`None`).
    PresenceWanted(Option<DeviceId>),
    /// Going, and not coming back in this run.
    Leave(RunId),
    /// What only members read, and the keys to read it: messages are encoded [`Chat`]s.
    Group(GroupBody),
    /// "I miss these messages of yours."
    ChatWanted(ChatWanted),
    /// Something about a call, a file or history, for one device.
    Signal(SealedSignal),
    /// Writing something, in this run. Forgotten if not said again.
    Typing(RunId),
    /// What makes up the room's membership: said when it is stated, and when asked for.
    Operations(Operations),
    /// "What operations are there that I do not know?"
    OperationsWanted(OperationsWanted),
    /// The secret of a new floor.
    FloorKeys(FloorKeys),
    /// A moderator asks something of one device.
    Ask(AskDevice),
    /// An encoded [`Chat`] for those who miss it.
    Again(Again),
    /// How far its messages were read.
    Read(Read),
}

/// A member, in full.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The device certificate, as `DeviceCert::to_bytes` gives it: binds the signing device to an account.
    pub cert: Vec<u8>,
    /// What a server attests of the account, as `Attestation::to_bytes` gives it.
    pub attestation: Option<Vec<u8>>,
    /// What is for this device alone is sealed to this key; replaced every few minutes.
    pub ephemeral: EphemeralPublic,
    /// How long ago the key was made, in milliseconds.
    pub ephemeral_age: u32,
    /// The name to show.
    pub name: String,
    /// When this run entered the room. Of two runs of one device the later one holds, of two members the later one is called.
    pub entered: RoomTime,
    /// True in the first presence of a run and after a lost connection: whoever hears it answers with their own.
    pub answer_wanted: bool,
    /// The short part.
    pub beat: Beat,
}

/// The part of presence that is said every 4 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// The run it speaks for.
    pub run: RunId,
    /// When it was said. Rises within a run, so an older state never replaces a newer one, and a stored one cannot be said again
    /// by another member later.
    pub said: RoomTime,
    /// The number of the last chat message of this run that was sent; 0 before the first.
    pub last_chat: u32,
    /// Lamport time: the highest that this device has seen or given.
    pub lamport: u64,
    /// Counts the changes of the full presence in this run; a receiver that knows a lower one asks for the full presence.
    pub revision: u32,
    /// What is switched on.
    pub media: MediaState,
    /// The page is hidden: beats may stop without meaning that the member is gone.
    pub away: bool,
    /// Since when the hand is raised, if it is.
    pub hand: Option<RoomTime>,
    /// What this device knows of the room's operations.
    pub heads: HeadsDigest,
}

/// What a member has switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaState {
    /// The microphone is on.
    pub microphone: bool,
    /// The camera is on.
    pub camera: bool,
}

/// A chat message. Its id is (author's device, author's run, `seq`), the same however often it is sent; what is around it names the
/// first two.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// The author's count, from 1.
    pub seq: u32,
    /// Lamport time: one more than the highest the author had seen. Messages are shown by (lamport, id).
    pub lamport: u64,
    /// When the author wrote it; for display alone.
    pub written: RoomTime,
    /// What it says.
    pub entry: Entry,
    /// The author's word for it, where the room's policy has newcomers read what was said before.
    pub proof: Option<Proof>,
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names are in no log.
        f.debug_struct("Presence").field("entered", &self.entered).field("beat", &self.beat).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Chat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nor is what people write.
        f.debug_struct("Chat").field("seq", &self.seq).finish_non_exhaustive()
    }
}

/// A request for messages that presence says exist and that never came. Only their author answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatWanted {
    /// The author who is asked.
    pub author: DeviceId,
    /// The author's run.
    pub run: RunId,
    /// First missing number.
    pub first: u32,
    /// Last missing number, inclusive.
    pub last: u32,
}

/// How far the person has read, of some authors: each with the number of the last message that was read. Says nothing about what came
/// after, and the same about messages that the person cannot open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The run it speaks for.
    pub run: RunId,
    /// 1 to [`limits::READ_AUTHORS`](super::limits::READ_AUTHORS) messages, each of another author or run, ascending.
    pub through: Vec<MessageId>,
}

/// A [`Whisper`](super::whisper::Whisper) to one device, HPKE-sealed to its ephemeral key. The sealing context binds room, sender and
/// target, so nobody can pass another's signal off as their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSignal {
    /// For whom.
    pub to: DeviceId,
    /// HPKE encapsulated key and ciphertext.
    pub sealed: Vec<u8>,
}
