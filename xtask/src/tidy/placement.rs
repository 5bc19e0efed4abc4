//! Native and browser code differ by whole modules behind a facade, never by lines.

use super::source::{Problem, Source};

/// What a condition on the platform mentions.
const PLATFORMS: [&str; 6] = ["target_family", "target_arch", "target_os", "wasm_browser", "(unix", "(windows"];
/// What such a condition may decide about: modules and the names they give out.
const WHOLE: [&str; 6] = ["mod ", "pub mod ", "pub(crate) mod ", "pub(super) mod ", "use ", "pub use "];

/// Finds conditions on the platform that decide about less than a module.
pub fn check(source: &Source) -> Vec<Problem> {
    if !source.is_rust() || source.path.ends_with("/lib.rs") {
        return Vec::new();
    }
    let code: Vec<(usize, &str)> = source.code().collect();
    let mut problems = Vec::new();
    for (index, (number, line)) in code.iter().enumerate() {
        let is_condition = (line.contains("cfg(") || line.contains("cfg_attr(") || line.contains("cfg!("))
            && PLATFORMS.iter().any(|platform| line.contains(platform));
        let decides_about =
            code[index + 1..].iter().map(|(_, line)| line.trim_start()).find(|line| !line.starts_with("#["));
        let is_whole = line.starts_with("#[cfg(")
            && decides_about.is_some_and(|item| WHOLE.iter().any(|start| item.starts_with(start)));
        if is_condition && !is_whole {
            problems.push(source.problem(*number, "choose between whole modules (`foo/native.rs`, `foo/wasm.rs`)"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::source::rust;
    use super::*;

    #[test]
    fn a_facade_may_choose_a_module() {
        let text = "#[cfg(target_family = \"wasm\")]\n#[path = \"clock/wasm.rs\"]\nmod imp;\n";
        assert_eq!(check(&rust("node/src/clock.rs", text)), []);
    }

    #[test]
    fn a_condition_on_a_field_is_found() {
        let text = "struct A {\n    #[cfg(target_family = \"wasm\")]\n    field: u8,\n}\n";
        assert_eq!(check(&rust("node/src/clock.rs", text)).len(), 1);
    }
}
