//! The vault: a keepsake that a server keeps and only the password's export key opens.
//!
//! Sealed like everything an account seals for itself, under a key that follows from the export key, bound to the account and to
//! the number of the write, so that a server cannot hand out another account's vault or pass an old one off as new.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::{
    kdf,
    keepsake::Keepsake,
    key::AccountId,
    sealed::{Seal, SealedError},
};

/// What only the right password gives, and no server sees: opens the vault.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ExportKey(Zeroizing<[u8; 64]>);

impl ExportKey {
    /// Takes the 64 bytes of a key.
    pub fn from_bytes(mut bytes: [u8; 64]) -> Self {
        let key = Self(Zeroizing::new(bytes));
        bytes.zeroize();
        key
    }

    /// The 64 bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    fn with_seal<T>(&self, account: AccountId, seq: u64, act: impl FnOnce(&Seal<'_>) -> T) -> T {
        let key = kdf::derive_from(self.0.as_slice(), "vault", &[]);
        act(&Seal { key: &key, kind: "vault", account, seq })
    }
}

impl fmt::Debug for ExportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExportKey(redacted)")
    }
}

/// The longest vault in bytes.
pub const MAX_VAULT_BYTES: usize = Keepsake::MAX_PADDED + Seal::OVERHEAD;

/// Seals `keepsake` as write number `seq` of its account's vault.
pub fn seal_vault(
    export_key: &ExportKey,
    seq: u64,
    keepsake: &Keepsake,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealedError> {
    export_key.with_seal(keepsake.account.id(), seq, |seal| keepsake.seal(seal, rng))
}

/// Opens what [`seal_vault`] made for `account` as write number `seq`.
pub fn open_vault(export_key: &ExportKey, account: AccountId, seq: u64, vault: &[u8]) -> Result<Keepsake, SealedError> {
    export_key.with_seal(account, seq, |seal| Keepsake::open(seal, vault))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;
    use crate::{
        AccountKey,
        keepsake::tests::{keepsake, largest, same},
    };

    fn export() -> ExportKey {
        ExportKey::from_bytes([3; 64])
    }

    fn vault() -> Vec<u8> {
        seal_vault(&export(), 7, &keepsake(), &mut ChaCha20Rng::seed_from_u64(1)).unwrap()
    }

    #[test]
    fn a_vault_opens_with_its_key_for_its_account_and_number_alone() {
        let account = keepsake().account.id();
        assert!(same(&open_vault(&export(), account, 7, &vault()).unwrap(), &keepsake()));
        let refused = [
            open_vault(&ExportKey::from_bytes([4; 64]), account, 7, &vault()),
            open_vault(&export(), AccountKey::from_seed([9; 32]).id(), 7, &vault()),
            open_vault(&export(), account, 8, &vault()),
        ];
        for refused in refused {
            assert_eq!(refused.unwrap_err(), SealedError::Unreadable);
        }
    }

    #[test]
    fn the_largest_vault_has_the_largest_length() {
        let vault = seal_vault(&export(), 1, &largest(), &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        assert_eq!(vault.len(), MAX_VAULT_BYTES);
        let longer = [vault.as_slice(), &[0]].concat();
        let refused = open_vault(&export(), keepsake().account.id(), 1, &longer);
        assert_eq!(refused.unwrap_err(), SealedError::Length);
    }

    proptest! {
        #[test]
        fn no_changed_bit_opens(at: prop::sample::Index, bit in 0_u8..8) {
            let mut bytes = vault();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(open_vault(&export(), keepsake().account.id(), 7, &bytes).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_open(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(open_vault(&export(), keepsake().account.id(), 7, &bytes).is_err());
        }
    }
}
