//! Sizes a reader can hold: of a file without its unit tests, and of a function.

use super::source::{Problem, Source};

/// Lines of a file without its unit tests (chosen; the house aims at 200).
const FILE_LINES: usize = 500;
/// Lines of a function (chosen; the house aims at 20).
const FUNCTION_LINES: usize = 70;
/// Lines of a function that is one exhaustive `match` and says so in its comment.
const MATCH_LINES: usize = 100;
/// What such a comment says.
const MATCH_REASON: &str = "exhaustive match";

/// Finds files and functions over budget, and files with names that say nothing.
pub fn check(source: &Source) -> Vec<Problem> {
    if !source.is_rust() {
        return Vec::new();
    }
    let mut problems = functions(source);
    let lines = source.production().count();
    if lines > FILE_LINES && !source.is_test() {
        problems.push(source.problem(FILE_LINES, format!("{lines} lines without tests; the budget is {FILE_LINES}")));
    }
    if source.path.ends_with("/mod.rs") || source.path.ends_with("/utils.rs") {
        problems.push(source.problem(1, "name the file after its one concept (`foo.rs` beside `foo/`)"));
    }
    problems
}

/// Relies on rustfmt: a function's last line is a brace at the indentation of its first.
fn functions(source: &Source) -> Vec<Problem> {
    let lines: Vec<(usize, &str)> = source.text.lines().zip(1..).map(|(line, number)| (number, line)).collect();
    let mut problems = Vec::new();
    for (index, (number, line)) in lines.iter().enumerate() {
        let Some(indentation) = function_indentation(line) else { continue };
        let end = format!("{}}}", " ".repeat(indentation));
        let ends_at_once = line.ends_with('}') || line.ends_with(';');
        let Some(length) = lines[index..].iter().position(|(_, line)| **line == end).filter(|_| !ends_at_once) else {
            continue;
        };
        let budget = if has_reason(&lines[..index]) { MATCH_LINES } else { FUNCTION_LINES };
        if length + 1 > budget {
            problems
                .push(source.problem(*number, format!("a function of {} lines; the budget is {budget}", length + 1)));
        }
    }
    problems
}

/// The indentation of a line that begins a function.
fn function_indentation(line: &str) -> Option<usize> {
    let code = line.trim_start();
    let mut words = code.split_whitespace().skip_while(|word| {
        word.starts_with("pub") || matches!(*word, "async" | "const" | "unsafe" | "extern" | "\"C\"" | "in" | "super)")
    });
    (words.next() == Some("fn")).then(|| line.len() - code.len())
}

/// Whether the comment right above says that the function is one exhaustive match.
fn has_reason(before: &[(usize, &str)]) -> bool {
    let is_attached = |line: &&str| line.trim_start().starts_with("//") || line.trim_start().starts_with("#[");
    before
        .iter()
        .rev()
        .map(|(_, line)| *line)
        .take_while(is_attached)
        .any(|line| line.to_lowercase().contains(MATCH_REASON))
}

#[cfg(test)]
mod tests {
    use super::super::source::rust;
    use super::*;

    fn function(comment: &str, lines: usize) -> Source {
        rust(
            "a/src/b.rs",
            &format!("{comment}\n    pub(crate) async fn f() {{\n{}    }}\n", "        x();\n".repeat(lines - 2)),
        )
    }

    #[test]
    fn a_function_may_have_seventy_lines() {
        assert_eq!(check(&function("", 70)), []);
        assert_eq!(check(&function("", 71)).len(), 1);
    }

    #[test]
    fn an_exhaustive_match_may_have_a_hundred_when_it_says_so() {
        assert_eq!(check(&function("    /// An exhaustive match over all events.", 100)), []);
        assert_eq!(check(&function("    /// An exhaustive match over all events.", 101)).len(), 1);
    }

    #[test]
    fn a_file_may_have_five_hundred_lines_beside_its_tests() {
        let tests = "#[cfg(test)]\n".to_owned() + &"x\n".repeat(900);
        assert_eq!(check(&rust("a/src/b.rs", &("x\n".repeat(500) + &tests))), []);
        assert_eq!(check(&rust("a/src/b.rs", &"x\n".repeat(501))).len(), 1);
    }
}
