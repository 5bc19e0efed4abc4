//! What the server has to remember between the two steps of a password login, sealed and given to the client to keep.
//!
//! So a login that never ends costs the server nothing. All have one length, whether there is an account or not. Left out: what the
//! OPAQUE state in it says.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit},
};
use zeroize::Zeroizing;

use crate::api::LoginState;

/// How long a login may take between its steps, in seconds.
pub const LOGIN_LIFE_S: u64 = 60;

/// A password login between its steps.
#[derive(Clone, PartialEq, Eq)]
pub struct PendingLogin {
    /// The address that was named, as a keyed hash.
    pub email: [u8; 32],
    /// The account that has it; zeros if nobody does, which is no account's key.
    pub account: [u8; 32],
    /// When it is over, in seconds since the Unix epoch.
    pub expires_s: u64,
    /// The server's OPAQUE state: whoever reads it passes for the client.
    pub opaque: Zeroizing<Vec<u8>>,
}

/// What came back is no login of this server that is still open. Whoever presents it is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the login is not open")]
pub struct LoginInvalid;

impl PendingLogin {
    /// Seals it under `key`. `nonce` is random.
    pub fn seal(&self, key: &[u8; 32], nonce: [u8; 24]) -> Result<LoginState, LoginInvalid> {
        let head = [self.email.as_slice(), &self.account, &self.expires_s.to_be_bytes()].concat();
        let plain = Zeroizing::new([head.as_slice(), &self.opaque].concat());
        let sealed = XChaCha20Poly1305::new(key.into())
            .encrypt(&XNonce::from(nonce), plain.as_slice())
            .map_err(|_| LoginInvalid)?;
        LoginState::new([nonce.as_slice(), &sealed].concat()).map_err(|_| LoginInvalid)
    }

    /// Opens what [`PendingLogin::seal`] made, until it is over. Also tells its number, which no other login has.
    pub fn open(key: &[u8; 32], sealed: &LoginState, now_s: u64) -> Result<(Self, [u8; 16]), LoginInvalid> {
        let (nonce, sealed) = sealed.as_bytes().split_first_chunk::<24>().ok_or(LoginInvalid)?;
        let plain =
            XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), sealed).map_err(|_| LoginInvalid)?;
        let plain = Zeroizing::new(plain);
        let (email, rest) = plain.split_first_chunk::<32>().ok_or(LoginInvalid)?;
        let (account, rest) = rest.split_first_chunk::<32>().ok_or(LoginInvalid)?;
        let (expires, opaque) = rest.split_first_chunk::<8>().ok_or(LoginInvalid)?;
        let expires_s = u64::from_be_bytes(*expires);
        if now_s >= expires_s {
            return Err(LoginInvalid);
        }
        let login = Self { email: *email, account: *account, expires_s, opaque: Zeroizing::new(opaque.to_vec()) };
        let number = nonce.first_chunk::<16>().copied().unwrap_or_default();
        Ok((login, number))
    }
}

impl std::fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PendingLogin(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [3; 32];
    const NOON: u64 = 1_900_000_000;

    fn pending() -> PendingLogin {
        let opaque = Zeroizing::new(vec![7; 128]);
        PendingLogin { email: [1; 32], account: [2; 32], expires_s: NOON + LOGIN_LIFE_S, opaque }
    }

    #[test]
    fn a_login_is_open_for_a_minute_and_for_its_server() {
        let sealed = pending().seal(&KEY, [9; 24]).unwrap();
        assert_eq!(PendingLogin::open(&KEY, &sealed, NOON + 59), Ok((pending(), [9; 16])));
        assert_eq!(PendingLogin::open(&KEY, &sealed, NOON + 60), Err(LoginInvalid));
        assert_eq!(PendingLogin::open(&[4; 32], &sealed, NOON), Err(LoginInvalid));
        assert!(!sealed.as_bytes().windows(8).any(|bytes| bytes == [7; 8]), "nothing is readable");
    }

    proptest! {
        #[test]
        fn no_changed_state_opens(at: prop::sample::Index, bit in 0_u8..8) {
            let mut bytes = pending().seal(&KEY, [9; 24]).unwrap().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(PendingLogin::open(&KEY, &LoginState::new(bytes).unwrap(), NOON), Err(LoginInvalid));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(PendingLogin::open(&KEY, &LoginState::new(bytes).unwrap(), NOON), Err(LoginInvalid));
        }
    }
}
