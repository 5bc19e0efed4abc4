//! What is asked of the server in a round: where, and what it takes.

use milanio_rendezvous::api::{
    ACCOUNT_PATH, DEVICES_PATH, EMAIL_PATH, EMAIL_VERIFY_PATH, LOGIN_PATH, LOGOUT_PATH, OPAQUE_FINISH_PATH,
    OPAQUE_LOGIN_PATH, OPAQUE_REGISTER_PATH, OPAQUE_VAULT_PATH, PROFILE_PATH, RECLAIM_FINISH_PATH, RECLAIM_PATH,
    RECLAIM_STATUS_PATH, RECLAIM_STOP_PATH, RECLAIM_VERIFY_PATH, REGISTER_PATH, VAULT_PATH, VERIFY_PATH,
};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The sealed profile.
    ReadProfile,
    /// The sealed vault.
    ReadVault,
    /// The device list.
    ReadDevices,
    /// Another profile.
    WriteProfile,
    /// The end of the session.
    Logout,
    /// The first step of a password's registration.
    RegisterPassword,
    /// A letter to a new address.
    Register,
    /// A session.
    Login,
    /// Another vault and password.
    WriteVault,
    /// No vault any more.
    DeleteVault,
    /// Another device list.
    WriteDevices,
    /// Another address.
    ChangeEmail,
    /// No account any more.
    DeleteAccount,
    /// A letter that begins a takeover.
    Reclaim,
    /// The begin of its wait.
    VerifyReclaim,
    /// How far it is.
    ReclaimStatus,
    /// Its end.
    FinishReclaim,
    /// No takeover, by the link in a notice.
    StopReclaim,
    /// An account, with the code from a letter.
    Verify,
    /// Another address, with the code from a letter.
    VerifyEmail,
    /// The first step of a password's login, which everybody may ask for.
    StartPassword,
    /// A letter, for who has proven the password.
    FinishPassword,
    /// The sealed vault, with the code from that letter.
    OpenVault,
}

impl Task {
    /// Every one.
    pub const ALL: [Self; 23] = [
        Self::ReadProfile,
        Self::ReadVault,
        Self::ReadDevices,
        Self::WriteProfile,
        Self::Logout,
        Self::RegisterPassword,
        Self::Register,
        Self::Login,
        Self::WriteVault,
        Self::DeleteVault,
        Self::WriteDevices,
        Self::ChangeEmail,
        Self::DeleteAccount,
        Self::Reclaim,
        Self::VerifyReclaim,
        Self::ReclaimStatus,
        Self::FinishReclaim,
        Self::StopReclaim,
        Self::Verify,
        Self::VerifyEmail,
        Self::StartPassword,
        Self::FinishPassword,
        Self::OpenVault,
    ];

    /// Method and path.
    pub const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::ReadProfile => ("GET", PROFILE_PATH),
            Self::ReadVault => ("GET", VAULT_PATH),
            Self::ReadDevices => ("GET", DEVICES_PATH),
            Self::WriteProfile => ("PUT", PROFILE_PATH),
            Self::Logout => ("POST", LOGOUT_PATH),
            Self::RegisterPassword => ("POST", OPAQUE_REGISTER_PATH),
            Self::Register => ("POST", REGISTER_PATH),
            Self::Login => ("POST", LOGIN_PATH),
            Self::WriteVault => ("PUT", VAULT_PATH),
            Self::DeleteVault => ("DELETE", VAULT_PATH),
            Self::WriteDevices => ("PUT", DEVICES_PATH),
            Self::ChangeEmail => ("POST", EMAIL_PATH),
            Self::DeleteAccount => ("DELETE", ACCOUNT_PATH),
            Self::Reclaim => ("POST", RECLAIM_PATH),
            Self::VerifyReclaim => ("POST", RECLAIM_VERIFY_PATH),
            Self::ReclaimStatus => ("POST", RECLAIM_STATUS_PATH),
            Self::FinishReclaim => ("POST", RECLAIM_FINISH_PATH),
            Self::StopReclaim => ("POST", RECLAIM_STOP_PATH),
            Self::Verify => ("POST", VERIFY_PATH),
            Self::VerifyEmail => ("POST", EMAIL_VERIFY_PATH),
            Self::StartPassword => ("POST", OPAQUE_LOGIN_PATH),
            Self::FinishPassword => ("POST", OPAQUE_FINISH_PATH),
            Self::OpenVault => ("POST", OPAQUE_VAULT_PATH),
        }
    }

    /// What it is called in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadProfile => "read profile",
            Self::ReadVault => "read vault",
            Self::ReadDevices => "read devices",
            Self::WriteProfile => "write profile",
            Self::Logout => "sign out",
            Self::RegisterPassword => "register password",
            Self::Register => "register",
            Self::Login => "sign in",
            Self::WriteVault => "write vault",
            Self::DeleteVault => "delete vault",
            Self::WriteDevices => "write devices",
            Self::ChangeEmail => "change address",
            Self::DeleteAccount => "delete account",
            Self::Reclaim => "ask for an address",
            Self::VerifyReclaim => "begin a takeover",
            Self::ReclaimStatus => "ask about a takeover",
            Self::FinishReclaim => "finish a takeover",
            Self::StopReclaim => "stop a takeover",
            Self::Verify => "verify",
            Self::VerifyEmail => "verify another address",
            Self::StartPassword => "begin with a password",
            Self::FinishPassword => "prove a password",
            Self::OpenVault => "open vault",
        }
    }

    /// Whether it is about an address that shall move to a new account.
    pub const fn is_takeover(self) -> bool {
        matches!(
            self,
            Self::Reclaim | Self::VerifyReclaim | Self::ReclaimStatus | Self::FinishReclaim | Self::StopReclaim
        )
    }

    /// Whether it is about the password of an account.
    pub const fn is_login(self) -> bool {
        matches!(self, Self::StartPassword | Self::FinishPassword)
    }

    /// Whether its body has a certificate, which is all that says whose device it is.
    pub const fn is_certified(self) -> bool {
        matches!(
            self,
            Self::Register
                | Self::Verify
                | Self::Login
                | Self::Reclaim
                | Self::VerifyReclaim
                | Self::ReclaimStatus
                | Self::FinishReclaim
        )
    }

    /// Whether it needs a session.
    pub const fn is_in_session(self) -> bool {
        !self.is_certified() && !self.is_login() && !matches!(self, Self::StopReclaim | Self::OpenVault)
    }

    /// Whether it needs the code from a letter.
    pub const fn is_coded(self) -> bool {
        matches!(self, Self::Verify | Self::VerifyEmail | Self::VerifyReclaim | Self::OpenVault)
    }

    /// Whether what it was asked with is used up by it.
    pub const fn is_taken_once(self) -> bool {
        self.is_proven() || self.is_coded() || matches!(self, Self::FinishPassword)
    }

    /// Whether it needs a proof.
    pub const fn is_proven(self) -> bool {
        self.is_certified()
            || matches!(
                self,
                Self::WriteVault | Self::DeleteVault | Self::WriteDevices | Self::ChangeEmail | Self::DeleteAccount
            )
    }
}
