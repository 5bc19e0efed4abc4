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
