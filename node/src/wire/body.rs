//! The limits of every body that is said on a door or a floor, and what tells the two apart.

use milanio_identity::{EphemeralPublic, Label};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    codec::{Checked, LimitError},
    limits,
    message::{Chat, ChatWanted, DoorBody, FloorBody, Presence, SealedSignal},
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
        }
    }
}

impl Checked for FloorBody {
    fn check(&self) -> Result<(), LimitError> {
        match self {
            Self::Presence(presence) => presence.check(),
            Self::Chat(chat) => chat.check(),
            Self::ChatWanted(wanted) => wanted.check(),
            Self::Signal(signal) => signal.check(),
            Self::Beat(_) | Self::PresenceWanted(_) | Self::Leave(_) => Ok(()),
        }
    }
}

impl Checked for Presence {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.cert.len() == limits::CERT_BYTES, LimitError::Cert)?;
        ensure(name::is_clean(&self.name), LimitError::Name)
    }
}

impl Checked for Chat {
    fn check(&self) -> Result<(), LimitError> {
        ensure(self.seq > 0, LimitError::Sequence)?;
        ensure((1..=limits::CHAT_BYTES).contains(&self.text.len()), LimitError::Text)
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
