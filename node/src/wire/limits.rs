//! The one table of wire limits: what is bigger is refused by whoever would send it and by whoever receives it.
//!
//! Rates and memory caps are left out: they belong to whoever keeps the state they bound.

use std::time::Duration;

use milanio_identity::{Attestation, DeviceCert, EphemeralPublic, OneTimeKey, SignedGenesis};

/// The largest message gossip carries, in bytes. Chosen: the largest frame and room for a later version.
pub const GOSSIP_MESSAGE_BYTES: usize = 40 * 1024;
/// The largest RPC that leaf and relay send or take. Frames need 40 KiB; but a relay tells whoever connects, in one RPC, all the
/// topics that it follows, with 62 bytes for each of up to 20,000. The limit holds for what is buffered, too.
pub const MAX_PUBSUB_RPC_BYTES: usize = 1_536 * 1024;
/// How far a frame's time may be from now. Chosen: a minute of clock error on each side.
pub const FRAME_WINDOW: Duration = Duration::from_secs(120);
/// The sizes a frame's plaintext is padded to, in bytes. Chosen: presence fits the first, most chat the second, a session
/// description the third or fourth, the longest chat the last; more steps would tell more about the contents.
pub const FRAME_PLAINTEXT_BYTES: [usize; 5] = [256, 1024, 4 * 1024, 16 * 1024, 32 * 1024];

/// Length of a display name, in characters. Chosen.
pub const NAME_CHARS: usize = 64;
/// Length of a display name, in bytes: 4 per character is the most UTF-8 takes.
pub const NAME_BYTES: usize = 4 * NAME_CHARS;
/// Length of a chat text, in bytes. Chosen.
pub const CHAT_BYTES: usize = 16 * 1024;
/// Length of a reaction, in bytes. Chosen: the longest emoji of UTS #51 has 35.
pub const EMOJI_BYTES: usize = 40;
/// Seals of one private message. As many as an account has devices in a room.
pub const PRIVATE_SEALS: usize = 5;
/// Length of an encoded entry that is sealed as private, in bytes. Chosen: all its seals together fit a frame.
pub const PRIVATE_BYTES: usize = 5 * 1024;
/// Messages that one request may ask for again. Chosen: what an author keeps.
pub const CHAT_WANTED_RANGE: u32 = 256;
/// Authors whose messages one word says to be read. Chosen: with them it fits the second smallest frame, and seldom do more write at once.
pub const READ_AUTHORS: usize = 16;
/// Length of a device certificate, in bytes.
pub const CERT_BYTES: usize = DeviceCert::LENGTH;
/// Length of an attestation, in bytes.
pub const ATTESTATION_BYTES: usize = Attestation::LENGTH;
/// Length of a signed genesis, in bytes.
pub const GENESIS_BYTES: usize = SignedGenesis::LENGTH;

/// Operations that one operation may name as what its author knew. Chosen: so many people rarely act at the same moment.
pub const DEPENDENCIES: usize = 8;
/// Length of an operation with its signature, in bytes: the longest has 8 dependencies and a certificate.
pub const OPERATION_BYTES: usize = 640;

/// What one group message may say, in bytes. Chosen: the longest private entry with everything around it, and it fits the largest
/// frame.
pub const GROUP_PLAINTEXT_BYTES: usize = 26 * 1024;
/// Length of a group message with its signature, in bytes: the longest text and all that is around it.
pub const GROUP_MESSAGE_BYTES: usize = GROUP_PLAINTEXT_BYTES + 512;
/// Devices that one bundle hands keys to. Chosen: a full room with one device each and some spare, which fits a 16 KiB frame.
pub const BUNDLE_KEYS: usize = 128;
/// Devices that one message is said to again. Chosen: with the longest message they fit the largest frame.
pub const AGAIN_KEYS: usize = 32;
/// Length of a key that is sealed to one device, in bytes.
pub const SEALED_KEY_BYTES: usize = OneTimeKey::LENGTH + EphemeralPublic::SEAL_OVERHEAD;
/// Length of a bundle with its signature, in bytes: keys for all, and all that is around them.
pub const BUNDLE_BYTES: usize = 512 + BUNDLE_KEYS * (32 + 1 + SEALED_KEY_BYTES) + 256;
/// Operations said at once. Chosen: the shortest have about 200 bytes.
pub const OPERATIONS: usize = 128;
/// Length of all operations said at once, in bytes: what a frame holds, without lengths and signatures.
pub const OPERATIONS_BYTES: usize = 31 * 1024;
/// Operations that a question names as known. Chosen: a full room that joined at one moment, twice.
pub const WANTED_HEADS: usize = 256;
/// Floors in use at once. Chosen: so many moderators rarely act at the same moment.
pub const FLOOR_HEADS: usize = 8;
/// Devices that the secret of a floor is handed to at once: all that a room can hold.
pub const FLOOR_KEYS: usize = 100;
/// Operations between the founder and whoever shows a right to decide. Chosen: rooms are seldom given away more often.
pub const RIGHT_LINKS: usize = 8;
/// Length of one of these, in bytes: the longest without a certificate, with its [`DEPENDENCIES`].
pub const RIGHT_OPERATION_BYTES: usize = 512;
/// Length of a sealed answer to a knock, in bytes: what a message holds. Room for the secrets of [`FLOOR_HEADS`] floors, each with four
/// of the longest links of what shows it to be one, or for fewer of them with longer ones.
pub const KNOCK_ANSWER_BYTES: usize = 27 * 1024;

/// Length of a session description, in bytes. Chosen: a description of audio, two videos and data has about 6 KiB.
pub const SDP_BYTES: usize = 16 * 1024;
/// Candidates in one signal. Chosen: browsers gather fewer than 20.
pub const CANDIDATES: usize = 32;
/// Length of one candidate attribute, in bytes. Chosen: they have about 150.
pub const CANDIDATE_BYTES: usize = 512;
/// Length of a media section's id, in bytes. Chosen: browsers use one or two digits.
pub const MID_BYTES: usize = 32;
/// Length of an ICE user name fragment, in bytes (RFC 8839 5.4).
pub const UFRAG_BYTES: usize = 256;
/// TURN nodes in one offer. Chosen: two and a spare.
pub const TURN_NODES: usize = 3;
/// Length of a TURN node's PeerId, in bytes: an Ed25519 one has 38, a hashed one 34.
pub const TURN_NODE_BYTES: usize = 64;
/// Length of an encoded signal, in bytes: the largest description with everything else an offer holds, or the largest list
/// of candidates.
pub const SIGNAL_BYTES: usize = 28 * 1024;
/// Length of a sealed signal, in bytes: its kind, the signal, and the seal.
pub const SEALED_SIGNAL_BYTES: usize = 1 + SIGNAL_BYTES + EphemeralPublic::SEAL_OVERHEAD;

/// Length of a file that is offered, in bytes. Chosen: a hundred MiB, which a browser can hold and a relay can carry.
pub const FILE_BYTES: u64 = 100 * 1024 * 1024;
/// Length of an offered file's name, in bytes: what common file systems take.
pub const FILE_NAME_BYTES: usize = 255;
/// What a file is cut into, in bytes; only its last chunk may be shorter. Chosen: small against buffers, large against what
/// sealing adds.
pub const FILE_CHUNK_BYTES: usize = 64 * 1024;
/// Relays that one request for a file may name. Chosen.
pub const FILE_RELAYS: usize = 8;
/// Length of an encoded signal about a file, in bytes: the longest names eight relays.
pub const FILE_SIGNAL_BYTES: usize = 640;

/// Parts of an answer about what was said before. Chosen: together a tenth of what a member hears in an hour of a lively room.
pub const HISTORY_PARTS: u8 = 4;
/// Messages in one such part. Chosen: short ones take about 220 bytes each.
pub const HISTORY_SAYINGS: usize = 128;
/// Length of the messages in one such part, in bytes: with all that is around them they fit a signal.
pub const HISTORY_PART_BYTES: usize = SIGNAL_BYTES - 64;
