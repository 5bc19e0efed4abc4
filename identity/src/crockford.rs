//! Crockford's base 32 (<https://www.crockford.com/base32.html>), lower case: 32 symbols without i, l, o and u.
//!
//! Works on symbols (5 bits each); how many of them make a code or a short id is the callers' business.

/// The symbol that writes `value`, of which only the low 5 bits count.
pub(crate) const fn symbol(value: u8) -> char {
    ALPHABET[(value & 31) as usize] as char
}

/// The 5 bits that `character` stands for, with the look-alikes people type: upper case, O for 0, I and L for 1.
pub(crate) fn value(character: char) -> Option<u8> {
    let symbol = match character.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    ALPHABET.iter().position(|&known| char::from(known) == symbol).and_then(|at| u8::try_from(at).ok())
}

/// The first `N` groups of 5 bits of `bytes`, most significant first. Missing bits are zero.
pub(crate) fn leading_symbols<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|index| {
        let bit = index * 5;
        let pair = [bit / 8, bit / 8 + 1].map(|at| u16::from(bytes.get(at).copied().unwrap_or(0)));
        let window = (pair[0] << 8) | pair[1];
        // At most 31 after the mask, so nothing is cut off.
        ((window >> (11 - bit % 8)) & 31) as u8
    })
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_reads_back_in_either_case() {
        for bits in 0..32 {
            assert_eq!(value(symbol(bits)), Some(bits));
            assert_eq!(value(symbol(bits).to_ascii_uppercase()), Some(bits));
        }
    }

    #[test]
    fn look_alikes_read_as_what_was_meant() {
        for (typed, meant) in [('o', 0), ('O', 0), ('i', 1), ('I', 1), ('l', 1), ('L', 1)] {
            assert_eq!(value(typed), Some(meant));
        }
        for foreign in ['u', 'U', '-', ' ', '!', 'é', '\u{212a}'] {
            assert_eq!(value(foreign), None);
        }
    }

    #[test]
    fn bits_are_taken_from_the_front_and_missing_ones_are_zero() {
        assert_eq!(leading_symbols::<3>(&[0b1000_0100, 0b0100_0011]), [0b10000, 0b10001, 0b00001]);
        assert_eq!(leading_symbols::<2>(&[0xff]), [0b11111, 0b11100]);
        assert_eq!(leading_symbols::<2>(&[]), [0, 0]);
    }
}
