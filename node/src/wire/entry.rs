//! What a chat message says: a text, or a change of what was said before.
//!
//! Entries name other messages by [`MessageId`] alone, never by place or content, so that they mean the same however late they
//! come. Who may change what is decided where the conversation is put together (`core::log`).

use milanio_identity::EphemeralPublic;
use serde::{Deserialize, Serialize};

use super::{
    body::ensure,
    codec::{Checked, LimitError},
    file::FileOffer,
    limits,
    message::MessageId,
};

/// One entry of the conversation. Every kind is numbered, sent and repaired like every other.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// Something said.
    Text {
        /// The text; a page may read marks in it, and shows everything else as text.
        text: String,
        /// The message that this one answers.
        reply_to: Option<MessageId>,
    },
    /// Another text in place of what the same author said.
    Edit {
        /// Which message.
        of: MessageId,
        /// What it says from now on.
        text: String,
    },
    /// What the same author said is taken back.
    Delete {
        /// Which message.
        of: MessageId,
    },
    /// A reaction to a message comes or goes.
    React {
        /// To which message.
        of: MessageId,
        /// The one emoji.
        emoji: String,
        /// It comes (true) or goes (false).
        on: bool,
    },
    /// An entry of another kind for the devices of one account, HPKE-sealed to each of them; the others see that there is
    /// one. Nobody is named: a device tries each seal with its own key.
    Private(Vec<Vec<u8>>),
    /// A file that whoever reads this may fetch.
    Offer(FileOffer),
}

impl Entry {
    /// A text that answers nothing.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), reply_to: None }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Only which it is: what people write is in no log.
        f.write_str(match self {
            Self::Text { .. } => "Text",
            Self::Edit { .. } => "Edit",
            Self::Delete { .. } => "Delete",
            Self::React { .. } => "React",
            Self::Private(_) => "Private",
            Self::Offer(_) => "Offer",
        })
    }
}

impl Checked for Entry {
    fn check(&self) -> Result<(), LimitError> {
        match self {
            Self::Text { text, reply_to } => {
                ensure((1..=limits::CHAT_BYTES).contains(&text.len()), LimitError::Text)?;
                reply_to.as_ref().map_or(Ok(()), check_id)
            }
            Self::Edit { of, text } => {
                ensure((1..=limits::CHAT_BYTES).contains(&text.len()), LimitError::Text)?;
                check_id(of)
            }
            Self::Delete { of } => check_id(of),
            Self::React { of, emoji, .. } => {
                ensure(is_emoji(emoji), LimitError::Emoji)?;
                check_id(of)
            }
            Self::Offer(offer) => offer.check(),
            Self::Private(seals) => {
                let length =
                    EphemeralPublic::SEAL_OVERHEAD + 1..=limits::PRIVATE_BYTES + EphemeralPublic::SEAL_OVERHEAD;
                let fits = seals.iter().all(|seal| length.contains(&seal.len()));
                ensure((1..=limits::PRIVATE_SEALS).contains(&seals.len()) && fits, LimitError::Private)
            }
        }
    }
}

fn check_id(id: &MessageId) -> Result<(), LimitError> {
    ensure(id.seq > 0, LimitError::Sequence)
}

/// Whether `text` can stand as a reaction: pictures alone, so that nobody writes words under what others said.
pub fn is_emoji(text: &str) -> bool {
    text.len() <= limits::EMOJI_BYTES
        && text.chars().next().is_some_and(is_picture)
        && text.chars().all(|c| is_picture(c) || JOINS.iter().any(|range| range.contains(&c)))
}

fn is_picture(character: char) -> bool {
    PICTURES.iter().any(|range| range.contains(&character))
}

/// The blocks that hold the emoji of Unicode (UTS #51, emoji-data), keycaps and two signs in Latin-1 left aside.
const PICTURES: [std::ops::RangeInclusive<char>; 6] = [
    '\u{203c}'..='\u{203c}',
    '\u{2049}'..='\u{2049}',
    '\u{2139}'..='\u{21ff}',
    '\u{2300}'..='\u{23ff}',
    '\u{25a0}'..='\u{2bff}',
    '\u{1f000}'..='\u{1faff}',
];

/// What makes one picture of several: zero-width joiner, variation selector 16, and the tags of flags (UTS #51 1.4).
const JOINS: [std::ops::RangeInclusive<char>; 3] =
    ['\u{200d}'..='\u{200d}', '\u{fe0f}'..='\u{fe0f}', '\u{e0020}'..='\u{e007f}'];

#[cfg(test)]
mod tests {
    use milanio_identity::DeviceKey;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{
        codec::{decode, encode},
        message::RunId,
    };

    fn id(seq: u32) -> MessageId {
        MessageId { device: DeviceKey::from_seed([1; 32]).id(), run: RunId([2; 8]), seq }
    }

    fn text(length: usize) -> String {
        "x".repeat(length)
    }

    #[test]
    fn every_limit_holds_at_its_edge() {
        let seal = |length| vec![0; length];
        let (shortest, longest) =
            (EphemeralPublic::SEAL_OVERHEAD + 1, EphemeralPublic::SEAL_OVERHEAD + limits::PRIVATE_BYTES);
        let cases = [
            (Entry::text("x"), Ok(())),
            (Entry::text(""), Err(LimitError::Text)),
            (Entry::text(text(limits::CHAT_BYTES)), Ok(())),
            (Entry::text(text(limits::CHAT_BYTES + 1)), Err(LimitError::Text)),
            (Entry::Text { text: text(1), reply_to: Some(id(0)) }, Err(LimitError::Sequence)),
            (Entry::Edit { of: id(1), text: text(1) }, Ok(())),
            (Entry::Edit { of: id(1), text: text(0) }, Err(LimitError::Text)),
            (Entry::Edit { of: id(0), text: text(1) }, Err(LimitError::Sequence)),
            (Entry::Delete { of: id(1) }, Ok(())),
            (Entry::Delete { of: id(0) }, Err(LimitError::Sequence)),
            (Entry::React { of: id(1), emoji: "👍".into(), on: true }, Ok(())),
            (Entry::React { of: id(1), emoji: "ok".into(), on: true }, Err(LimitError::Emoji)),
            (Entry::Private(vec![seal(shortest)]), Ok(())),
            (Entry::Private(vec![seal(longest); limits::PRIVATE_SEALS]), Ok(())),
            (Entry::Private(vec![seal(longest); limits::PRIVATE_SEALS + 1]), Err(LimitError::Private)),
            (Entry::Private(vec![seal(longest + 1)]), Err(LimitError::Private)),
            (Entry::Private(vec![seal(shortest - 1)]), Err(LimitError::Private)),
            (Entry::Private(Vec::new()), Err(LimitError::Private)),
        ];
        for (entry, expected) in cases {
            assert_eq!(encode(&entry).map(|_| ()), expected, "{entry:?}");
        }
    }

    #[test]
    fn reactions_are_pictures_and_nothing_else() {
        for emoji in ["👍", "❤️", "🎉", "👩🏽‍❤️‍💋‍👨🏿", "🏳️‍🌈", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇨🇭", "☕", "⭐"]
        {
            assert!(is_emoji(emoji), "{emoji}");
        }
        for other in ["", "a", "1", "👍a", " 👍", "\u{200d}", "\u{fe0f}👍", "\u{202e}", "👍\u{202e}", "ж"] {
            assert!(!is_emoji(other), "{other:?}");
        }
        assert!(!is_emoji(&"👍".repeat(limits::EMOJI_BYTES / 4 + 1)));
    }

    proptest! {
        #[test]
        fn what_is_accepted_encodes_to_what_came(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(entry) = decode::<Entry>(&bytes) {
                prop_assert_eq!(encode(&entry), Ok(bytes));
            }
        }

        #[test]
        fn what_is_said_comes_back(text in "\\PC{1,200}", seq in 1_u32.., on: bool) {
            let entries = [
                Entry::Text { text: text.clone(), reply_to: Some(id(seq)) },
                Entry::Edit { of: id(seq), text },
                Entry::React { of: id(seq), emoji: "🎉".into(), on },
            ];
            for entry in entries {
                let bytes = encode(&entry).unwrap();
                prop_assert_eq!(decode::<Entry>(&bytes), Ok(entry));
            }
        }
    }
}
