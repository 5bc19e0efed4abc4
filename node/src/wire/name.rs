//! Display names: what may be in one, and how any text is made into one.
//!
//! A name must not be able to rearrange the text around it or hide: control characters, line breaks and the invisible
//! formatting characters of Unicode's bidirectional algorithm (UAX #9) are never sent, and refused when they come. An empty
//! name is allowed; what to show for it is the page's business. Look-alike letters are left alone.

use super::limits::{NAME_BYTES, NAME_CHARS};

/// The name that `text` makes: without what is not allowed, without outer white space, runs of white space as one space, cut
/// to [`NAME_CHARS`] characters.
pub fn clean(text: &str) -> String {
    let words = text.split(char::is_whitespace).map(|word| word.chars().filter(|&c| is_allowed(c)).collect::<String>());
    let mut name = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(&word);
        if name.len() >= NAME_BYTES {
            break;
        }
    }
    let cut: String = name.chars().take(NAME_CHARS).collect();
    cut.trim_end().to_owned()
}

/// Whether `name` is what [`clean`] would leave of it.
pub fn is_clean(name: &str) -> bool {
    name.len() <= NAME_BYTES && clean(name) == name
}

/// Whether a character is allowed in names of people and files.
pub(super) fn is_allowed(character: char) -> bool {
    !character.is_control() && !INVISIBLE.iter().any(|range| range.contains(&character))
}

/// Characters that show nothing and change how the text around them is read: bidirectional marks, embeddings, overrides and
/// isolates (UAX #9 2), line and paragraph separators, zero-width space and word joiner, byte order mark, interlinear
/// annotations, tags. Joiners (U+200C, U+200D) stay: scripts and emoji need them.
const INVISIBLE: [std::ops::RangeInclusive<char>; 9] = [
    '\u{061c}'..='\u{061c}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{fff9}'..='\u{fffb}',
    '\u{e0000}'..='\u{e007f}',
    '\u{180e}'..='\u{180e}',
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_people_stay_as_they_are() {
        for name in ["", "Ada", "Zoë", "小龍", "محمد", "O’Neil 🏳️‍🌈", "क्‍ष"] {
            assert_eq!(clean(name), name);
            assert!(is_clean(name));
        }
    }

    #[test]
    fn what_could_rearrange_the_page_is_taken_out() {
        assert_eq!(clean("Ada\u{202e}evil"), "Adaevil");
        assert_eq!(clean("\u{2067}Ada\u{2069}\u{200f}"), "Ada");
        assert_eq!(clean("Ada\u{0007}\u{200b}\u{feff}"), "Ada");
        for hostile in ["Ada\u{202e}", "A\nB", "\u{2066}A", "A\u{0}", "\u{061c}A"] {
            assert!(!is_clean(hostile), "{hostile:?}");
        }
    }

    #[test]
    fn white_space_becomes_single_spaces_and_none_outside() {
        assert_eq!(clean("  Ada \t\n Lovelace\u{3000}"), "Ada Lovelace");
        assert_eq!(clean(" \u{202e} "), "");
        assert_eq!(clean("A \u{202e} B"), "A B");
    }

    #[test]
    fn long_names_are_cut_by_characters() {
        assert_eq!(clean(&"é".repeat(65)), "é".repeat(64));
        assert_eq!(clean(&"😀".repeat(1_000)), "😀".repeat(64));
        assert_eq!(clean(&format!("{} B", "A".repeat(63))), "A".repeat(63));
        assert!(!is_clean(&"A".repeat(65)));
    }

    proptest! {
        #[test]
        fn what_is_cleaned_is_clean_and_fits(text in "\\PC{0,100}|.{0,300}") {
            let name = clean(&text);
            prop_assert!(is_clean(&name), "{name:?}");
            prop_assert!(name.len() <= NAME_BYTES);
        }
    }
}
