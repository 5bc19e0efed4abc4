//! Mailboxes for two devices that are being linked: four messages each, in memory, for ten minutes.
//!
//! A message is written once. Left out: waiting for one, and what is in it.

use std::collections::BTreeMap;

use crate::api::{LINK_STEPS, LINK_TTL_S, LinkMessage, Mailbox};

/// Most mailboxes at a time (chosen: 32 MiB of messages at most).
pub const MAX_MAILBOXES: usize = 4_000;

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There are only [`LINK_STEPS`] messages.
    #[error("there is no such message")]
    NoSuchStep,
    /// Another message is there already.
    #[error("another message is there")]
    Taken,
    /// Too many devices are being linked.
    #[error("too many mailboxes are in use")]
    Full,
}

/// All mailboxes.
#[derive(Debug, Default)]
pub struct LinkBoxes(BTreeMap<Mailbox, LinkBox>);

#[derive(Debug, Default)]
struct LinkBox {
    expires_s: u64,
    messages: [Option<LinkMessage>; LINK_STEPS as usize],
}

impl LinkBoxes {
    /// Puts message `step` into `mailbox`. The same message again changes nothing.
    pub fn put(&mut self, mailbox: Mailbox, step: u8, message: LinkMessage, now_s: u64) -> Result<(), LinkError> {
        self.0.retain(|_, open| now_s < open.expires_s);
        if step >= LINK_STEPS {
            return Err(LinkError::NoSuchStep);
        }
        if self.0.len() >= MAX_MAILBOXES && !self.0.contains_key(&mailbox) {
            return Err(LinkError::Full);
        }
        let fresh = || LinkBox { expires_s: now_s.saturating_add(LINK_TTL_S), ..LinkBox::default() };
        let open = self.0.entry(mailbox).or_insert_with(fresh);
        match open.messages.get_mut(usize::from(step)) {
            None => Err(LinkError::NoSuchStep),
            Some(Some(there)) if *there != message => Err(LinkError::Taken),
            Some(place) => {
                *place = Some(message);
                Ok(())
            }
        }
    }

    /// Message `step` of `mailbox`, if it is there.
    pub fn message(&self, mailbox: &Mailbox, step: u8, now_s: u64) -> Option<LinkMessage> {
        let open = self.0.get(mailbox).filter(|open| now_s < open.expires_s)?;
        open.messages.get(usize::from(step)).cloned().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Blob;

    const NOON: u64 = 1_900_000_000;
    const BOX: Mailbox = Mailbox::from_bytes([1; 16]);

    fn message(byte: u8) -> LinkMessage {
        LinkMessage { message: Blob::new(vec![byte; 8]).unwrap() }
    }

    #[test]
    fn a_message_is_written_once_and_read_for_ten_minutes() {
        let mut boxes = LinkBoxes::default();
        assert_eq!(boxes.message(&BOX, 0, NOON), None);
        assert_eq!(boxes.put(BOX, 0, message(1), NOON), Ok(()));
        assert_eq!(boxes.put(BOX, 0, message(1), NOON), Ok(()), "its answer was lost");
        assert_eq!(boxes.put(BOX, 0, message(2), NOON), Err(LinkError::Taken));
        assert_eq!(boxes.put(BOX, LINK_STEPS, message(1), NOON), Err(LinkError::NoSuchStep));
        assert_eq!(boxes.put(BOX, 3, message(4), NOON + 599), Ok(()));
        assert_eq!(boxes.message(&BOX, 0, NOON + 599), Some(message(1)));
        assert_eq!(boxes.message(&BOX, 1, NOON + 599), None);
        assert_eq!(boxes.message(&BOX, 3, NOON + 600), None, "the first message began the ten minutes");
        assert_eq!(boxes.put(BOX, 0, message(2), NOON + 600), Ok(()));
    }

    #[test]
    fn mailboxes_are_bounded() {
        let mut boxes = LinkBoxes::default();
        for n in 0..MAX_MAILBOXES {
            boxes.0.insert(
                Mailbox::from_bytes((n as u128).to_be_bytes()),
                LinkBox { expires_s: NOON + 600, ..LinkBox::default() },
            );
        }
        assert_eq!(boxes.put(Mailbox::from_bytes([0xff; 16]), 0, message(1), NOON), Err(LinkError::Full));
        assert_eq!(boxes.put(Mailbox::from_bytes([0; 16]), 0, message(1), NOON), Ok(()), "one that is open");
    }
}
