//! Markup that the content security policy forbids: style attributes, inline scripts and handlers.

use super::source::{Problem, Source};

/// What must not occur, and what to do instead.
const FORBIDDEN: [(&str, &str); 4] = [
    (" style=", "set properties through CSSOM; style attributes are blocked"),
    ("<style", "put it into app/styles/; inline styles are blocked"),
    (" onclick=\"", "inline handlers are blocked"),
    ("javascript:", "such URLs are blocked"),
];

/// Finds such markup in the app.
pub fn check(source: &Source) -> Vec<Problem> {
    if !source.path.starts_with("app/") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (number, line) in source.code() {
        for (text, advice) in FORBIDDEN {
            if line.contains(text) {
                problems.push(source.problem(number, format!("`{}`: {advice}", text.trim())));
            }
        }
        if line.contains("<script") && !line.contains("src=") {
            problems.push(source.problem(number, "inline scripts are blocked"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::source::rust;
    use super::*;

    #[test]
    fn a_style_attribute_is_found_in_the_app_only() {
        let line = "    html! { <p style=\"top: 0\" /> }\n";
        assert_eq!(check(&rust("app/src/pages/call.rs", line)).len(), 1);
        assert_eq!(check(&rust("node/src/lib.rs", line)), []);
    }

    #[test]
    fn scripts_are_files() {
        assert_eq!(check(&rust("app/index.html", "<script src=\"/a.js\"></script>\n")), []);
        assert_eq!(check(&rust("app/index.html", "<script>a()</script>\n")).len(), 1);
    }
}
