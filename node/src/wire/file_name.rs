//! Names of files: what may be in one, and how any text is made into one.
//!
//! A name from somebody else ends in a save dialog. It must name no folder, must not hide its ending behind characters that
//! rearrange text, and must not begin or end with what file systems treat as special. Whether a kind of file is harmful is not
//! judged here.

use super::{limits::FILE_NAME_BYTES, name};

/// What an unnamed file is called.
const UNNAMED: &str = "file";

/// The name that `text` makes: the part after the last path separator, without what is not allowed, cut to
/// [`FILE_NAME_BYTES`] in front of its ending. Never empty.
pub fn clean(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|&c| name::is_allowed(c) && !FORBIDDEN.contains(&c)).collect();
    let cut = cut(kept.trim_matches(is_outer));
    match cut.trim_matches(is_outer) {
        "" => UNNAMED.to_owned(),
        name => name.to_owned(),
    }
}

/// Whether `name` is what [`clean`] would leave of it.
pub fn is_clean(name: &str) -> bool {
    (1..=FILE_NAME_BYTES).contains(&name.len()) && clean(name) == name
}

/// Not allowed in names on at least one common file system, besides the separators.
const FORBIDDEN: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];

/// Dots and white space at the ends hide a file or are dropped by some systems.
fn is_outer(character: char) -> bool {
    character == '.' || character.is_whitespace()
}

/// Cuts in front of the ending, which tells what the file is.
fn cut(name: &str) -> String {
    if name.len() <= FILE_NAME_BYTES {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |at| name.get(at..).unwrap_or_default());
    let ending = if ending.len() <= LONGEST_ENDING { ending } else { "" };
    let mut room = FILE_NAME_BYTES - ending.len();
    while !name.is_char_boundary(room) {
        room -= 1;
    }
    format!("{}{ending}", name.get(..room).unwrap_or_default())
}

/// Endings longer than this, in bytes, are cut like the rest. Chosen.
const LONGEST_ENDING: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["report.pdf", "Ferien am See (2).jpg", "архив.tar.gz", "写真.png", "no ending"] {
            assert_eq!(clean(name), name);
            assert!(is_clean(name));
        }
    }

    #[test]
    fn a_name_names_no_folder_and_hides_no_ending() {
        for (text, name) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\x.txt", "x.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            (".bashrc", "bashrc"),
            ("setup.exe. ", "setup.exe"),
            ("a\u{0}b\nc.txt", "abc.txt"),
            ("what?.txt", "what.txt"),
            ("..", "file"),
            ("a/", "file"),
            ("", "file"),
        ] {
            assert_eq!(clean(text), name, "{text:?}");
            assert!(text == name || !is_clean(text), "{text:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean(&format!("{}.pdf", "é".repeat(300)));
        assert!(name.ends_with("é.pdf") && name.len() <= FILE_NAME_BYTES, "{name}");
        assert!(clean(&format!("x.{}", "y".repeat(400))).len() <= FILE_NAME_BYTES);
    }

    proptest! {
        #[test]
        fn what_is_cleaned_is_clean(text in "\\PC{0,300}|.{0,300}|[./\\\\ a]{0,300}") {
            let name = clean(&text);
            prop_assert!(is_clean(&name), "{name:?}");
        }
    }
}
