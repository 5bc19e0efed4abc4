//! Ratchets, one-time keys and media secrets of group messages.

use serde::Deserialize;

use super::cases::{Array, Bytes, Mismatch, holds, same};
use crate::{ChainKey, MediaSecret, OneTimeKey};

/// One chain: the keys of its first messages, what the first of them seals, and the media secret of the same bytes.
#[derive(Deserialize)]
pub(super) struct Chain {
    start: Array<32>,
    keys: Vec<Array<32>>,
    after: Array<32>,
    aad: Bytes,
    plaintext: Bytes,
    sealed: Bytes,
    media_key: Array<32>,
    media_next: Array<32>,
}

impl Chain {
    pub(super) fn run(&self) -> Result<(), Mismatch> {
        let mut chain = ChainKey::from_bytes(self.start.0);
        for key in &self.keys {
            same("message key", chain.step().as_bytes(), &key.0)?;
        }
        same("position", chain.as_bytes(), &self.after.0)?;
        let first = self.keys.first().ok_or(Mismatch("no keys"))?.0;
        let sealed = OneTimeKey::from_bytes(first).seal(&self.aad.0, &self.plaintext.0);
        same("sealed", &sealed, &self.sealed.0)?;
        let opened = OneTimeKey::from_bytes(first).open(&self.aad.0, &self.sealed.0);
        holds("opened", opened.is_ok_and(|opened| *opened == self.plaintext.0))?;
        let media = MediaSecret::from_bytes(self.start.0);
        same("media key", media.export(b"call").as_slice(), &self.media_key.0)?;
        same("next media secret", media.next().as_bytes(), &self.media_next.0)
    }
}
