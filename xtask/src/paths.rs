//! Where things are: the checkout, cargo's target directory, and what this program writes below it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::command;

/// The directories every step shares.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The root of the checkout.
    pub root: PathBuf,
    /// Cargo's target directory, wherever the environment or a configuration file put it.
    pub target: PathBuf,
}

impl Paths {
    /// Finds the directories by asking cargo, so that every way to configure them works.
    ///
    /// # Errors
    /// When cargo cannot be run or the manifest is broken.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the workspace")?.to_owned();
        let text = command::output(
            command::cargo().args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(&root),
        )?;
        let metadata: serde_json::Value = serde_json::from_str(&text).context("cargo metadata answers in JSON")?;
        let target = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
        Ok(Self { root, target: target.into() })
    }

    /// The browser app's crate.
    pub fn app(&self) -> PathBuf {
        self.root.join("app")
    }

    /// The finished browser app, ready to be served.
    pub fn app_dist(&self) -> PathBuf {
        self.target.join("app-dist")
    }

    /// Target directory of the wasm build: its flags and compiler differ from the native ones.
    pub fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// Intermediate results of the app's pipeline.
    pub fn app_work(&self) -> PathBuf {
        self.target.join("app-work")
    }

    /// A native program built for tests.
    pub fn debug_binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// A native program built in release mode.
    pub fn release_binary(&self, name: &str) -> PathBuf {
        self.target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}
