//! The bridge's part in files: wishes of the person, and what comes of them.

use gloo::timers::future::sleep;
use milanio_identity::AccountId;
use milanio_node::{
    core::{
        files::{FileEvent, FileName},
        session::SessionInput,
    },
    net::client::ClientInput,
    wire::{
        entry::Entry,
        file::{FileId, FileOffer},
    },
};
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;

use super::{
    Bridge,
    desk::{self, file_ref},
    message::VisitMessage,
    show::{device, person_id},
};
use crate::{
    platform::{files::RELEASE_MS, incoming, picked::Picked},
    state::{
        Action,
        files::{FileAction, FileRef, NotOffered},
        room::PersonId,
        toast::{Notice, ToastAction},
        trust::AccountBytes,
    },
};

impl Bridge {
    /// Looks files through, one after the other, and offers each.
    pub(super) fn offer_files(&mut self, files: Vec<Picked>, to: Option<AccountBytes>) {
        // The page does not let anybody write while somebody is not who they were; it may not have heard of it yet.
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.people.blocked().is_empty()) else { return };
        let mut offered = Vec::new();
        for picked in files {
            match visit.desk.judge(&picked) {
                Ok(()) => {
                    visit.desk.preparing += 1;
                    offered.push(picked);
                }
                Err(why) => {
                    let notice = Notice::NotOffered(milanio_node::wire::file_name::clean(&picked.name()), why);
                    self.dispatch.emit(Action::Toast(ToastAction::Show(notice)));
                }
            }
        }
        let (post, number, preparing) = (self.post.clone(), visit.number, visit.desk.preparing);
        self.show(Action::File(FileAction::Preparing(preparing)));
        spawn_local(async move {
            for picked in offered {
                let offer = desk::prepare(&picked).await.map(Box::new);
                post.send_visit(number, VisitMessage::FilePrepared { picked, offer, to });
            }
        });
    }

    pub(super) fn take_prepared(&mut self, picked: Picked, offer: Option<FileOffer>, to: Option<AccountBytes>) {
        let Some(visit) = &mut self.visit else { return };
        visit.desk.preparing = visit.desk.preparing.saturating_sub(1);
        let preparing = visit.desk.preparing;
        let to = to.map(|account| AccountId::from_bytes(&account));
        match (offer, to.transpose()) {
            (Some(offer), Ok(to)) => {
                visit.desk.offered(offer.id);
                visit.send(ClientInput::ShareFile(offer.clone(), desk::source(picked)));
                let id = offer.id.0;
                visit.send(SessionInput::SendEntry(Entry::Offer(offer), to));
                self.show(Action::File(FileAction::Offered(id)));
            }
            _ => self.refuse_file(&picked.name(), NotOffered::Unreadable),
        }
        self.show(Action::File(FileAction::Preparing(preparing)));
    }

    /// The room did not take an offer: nobody could ask for the file.
    pub(super) fn take_offer_back(&mut self, offer: &FileOffer) {
        self.withdraw_file(offer.id);
        self.refuse_file(&offer.name, NotOffered::Refused);
    }

    fn refuse_file(&self, name: &str, why: NotOffered) {
        let name = milanio_node::wire::file_name::clean(name);
        self.show(Action::Toast(ToastAction::Show(Notice::NotOffered(name, why))));
    }

    pub(super) fn withdraw_file(&mut self, id: FileId) {
        if let Some(visit) = &mut self.visit
            && visit.desk.withdraw(id)
        {
            visit.send(SessionInput::WithdrawFile(id));
            self.show(Action::File(FileAction::Withdrawn(id.0)));
        }
    }

    pub(super) fn take_file(&mut self, owner: PersonId, offer: FileOffer) {
        let (Some(visit), Some(owner)) = (&mut self.visit, device(owner)) else { return };
        let file = FileName { owner, id: offer.id };
        let Some((try_number, sink, pieces)) = visit.desk.take(file, offer.size_bytes) else {
            return self.show(Action::Toast(ToastAction::Show(Notice::TooManyFiles)));
        };
        visit.send(ClientInput::FetchFile(owner, offer, sink));
        let (post, number) = (self.post.clone(), visit.number);
        spawn_local(async move {
            let incoming = incoming::receive(pieces).await;
            post.send_visit(number, VisitMessage::FileWritten { file, try_number, incoming });
        });
    }

    pub(super) fn cancel_file(&mut self, file: FileRef) {
        if let (Some(visit), Some(file)) = (&mut self.visit, file_name(file)) {
            visit.send(SessionInput::CancelFile(file));
        }
    }

    pub(super) fn save_file(&mut self, file: FileRef, name: &str) {
        let (Some(visit), Some(file)) = (&self.visit, file_name(file)) else { return };
        let Some(try_number) = visit.desk.save(file, name) else {
            return self.show(Action::File(FileAction::Unwritable(file_ref(file))));
        };
        self.show(Action::File(FileAction::Saved(file_ref(file))));
        let (post, number) = (self.post.clone(), visit.number);
        spawn_local(async move {
            sleep(Duration::from_millis(RELEASE_MS.into())).await;
            post.send_visit(number, VisitMessage::FileReleased { file, try_number });
        });
    }

    pub(super) fn take_file_event(&mut self, event: FileEvent) {
        let Some(visit) = &mut self.visit else { return };
        let people = &visit.people;
        let name_of = |device| people.who(person_id(device)).map(|(_, name)| name).unwrap_or_default();
        let actions = visit.desk.heard(event, name_of);
        self.show_all(actions.into_iter().map(Action::File).collect());
    }

    pub(super) fn take_written(&mut self, file: FileName, try_number: u32, incoming: Option<incoming::Incoming>) {
        let Some(visit) = &mut self.visit else { return };
        if let Some(action) = visit.desk.written(file, try_number, incoming) {
            self.show(Action::File(action));
        }
    }
}

fn file_name(file: FileRef) -> Option<FileName> {
    Some(FileName { owner: device(file.owner)?, id: FileId(file.id) })
}
