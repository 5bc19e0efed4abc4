//! One's own camera, microphone and speaker: capture, switching, picking, unplugging, loudness.
//!
//! A camera that is switched off is released, so that its light goes out; a muted microphone stays open and sends silence, so
//! that speaking starts at once. What is captured reaches the others through `peer_connection`.

mod capture;
mod devices;
mod level;

use std::{cell::RefCell, rc::Rc};

use gloo::events::EventListener;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MediaStream, MediaStreamTrack};

use self::capture::open;
use self::level::LevelMeter;
use crate::platform::peer_connection::LocalTracks;
use crate::platform::speaker;
use crate::platform::streams::{self, StreamKey};
use crate::state::media::{Access, Device, DeviceKind, MediaAction};

/// What is reported.
#[derive(Clone, Debug)]
pub enum MediaReport {
    /// For the pages.
    Action(MediaAction),
    /// What is sent to the others from now on.
    Tracks(LocalTracks),
    /// One began or stopped speaking.
    Speaking(bool),
    /// A device that was in use is gone; the default one was taken instead (true), or there is none (false).
    Unplugged(DeviceKind, bool),
}

/// One's own devices. Cheap to clone.
#[derive(Clone)]
pub struct LocalMedia {
    shared: Rc<Shared>,
}

struct Shared {
    state: RefCell<State>,
    report: Box<dyn Fn(MediaReport)>,
}

#[derive(Default)]
struct State {
    camera: Input,
    microphone: Input,
    meter: Option<LevelMeter>,
    /// Tells when devices come and go.
    changes: Option<EventListener>,
    /// Raised by `stop`: what was asked for before is not wanted any more when it comes.
    epoch: u32,
}

/// A camera or a microphone.
#[derive(Default)]
struct Input {
    track: Option<MediaStreamTrack>,
    ended: Option<EventListener>,
    chosen: Option<String>,
    /// The person switched it off: it stays off until they switch it on.
    off: bool,
}

impl LocalMedia {
    /// Nothing is captured yet. `report` is called from the browser's event loop and must not call back into this.
    pub fn new(report: impl Fn(MediaReport) + 'static) -> Self {
        Self { shared: Rc::new(Shared { state: RefCell::default(), report: Box::new(report) }) }
    }

    /// Asks for camera and microphone, with one question to the person, and switches on what they did not switch off before. A
    /// refusal of one does not keep the other from working.
    pub async fn start(&self) {
        self.shared.watch_devices();
        if self.shared.is_off(DeviceKind::Camera) {
            self.acquire(DeviceKind::Microphone).await;
        } else {
            self.acquire_both().await;
        }
        self.shared.list_devices().await;
    }

    /// Switches the camera or the microphone on or off.
    pub async fn switch(&self, kind: DeviceKind, on: bool) {
        self.shared.set_off(kind, !on);
        let track = self.shared.state.borrow().input(kind).and_then(|input| input.track.clone());
        match (track, kind, on) {
            (Some(track), DeviceKind::Microphone, _) => {
                track.set_enabled(on);
                self.shared.tell(MediaAction::Switched(kind, on));
            }
            (Some(_), _, true) => self.shared.tell(MediaAction::Switched(kind, true)),
            (None, _, true) => self.acquire(kind).await,
            (_, _, false) => {
                self.shared.release(kind);
                self.shared.tell(MediaAction::Switched(kind, false));
                self.shared.tracks_changed();
            }
        }
    }

    /// Uses another device from now on.
    pub async fn pick(&self, kind: DeviceKind, id: String) {
        self.shared.tell(MediaAction::Chosen(kind, Some(id.clone())));
        if kind == DeviceKind::Speaker {
            return speaker::choose(Some(id));
        }
        let Some(off) = self.shared.choose(kind, id) else { return };
        if !off || kind == DeviceKind::Microphone {
            self.shared.release(kind);
            self.acquire(kind).await;
        }
    }

    /// What is sent to the others right now.
    pub fn tracks(&self) -> LocalTracks {
        self.shared.state.borrow().tracks()
    }

    /// Releases everything.
    pub fn stop(&self) {
        {
            let mut state = self.shared.state.borrow_mut();
            state.epoch = state.epoch.wrapping_add(1);
            state.meter = None;
            state.changes = None;
        }
        self.shared.release(DeviceKind::Camera);
        self.shared.release(DeviceKind::Microphone);
        streams::remove(StreamKey::Own);
        self.shared.tell(MediaAction::NoStream);
    }

    async fn acquire_both(&self) {
        for kind in [DeviceKind::Microphone, DeviceKind::Camera] {
            self.shared.tell(MediaAction::Access(kind, Access::Asking));
        }
        let (epoch, camera, microphone) = self.shared.wishes();
        if let Ok(stream) = open(Some(microphone.as_deref()), Some(camera.as_deref())).await {
            return self.shared.take_stream(&stream, epoch);
        }
        // One of them may work, and each gets its own reason.
        self.acquire(DeviceKind::Microphone).await;
        self.acquire(DeviceKind::Camera).await;
    }

    /// Opens one device; where the chosen one is gone, the browser's default.
    async fn acquire(&self, kind: DeviceKind) {
        self.shared.tell(MediaAction::Access(kind, Access::Asking));
        let (epoch, camera, microphone) = self.shared.wishes();
        let result = match kind {
            DeviceKind::Camera => open(None, Some(camera.as_deref())).await,
            DeviceKind::Microphone => open(Some(microphone.as_deref()), None).await,
            DeviceKind::Speaker => return,
        };
        match result {
            Ok(stream) => self.shared.take_stream(&stream, epoch),
            Err(access) => self.shared.tell(MediaAction::Access(kind, access)),
        }
    }
}

impl Shared {
    fn tell(&self, action: MediaAction) {
        (self.report)(MediaReport::Action(action));
    }

    fn set_off(&self, kind: DeviceKind, off: bool) {
        if let Some(input) = self.state.borrow_mut().input_mut(kind) {
            input.off = off;
        }
    }

    fn is_off(&self, kind: DeviceKind) -> bool {
        self.state.borrow().input(kind).is_none_or(|input| input.off)
    }

    /// The epoch, and the chosen camera and microphone.
    fn wishes(&self) -> (u32, Option<String>, Option<String>) {
        let state = self.state.borrow();
        (state.epoch, state.camera.chosen.clone(), state.microphone.chosen.clone())
    }

    /// Notes the choice; gives whether the device is switched off, `None` for speakers.
    fn choose(&self, kind: DeviceKind, id: String) -> Option<bool> {
        let mut state = self.state.borrow_mut();
        let input = state.input_mut(kind)?;
        input.chosen = Some(id);
        Some(input.off)
    }

    /// Puts captured tracks to use, unless everything was stopped meanwhile.
    fn take_stream(self: &Rc<Self>, stream: &MediaStream, epoch: u32) {
        let tracks = capture::tracks_of(stream);
        if self.state.borrow().epoch != epoch {
            tracks.iter().for_each(MediaStreamTrack::stop);
            return;
        }
        for track in tracks {
            let kind = if track.kind() == "audio" { DeviceKind::Microphone } else { DeviceKind::Camera };
            self.take_track(kind, track);
        }
        self.tracks_changed();
    }

    fn take_track(self: &Rc<Self>, kind: DeviceKind, track: MediaStreamTrack) {
        self.release(kind);
        let weak = Rc::downgrade(self);
        let ended = EventListener::once(&track, "ended", move |_| {
            if let Some(shared) = weak.upgrade() {
                spawn_local(async move { shared.replace_ended(kind).await });
            }
        });
        let wanted = !self.is_off(kind);
        self.tell(MediaAction::Access(kind, Access::Granted));
        self.tell(MediaAction::Switched(kind, wanted));
        if kind == DeviceKind::Camera && !wanted {
            // Switched off while the browser was still asking.
            return track.stop();
        }
        track.set_enabled(wanted);
        let mut state = self.state.borrow_mut();
        if let Some(input) = state.input_mut(kind) {
            (input.track, input.ended) = (Some(track), Some(ended));
        }
    }

    fn release(&self, kind: DeviceKind) {
        let mut state = self.state.borrow_mut();
        let Some(input) = state.input_mut(kind) else { return };
        input.ended = None;
        if let Some(track) = input.track.take() {
            track.stop();
        }
    }

    /// The device was unplugged or its permission withdrawn: the default one takes its place.
    async fn replace_ended(self: Rc<Self>, kind: DeviceKind) {
        self.release(kind);
        if let Some(input) = self.state.borrow_mut().input_mut(kind) {
            input.chosen = None;
        }
        let epoch = self.wishes().0;
        let (audio, video) = if kind == DeviceKind::Microphone { (Some(None), None) } else { (None, Some(None)) };
        let result = open(audio, video).await;
        (self.report)(MediaReport::Unplugged(kind, result.is_ok()));
        self.tell(MediaAction::Chosen(kind, None));
        match result {
            Ok(stream) => self.take_stream(&stream, epoch),
            Err(access) => {
                self.tell(MediaAction::Access(kind, access));
                self.tracks_changed();
            }
        }
    }

    /// Shows and sends what there is now.
    fn tracks_changed(self: &Rc<Self>) {
        let tracks = self.state.borrow().tracks();
        self.measure(tracks.audio.as_ref());
        (self.report)(MediaReport::Tracks(tracks.clone()));
        let stream = MediaStream::new().ok().filter(|_| tracks.audio.is_some() || tracks.video.is_some());
        let Some(stream) = stream else {
            streams::remove(StreamKey::Own);
            return self.tell(MediaAction::NoStream);
        };
        tracks.audio.iter().chain(&tracks.video).for_each(|track| stream.add_track(track));
        streams::put(StreamKey::Own, stream);
        self.tell(MediaAction::NewStream);
    }

    /// Measures this track, if it is not measured already.
    fn measure(self: &Rc<Self>, track: Option<&MediaStreamTrack>) {
        let measured = self.state.borrow().meter.as_ref().map(|meter| meter.track.clone());
        if measured != track.map(MediaStreamTrack::id) {
            let meter = track.and_then(|track| self.meter(track));
            self.state.borrow_mut().meter = meter;
        }
    }

    fn meter(self: &Rc<Self>, track: &MediaStreamTrack) -> Option<LevelMeter> {
        let weak = Rc::downgrade(self);
        LevelMeter::new(track, move |level, speaking| {
            let Some(shared) = weak.upgrade() else { return };
            if let Some(level) = level {
                shared.tell(MediaAction::Level(level));
            }
            if let Some(speaking) = speaking {
                (shared.report)(MediaReport::Speaking(speaking));
            }
        })
    }

    fn watch_devices(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let changes = devices::on_change(move || {
            if let Some(shared) = weak.upgrade() {
                spawn_local(async move { shared.list_devices().await });
            }
        });
        self.state.borrow_mut().changes = changes;
    }

    async fn list_devices(&self) {
        for (kind, list) in devices::list().await {
            if kind == DeviceKind::Speaker {
                self.check_speaker(&list);
            }
            self.tell(MediaAction::Devices(kind, list));
        }
    }

    /// Shows the chosen speaker; one that is gone is given up.
    fn check_speaker(&self, list: &[Device]) {
        let Some(chosen) = speaker::chosen() else { return };
        let is_there = list.iter().any(|device| device.id == chosen);
        self.tell(MediaAction::Chosen(DeviceKind::Speaker, is_there.then_some(chosen)));
        // Without permission to capture, browsers name no speakers; that does not mean that it is gone.
        if !is_there && !list.is_empty() {
            speaker::choose(None);
            (self.report)(MediaReport::Unplugged(DeviceKind::Speaker, true));
        }
    }
}

impl State {
    fn tracks(&self) -> LocalTracks {
        LocalTracks { audio: self.microphone.track.clone(), video: self.camera.track.clone() }
    }

    fn input(&self, kind: DeviceKind) -> Option<&Input> {
        match kind {
            DeviceKind::Camera => Some(&self.camera),
            DeviceKind::Microphone => Some(&self.microphone),
            DeviceKind::Speaker => None,
        }
    }

    fn input_mut(&mut self, kind: DeviceKind) -> Option<&mut Input> {
        match kind {
            DeviceKind::Camera => Some(&mut self.camera),
            DeviceKind::Microphone => Some(&mut self.microphone),
            DeviceKind::Speaker => None,
        }
    }
}
