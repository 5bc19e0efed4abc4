//! The 24 words: shown after a warning, asked back, done.

use std::rc::Rc;

use super::problem::Problem;

/// Words of a phrase.
pub const WORDS: usize = 24;

/// Words that are asked back.
pub const ASKED: usize = 3;

/// How far the words have got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WordsStep {
    /// Not shown: a warning stands in their place.
    #[default]
    Hidden,
    /// To be written down.
    Shown(Words),
    /// Three of them are asked back.
    Checking(Words),
    /// Written down and checked.
    Checked,
}

/// The words and which of them are asked back.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    /// In their order.
    pub words: Rc<[&'static str; WORDS]>,
    /// Places of the words to ask for, counted from 0, rising.
    pub asked: [usize; ASKED],
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(redacted)")
    }
}

impl Words {
    /// The words, with three places chosen by `random`.
    pub fn new(words: [&'static str; WORDS], random: [u8; ASKED]) -> Self {
        // A third of the phrase each, so that nobody is asked for the same word twice.
        let third = WORDS / ASKED;
        let asked = std::array::from_fn(|i| i * third + usize::from(random[i]) % third);
        Self { words: Rc::new(words), asked }
    }

    /// Compares what was typed with what was asked for.
    ///
    /// # Errors
    /// The first word that differs.
    pub fn check(&self, typed: &[String; ASKED]) -> Result<(), Problem> {
        for (&place, typed) in self.asked.iter().zip(typed) {
            if !typed.trim().eq_ignore_ascii_case(self.words[place]) {
                return Err(Problem::WordWrong(place + 1));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::account) fn words() -> Words {
        let mut words = ["abandon"; WORDS];
        words[3] = "orbit";
        words[15] = "anchor";
        words[16] = "meadow";
        Words::new(words, [3, 255, 0])
    }

    #[test]
    fn one_word_of_each_third_is_asked_back() {
        assert_eq!(words().asked, [3, 15, 16]);
    }

    #[test]
    fn words_may_be_typed_in_any_case_and_the_first_wrong_one_is_named() {
        let typed = |words: [&str; 3]| words.map(str::to_owned);
        assert_eq!(words().check(&typed([" Orbit", "ANCHOR ", "meadow"])), Ok(()));
        assert_eq!(words().check(&typed(["orbit", "anker", "x"])), Err(Problem::WordWrong(16)));
        assert_eq!(words().check(&typed(["", "anchor", "meadow"])), Err(Problem::WordWrong(4)));
    }

    #[test]
    fn words_do_not_show() {
        assert!(!format!("{:?}", WordsStep::Shown(words())).contains("orbit"));
    }
}
