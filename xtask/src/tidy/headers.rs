//! Every file says first what it is for.

use super::source::{Problem, Source};

/// Finds Rust files that do not open with a `//!` sentence.
pub fn check(source: &Source) -> Vec<Problem> {
    let opens = source.text.strip_prefix("//! ").and_then(|text| text.lines().next()).unwrap_or_default();
    if !source.is_rust() || opens.split_whitespace().count() > 1 {
        return Vec::new();
    }
    vec![source.problem(1, "open the file with `//!`: what it is for, and what it leaves out")]
}

#[cfg(test)]
mod tests {
    use super::super::source::rust;
    use super::*;

    #[test]
    fn a_file_opens_with_a_sentence() {
        assert_eq!(check(&rust("a.rs", "//! The order of messages.\n")), []);
        assert_eq!(check(&rust("a.rs", "use std::fmt;\n")).len(), 1);
        assert_eq!(check(&rust("a.rs", "//! placeholder\n")).len(), 1);
    }
}
