//! Compiles some dependencies of the app that people download with fewer features than other dependencies ask for.
//!
//! Cargo only ever adds features, and some are defaults that nobody in between switches off. So this program stands in front of
//! the compiler (cargo's `RUSTC_WRAPPER`) and takes them off its command line. A patched copy of these crates would be the other
//! way: thousands of lines of somebody else's cryptography to keep up to date, for one word each. Should a crate ever need a
//! feature that is taken away here, it does not compile.

use std::env;
use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::wasm_std::TARGET;

/// Features that are taken away: crate, feature.
const LEFT_OUT: [(&str, &str); 5] = [
    // Tables that make signing faster: 38 kB that no compression makes smaller.
    ("curve25519_dalek", "precomputed-tables"),
    ("ed25519_dalek", "fast"),
    ("x25519_dalek", "precomputed-tables"),
    // libp2p speaks Noise with ChaCha20-Poly1305 and SHA-256 alone.
    ("snow", "use-aes-gcm"),
    ("snow", "use-blake2"),
];
/// Features that are given: the older SHA-2, which only Noise's handshake uses, in its smaller form.
const GIVEN: [(&str, &str); 1] = [("sha2", "force-soft-compact")];
/// Compiler flags that belong to it: the newer SHA-2 in its smaller form, and a mark, so that cargo does not take what was
/// compiled without this program for what is compiled with it. Count the mark up when a feature above changes.
pub const FLAGS: &str = r#"--cfg milanio_lean="1" --cfg sha2_backend="soft" --cfg sha2_backend_soft="compact""#;

/// Tells this program that it stands in front of the compiler.
const SWITCH: &str = "MILANIO_LEAN";

/// Puts this program in front of the compiler.
///
/// # Errors
/// When the system does not tell where this program is.
pub fn stand_before_compiler(cargo: &mut Command) -> Result<()> {
    cargo.env("RUSTC_WRAPPER", env::current_exe()?).env(SWITCH, "1");
    Ok(())
}

/// The compiler's work, if that is what this program was started for.
pub fn compile_if_asked() -> Option<ExitCode> {
    env::var_os(SWITCH)?;
    let mut arguments = env::args_os().skip(1);
    let status = Command::new(arguments.next()?).args(lean(arguments.collect())).status();
    Some(match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: the compiler cannot be started: {error}");
            ExitCode::FAILURE
        }
    })
}

/// The compiler's arguments without the features that are left out; those of build scripts and macros stay as they are.
fn lean(arguments: Vec<OsString>) -> Vec<OsString> {
    let after = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1);
    let Some(name) =
        after("--crate-name").cloned().filter(|_| after("--target").is_some_and(|target| target == TARGET))
    else {
        return arguments;
    };
    let features = |list: &[(&str, &str)]| -> Vec<String> {
        list.iter().filter(|(owner, _)| *owner == name).map(|(_, feature)| format!("feature=\"{feature}\"")).collect()
    };
    let left_out = features(&LEFT_OUT);
    let mut kept: Vec<OsString> = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let is_left_out = left_out.iter().any(|feature| OsStr::new(feature) == argument);
        if is_left_out && kept.last().is_some_and(|last| last == "--cfg") {
            kept.pop();
        } else {
            kept.push(argument);
        }
    }
    for feature in features(&GIVEN) {
        kept.extend(["--cfg".into(), feature.into()]);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lean_of(line: &str) -> String {
        let arguments = lean(line.split(' ').map(OsString::from).collect());
        arguments.iter().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_feature_that_is_left_out_is_taken_from_its_crate_in_the_browser_alone() {
        let line = |name: &str, feature: &str, target: &str| {
            format!("--crate-name {name} --cfg feature=\"{feature}\" --cfg feature=\"alloc\" --target {target}")
        };
        let browser = line("curve25519_dalek", "precomputed-tables", TARGET);
        assert_eq!(
            lean_of(&browser),
            format!("--crate-name curve25519_dalek --cfg feature=\"alloc\" --target {TARGET}")
        );
        for other in [line("curve25519_dalek", "precomputed-tables", "x86_64"), line("snow", "fast", TARGET)] {
            assert_eq!(lean_of(&other), other);
        }
    }

    #[test]
    fn a_feature_that_is_given_comes_last() {
        assert_eq!(
            lean_of(&format!("--crate-name sha2 --target {TARGET}")),
            format!("--crate-name sha2 --target {TARGET} --cfg feature=\"force-soft-compact\"")
        );
    }

    #[test]
    fn a_question_to_the_compiler_is_passed_on() {
        assert_eq!(lean_of("-vV"), "-vV");
    }
}
