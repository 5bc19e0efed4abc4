//! The command line: what the program can be told to do, and how it says how that went.
//!
//! Exit codes: 0 done, 1 failed, 2 the command line is wrong, 78 the settings are (`EX_CONFIG` of sysexits). Logs and errors go to
//! stderr, results to stdout. Left out: the settings themselves ([`crate::config`]).

mod admin;
mod backup;
mod keys;
mod place;
mod run;
mod settings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, ConfigError, Flags, Settings};

/// Milanio's rendezvous: accounts, room registry, app and relay in one.
#[derive(Parser)]
#[command(name = "milanio-rendezvous", version)]
pub struct Arguments {
    /// Writes results as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server until SIGTERM or Ctrl-C.
    Run(Box<Flags>),
    /// Writes a commented file of settings, unless it exists.
    Init(settings::Init),
    /// Settings.
    #[command(subcommand)]
    Config(settings::Config),
    /// What an operator can do on a running server.
    #[command(subcommand)]
    Admin(admin::Admin),
    /// The server's own secrets.
    #[command(subcommand)]
    Key(keys::Key),
    /// Everything that is stored.
    #[command(subcommand)]
    Backup(backup::Backup),
}

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The settings do not work.
    Config(ConfigError),
    /// Anything else.
    Other(anyhow::Error),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl Arguments {
    /// Does what was asked for.
    pub fn obey(self) -> ExitCode {
        let done = match self.command {
            Command::Run(flags) => run::run(&flags),
            Command::Init(init) => init.obey(self.json),
            Command::Config(config) => config.obey(self.json),
            Command::Admin(admin) => admin.obey(self.json),
            Command::Key(key) => key.obey(self.json),
            Command::Backup(backup) => backup.obey(self.json),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(Failure::Config(error)) => {
                eprintln!("error: {error}");
                ExitCode::from(BAD_CONFIG)
            }
            Err(Failure::Other(error)) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

/// `EX_CONFIG` of sysexits(3).
const BAD_CONFIG: u8 = 78;

/// The settings of a server: what `flags`, their file and the environment say.
fn settings_of(flags: &Flags) -> Result<Settings, ConfigError> {
    config::check_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))?;
    config::load(flags)
}

/// Prints a result: as a sentence, or as JSON for programs.
fn tell(json: bool, sentence: &str, result: &serde_json::Value) {
    if json {
        println!("{result}");
    } else {
        println!("{sentence}");
    }
}
