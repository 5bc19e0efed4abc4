//! What decides the protocol stays free of clocks, randomness, tasks and IO, so that the same code runs in a browser,
//! in a relay and on virtual time.

use super::source::{Problem, Source};

/// Words that bring in what a core must not have.
const IMPURE: [&str; 15] = [
    "async",
    "await",
    "spawn",
    "Instant::now",
    "SystemTime::now",
    "web_time",
    "tokio",
    "libp2p",
    "web_sys",
    "js_sys",
    "rand::rng",
    "getrandom",
    "std::fs",
    "std::net::Udp",
    "axum",
];

/// Finds such words in the code of a core.
pub fn check(source: &Source) -> Vec<Problem> {
    if !source.is_rust() || !(source.path.contains("/src/core/") || source.path.ends_with("/src/core.rs")) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (number, line) in source.code() {
        for word in IMPURE.into_iter().filter(|word| contains_word(line, word)) {
            problems.push(
                source.problem(number, format!("`{word}` in a core: let the shell do it and pass the result in")),
            );
        }
    }
    problems
}

fn contains_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::super::source::rust;
    use super::*;

    #[test]
    fn a_clock_in_a_core_is_found() {
        let line = "let now = Instant::now();\n";
        assert_eq!(check(&rust("node/src/core/room.rs", line)).len(), 1);
        assert_eq!(check(&rust("node/src/net/driver.rs", line)), []);
    }

    #[test]
    fn words_inside_others_and_comments_are_fine() {
        assert_eq!(check(&rust("node/src/core/room.rs", "// async is for shells\nlet respawned = 1;\n")), []);
    }
}
