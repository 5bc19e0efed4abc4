//! Where the wallet is kept: sealed (`platform::vault`) in IndexedDB, one per browser.
//!
//! Every change is told to all pages of this browser: as the window event [`CHANGED`], and over the broadcast channel of the same
//! name to the other tabs. Changes of two tabs take turns (Web Locks), so that none overwrites the other's.

use idb::{Database, Factory, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, Event};

use super::{locks, vault};
use crate::wallet::Wallet;

/// Name of the window event and of the broadcast channel that say that the wallet changed, came or went.
pub const CHANGED: &str = "milanio:wallet";

const DATABASE: &str = "milanio.wallet";
const STORE: &str = "wallet";
const KEY: &str = "wallet";
/// Held while the wallet is read, changed and written.
const LOCK: &str = "milanio.wallet";

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

/// The wallet of this browser, if there is one and it can be opened.
pub async fn load() -> Option<Wallet> {
    let database = database().await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly).ok()?;
    let value = transaction.object_store(STORE).ok()?.get(JsValue::from(KEY)).ok()?.await.ok()?;
    database.close();
    let sealed: Uint8Array = value?.dyn_into().ok()?;
    let opened = vault::open(&sealed.to_vec()).await?;
    match Wallet::from_bytes(&opened) {
        Ok(wallet) => Some(wallet),
        Err(error) => {
            tracing::error!(%error, "the wallet cannot be read");
            None
        }
    }
}

/// Keeps the wallet in place of the one before, and tells everybody.
///
/// # Errors
/// If the browser keeps nothing.
pub async fn save(wallet: &Wallet) -> Result<(), KeepError> {
    let wallet = wallet.clone();
    locks::exclusively(LOCK, async move { store(&wallet).await.ok_or(KeepError::LocalStorage) }).await?;
    announce();
    Ok(())
}

/// Changes the wallet as it is now, keeps it, tells everybody, and gives it back.
///
/// # Errors
/// If there is none any more, or the browser keeps nothing.
pub async fn update(change: impl FnOnce(&mut Wallet) + 'static) -> Result<Wallet, KeepError> {
    let changed = locks::exclusively(LOCK, async move {
        let mut wallet = load().await.ok_or(KeepError::Gone)?;
        change(&mut wallet);
        store(&wallet).await.ok_or(KeepError::LocalStorage)?;
        Ok(wallet)
    })
    .await?;
    announce();
    Ok(changed)
}

/// Forgets the wallet, and tells everybody.
///
/// # Errors
/// If the storage cannot be reached; the wallet may still be there then.
pub async fn clear() -> Result<(), KeepError> {
    locks::exclusively(LOCK, async { remove().await.ok_or(KeepError::LocalStorage) }).await?;
    announce();
    Ok(())
}

async fn store(wallet: &Wallet) -> Option<()> {
    let sealed = vault::seal(&wallet.to_bytes()).await?;
    let database = database().await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite).ok()?;
    let value = Uint8Array::from(sealed.as_slice());
    transaction.object_store(STORE).ok()?.put(&value, Some(&KEY.into())).ok()?.await.ok()?;
    transaction.commit().ok()?.await.ok()?;
    database.close();
    Some(())
}

async fn remove() -> Option<()> {
    let database = database().await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite).ok()?;
    transaction.object_store(STORE).ok()?.delete(JsValue::from(KEY)).ok()?.await.ok()?;
    transaction.commit().ok()?.await.ok()?;
    database.close();
    Some(())
}

async fn database() -> Option<Database> {
    let mut request = Factory::new().ok()?.open(DATABASE, Some(1)).ok()?;
    request.on_upgrade_needed(|event| {
        use idb::DatabaseEvent as _;
        // Without the store every later step fails, which only means that nothing is kept.
        if let Ok(database) = event.database() {
            let _ = database.create_object_store(STORE, idb::ObjectStoreParams::new());
        }
    });
    request.await.ok()
}

/// Tells the modules of this page, and the other tabs.
fn announce() {
    if let Ok(event) = Event::new(CHANGED) {
        // Dispatching fails only for an event that is being dispatched.
        let _ = gloo::utils::window().dispatch_event(&event);
    }
    if let Ok(channel) = BroadcastChannel::new(CHANGED) {
        // A tab that does not hear of it sees it when it loads the wallet next.
        let _ = channel.post_message(&JsValue::NULL);
        channel.close();
    }
}

/// Listens as long as it lives.
pub struct Listener {
    _here: gloo::events::EventListener,
    _elsewhere: Option<(gloo::events::EventListener, Channel)>,
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
