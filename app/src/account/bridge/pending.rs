//! What a code that travels by mail is for, and the keys that wait with it. A sign-up or a takeover is kept, sealed, so that the link of the mail works
//! in a new tab and after a reload; the rest lives as long as the page.

use milanio_identity::ExportKey;
use milanio_rendezvous::api::{CodeSent, RequestId};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    account::{
        secret::Secret,
        state::{
            mail::{MailStep, Purpose},
            problem::Problem,
        },
    },
    platform::{clock, wallet},
    wallet::{Wallet, WalletError},
};

/// What is waited for.
pub(super) struct Pending {
    /// Names the request at the server.
    pub request: RequestId,
    /// Where the mail goes.
    pub email: String,
    /// When another mail may be asked for, in milliseconds of the page's clock.
    pub resend_at_ms: u64,
    /// When the code ends, in milliseconds of the page's clock.
    pub expires_at_ms: u64,
    /// What for.
    pub what: What,
}

/// What a code is for.
pub(super) enum What {
    /// The first code of this identity.
    SignUp(Box<Wallet>),
    /// The address is taken back for this new identity.
    Reclaim(Box<Wallet>),
    /// The password was right; the key that it gives opens the vault, and it is needed again for another mail.
    Password(ExportKey, Secret),
    /// The address is being changed; the old one is needed again for another mail.
    EmailChange(String),
}

/// A sign-up or a takeover as it is kept.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Kept {
    request: [u8; 16],
    email: String,
    resend_at_ms: u64,
    expires_at_ms: u64,
    is_reclaim: bool,
    wallet: Vec<u8>,
}

impl Pending {
    /// A code was sent, the server says.
    pub fn new(sent: &CodeSent, email: String, what: What) -> Self {
        let now_ms = clock::now_ms();
        Self {
            request: sent.request_id,
            email,
            resend_at_ms: now_ms.saturating_add(u64::from(sent.resend_after_s).saturating_mul(1_000)),
            // A clock that is off must not end the code early: ten minutes from now is the latest it can be.
            expires_at_ms: sent.expires_s.saturating_mul(1_000).clamp(now_ms + SHORTEST_MS, now_ms + LONGEST_MS),
            what,
        }
    }

    /// What the code is for.
    pub const fn purpose(&self) -> Purpose {
        match self.what {
            What::SignUp(_) => Purpose::SignUp,
            What::Reclaim(_) => Purpose::Reclaim,
            What::Password(..) => Purpose::Password,
            What::EmailChange(_) => Purpose::EmailChange,
        }
    }

    /// Whether the code has ended.
    pub fn is_over(&self) -> bool {
        self.expires_at_ms <= clock::now_ms()
    }

    /// Why its code was refused: the server does not say whether it is wrong or over.
    pub fn refusal(&self, problem: Problem) -> Problem {
        if problem == Problem::CodeWrong && self.is_over() { Problem::CodeExpired } else { problem }
    }

    /// What screens show of it.
    pub fn step(&self) -> MailStep {
        MailStep {
            purpose: self.purpose(),
            email: self.email.clone(),
            resend_at_ms: self.resend_at_ms,
            expires_at_ms: self.expires_at_ms,
        }
    }

    /// Keeps a sign-up or a takeover for a new tab or a reload. That it cannot be kept only means that it does not survive those.
    pub async fn keep(&self) {
        let (What::SignUp(wallet) | What::Reclaim(wallet)) = &self.what else { return };
        let kept = Kept {
            request: *self.request.as_bytes(),
            email: self.email.clone(),
            resend_at_ms: self.resend_at_ms,
            expires_at_ms: self.expires_at_ms,
            is_reclaim: self.purpose() == Purpose::Reclaim,
            wallet: wallet.to_bytes().to_vec(),
        };
        if let Ok(bytes) = postcard::to_allocvec(&kept) {
            let _ = wallet::keep_pending(Some(Zeroizing::new(bytes))).await;
        }
    }

    /// What was kept and waits, or waited: its code may have ended.
    pub async fn recall() -> Option<Self> {
        let bytes = wallet::load_pending().await?;
        let kept: Kept = postcard::from_bytes(&bytes).ok()?;
        let wallet: Result<Wallet, WalletError> = Wallet::from_bytes(&kept.wallet);
        let wallet = Box::new(wallet.ok()?);
        Some(Self {
            request: RequestId::from_bytes(kept.request),
            email: kept.email.clone(),
            resend_at_ms: kept.resend_at_ms,
            expires_at_ms: kept.expires_at_ms,
            what: if kept.is_reclaim { What::Reclaim(wallet) } else { What::SignUp(wallet) },
        })
    }

    /// Nothing that was kept waits any more.
    pub async fn forget() {
        // What is left ends by its time.
        let _ = wallet::keep_pending(None).await;
    }
}

/// The shortest time that a code is shown to last, in milliseconds. Chosen: a minute, whatever the clocks say.
const SHORTEST_MS: u64 = 60_000;

/// The longest, in milliseconds: what a server gives.
const LONGEST_MS: u64 = 600_000;
