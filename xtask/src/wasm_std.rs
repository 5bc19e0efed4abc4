//! Finds a way to compile for `wasm32-unknown-unknown`, installing what is missing.
//!
//! In this order: the target is there; rustup adds it; Debian's compiler for the web builds the standard library from
//! its source package. Otherwise one error says what to install.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::progress::{Step, note};
use crate::{command, debian, lean};

/// The target triple of everything that runs in the browser.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Enough for some 20 MB over a slow line; where rustup cannot download it fails at once.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// Debian's second compiler, beside whatever rustup put into PATH.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// The standard library's source that belongs to it.
const DEBIAN_STD_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std/src/lib.rs";
/// The packages that hold the two.
const DEBIAN_PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];
/// What that compiler is told in every build.
const FLAGS: &str = "-C linker-flavor=wasm-ld";
/// And in builds that people download: a panic ends the program at once, without words (5 % of the app is what would make them).
/// The page says that it stopped, and the browser where. Quick builds still say what went wrong, in which file and line.
const DOWNLOAD_FLAGS: &str =
    "-C linker-flavor=wasm-ld -Z location-detail=none -Z unstable-options -C panic=immediate-abort";
/// Which variable holds them.
const FLAGS_VARIABLE: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";
/// Its linter; cargo's own cannot read what another compiler has compiled.
const DEBIAN_CLIPPY: &str = "/usr/bin/cargo-clippy";
/// The package that holds it.
const DEBIAN_CLIPPY_PACKAGE: &str = "rust-web-clippy";
/// Which parts of it, and how: without backtraces, which wasm cannot make, and with the smaller of two ways where it has two.
const STD: [&str; 2] = ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"];
/// The oldest minor version of the compiler that the workspace accepts (`rust-version` in Cargo.toml).
const OLDEST_MINOR: u32 = 95;

/// How wasm is compiled on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WasmStd {
    /// The toolchain brings the target's standard library.
    Installed,
    /// Debian's compiler builds the standard library from source, linking with rustup's `rust-lld`.
    FromSource {
        /// The linker.
        linker: PathBuf,
    },
}

impl WasmStd {
    /// Finds or installs the target.
    ///
    /// # Errors
    /// When no way works; the message says what to install.
    pub fn find() -> Result<Self> {
        if installed() {
            return Ok(Self::Installed);
        }
        if let Some(linker) = debian_linker() {
            return Ok(Self::FromSource { linker });
        }
        if rustup_adds_it() && installed() {
            return Ok(Self::Installed);
        }
        debian::install(&DEBIAN_PACKAGES);
        match debian_linker() {
            Some(linker) => Ok(Self::FromSource { linker }),
            None => bail!(
                "no standard library for {TARGET}: run `rustup target add {TARGET}`, \
                 or on Debian `apt-get install {}`",
                DEBIAN_PACKAGES.join(" ")
            ),
        }
    }

    /// A cargo command (`build`, `check`) for the browser's target.
    pub fn cargo(&self, subcommand: &str) -> Command {
        let mut cargo = command::cargo();
        cargo.arg(subcommand);
        self.aim(cargo)
    }

    /// `cargo build` of what people download, as small as this compiler can make it.
    ///
    /// # Errors
    /// When the system does not tell where this program is.
    pub fn cargo_for_download(&self) -> Result<Command> {
        let mut cargo = self.cargo("build");
        let flags = match self {
            Self::Installed => lean::FLAGS.to_owned(),
            Self::FromSource { .. } => format!("{DOWNLOAD_FLAGS} {}", lean::FLAGS),
        };
        lean::stand_before_compiler(cargo.env(FLAGS_VARIABLE, flags))?;
        Ok(cargo)
    }

    /// A clippy command for the browser's target, installed if this is Debian and we may.
    ///
    /// # Errors
    /// When there is none that fits the compiler; the message says what to install.
    pub fn clippy(&self) -> Result<Command> {
        if *self == Self::Installed {
            return Ok(self.cargo("clippy"));
        }
        if !Path::new(DEBIAN_CLIPPY).exists() {
            debian::install(&[DEBIAN_CLIPPY_PACKAGE]);
        }
        if !Path::new(DEBIAN_CLIPPY).exists() {
            bail!("no clippy for {TARGET}: install {DEBIAN_CLIPPY_PACKAGE}");
        }
        let mut clippy = command::cargo_by(DEBIAN_CLIPPY);
        clippy.arg("clippy").env("CARGO", command::cargo().get_program());
        Ok(self.aim(clippy))
    }

    fn aim(&self, mut cargo: Command) -> Command {
        cargo.args(["--target", TARGET]);
        if let Self::FromSource { linker } = self {
            cargo
                .args(STD)
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .env(FLAGS_VARIABLE, FLAGS);
        }
        cargo
    }
}

fn installed() -> bool {
    command::probe("rustc", &["--print", "target-libdir", "--target", TARGET])
        .and_then(|folder| Path::new(&folder).read_dir().ok())
        .is_some_and(|mut entries| entries.next().is_some())
}

fn rustup_adds_it() -> bool {
    if command::probe("rustup", &["--version"]).is_none() {
        return false;
    }
    let step = Step::start(format!("Adding the target {TARGET} with rustup"));
    let added = command::run_within(Command::new("rustup").args(["target", "add", TARGET]), RUSTUP_LIMIT);
    step.done();
    if let Err(error) = &added {
        note(format!("{error:#}; trying Debian's compiler"));
    }
    added.is_ok()
}

/// The linker for Debian's compiler, if that compiler, its source and a linker are all there.
fn debian_linker() -> Option<PathBuf> {
    let version = command::probe(DEBIAN_RUSTC, &["--version"])?;
    if minor_version(&version)? < OLDEST_MINOR || !Path::new(DEBIAN_STD_SOURCE).exists() {
        return None;
    }
    let sysroot = command::probe("rustc", &["--print", "sysroot"])?;
    let host = command::probe("rustc", &["--print", "host-tuple"])?;
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    linker.exists().then_some(linker)
}

fn minor_version(version: &str) -> Option<u32> {
    version.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minor_version_is_read_from_what_rustc_prints() {
        assert_eq!(minor_version("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"), Some(96));
        assert_eq!(minor_version("clang 15"), None);
    }

    #[test]
    fn an_installed_target_needs_no_unstable_flags() {
        let cargo = WasmStd::Installed.cargo("build");
        assert_eq!(cargo.get_args().collect::<Vec<_>>(), ["build", "--target", TARGET]);
        assert_eq!(cargo.get_envs().filter(|(_, value)| value.is_some()).count(), 0);
    }
}
