//! Opening one of this browser's databases (IndexedDB). What lies in it is its owner's business.

use idb::{Database, DatabaseEvent as _, Factory, ObjectStoreParams};

/// The database `name` with its one object store `store`, made if there is none. `None` if the browser keeps nothing.
pub(super) async fn open(name: &str, store: &'static str) -> Option<Database> {
    let mut request = Factory::new().ok()?.open(name, Some(1)).ok()?;
    request.on_upgrade_needed(move |event| {
        // Without the store every later step fails, which only means that nothing is kept.
        if let Ok(database) = event.database() {
            let _ = database.create_object_store(store, ObjectStoreParams::new());
        }
    });
    request.await.ok()
}
