//! Chunks of a file on their way: XChaCha20-Poly1305 under the offer's key.
//!
//! The nonce is `token(16) | index(8, big-endian)`, and a token is made for one stream alone, so no nonce is used twice even if the
//! file changes between two streams. A chunk counts in its own place of its own stream only. Whether the whole file is the one
//! that was offered is told by its hash, which is checked at the end.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use thiserror::Error;

use super::{
    file::{FileKey, FileToken},
    limits::FILE_CHUNK_BYTES,
};

/// Bytes by which a sealed chunk is longer than its contents.
pub const CHUNK_OVERHEAD: usize = 16;

/// A chunk that is not one. Whoever sent it is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the chunk does not open")]
pub struct ChunkError;

/// Seals and opens the chunks of one stream.
pub struct ChunkCipher {
    cipher: XChaCha20Poly1305,
    token: FileToken,
}

impl ChunkCipher {
    /// For the stream of this file that the token was made for.
    pub fn new(key: &FileKey, token: FileToken) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&Key::from(key.0)), token }
    }

    /// Seals the chunk that begins at byte `offset` of the file.
    ///
    /// # Errors
    /// If it is longer than [`FILE_CHUNK_BYTES`]: the caller is at fault.
    pub fn seal(&self, offset: u64, chunk: &[u8]) -> Result<Vec<u8>, ChunkError> {
        if chunk.len() > FILE_CHUNK_BYTES {
            return Err(ChunkError);
        }
        self.cipher.encrypt(&self.nonce(offset), Payload { msg: chunk, aad: LABEL }).map_err(|_| ChunkError)
    }

    /// Opens the chunk that begins at byte `offset` of the file.
    ///
    /// # Errors
    /// If it was not sealed for this place of this stream.
    pub fn open(&self, offset: u64, sealed: &[u8]) -> Result<Vec<u8>, ChunkError> {
        self.cipher.decrypt(&self.nonce(offset), Payload { msg: sealed, aad: LABEL }).map_err(|_| ChunkError)
    }

    fn nonce(&self, offset: u64) -> XNonce {
        let index = offset / FILE_CHUNK_BYTES as u64;
        let mut nonce = [0; 24];
        nonce[..16].copy_from_slice(&self.token.0);
        nonce[16..].copy_from_slice(&index.to_be_bytes());
        nonce.into()
    }
}

/// How many bytes of a file of `size` bytes the chunk at `offset` has; 0 at the end.
pub fn length(size: u64, offset: u64) -> usize {
    usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX).min(FILE_CHUNK_BYTES)
}

const LABEL: &[u8] = b"milanio/v1/file-chunk";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHUNK: u64 = FILE_CHUNK_BYTES as u64;

    fn cipher(key: u8, token: u8) -> ChunkCipher {
        ChunkCipher::new(&FileKey([key; 32]), FileToken([token; 16]))
    }

    #[test]
    fn a_chunk_opens_in_its_place_of_its_stream_alone() {
        let sealed = cipher(1, 2).seal(CHUNK, b"chunk").unwrap();
        assert_eq!(sealed.len(), 5 + CHUNK_OVERHEAD);
        assert_eq!(cipher(1, 2).open(CHUNK, &sealed), Ok(b"chunk".to_vec()));
        for (wrong, offset) in
            [(cipher(1, 2), 0), (cipher(1, 2), 2 * CHUNK), (cipher(1, 3), CHUNK), (cipher(2, 2), CHUNK)]
        {
            assert_eq!(wrong.open(offset, &sealed), Err(ChunkError));
        }
    }

    #[test]
    fn only_the_last_chunk_is_shorter() {
        assert_eq!(cipher(1, 1).seal(0, &vec![0; FILE_CHUNK_BYTES + 1]), Err(ChunkError));
        let size = CHUNK + 1;
        assert_eq!([0, CHUNK, size, u64::MAX].map(|offset| length(size, offset)), [FILE_CHUNK_BYTES, 1, 0, 0]);
    }

    proptest! {
        #[test]
        fn arbitrary_and_changed_bytes_never_open(
            bytes in prop::collection::vec(any::<u8>(), 0..100), at: prop::sample::Index, bit in 0..8,
        ) {
            prop_assert!(cipher(1, 1).open(0, &bytes).is_err());
            let mut sealed = cipher(1, 1).seal(0, &bytes).unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1_u8 << bit;
            prop_assert!(cipher(1, 1).open(0, &sealed).is_err());
        }
    }
}
