//! The 12 characters by which people tell accounts apart, read back: which accounts they can mean.
//!
//! Left out: making them, which the identity crate does, and finding the accounts.

/// The first 60 bits of an account's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortId(u64);

/// Characters of a short id.
const SYMBOLS: usize = 12;
/// Bits that eight bytes of a key have beyond a short id.
const MORE_BITS: u32 = 4;
/// Crockford's base 32 (<https://www.crockford.com/base32.html>).
const ALPHABET: &str = "0123456789abcdefghjkmnpqrstvwxyz";

impl ShortId {
    /// Reads what a person typed: in either case, with look-alikes, spaces and dashes.
    pub fn parse(text: &str) -> Option<Self> {
        let typed = text.chars().filter(|character| !matches!(character, ' ' | '-'));
        let (mut bits, mut symbols) = (0, 0);
        for character in typed {
            let symbol = match character.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            };
            symbols += 1;
            if symbols > SYMBOLS {
                return None;
            }
            bits = bits << 5 | u64::try_from(ALPHABET.find(symbol)?).ok()?;
        }
        (symbols == SYMBOLS).then_some(Self(bits))
    }

    /// The whole bytes that every key with this short id begins with.
    pub fn prefix(self) -> [u8; 7] {
        let [prefix @ .., _] = (self.0 << MORE_BITS).to_be_bytes();
        prefix
    }

    /// Whether it is the short id of this key.
    pub fn names(self, key: &[u8; 32]) -> bool {
        let [a, b, c, d, e, f, g, h, ..] = *key;
        u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> MORE_BITS == self.0
    }
}

#[cfg(test)]
mod tests {
    use milanio_identity::AccountKey;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_none_is_not_read() {
        for other in ["", "0123456789a", "0123456789abc", "0123456789au", "0123456789a\u{e9}", "@"] {
            assert_eq!(ShortId::parse(other), None, "{other}");
        }
        assert_eq!(ShortId::parse("OIL3-4567 89AB"), ShortId::parse("0113456789ab"), "look-alikes");
    }

    proptest! {
        #[test]
        fn it_names_the_key_that_the_app_shows_it_for(seed: [u8; 32], last in 8_usize..32, bit in 0_u8..8) {
            let id = AccountKey::from_seed(seed).id();
            let (mut key, short) = (*id.as_bytes(), ShortId::parse(&id.short().to_uppercase()).unwrap());
            prop_assert!(short.names(&key) && key.starts_with(&short.prefix()));
            key[last] ^= 1 << bit;
            prop_assert!(short.names(&key), "the rest of the key says nothing");
            key[7] ^= 0x10;
            prop_assert!(!short.names(&key));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}") {
            let _ = ShortId::parse(&text);
        }
    }
}
