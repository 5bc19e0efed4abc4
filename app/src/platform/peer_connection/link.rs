//! One `RTCPeerConnection`: its listeners, its stream, and the task that works off its commands.
//!
//! Dropping it closes the connection and removes every listener, so no event comes after that.

use std::{cell::RefCell, rc::Rc};

use futures::{StreamExt, channel::mpsc};
use gloo::events::EventListener;
use gloo::timers::callback::Interval;
use milanio_identity::DeviceId;
use milanio_node::core::call::{CallCommand, ConnectionState, IceServer, LinkId, LinkRole, MediaPath, PeerEvent};
use milanio_node::wire::signal::Candidate;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Event, MediaStream, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcTrackEvent,
};

use super::speech::{self, SpeechGate};
use super::stats::{self, Totals};
use super::{LocalTracks, PeerReport, Shared, sending, steps, stream_key};
use crate::platform::streams;
use crate::state::ladder::Rung;

/// One connection.
pub(super) struct Link {
    pub(super) device: DeviceId,
    connection: RtcPeerConnection,
    commands: mpsc::Sender<CallCommand>,
    _listeners: Vec<EventListener>,
    _ticker: Interval,
}

impl Link {
    /// Makes the connection; `None` if the browser refuses even without servers.
    pub(super) fn open(
        id: LinkId,
        device: DeviceId,
        role: LinkRole,
        (servers, relay_only): (&[IceServer], bool),
        shared: &Rc<Shared>,
    ) -> Option<Self> {
        let connection = RtcPeerConnection::new_with_configuration(&steps::configuration(servers, relay_only))
            .or_else(|_| RtcPeerConnection::new_with_configuration(&steps::configuration(&[], relay_only)))
            .inspect_err(|_| tracing::warn!("the browser makes no peer connection"))
            .ok()?;
        let listeners = listen(id, device, &connection, shared)?;
        if role == LinkRole::Offerer {
            steps::add_transceivers(&connection, &shared.tracks_for(device), shared.group.as_ref());
        }
        let (commands, queue) = mpsc::channel(MAX_COMMANDS);
        spawn_local(work_off((id, device), connection.clone(), queue, Rc::clone(shared)));
        let _ticker = watch(id, device, connection.clone(), Rc::clone(shared));
        Some(Self { device, connection, commands, _listeners: listeners, _ticker })
    }

    /// Lines up a command; false if it cannot be taken.
    pub(super) fn queue(&mut self, command: CallCommand) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Sends these tracks from now on, at most as `rung` says.
    pub(super) fn set_tracks(&self, tracks: &LocalTracks, rung: Rung) {
        let (connection, tracks) = (self.connection.clone(), tracks.clone());
        spawn_local(async move {
            steps::replace_tracks(&connection, &tracks).await;
            sending::tune(&connection, rung).await;
        });
    }

    /// Sends at most what `rung` says.
    pub(super) fn tune(&self, rung: Rung) {
        let connection = self.connection.clone();
        spawn_local(async move { sending::tune(&connection, rung).await });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.connection.close();
    }
}

async fn work_off(
    (id, device): (LinkId, DeviceId),
    connection: RtcPeerConnection,
    mut queue: mpsc::Receiver<CallCommand>,
    shared: Rc<Shared>,
) {
    while let Some(command) = queue.next().await {
        if let Some(event) = steps::perform(&connection, command, (device, &shared)).await {
            (shared.report)(PeerReport::Event(id, event));
        }
    }
}

fn listen(
    id: LinkId,
    device: DeviceId,
    connection: &RtcPeerConnection,
    shared: &Rc<Shared>,
) -> Option<Vec<EventListener>> {
    let on = |name: &'static str, act: fn(&Event, &RtcPeerConnection) -> Option<PeerEvent>| {
        let (target, shared) = (connection.clone(), Rc::clone(shared));
        EventListener::new(connection, name, move |event| {
            if let Some(event) = act(event, &target) {
                (shared.report)(PeerReport::Event(id, event));
            }
        })
    };
    let stream = MediaStream::new().ok()?;
    let on_connected = {
        let (target, shared) = (connection.clone(), Rc::clone(shared));
        EventListener::new(connection, "connectionstatechange", move |_| {
            // Some browsers have no parameters to set before.
            if target.connection_state() == RtcPeerConnectionState::Connected {
                shared.tune(id);
            }
        })
    };
    let shared = Rc::clone(shared);
    let on_track = EventListener::new(connection, "track", move |event| {
        if let Some(event) = event.dyn_ref::<RtcTrackEvent>() {
            stream.add_track(&event.track());
            streams::put(stream_key(device), stream.clone());
            (shared.report)(PeerReport::Stream(device));
        }
    });
    Some(vec![
        on_track,
        on_connected,
        on("icecandidate", |event, _| candidate_of(event).map(PeerEvent::LocalCandidate)),
        on("negotiationneeded", |_, _| Some(PeerEvent::NegotiationNeeded)),
        on("connectionstatechange", |_, connection| remote_certificate(connection).map(PeerEvent::RemoteCertificate)),
        on("connectionstatechange", |_, connection| Some(PeerEvent::ConnectionChanged(state_of(connection)))),
    ])
}

fn candidate_of(event: &Event) -> Option<Candidate> {
    let found = event.dyn_ref::<RtcPeerConnectionIceEvent>()?.candidate()?;
    let candidate = found.candidate();
    let ufrag =
        js_sys::Reflect::get(&found, &JsValue::from_str("usernameFragment")).ok().and_then(|text| text.as_string());
    let is_end = candidate.is_empty();
    let mid = found.sdp_mid().unwrap_or_default();
    (!is_end).then(|| Candidate { candidate, mid, ufrag: ufrag.unwrap_or_default() })
}

fn state_of(connection: &RtcPeerConnection) -> ConnectionState {
    match connection.connection_state() {
        RtcPeerConnectionState::New => ConnectionState::New,
        RtcPeerConnectionState::Connecting => ConnectionState::Connecting,
        RtcPeerConnectionState::Connected => ConnectionState::Connected,
        RtcPeerConnectionState::Disconnected => ConnectionState::Disconnected,
        RtcPeerConnectionState::Failed => ConnectionState::Failed,
        _ => ConnectionState::Closed,
    }
}

/// The certificate (DER) of the other end, once connected; `None` where the browser does not tell.
fn remote_certificate(connection: &RtcPeerConnection) -> Option<Vec<u8>> {
    if connection.connection_state() != RtcPeerConnectionState::Connected {
        return None;
    }
    let transport = js_sys::Reflect::get(&connection.get_senders().get(0), &JsValue::from_str("transport")).ok()?;
    let method = js_sys::Reflect::get(&transport, &JsValue::from_str("getRemoteCertificates")).ok()?;
    let chain = method.dyn_into::<js_sys::Function>().ok()?.call0(&transport).ok()?;
    let first = chain.dyn_into::<js_sys::Array>().ok()?.get(0).dyn_into::<js_sys::ArrayBuffer>().ok()?;
    Some(js_sys::Uint8Array::new(&first).to_vec())
}

/// What the ticker remembers of one connection.
#[derive(Default)]
struct Watch {
    ticks: u32,
    gate: SpeechGate,
    totals: Totals,
    path: Option<MediaPath>,
}

fn watch(id: LinkId, device: DeviceId, connection: RtcPeerConnection, shared: Rc<Shared>) -> Interval {
    let watch = Rc::new(RefCell::new(Watch::default()));
    Interval::new(SPEECH_TICK_MS, move || {
        let level = speech::level(&connection);
        let mut state = watch.borrow_mut();
        if let Some(speaking) = state.gate.tick(level, SPEECH_TICK_MS) {
            (shared.report)(PeerReport::Speaking(device, speaking));
        }
        if connection.connection_state() != RtcPeerConnectionState::Connected {
            return;
        }
        // The first figures come at once, so that the path is known early.
        if state.ticks % STATS_EVERY == 0 {
            spawn_local(measure(id, connection.clone(), Rc::clone(&shared), Rc::clone(&watch)));
        }
        state.ticks = state.ticks.wrapping_add(1);
    })
}

async fn measure(id: LinkId, connection: RtcPeerConnection, shared: Rc<Shared>, watch: Rc<RefCell<Watch>>) {
    let Some(reading) = stats::read(&connection).await else { return };
    let mut state = watch.borrow_mut();
    let figures = state.totals.advance(&reading);
    let news = reading.path.filter(|path| state.path != Some(*path));
    state.path = reading.path.or(state.path);
    drop(state);
    if let Some(path) = news {
        (shared.report)(PeerReport::Event(id, PeerEvent::PathFound(path)));
    }
    (shared.report)(PeerReport::Event(id, PeerEvent::Stats(figures)));
}

/// Most commands that wait for one connection: a description and its candidates, several times over.
const MAX_COMMANDS: usize = 256;
/// How often loudness is looked at; chosen: fast enough for the eye.
const SPEECH_TICK_MS: u32 = 200;
/// Figures are read every this many ticks: 2 s.
const STATS_EVERY: u32 = 10;
