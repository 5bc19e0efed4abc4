//! Shortens the names by which a program's wasm and its script know each other. The bindings give every one a hash of its own,
//! which no compression makes smaller and nobody reads.

use std::collections::BTreeMap;

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
    let mut names = BTreeMap::new();
    let wasm = output.wasm_mut();
    let imports = wasm.imports.iter_mut().map(|import| &mut import.name);
    let imported = imports.map(|name| rename(&mut names, name)).filter(|is_renamed| *is_renamed).count();
    for export in wasm.exports.iter_mut() {
        rename(&mut names, &mut export.name);
    }
    let script = output.js();
    let mentioned = words(script).filter(|word| names.contains_key(*word)).count();
    ensure!(mentioned >= imported, "the bindings' script mentions {mentioned} of {imported} imports");
    ensure!(!words(script).any(is_short), "the bindings' script has a short name already");
    Ok(words(script).map(|word| names.get(word).map_or(word, String::as_str)).collect())
}

/// Gives a long name its short one, the same wherever it occurs.
fn rename(names: &mut BTreeMap<String, String>, name: &mut String) -> bool {
    let is_long = LONG.iter().any(|start| name.starts_with(start));
    if is_long {
        let next = names.len();
        let short = names.entry(name.clone()).or_insert_with(|| format!("{SHORT}{next}"));
        name.clone_from(short);
    }
    is_long
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
    fn a_name_is_shortened_once_and_for_all() {
        let mut names = BTreeMap::new();
        let mut long =
            ["__wbg_now_1f00".to_owned(), "memory".to_owned(), "__wbg_call_22".to_owned(), "__wbg_now_1f00".to_owned()];
        let renamed = long.each_mut().map(|name| rename(&mut names, name));
        assert_eq!(renamed, [true, false, true, true]);
        assert_eq!(long, ["_0", "memory", "_1", "_0"]);
    }
}
