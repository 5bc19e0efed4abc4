//! `admin account show|delete`: what an operator can do for somebody who asks, through the running server.
//!
//! Whoever asks writes a letter, so an account is named by its address; the 12 characters that the app shows do as well, which everybody
//! in a room sees, and so does its whole id. None is shown or logged.

use clap::Subcommand;
use serde_json::json;

use super::{
    Failure,
    place::{Place, refuse},
    tell,
};
use crate::admin::{AdminAnswer, AdminRequest};

/// `admin ...`.
#[derive(Subcommand)]
pub enum Admin {
    /// An account.
    #[command(subcommand)]
    Account(AccountCommand),
}

/// `admin account ...`.
#[derive(Subcommand)]
pub enum AccountCommand {
    /// Says whether the account exists, and how much it keeps.
    Show {
        /// Its e-mail address, the 12 characters that the app shows, or its whole id (32 bytes in base64url).
        account: String,
        /// On which server.
        #[command(flatten)]
        place: Place,
    },
    /// Deletes the account and everything of it, for ever.
    Delete {
        /// Its e-mail address, the 12 characters that the app shows, or its whole id (32 bytes in base64url).
        account: String,
        /// On which server.
        #[command(flatten)]
        place: Place,
    },
}

impl Admin {
    /// Does it.
    pub fn obey(self, json: bool) -> Result<(), Failure> {
        let Self::Account(command) = self;
        let (request, place) = match command {
            AccountCommand::Show { account, place } => (AdminRequest::ShowAccount { account }, place),
            AccountCommand::Delete { account, place } => (AdminRequest::DeleteAccount { account }, place),
        };
        let Some((answer, _)) = place.ask(&request)? else {
            return Err(anyhow::anyhow!("no server runs on this data").into());
        };
        match answer {
            AdminAnswer::Account { overview } => {
                let sentence = format!(
                    "registered on day {}, {} devices, {} revoked, vault: {}",
                    overview.created_day, overview.devices, overview.revoked, overview.vault
                );
                tell(json, &sentence, &json!(overview));
            }
            AdminAnswer::Deleted => tell(json, "the account was deleted", &json!({ "deleted": true })),
            answer => refuse(answer)?,
        }
        Ok(())
    }
}
