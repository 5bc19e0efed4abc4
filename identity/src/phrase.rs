//! An account as 24 words that its owner can write down: its seed by BIP-39, with the English list.
//!
//! The words are the seed itself, with a check of 8 bits; BIP-39's stretching to a wallet's seed is not used. Reading is forgiving:
//! case, line breaks, punctuation and the numbers in front of words do not matter, and the first four letters of a word are
//! enough, as the list was made for.

use std::fmt;

use bip39::{Language, Mnemonic};
use thiserror::Error;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::key::AccountKey;

/// Why a text is no phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhraseError {
    /// A word that is not in the list.
    #[error("word {} is not in the list", index + 1)]
    UnknownWord {
        /// Its place among the words, from 0.
        index: usize,
    },
    /// Too few or too many words.
    #[error("a phrase has {} words, not {found}", Phrase::WORDS)]
    Count {
        /// How many there were; never counts beyond 25.
        found: usize,
    },
    /// All words are in the list, but they do not belong together: one is wrong, or two are swapped.
    #[error("the words do not belong together")]
    Checksum,
}

/// The words of an account. Whoever reads them has the account.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Phrase(Mnemonic);

impl Phrase {
    /// Words of a phrase.
    pub const WORDS: usize = 24;

    /// The words of `account`.
    pub fn of(account: &AccountKey) -> Self {
        Self(Mnemonic::from_entropy(account.seed()).expect("32 bytes are one of BIP-39's lengths"))
    }

    /// The words, in order.
    pub fn words(&self) -> [&'static str; Self::WORDS] {
        let mut words = self.0.words();
        std::array::from_fn(|_| words.next().unwrap_or_default())
    }

    /// The account of the words in `text`.
    pub fn parse(text: &str) -> Result<AccountKey, PhraseError> {
        // The longest word has 8 letters; enough space from the start, so that no copy stays behind.
        let mut joined = Zeroizing::new(String::with_capacity(Self::WORDS * 9));
        let mut found = 0;
        for typed in text.split(|character: char| !character.is_alphabetic()).filter(|typed| !typed.is_empty()) {
            if found == Self::WORDS {
                return Err(PhraseError::Count { found: found + 1 });
            }
            if found > 0 {
                joined.push(' ');
            }
            joined.push_str(meant(typed).ok_or(PhraseError::UnknownWord { index: found })?);
            found += 1;
        }
        if found != Self::WORDS {
            return Err(PhraseError::Count { found });
        }
        let phrase = Mnemonic::parse_in_normalized(Language::English, &joined).map_err(|_| PhraseError::Checksum)?;
        let (mut entropy, _) = phrase.to_entropy_array();
        // 24 words carry exactly 32 bytes; the array has room for the check.
        let account = entropy.first_chunk::<32>().map(|seed| AccountKey::from_seed(*seed));
        entropy.zeroize();
        account.ok_or(PhraseError::Checksum)
    }

    /// The words of the list that begin with `prefix`, in any case: to help while somebody types.
    pub fn suggest(prefix: &str) -> &'static [&'static str] {
        if prefix.len() > LONGEST_WORD {
            return &[];
        }
        let prefix = Zeroizing::new(prefix.to_ascii_lowercase());
        let list = Language::English.word_list();
        let (_, rest) = list.split_at(list.partition_point(|word| *word < prefix.as_str()));
        rest.split_at(rest.partition_point(|word| word.starts_with(prefix.as_str()))).0
    }
}

impl fmt::Debug for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phrase(redacted)")
    }
}

/// The word of the list that somebody typed in full, or four letters or more of its beginning.
fn meant(typed: &str) -> Option<&'static str> {
    match Phrase::suggest(typed) {
        [word] if typed.len() >= UNIQUE_LETTERS => Some(word),
        words => words.first().copied().filter(|word| word.len() == typed.len()),
    }
}

/// Letters that tell the words of the list apart (BIP-39, "Wordlist").
const UNIQUE_LETTERS: usize = 4;
/// Letters of the longest word of the list.
const LONGEST_WORD: usize = 8;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(seed: u8) -> [&'static str; 24] {
        Phrase::of(&AccountKey::from_seed([seed; 32])).words()
    }

    fn parsed(text: &str) -> Result<[u8; 32], PhraseError> {
        Phrase::parse(text).map(|account| *account.seed())
    }

    #[test]
    fn four_letters_tell_all_words_apart_and_none_is_longer_than_eight() {
        let list = Language::English.word_list();
        let heads: std::collections::BTreeSet<_> = list.iter().map(|word| word.get(..4).unwrap_or(word)).collect();
        assert_eq!(heads.len(), 2048);
        assert_eq!(list.iter().map(|word| word.len()).max(), Some(LONGEST_WORD));
    }

    #[test]
    fn words_are_understood_in_full_or_by_four_letters() {
        for (typed, word) in
            [("Abandon", "abandon"), ("aban", "abandon"), ("ABANDO", "abandon"), ("acti", "action"), ("zoo", "zoo")]
        {
            assert_eq!(meant(typed), Some(word));
        }
        // A word that others begin with, and beginnings that are too short, too long or no beginnings.
        assert_eq!(meant("act"), Some("act"));
        for typed in ["aba", "abandoned", "abandxn", "zo", "q", "ábandon"] {
            assert_eq!(meant(typed), None, "{typed}");
        }
    }

    #[test]
    fn errors_name_the_word_the_count_or_the_sum() {
        let good = words(1);
        let mut wrong = good;
        wrong[4] = "milanio";
        assert_eq!(parsed(&wrong.join(" ")), Err(PhraseError::UnknownWord { index: 4 }));
        assert_eq!(parsed(&good[..23].join(" ")), Err(PhraseError::Count { found: 23 }));
        assert_eq!(parsed(&[&good[..], &["zoo"]].concat().join(" ")), Err(PhraseError::Count { found: 25 }));
        assert_eq!(parsed(&[good, good].concat().join(" ")), Err(PhraseError::Count { found: 25 }));
        assert_eq!(parsed(""), Err(PhraseError::Count { found: 0 }));
        let other = if good[0] == "zoo" { "zone" } else { "zoo" };
        let changed = [&[other], &good[1..]].concat();
        assert_eq!(parsed(&changed.join(" ")), Err(PhraseError::Checksum));
        assert_eq!(PhraseError::UnknownWord { index: 4 }.to_string(), "word 5 is not in the list");
    }

    #[test]
    fn suggestions_help_while_somebody_types() {
        assert_eq!(Phrase::suggest("Aba"), ["abandon"]);
        assert_eq!(Phrase::suggest("act"), ["act", "action", "actor", "actress", "actual"]);
        assert_eq!(Phrase::suggest("").len(), 2048);
        for nothing in ["xyz", "é", "abandonment", "\u{130}", "-"] {
            assert!(Phrase::suggest(nothing).is_empty(), "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn words_read_back_however_they_are_written(
            seed: [u8; 32], upper: u32, short: u32, numbered: bool, separator in "[ \n\t,;]{1,3}",
        ) {
            let words = Phrase::of(&AccountKey::from_seed(seed)).words();
            let typed = words.iter().enumerate().map(|(index, word)| {
                let word = if short >> index & 1 == 1 { word.get(..4).unwrap_or(word) } else { word };
                let word = if upper >> index & 1 == 1 { word.to_uppercase() } else { word.to_owned() };
                if numbered { format!("{}. {word}", index + 1) } else { word }
            });
            let typed = typed.collect::<Vec<_>>().join(&separator);
            prop_assert_eq!(parsed(&typed), Ok(seed));
        }

        #[test]
        fn arbitrary_text_never_panics_and_is_no_phrase(text in ".{0,300}") {
            prop_assert!(parsed(&text).is_err());
            let _ = Phrase::suggest(&text);
        }
    }

    #[test]
    fn swapped_words_are_nearly_always_noticed() {
        let mut missed = 0;
        for seed in 0..=255 {
            let mut words = words(seed);
            words.swap(3, 17);
            missed += usize::from(words[3] != words[17] && parsed(&words.join(" ")).is_ok());
        }
        // 8 bits of check let one in 256 through.
        assert!(missed < 8, "{missed} of 256");
    }
}
