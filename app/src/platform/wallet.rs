//! Where the wallet is kept: sealed (`platform::shelf`), one per browser. Beside it lie the wallet of somebody who signed
//! out and may come back by this device's key, a sign-up that waits for the code of its mail, and a new identity that waits for an address.
//!
//! Every change is told to all pages of this browser: as the window event [`CHANGED`], and over the broadcast channel of the same
//! name to the other tabs. Changes of two tabs take turns (Web Locks), so that none overwrites the other's.

use std::future::Future;

use wasm_bindgen::JsValue;
use web_sys::{BroadcastChannel, Event};
use zeroize::Zeroizing;

use super::{clock, locks, shelf::Shelf};
use crate::wallet::Wallet;

/// Name of the window event and of the broadcast channel that say that the wallet changed, came or went.
pub const CHANGED: &str = "milanio:wallet";

const SHELF: Shelf = Shelf { database: "milanio.wallet", store: "wallet" };
/// The wallet of who is signed in.
const WALLET: &str = "wallet";
/// The wallet of who signed out.
const PARKED: &str = "parked";
/// A sign-up that waits for its code.
const PENDING: &str = "pending";
/// A new identity that waits for its address.
const RECLAIM: &str = "reclaim";
/// Held while the wallet is read, changed and written.
const LOCK: &str = "milanio.wallet";

/// Name of the window event that asks for a new attestation; `static/boot.js` loads the account module for it.
pub const STALE: &str = "milanio:stale";

/// Why the wallet could not be kept. Always local.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepError {
    /// The browser gives no storage, as in some private windows, or it is full.
    #[error("the browser keeps nothing")]
    LocalStorage,
    /// There is no wallet to change any more.
    #[error("there is no wallet")]
    Gone,
}

/// The wallet of this browser, if somebody is signed in and it can be opened. Asks for a new attestation if that is due.
pub async fn load() -> Option<Wallet> {
    let wallet = read_wallet(WALLET).await?;
    if wallet.wants_attestation(clock::now_ms() / 1_000) {
        say(STALE);
    }
    Some(wallet)
}

/// The wallet of who signed out here.
pub async fn load_parked() -> Option<Wallet> {
    read_wallet(PARKED).await
}

async fn read_wallet(key: &str) -> Option<Wallet> {
    let opened = SHELF.fetch(key).await?;
    match Wallet::from_bytes(&opened) {
        Ok(wallet) => Some(wallet),
        Err(error) => {
            tracing::error!(%error, "the wallet cannot be read");
            None
        }
    }
}

/// Keeps the wallet in place of the one before, and tells everybody. Whoever signed out here before is forgotten.
///
/// # Errors
/// If the browser keeps nothing.
pub async fn save(wallet: &Wallet) -> Result<(), KeepError> {
    let bytes = wallet.to_bytes();
    change(async move {
        SHELF.put(WALLET, &bytes).await?;
        SHELF.remove(PARKED).await
    })
    .await
}

/// Changes the wallet as it is now, keeps it, tells everybody, and gives it back.
///
/// # Errors
/// If there is none any more, or the browser keeps nothing.
pub async fn update(edit: impl FnOnce(&mut Wallet) + 'static) -> Result<Wallet, KeepError> {
    let changed = locks::exclusively(LOCK, async move {
        let mut wallet = read_wallet(WALLET).await.ok_or(KeepError::Gone)?;
        edit(&mut wallet);
        SHELF.put(WALLET, &wallet.to_bytes()).await.ok_or(KeepError::LocalStorage)?;
        Ok(wallet)
    })
    .await?;
    say_changed();
    Ok(changed)
}

/// Puts the wallet aside: nobody is signed in here, and this device's key can sign in again.
///
/// # Errors
/// If the browser keeps nothing.
pub async fn park() -> Result<(), KeepError> {
    change(async { take_over(WALLET, PARKED).await }).await
}

/// Brings back the wallet that was put aside.
///
/// # Errors
/// If there is none, or the browser keeps nothing.
pub async fn unpark() -> Result<(), KeepError> {
    change(async { take_over(PARKED, WALLET).await }).await
}

/// Forgets the wallet, the one that was put aside, and what waits for a code or an address; and tells everybody.
///
/// # Errors
/// If the storage cannot be reached; the wallet may still be there then.
pub async fn clear() -> Result<(), KeepError> {
    change(async {
        SHELF.remove(WALLET).await?;
        SHELF.remove(PARKED).await?;
        SHELF.remove(RECLAIM).await?;
        SHELF.remove(PENDING).await
    })
    .await
}

/// A sign-up that waits for its code, as it was kept.
pub async fn load_pending() -> Option<Zeroizing<Vec<u8>>> {
    SHELF.fetch(PENDING).await
}

/// Keeps a sign-up that waits for its code; `None` forgets it.
///
/// # Errors
/// If the browser keeps nothing.
pub async fn keep_pending(pending: Option<Zeroizing<Vec<u8>>>) -> Result<(), KeepError> {
    let kept = match pending {
        Some(bytes) => SHELF.put(PENDING, &bytes).await,
        None => SHELF.remove(PENDING).await,
    };
    kept.ok_or(KeepError::LocalStorage)
}

/// A new identity that waits for its address, as it was kept.
pub async fn load_reclaim() -> Option<Zeroizing<Vec<u8>>> {
    SHELF.fetch(RECLAIM).await
}

/// Keeps a new identity that waits for its address, and tells everybody; `None` forgets it.
///
/// # Errors
/// If the browser keeps nothing.
pub async fn keep_reclaim(reclaim: Option<Zeroizing<Vec<u8>>>) -> Result<(), KeepError> {
    change(async move {
        match reclaim {
            Some(bytes) => SHELF.put(RECLAIM, &bytes).await,
            None => SHELF.remove(RECLAIM).await,
        }
    })
    .await
}

async fn change(work: impl Future<Output = Option<()>> + 'static) -> Result<(), KeepError> {
    locks::exclusively(LOCK, async move { work.await.ok_or(KeepError::LocalStorage) }).await?;
    say_changed();
    Ok(())
}

async fn take_over(from: &str, to: &str) -> Option<()> {
    let bytes = SHELF.fetch(from).await?;
    SHELF.put(to, &bytes).await?;
    SHELF.remove(from).await
}

/// Tells the modules of this page, and the other tabs.
fn say_changed() {
    say(CHANGED);
    if let Ok(channel) = BroadcastChannel::new(CHANGED) {
        // A tab that does not hear of it sees it when it loads the wallet next.
        let _ = channel.post_message(&JsValue::NULL);
        channel.close();
    }
}

/// Tells the modules of this page.
fn say(name: &str) {
    if let Ok(event) = Event::new(name) {
        // Dispatching fails only for an event that is being dispatched.
        let _ = gloo::utils::window().dispatch_event(&event);
    }
}

/// Listens as long as it lives.
pub struct Listener {
    _here: gloo::events::EventListener,
    _elsewhere: Option<(gloo::events::EventListener, Channel)>,
}

impl Listener {
    /// Listens for as long as the page lives.
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

/// Closes the channel when it is dropped.
struct Channel(BroadcastChannel);

impl Drop for Channel {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Calls back whenever the wallet changed, came or went, here or in another tab.
pub fn listen(changed: impl Fn() + Clone + 'static) -> Listener {
    use gloo::events::EventListener;
    let elsewhere = BroadcastChannel::new(CHANGED).ok().map(|channel| {
        let changed = changed.clone();
        (EventListener::new(&channel, "message", move |_| changed()), Channel(channel))
    });
    Listener { _here: EventListener::new(&gloo::utils::window(), CHANGED, move |_| changed()), _elsewhere: elsewhere }
}
