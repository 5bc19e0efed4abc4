//! What travels: frames, the signed messages inside them, and the limits both must keep.
//!
//! Everything here decodes bytes that a stranger chose: decoders are strict (no trailing bytes, one encoding per value),
//! bounded by [`limits`], and never panic. Nothing here keeps state.

pub mod body;
pub mod codec;
pub mod door;
pub mod entry;
pub mod file;
pub mod file_chunk;
pub mod file_name;
pub mod floor;
pub mod frame;
pub mod group;
pub mod history;
pub mod inner;
pub mod limits;
pub mod message;
pub mod name;
pub mod operation;
pub mod proof;
pub mod pubsub;
pub mod signal;
pub mod turn;
#[cfg(test)]
pub(crate) mod vectors;
pub mod whisper;
pub mod work;
