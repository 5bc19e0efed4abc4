//! Files that the person gives to the page: chosen, dropped on it or pasted. Read in pieces, so that a large one is never whole in
//! memory.

use gloo::{
    events::{EventListener, EventListenerOptions},
    utils::window,
};
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, File, FileList, HtmlInputElement};
use yew::NodeRef;

use super::files;

/// One of them. A handle: the browser keeps what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked(File);

/// What the person does with files over the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// Files are held over the page (true), or not any more.
    Hovering(bool),
    /// These were let go or pasted.
    Given(Vec<Picked>),
}

/// Files at once, at most. Chosen.
const MAX_PICKED: u32 = 16;

impl Picked {
    /// What the person calls it.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Its length in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.0.size() as u64
    }

    /// `length` bytes from `offset` on; `None` if they are not there any more.
    pub async fn read(&self, offset: u64, length: usize) -> Option<Vec<u8>> {
        let (start, end) = (offset as f64, (offset + length as u64) as f64);
        let piece = self.0.slice_with_f64_and_f64(start, end).ok()?;
        files::read(&piece).await.filter(|piece| piece.len() == length)
    }
}

/// The files that were chosen in this field, which is empty again afterwards.
pub fn take_chosen(input: &NodeRef) -> Vec<Picked> {
    let Some(input) = input.cast::<HtmlInputElement>() else { return Vec::new() };
    let chosen = all(input.files());
    // The same file can be chosen again then.
    input.set_value("");
    chosen
}

/// Opens the browser's choice of files.
pub fn choose(input: &NodeRef) {
    if let Some(input) = input.cast::<HtmlInputElement>() {
        input.click();
    }
}

/// Listens as long as it lives.
pub struct Listener {
    _listeners: [EventListener; 5],
}

/// Calls back with what is done with files over the page. The browser would otherwise leave the page and show a dropped file.
pub fn listen(told: impl Fn(Gesture) + Clone + 'static) -> Listener {
    let (enter, leave, let_go, paste) = (told.clone(), told.clone(), told.clone(), told);
    Listener {
        _listeners: [
            dragged("dragenter", move |_| enter(Gesture::Hovering(true))),
            dragged("dragover", |_| ()),
            dragged("dragleave", move |event| {
                // Between two elements of the page it is still over the page.
                if event.related_target().is_none() {
                    leave(Gesture::Hovering(false));
                }
            }),
            dragged("drop", move |event| {
                let_go(Gesture::Hovering(false));
                let_go(Gesture::Given(all(event.data_transfer().and_then(|data| data.files()))));
            }),
            listener("paste", move |event| {
                let data = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
                let pasted = all(data.and_then(|data| data.files()));
                if !pasted.is_empty() {
                    event.prevent_default();
                    paste(Gesture::Given(pasted));
                }
            }),
        ],
    }
}

/// Listens to files that are dragged; texts and links go their usual way.
fn dragged(name: &'static str, told: impl Fn(&DragEvent) + 'static) -> EventListener {
    listener(name, move |event| {
        let Some(event) = event.dyn_ref::<DragEvent>() else { return };
        if event.data_transfer().as_ref().is_some_and(holds_files) {
            event.prevent_default();
            told(event);
        }
    })
}

fn listener(name: &'static str, told: impl Fn(&web_sys::Event) + 'static) -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), name, options, told)
}

fn holds_files(data: &DataTransfer) -> bool {
    data.types().includes(&"Files".into(), 0)
}

fn all(list: Option<FileList>) -> Vec<Picked> {
    let files = |list: FileList| (0..list.length().min(MAX_PICKED)).filter_map(|at| list.get(at)).map(Picked).collect();
    list.map(files).unwrap_or_default()
}
