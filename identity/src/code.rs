//! Room codes, and what they share with other codes: 16 Crockford characters such as `k7wd-3fqm-xh2p-9vts`, 75 bits and one
//! check character.
//!
//! Reading is forgiving: case, spaces, dashes and look-alikes (O for 0, I and L for 1) do not matter. The check character is a
//! weighted sum of the 15 others over GF(32), each with a weight of its own, so it finds every single wrong character and every
//! two that changed places: a typo is told from a wrong code without asking anybody.

use std::fmt;

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crockford;

/// Why what somebody typed is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Too few or too many characters, not counting spaces and dashes.
    #[error("a code has 16 characters, not {found}")]
    WrongLength {
        /// How many there were; never counts beyond 17.
        found: usize,
    },
    /// A character that no code contains.
    #[error("the character at position {position} cannot be part of a code")]
    BadCharacter {
        /// Its place in the text that was typed, in characters from 0.
        position: usize,
    },
    /// Right form, but mistyped: the check character does not fit.
    #[error("the code is mistyped")]
    CheckFailed,
}

/// A room code: whoever has it can come in, so it is a secret.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RoomCode(Characters);

impl RoomCode {
    /// Reads a code that somebody typed.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Characters::parse(text).map(Self)
    }

    /// Reads what somebody typed or pasted: a code, or a whole link whose fragment holds one (`https://host/#/r/<code>`).
    /// Positions in errors count from the start of the code.
    pub fn from_input(text: &str) -> Result<Self, CodeError> {
        Characters::from_input(text, "r/").map(Self)
    }

    /// The code of 32 stretched bytes: their first 75 bits, and the check character.
    pub(crate) fn from_stretched(bytes: &[u8; 32]) -> Self {
        Self(Characters::from_bytes(bytes))
    }

    /// The 15 characters that carry the code, in lower case: what the room's keys are derived from.
    pub(crate) fn secret_characters(&self) -> Zeroizing<[u8; DATA_LENGTH]> {
        self.0.secret_characters()
    }
}

impl fmt::Display for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RoomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomCode(redacted)")
    }
}

/// What a code of any kind consists of.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Characters {
    /// Values of the 16 characters, 0 to 31 each; the last one fits the others.
    symbols: [u8; LENGTH],
}

impl Characters {
    /// Reads what somebody typed.
    pub(crate) fn parse(text: &str) -> Result<Self, CodeError> {
        let mut code = Self { symbols: [0; LENGTH] };
        let mut found = 0;
        for (position, character) in text.chars().enumerate().filter(|(_, character)| !is_separator(*character)) {
            let value = crockford::value(character).ok_or(CodeError::BadCharacter { position })?;
            let Some(symbol) = code.symbols.get_mut(found) else {
                return Err(CodeError::WrongLength { found: LENGTH + 1 });
            };
            *symbol = value;
            found += 1;
        }
        if found != LENGTH {
            return Err(CodeError::WrongLength { found });
        }
        if code.symbols[LENGTH - 1] != check_symbol(&code.symbols) {
            return Err(CodeError::CheckFailed);
        }
        Ok(code)
    }

    /// Reads a code, or a link whose fragment holds one behind `prefix`.
    pub(crate) fn from_input(text: &str, prefix: &str) -> Result<Self, CodeError> {
        let Some((_, fragment)) = text.split_once('#') else {
            return Self::parse(text);
        };
        let path = fragment.trim_start_matches('/');
        let code = path.strip_prefix(prefix).unwrap_or(path);
        Self::parse(code.split(['/', '?', '&']).next().unwrap_or_default())
    }

    /// The first 75 bits of `bytes`, and the check character.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut code = Self { symbols: crockford::leading_symbols(bytes) };
        code.symbols[LENGTH - 1] = check_symbol(&code.symbols);
        code
    }

    /// The 15 characters in front of the check character, in lower case.
    pub(crate) fn secret_characters(&self) -> Zeroizing<[u8; DATA_LENGTH]> {
        Zeroizing::new(data_characters(&self.symbols))
    }
}

impl fmt::Display for Characters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, &value) in self.symbols.iter().enumerate() {
            if index > 0 && index % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", crockford::symbol(value))?;
        }
        Ok(())
    }
}

/// What people and programs put between the characters of a code.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '_' | '.' | '\u{2010}'..='\u{2015}' | '\u{200b}' | '\u{feff}')
}

/// The sum of all data symbols, the last one times x, the one before times x^2, and so on: 16 different weights with the check
/// character's own, which is 1.
fn check_symbol(symbols: &[u8; LENGTH]) -> u8 {
    symbols[..DATA_LENGTH].iter().fold(0, |sum, symbol| times_x(sum ^ symbol))
}

/// Multiplies by x in GF(32), modulo the primitive polynomial x^5 + x^2 + 1.
const fn times_x(symbol: u8) -> u8 {
    let doubled = symbol << 1;
    if doubled & 0x20 == 0 { doubled } else { doubled ^ 0x25 }
}

fn data_characters(symbols: &[u8; LENGTH]) -> [u8; DATA_LENGTH] {
    // The alphabet is ASCII, so each character is one byte.
    std::array::from_fn(|index| crockford::symbol(symbols[index]) as u8)
}

/// Characters of a code.
const LENGTH: usize = DATA_LENGTH + 1;
/// Characters that carry the code's 75 bits: too many to guess one of a million rooms through Argon2id.
pub(crate) const DATA_LENGTH: usize = 15;
/// Characters between dashes.
const GROUP: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_code() -> impl Strategy<Value = RoomCode> {
        any::<[u8; 32]>().prop_map(|bytes| RoomCode::from_stretched(&bytes))
    }

    #[test]
    fn a_position_counts_characters_of_what_was_typed() {
        assert_eq!(RoomCode::parse(" é"), Err(CodeError::BadCharacter { position: 1 }));
        assert_eq!(RoomCode::parse("0000-00u0"), Err(CodeError::BadCharacter { position: 7 }));
    }

    #[test]
    fn the_weights_of_all_sixteen_characters_differ() {
        let weights = std::iter::successors(Some(1), |weight| Some(times_x(*weight))).take(LENGTH);
        assert_eq!(weights.collect::<std::collections::BTreeSet<_>>().len(), LENGTH);
    }

    proptest! {
        #[test]
        fn a_code_reads_back_however_it_is_typed(
            code in any_code(), upper: u16, separators in prop::collection::vec("[ \\-\n_.–]{0,3}", 17),
        ) {
            let symbols = code.to_string().replace('-', "");
            let mut typed = String::new();
            for (index, (symbol, separator)) in symbols.chars().zip(&separators).enumerate() {
                typed.push_str(separator);
                let look_alike = match (symbol, upper >> index & 1) {
                    ('0', 1) => 'O',
                    ('1', 1) => 'l',
                    (other, 1) => other.to_ascii_uppercase(),
                    (other, _) => other,
                };
                typed.push(look_alike);
            }
            typed.push_str(&separators[16]);
            prop_assert_eq!(RoomCode::parse(&typed), Ok(code.clone()));
            prop_assert_eq!(RoomCode::from_input(&format!("https://milanio.example/#/r/{code}")), Ok(code));
        }

        #[test]
        fn arbitrary_text_never_panics_and_reads_as_a_code_only_if_it_has_sixteen_characters(text in ".{0,60}") {
            if RoomCode::parse(&text).is_ok() {
                prop_assert_eq!(text.chars().filter(|&character| !is_separator(character)).count(), LENGTH);
            }
            let _ = RoomCode::from_input(&text);
        }

        #[test]
        fn every_wrong_character_is_found(code in any_code(), at in 0..LENGTH, change in 1_u8..32) {
            let mut typed = code;
            typed.0.symbols[at] ^= change;
            prop_assert_eq!(RoomCode::parse(&typed.to_string()), Err(CodeError::CheckFailed));
        }

        #[test]
        fn two_characters_that_changed_places_are_found(code in any_code(), one in 0..LENGTH, other in 0..LENGTH) {
            let mut typed = code.clone();
            typed.0.symbols.swap(one, other);
            prop_assert_eq!(RoomCode::parse(&typed.to_string()).is_ok(), typed == code);
        }
    }
}
