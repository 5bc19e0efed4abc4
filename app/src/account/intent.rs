//! What the person in front of the account screens wants. The bridge carries it out and answers with
//! [`Action`](super::state::Action)s.

use std::rc::Rc;

use super::{route::Route, secret::Secret};

/// One wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// The page is at this address now.
    Opened(Route),
    /// Go to this screen.
    Go(Route),
    /// Make an identity with this name and, unless it is empty, register this address.
    SignUp {
        /// The name as typed.
        name: String,
        /// The address as typed.
        email: String,
    },
    /// All keys are lost: ask for the address, for a new identity.
    Reclaim {
        /// The new identity's name as typed.
        name: String,
        /// The address as typed.
        email: String,
        /// The person knows what is lost.
        ticked: bool,
    },
    /// Ask how far that is.
    FollowReclaim,
    /// The wait is over: take the address.
    FinishReclaim,
    /// Give it up.
    DropReclaim,
    /// Stop what somebody else asked for; holds what stands in the link.
    StopReclaim(String),
    /// The person has seen that somebody asked for the address then, in seconds since 1970.
    SeeAttempt(u64),
    /// Send the mail once more.
    Resend,
    /// Use another address: back to the form.
    ChangeAddress,
    /// The code of the mail, as typed.
    Code(String),
    /// Sign in by this device's key.
    SignInHere,
    /// Sign in by address and password.
    SignIn {
        /// The address as typed.
        email: String,
        /// The password.
        password: Secret,
    },
    /// Restore from the words.
    RestorePhrase {
        /// The words as typed.
        words: Secret,
        /// How the server hears of it.
        telling: Telling,
    },
    /// Restore from a backup file.
    RestoreFile {
        /// Its content; `None` if none was chosen.
        file: Option<FileBytes>,
        /// Its password.
        password: Secret,
        /// How the server hears of it.
        telling: Telling,
    },
    /// Sign in who was restored here without the account, by its address as typed.
    NameAddress(String),
    /// Show the 24 words.
    ShowWords,
    /// The words asked back, as typed.
    CheckWords([String; 3]),
    /// Judge the password being typed.
    Rate(Secret),
    /// Write a backup file under this password.
    SaveFile {
        /// The password.
        password: Secret,
        /// The password once more.
        again: Secret,
        /// The person will keep both.
        ticked: bool,
    },
    /// Keep a vault at the server under this password.
    SaveVault {
        /// The password.
        password: Secret,
        /// The password once more.
        again: Secret,
    },
    /// Remove the vault from the server.
    RemoveVault,
    /// New device: show a code. Again after a failure, too.
    OfferLink,
    /// Old device: use this code, as typed.
    UseLink(String),
    /// Old device: the words are the same.
    ConfirmLink,
    /// The words differ, or somebody changed their mind.
    StopLink,
    /// Save name and picture.
    SaveProfile {
        /// The name as typed.
        name: String,
        /// What becomes of the picture.
        picture: Picture,
    },
    /// Call the device with this key so.
    RenameDevice {
        /// The key.
        id: [u8; 32],
        /// The name as typed.
        name: String,
    },
    /// Revoke the device at this place of the list.
    Revoke(usize),
    /// Change the address.
    ChangeEmail {
        /// The address so far, as typed.
        old: String,
        /// The new one, as typed.
        new: String,
    },
    /// Ask the server for the account again.
    Refresh,
    /// Write what is known about the account to a file.
    Export,
    /// Sign out: end the sessions of this device, and put the identity aside until its key signs in again.
    SignOut,
    /// Remove the identity from this browser.
    Forget,
    /// Delete the account at the server, and remove the identity from this browser.
    Delete,
}

/// How the server hears of a restored identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Telling {
    /// At once. Holds the account's address as typed; empty if there is no account.
    Now(String),
    /// Not before its address is known: the person goes on without the account.
    Later,
}

/// What becomes of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// It stays.
    Keep,
    /// There is none any more.
    Remove,
    /// It is this one, encoded and small enough.
    New(Rc<Vec<u8>>),
}

/// The content of a file that the person chose.
#[derive(Clone, PartialEq, Eq)]
pub struct FileBytes(pub Rc<Vec<u8>>);

impl std::fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileBytes({} bytes)", self.0.len())
    }
}
