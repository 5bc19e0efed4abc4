//! Shortens the names by which a program's wasm and its script know each other, and the script by what it has for readers. The
//! bindings give every name a hash of its own, which no compression makes smaller and nobody reads.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use wasm_bindgen_cli_support::Output;

/// What the bindings begin such names with; the few others, as `memory`, are short.
const LONG: [&str; 2] = ["__wb", "wasm_bindgen"];
/// What the short names begin with: the bindings name nothing so.
const SHORT: &str = "_";

/// Renames imports and exports in the wasm, and returns the script that goes with it.
///
/// # Errors
/// When the script has a short name already, or never mentions an import.
pub fn shorten(output: &mut Output) -> Result<String> {
    let script = tightened(output.js())?;
    ensure!(!words(&script).any(is_short), "the bindings' script has a short name already");
    let wasm = output.wasm_mut();
    let imported: BTreeSet<String> = wasm.imports.iter().map(|import| import.name.clone()).collect();
    let exported = wasm.exports.iter().map(|export| export.name.clone());
    let long: BTreeSet<String> = imported.iter().cloned().chain(exported).filter(|name| is_long(name)).collect();
    // In the order in which the script has them: the next number is what compression expects.
    let mut names = BTreeMap::new();
    for word in words(&script).filter(|word| long.contains(*word)) {
        rename(&mut names, &mut word.to_owned());
    }
    let mentioned = imported.iter().filter(|name| names.contains_key(*name)).count();
    let wanted = imported.iter().filter(|name| is_long(name)).count();
    ensure!(mentioned == wanted, "the bindings' script mentions {mentioned} of {wanted} imports");
    let imports = wasm.imports.iter_mut().map(|import| &mut import.name);
    for name in imports.chain(wasm.exports.iter_mut().map(|export| &mut export.name)) {
        rename(&mut names, name);
    }
    Ok(words(&script).map(|word| names.get(word).map_or(word, String::as_str)).collect())
}

/// A script without indentation, empty lines and lines of comment.
fn tightened(script: &str) -> Result<String> {
    let mut tight = String::with_capacity(script.len());
    for line in script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with("//")) {
        // What is between a pair of these, and not on one line, would lose more than looks.
        ensure!(line.matches('`').count() % 2 == 0, "the bindings' script has a text of several lines");
        tight.push_str(line);
        tight.push('\n');
    }
    Ok(tight)
}

fn is_long(name: &str) -> bool {
    LONG.iter().any(|start| name.starts_with(start))
}

/// Gives a long name its short one, the same wherever it occurs.
fn rename(names: &mut BTreeMap<String, String>, name: &mut String) {
    if is_long(name) {
        let next = names.len();
        let short = names.entry(name.clone()).or_insert_with(|| format!("{SHORT}{next}"));
        name.clone_from(short);
    }
}

fn is_short(word: &str) -> bool {
    word.strip_prefix(SHORT)
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A script's identifiers, and what is between them.
fn words(script: &str) -> impl Iterator<Item = &str> {
    script.split_inclusive(is_between).flat_map(|piece| {
        let end =
            piece.char_indices().last().filter(|(_, letter)| is_between(*letter)).map_or(piece.len(), |(at, _)| at);
        [&piece[..end], &piece[end..]]
    })
}

fn is_between(letter: char) -> bool {
    !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_script_make_the_script() {
        let script = "imports.__wbg_now_1 = () => wasm._12; // größer\n";
        assert_eq!(words(script).collect::<String>(), script);
        assert!(words(script).any(|word| word == "__wbg_now_1"));
        assert!(words(script).any(is_short));
    }

    #[test]
    fn a_script_loses_what_only_readers_need() {
        let script = "function a() {\n    // why\n\n    return `${b} // c`;\n}\n";
        assert_eq!(tightened(script).expect("one line"), "function a() {\nreturn `${b} // c`;\n}\n");
        tightened("a = `b\n    c`;").expect_err("the spaces mean something");
    }

    #[test]
    fn a_name_is_shortened_once_and_for_all() {
        let mut names = BTreeMap::new();
        let mut long =
            ["__wbg_now_1f00".to_owned(), "memory".to_owned(), "__wbg_call_22".to_owned(), "__wbg_now_1f00".to_owned()];
        for name in &mut long {
            rename(&mut names, name);
        }
        assert_eq!(long, ["_0", "memory", "_1", "_0"]);
    }
}
