//! Files that come from others: on the browser's own disk space while that can be had (the origin's private file system), else in
//! memory, until they are saved or dropped. What a page that crashed has left behind goes a day later.

use futures::{StreamExt as _, channel::mpsc};
use js_sys::{Array, AsyncIterator, IteratorNext, Uint8Array};
use milanio_node::net::files::SINK_QUEUE;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemWritableFileStream,
};

use super::{clock, files};

/// Where they are, in the site's own file system.
const FOLDER: &str = "incoming";

/// After this nobody waits for a file any more, in milliseconds. Chosen.
const STALE_MS: u64 = 24 * 60 * 60 * 1_000;

/// A file that has come. Dropping it removes it, unless the browser is still saving it from memory.
pub struct Incoming {
    blob: Blob,
    _entry: Option<Entry>,
}

impl Incoming {
    /// Its length in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.blob.size() as u64
    }

    /// Hands it to the browser under this name; `None` if it does not take it.
    pub fn save(&self, name: &str) -> Option<()> {
        files::save_blob(name, &self.blob)
    }
}

/// A name in the folder, which goes when this is dropped.
struct Entry {
    folder: FileSystemDirectoryHandle,
    name: String,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let removed = self.folder.remove_entry(&self.name);
        spawn_local(async move {
            // It may be gone with the site's data.
            let _ = JsFuture::from(removed).await;
        });
    }
}

/// Takes pieces until there are no more; `None` if they cannot be kept, and whoever sends them learns by the closed channel.
pub async fn receive(pieces: mpsc::Receiver<Vec<u8>>) -> Option<Incoming> {
    let mut batches = pieces.ready_chunks(SINK_QUEUE);
    let Some(disk) = Disk::open().await else {
        let parts = Array::new();
        while let Some(batch) = batches.next().await {
            parts.push(&Uint8Array::from(batch.concat().as_slice()));
        }
        let blob = Blob::new_with_u8_array_sequence(&parts).ok()?;
        return Some(Incoming { blob, _entry: None });
    };
    while let Some(batch) = batches.next().await {
        disk.write(&batch.concat()).await?;
    }
    disk.close().await
}

struct Disk {
    entry: Entry,
    file: FileSystemFileHandle,
    stream: FileSystemWritableFileStream,
}

impl Disk {
    /// `None` where there is no such disk space, or none from a page.
    async fn open() -> Option<Self> {
        let root: FileSystemDirectoryHandle = done(storage()?.get_directory()).await?;
        let create = FileSystemGetDirectoryOptions::new();
        create.set_create(true);
        let folder: FileSystemDirectoryHandle = done(root.get_directory_handle_with_options(FOLDER, &create)).await?;
        let now = clock::now_ms();
        remove_stale(&folder, now).await;
        let mut random = [0; 8];
        getrandom::fill(&mut random).ok()?;
        // The time comes first: it is how what is stale is known.
        let name = format!("{now}-{:016x}", u64::from_be_bytes(random));
        let create = FileSystemGetFileOptions::new();
        create.set_create(true);
        let file: FileSystemFileHandle = done(folder.get_file_handle_with_options(&name, &create)).await?;
        let entry = Entry { folder, name };
        let stream = done(file.create_writable()).await?;
        Some(Self { entry, file, stream })
    }

    async fn write(&self, piece: &[u8]) -> Option<()> {
        // A copy: the program's own memory may change before the browser has written it.
        let written = self.stream.write_with_js_u8_array(&Uint8Array::from(piece)).ok()?;
        JsFuture::from(written).await.ok().map(drop)
    }

    async fn close(self) -> Option<Incoming> {
        JsFuture::from(self.stream.close()).await.ok()?;
        let blob: Blob = done(self.file.get_file()).await?;
        Some(Incoming { blob, _entry: Some(self.entry) })
    }
}

/// The browser's storage; missing in pages that are not secure, and in old browsers.
fn storage() -> Option<web_sys::StorageManager> {
    let storage = gloo::utils::window().navigator().storage();
    js_sys::Reflect::has(&storage, &"getDirectory".into()).ok()?.then_some(storage)
}

async fn done<T: JsCast>(promise: js_sys::Promise) -> Option<T> {
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

async fn remove_stale(folder: &FileSystemDirectoryHandle, now: u64) {
    let names: AsyncIterator = folder.keys();
    while let Some(name) = next(&names).await.and_then(|name| name.as_string()) {
        let begun = name.split('-').next().and_then(|time| time.parse::<u64>().ok());
        if begun.is_none_or(|begun| now.saturating_sub(begun) > STALE_MS) {
            // In use by another page, or gone.
            let _ = JsFuture::from(folder.remove_entry(&name)).await;
        }
    }
}

async fn next(names: &AsyncIterator) -> Option<JsValue> {
    let step: IteratorNext = JsFuture::from(names.next().ok()?).await.ok()?.unchecked_into();
    (!step.done()).then(|| step.value())
}
