//! What an account seals for itself: one envelope and one padding for profiles, keepsakes and exported files.
//!
//! `version(1) | nonce(24) | XChaCha20-Poly1305 ciphertext and tag`. Bound to the version, the kind, the account and a number
//! that counts the writes, so nothing can be passed off as another thing, another account's, or a newer one. The plaintext is
//! `length(4, big-endian) | contents | zeros`, so that a server sees a size class and not a size.

use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{kdf::Secret, key::AccountId, profile::ProfileError, topic};

/// Why something was not sealed or does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealedError {
    /// Not of a length that anything sealed has. Whoever keeps it is at fault.
    #[error("nothing sealed has this length")]
    Length,
    /// Sealed by a version of the protocol that is not known here.
    #[error("unknown version of seal")]
    Version,
    /// Sealed with another key, for another account or under another number, or changed.
    #[error("the seal does not open")]
    Unreadable,
    /// It opens, but does not contain what it should. Whoever sealed it is at fault.
    #[error("the sealed contents are malformed")]
    Malformed,
    /// A name or picture is larger than allowed. On sealing the caller is at fault, else whoever sealed it.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// What a seal is bound to.
pub(crate) struct Seal<'a> {
    pub(crate) key: &'a Secret,
    pub(crate) kind: &'static str,
    pub(crate) account: AccountId,
    pub(crate) seq: u64,
}

impl Seal<'_> {
    /// Bytes by which what is sealed is longer than its padded plaintext.
    pub(crate) const OVERHEAD: usize = 1 + NONCE + 16;

    pub(crate) fn seal(&self, padded: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealedError> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let sealed = topic::seal(self.key, &nonce, &self.bound_to(), padded).map_err(|_| SealedError::Length)?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// The padded plaintext.
    pub(crate) fn open(&self, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealedError> {
        let (&version, rest) = bytes.split_first().ok_or(SealedError::Length)?;
        if version != VERSION {
            return Err(SealedError::Version);
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(SealedError::Length)?;
        let opened = topic::open(self.key, nonce, &self.bound_to(), sealed).map_err(|_| SealedError::Unreadable)?;
        Ok(Zeroizing::new(opened))
    }

    fn bound_to(&self) -> Vec<u8> {
        let seq = self.seq.to_be_bytes();
        [&[VERSION], self.kind.as_bytes(), &[0], self.account.as_bytes().as_slice(), &seq].concat()
    }
}

/// Which padded length contents of some length get, both with the length field; `None` if they are too long.
pub(crate) type PaddedLength = fn(usize) -> Option<usize>;

/// Lays out a plaintext: `write` gets the space for at most `capacity` bytes of contents and says how many it wrote. Secrets
/// are written once and never moved.
pub(crate) fn pad(
    capacity: usize,
    padded_length: PaddedLength,
    write: impl FnOnce(&mut [u8]) -> Option<usize>,
) -> Result<Zeroizing<Vec<u8>>, SealedError> {
    let mut plaintext = Zeroizing::new(vec![0; padded_length(LENGTH_FIELD + capacity).ok_or(SealedError::Malformed)?]);
    let (length, contents) = plaintext.split_first_chunk_mut::<LENGTH_FIELD>().ok_or(SealedError::Malformed)?;
    let written = write(contents).ok_or(SealedError::Malformed)?;
    *length = u32::try_from(written).map_err(|_| SealedError::Malformed)?.to_be_bytes();
    plaintext.truncate(padded_length(LENGTH_FIELD + written).ok_or(SealedError::Malformed)?);
    Ok(plaintext)
}

/// The contents of what [`pad`] made; refuses what [`pad`] would have laid out in another way.
pub(crate) fn unpad(plaintext: &[u8], padded_length: PaddedLength) -> Result<&[u8], SealedError> {
    let (length, rest) = plaintext.split_first_chunk::<LENGTH_FIELD>().ok_or(SealedError::Malformed)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| SealedError::Malformed)?;
    let (contents, padding) = rest.split_at_checked(length).ok_or(SealedError::Malformed)?;
    let is_padded = padded_length(LENGTH_FIELD + length) == Some(plaintext.len());
    if is_padded && padding.iter().all(|&byte| byte == 0) { Ok(contents) } else { Err(SealedError::Malformed) }
}

const VERSION: u8 = 1;
/// Bytes of an XChaCha20 nonce.
const NONCE: usize = 24;
/// Bytes of the length in front of the contents.
const LENGTH_FIELD: usize = 4;

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;
    use crate::AccountKey;

    fn eights(length: usize) -> Option<usize> {
        (length <= 32).then(|| length.next_multiple_of(8))
    }

    fn padded(contents: &[u8]) -> Vec<u8> {
        let write = |space: &mut [u8]| {
            space.get_mut(..contents.len())?.copy_from_slice(contents);
            Some(contents.len())
        };
        pad(28, eights, write).unwrap().to_vec()
    }

    #[test]
    fn contents_come_back_and_only_the_size_class_shows() {
        for length in 0..=28_usize {
            let contents = vec![7; length];
            assert_eq!(padded(&contents).len(), (length + 4).next_multiple_of(8));
            assert_eq!(unpad(&padded(&contents), eights), Ok(contents.as_slice()));
        }
    }

    #[test]
    fn another_padding_is_refused() {
        let good = padded(b"12345");
        let mut marked = good.clone();
        marked[15] = 1;
        let longer = [good.as_slice(), &[0; 8]].concat();
        let mut lying = good.clone();
        lying[3] = 200;
        for bad in [marked.as_slice(), &longer, &lying, &good[..8], &good[..3], &[]] {
            assert_eq!(unpad(bad, eights), Err(SealedError::Malformed));
        }
    }

    #[test]
    fn a_seal_is_bound_to_key_kind_account_and_number() {
        let [key, other] = [1, 2].map(|seed| Secret::new([seed; 32]));
        let [account, stranger] = [1, 2].map(|seed| AccountKey::from_seed([seed; 32]).id());
        let seal = Seal { key: &key, kind: "profile", account, seq: 5 };
        let sealed = seal.seal(b"contents", &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        assert_eq!(sealed.len(), 8 + Seal::OVERHEAD);
        assert_eq!(seal.open(&sealed).unwrap().as_slice(), b"contents");
        for elsewhere in [
            Seal { key: &other, ..seal },
            Seal { kind: "profil", ..seal },
            Seal { account: stranger, ..seal },
            Seal { seq: 6, ..seal },
        ] {
            assert_eq!(elsewhere.open(&sealed), Err(SealedError::Unreadable));
        }
        let newer = [&[2], &sealed[1..]].concat();
        assert_eq!(seal.open(&newer), Err(SealedError::Version));
        assert_eq!(seal.open(&sealed[..20]), Err(SealedError::Length));
        assert_eq!(seal.open(&[]), Err(SealedError::Length));
    }
}
