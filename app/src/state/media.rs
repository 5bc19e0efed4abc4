//! One's own camera, microphone and speaker: what is there, what is allowed, what is on.

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// Captures pictures.
    Camera,
    /// Captures sound.
    Microphone,
    /// Plays sound.
    Speaker,
}

/// A device as the browser lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The browser's id.
    pub id: String,
    /// Its name; empty until capture was allowed.
    pub label: String,
}

/// What became of asking for a camera or a microphone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Not asked yet.
    #[default]
    Unasked,
    /// The browser is asking the person.
    Asking,
    /// It runs.
    Granted,
    /// The person or the system said no.
    Denied,
    /// There is none.
    Missing,
    /// Another program holds it.
    Busy,
    /// The browser gave another error.
    Failed,
}

/// Camera or microphone: allowed, wanted, chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// What became of asking for it.
    pub access: Access,
    /// It is switched on: the others see or hear it.
    pub on: bool,
    /// All there are.
    pub devices: Vec<Device>,
    /// The chosen one's id; `None` is the browser's default.
    pub chosen: Option<String>,
}

/// Everything about one's own media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// The camera.
    pub camera: Capture,
    /// The microphone.
    pub microphone: Capture,
    /// All speakers; empty where the browser cannot choose.
    pub speakers: Vec<Device>,
    /// The chosen speaker's id.
    pub speaker: Option<String>,
    /// Loudness of the microphone, 0 to [`LEVEL_STEPS`].
    pub level: u8,
    /// Counts the captured streams, so that the preview attaches a new one; 0 is none.
    pub stream_revision: u32,
    /// The person chose to go on without what was refused; the page that explains the refusal stays away.
    pub without: bool,
}

/// Steps of the level meter.
pub const LEVEL_STEPS: u8 = 20;

/// Most devices listed of one kind; chosen, far above what people have.
pub const MAX_DEVICES: usize = 32;

/// A change of one's own media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaAction {
    /// Asking for this kind came to this. Speakers are never asked for.
    Access(DeviceKind, Access),
    /// This kind was switched on or off.
    Switched(DeviceKind, bool),
    /// All devices of this kind.
    Devices(DeviceKind, Vec<Device>),
    /// This device is the chosen one.
    Chosen(DeviceKind, Option<String>),
    /// The microphone's loudness, 0 to [`LEVEL_STEPS`].
    Level(u8),
    /// The captured stream is another one.
    NewStream,
    /// The captured stream ended.
    NoStream,
    /// Go on without what was refused (true), or ask again (false).
    Without(bool),
}

impl Media {
    /// Changes one thing.
    pub fn apply(&mut self, action: MediaAction) {
        match action {
            MediaAction::Access(kind, access) => {
                if let Some(capture) = self.capture_mut(kind) {
                    capture.access = access;
                    capture.on &= access == Access::Granted;
                }
            }
            MediaAction::Switched(kind, on) => {
                if let Some(capture) = self.capture_mut(kind) {
                    capture.on = on;
                }
            }
            MediaAction::Devices(kind, mut devices) => {
                devices.truncate(MAX_DEVICES);
                match self.capture_mut(kind) {
                    Some(capture) => capture.devices = devices,
                    None => self.speakers = devices,
                }
            }
            MediaAction::Chosen(kind, id) => match self.capture_mut(kind) {
                Some(capture) => capture.chosen = id,
                None => self.speaker = id,
            },
            MediaAction::Level(level) => self.level = level.min(LEVEL_STEPS),
            MediaAction::NewStream => self.stream_revision = self.stream_revision.wrapping_add(1).max(1),
            MediaAction::NoStream => self.stream_revision = 0,
            MediaAction::Without(without) => self.without = without,
        }
    }

    /// The refusal that deserves a page of its own, if any: the camera's first, then the microphone's.
    pub fn refusal(&self) -> Option<(DeviceKind, Access)> {
        let refused = |access| matches!(access, Access::Denied | Access::Missing | Access::Busy | Access::Failed);
        [(DeviceKind::Camera, self.camera.access), (DeviceKind::Microphone, self.microphone.access)]
            .into_iter()
            .find(|(_, access)| !self.without && refused(*access))
    }

    fn capture_mut(&mut self, kind: DeviceKind) -> Option<&mut Capture> {
        match kind {
            DeviceKind::Camera => Some(&mut self.camera),
            DeviceKind::Microphone => Some(&mut self.microphone),
            DeviceKind::Speaker => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_camera_is_off_and_explained_until_the_person_goes_on_without() {
        let mut media = Media::default();
        media.apply(MediaAction::Access(DeviceKind::Camera, Access::Granted));
        media.apply(MediaAction::Switched(DeviceKind::Camera, true));
        media.apply(MediaAction::Access(DeviceKind::Camera, Access::Denied));
        assert!(!media.camera.on);
        assert_eq!(media.refusal(), Some((DeviceKind::Camera, Access::Denied)));
        media.apply(MediaAction::Without(true));
        assert_eq!(media.refusal(), None);
    }

    #[test]
    fn every_new_stream_has_another_revision() {
        let mut media = Media::default();
        media.apply(MediaAction::NewStream);
        media.apply(MediaAction::NewStream);
        assert_eq!(media.stream_revision, 2);
        media.apply(MediaAction::NoStream);
        assert_eq!(media.stream_revision, 0);
    }
}
