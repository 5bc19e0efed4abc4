//! The browser's peer connections: executes the call engine's commands and reports what happens.
//!
//! Decides nothing. Commands of one link run in order, each finished before the next. Every connection has a fresh ECDSA
//! certificate, since none is passed (W3C WebRTC 4.4.1.1).

mod link;
mod sending;
mod speech;
mod stats;
mod steps;

use std::{cell::RefCell, rc::Rc};

use milanio_identity::DeviceId;
use milanio_node::core::call::{CallCommand, LinkId, PeerEvent};
use milanio_node::core::sorted::{SortedMap, SortedSet};
use web_sys::{MediaStream, MediaStreamTrack};

use self::link::Link;
use crate::platform::streams::{self, StreamKey};
use crate::state::{
    ladder::{self, Rung},
    room::PersonId,
};

pub use self::speech::SpeechGate;

/// What is sent to everybody.
#[derive(Clone, Debug, Default)]
pub struct LocalTracks {
    /// The microphone's, unless it is off for good.
    pub audio: Option<MediaStreamTrack>,
    /// The camera's, while it is on.
    pub video: Option<MediaStreamTrack>,
}

/// What is reported.
#[derive(Clone, Debug)]
pub enum PeerReport {
    /// For the call engine.
    Event(LinkId, PeerEvent),
    /// The stream registry holds another stream of this person.
    Stream(DeviceId),
    /// It holds none any more.
    NoStream(DeviceId),
    /// This person began or stopped speaking.
    Speaking(DeviceId, bool),
}

/// All connections of this page.
#[derive(Clone)]
pub struct PeerConnections {
    shared: Rc<Shared>,
}

/// What the connections and their listeners share.
struct Shared {
    links: RefCell<SortedMap<LinkId, Link>>,
    tracks: RefCell<LocalTracks>,
    /// Who is sent nothing.
    blocked: RefCell<SortedSet<DeviceId>>,
    /// Says that our tracks belong together, so that receivers play them in step.
    group: Option<MediaStream>,
    report: Box<dyn Fn(PeerReport)>,
}

impl PeerConnections {
    /// None yet. `report` is called from the browser's event loop and must not call back into this.
    pub fn new(report: impl Fn(PeerReport) + 'static) -> Self {
        let group = MediaStream::new().ok();
        let (links, tracks, blocked) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { shared: Rc::new(Shared { links, tracks, blocked, group, report: Box::new(report) }) }
    }

    /// Executes one command of the call engine; `Send` is not for here and ignored.
    pub fn execute(&self, command: CallCommand) {
        match command {
            CallCommand::Open { link, device, role, ice_servers, relay_only } => {
                if let Some(opened) = Link::open(link, device, role, (&ice_servers, relay_only), &self.shared) {
                    self.shared.links.borrow_mut().insert(link, opened);
                    self.shared.tune_all();
                }
            }
            CallCommand::Close { link } => self.close(link),
            CallCommand::Send { .. } => {}
            CallCommand::Configure { link, .. }
            | CallCommand::MakeOffer { link, .. }
            | CallCommand::AcceptOffer { link, .. }
            | CallCommand::AcceptAnswer { link, .. }
            | CallCommand::AddCandidate { link, .. } => self.queue(link, command),
        }
    }

    /// Sends these tracks from now on, to everybody.
    pub fn set_tracks(&self, tracks: &LocalTracks) {
        self.shared.tracks.replace(tracks.clone());
        self.shared.send_all();
    }

    /// Sends nothing to these devices from now on, and to all others what everybody is sent.
    pub fn block(&self, devices: SortedSet<DeviceId>) {
        if *self.shared.blocked.borrow() != devices {
            self.shared.blocked.replace(devices);
            self.shared.send_all();
        }
    }

    /// Closes all connections.
    pub fn close_all(&self) {
        let links: Vec<LinkId> = self.shared.links.borrow().keys().copied().collect();
        links.into_iter().for_each(|link| self.close(link));
    }

    fn queue(&self, link: LinkId, command: CallCommand) {
        let failed = failure_of(&command);
        let queued = self.shared.links.borrow_mut().get_mut(&link).is_some_and(|link| link.queue(command));
        if let Some(event) = failed.filter(|_| !queued) {
            (self.shared.report)(PeerReport::Event(link, event));
        }
    }

    fn close(&self, link: LinkId) {
        let Some(closed) = self.shared.links.borrow_mut().remove(&link) else { return };
        let device = closed.device;
        drop(closed);
        let replaced = self.shared.links.borrow().values().any(|link| link.device == device);
        self.shared.tune_all();
        if !replaced {
            streams::remove(stream_key(device));
            (self.shared.report)(PeerReport::NoStream(device));
        }
    }
}

impl Shared {
    /// What everybody is sent at most.
    fn rung(&self) -> Rung {
        let others: SortedSet<DeviceId> = self.links.borrow().values().map(|link| link.device).collect();
        ladder::rung(others.len())
    }

    /// What this device is sent.
    fn tracks_for(&self, device: DeviceId) -> LocalTracks {
        if self.blocked.borrow().contains(&device) { LocalTracks::default() } else { self.tracks.borrow().clone() }
    }

    fn send_all(&self) {
        let rung = self.rung();
        self.links.borrow().values().for_each(|link| link.set_tracks(&self.tracks_for(link.device), rung));
    }

    fn tune_all(&self) {
        let rung = self.rung();
        self.links.borrow().values().for_each(|link| link.tune(rung));
    }

    fn tune(&self, link: LinkId) {
        let rung = self.rung();
        if let Some(link) = self.links.borrow().get(&link) {
            link.tune(rung);
        }
    }
}

/// What to report if a command cannot even be begun.
fn failure_of(command: &CallCommand) -> Option<PeerEvent> {
    match command {
        CallCommand::MakeOffer { step, .. }
        | CallCommand::AcceptOffer { step, .. }
        | CallCommand::AcceptAnswer { step, .. } => Some(PeerEvent::StepFailed { step: *step }),
        _ => None,
    }
}

fn stream_key(device: DeviceId) -> StreamKey {
    StreamKey::Of(PersonId(*device.as_bytes()))
}
