//! `init` and `config check`: settings before the server runs.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, tell};
use crate::config::{Flags, TEMPLATE};

/// `init`.
#[derive(Args)]
pub struct Init {
    /// The file to write.
    #[arg(default_value = "milanio.toml")]
    file: PathBuf,
}

impl Init {
    /// Writes the file; one that is there stays.
    pub fn obey(self, json: bool) -> Result<(), Failure> {
        let shown = self.file.display();
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&self.file) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(anyhow::anyhow!("{shown} exists; it stays as it is").into());
            }
            opened => opened.with_context(|| format!("cannot write {shown}"))?,
        };
        file.write_all(TEMPLATE.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
        let sentence = format!("wrote {shown}; try it with: milanio-rendezvous config check --config {shown}");
        tell(json, &sentence, &json!({ "written": self.file }));
        Ok(())
    }
}

/// `config ...`.
#[derive(Subcommand)]
pub enum Config {
    /// Reads the settings as `run` would, and says what is wrong with them.
    Check(Box<Flags>),
}

impl Config {
    /// Checks.
    pub fn obey(self, json: bool) -> Result<(), Failure> {
        let Self::Check(flags) = self;
        let settings = super::settings_of(&flags)?;
        settings.mail_config("http://localhost")?;
        let mut shown = serde_json::to_value(&settings).context("cannot show the settings")?;
        if let Some(secret) = shown.get_mut("smtp_password").filter(|secret| secret.is_string()) {
            *secret = json!("(hidden)");
        }
        tell(json, "the settings work", &shown);
        Ok(())
    }
}
