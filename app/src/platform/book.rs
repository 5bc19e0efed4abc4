//! What this browser remembers of people and rooms: contacts and recent rooms, sealed (`platform::shelf`). Whatever fails, nothing is
//! remembered, and nothing else is lost. Changes of two tabs take turns (Web Locks), so that none overwrites the other's.

use serde::{Serialize, de::DeserializeOwned};

use super::{locks, shelf::Shelf};

const SHELF: Shelf = Shelf { database: "milanio.book", store: "book" };

/// Held while a record is read, changed and written.
const LOCK: &str = "milanio.book";

/// The record of everybody met before.
pub const CONTACTS: &str = "contacts";

/// The record of the rooms visited lately.
pub const ROOMS: &str = "rooms";

/// A record as it is kept, or an empty one.
pub async fn load<R: DeserializeOwned + Default>(key: &str) -> R {
    match SHELF.fetch(key).await {
        Some(bytes) => postcard::from_bytes(&bytes).unwrap_or_default(),
        None => R::default(),
    }
}

/// Changes a record as it is kept now, and gives it back as it is then.
pub async fn update<R>(key: &'static str, edit: impl FnOnce(&mut R) + 'static) -> R
where
    R: DeserializeOwned + Serialize + Default + 'static,
{
    locks::exclusively(LOCK, async move {
        let mut record = load(key).await;
        edit(&mut record);
        if let Ok(bytes) = postcard::to_allocvec(&record) {
            // A full or missing storage only means that it is forgotten with the page.
            let _ = SHELF.put(key, &bytes).await;
        }
        record
    })
    .await
}

/// Forgets a record.
pub async fn forget(key: &'static str) {
    locks::exclusively(LOCK, async move {
        // Where nothing can be removed nothing was kept.
        let _ = SHELF.remove(key).await;
    })
    .await;
}
