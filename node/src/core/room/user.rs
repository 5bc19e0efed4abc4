//! What the user of a room does: come in, be seen, call, go. Writing is in `write`.

use std::time::Duration;

use milanio_identity::{Attestation, DeviceId, IssuerId};

use super::{Room, SendSignalError, Standing, announcer::Announcer, signals};
use crate::{
    core::time::Timestamp,
    wire::{
        file::FileSignal,
        message::{FloorBody, MediaState},
        name,
        operation::{OperationBody, Role},
        signal::Signal,
        whisper::Whisper,
    },
};

/// The registry hears of a room in use soon after entering (joining told it already), and then regularly.
const FIRST_REGISTRY_BEAT: Duration = Duration::from_secs(10);

/// Commands of the user.
impl Room {
    /// Becomes a member with this name and media. Messages count from here on. Does nothing when inside already or gone.
    pub fn enter(&mut self, media: MediaState, now: Timestamp) {
        if !matches!(self.standing, Standing::Observing) {
            return;
        }
        let entered = self.room_time(now);
        self.media = media;
        self.standing = Standing::Inside { entered, announcer: Box::new(Announcer::new(self.limits, now)) };
        self.look_around = None;
        self.inbox.start_here();
        self.roster.place((entered, self.me));
        self.registry_beat_at = now.after(FIRST_REGISTRY_BEAT);
        self.moves.alone_since = Some(now);
        self.membership_changed(&[], now);
        self.run_due(now);
    }

    /// Says goodbye and stops following the room. Nothing happens in this `Room` afterwards.
    pub fn leave(&mut self, now: Timestamp) {
        if matches!(self.standing, Standing::Inside { .. }) && self.connected {
            self.say(&FloorBody::Leave(self.run), now);
        }
        self.end(now);
    }

    /// Seals a call's signal to a member and sends it, or keeps it for a few seconds until the connection is there. Returns the
    /// SHA-256 of what was sealed.
    pub fn send_signal(&mut self, to: DeviceId, signal: &Signal, now: Timestamp) -> Result<[u8; 32], SendSignalError> {
        self.whisper(to, &Whisper::Call(signal.clone()), now)
    }

    /// The same with a signal about a file.
    pub fn send_file_signal(
        &mut self,
        to: DeviceId,
        signal: FileSignal,
        now: Timestamp,
    ) -> Result<(), SendSignalError> {
        self.whisper(to, &Whisper::File(signal), now).map(drop)
    }

    fn whisper(&mut self, to: DeviceId, whisper: &Whisper, now: Timestamp) -> Result<[u8; 32], SendSignalError> {
        let hash = self.whisper_soon(to, whisper, now)?;
        self.run_due(now);
        Ok(hash)
    }

    /// Seals something to a member, to be sent when it is time to.
    pub(super) fn whisper_soon(
        &mut self,
        to: DeviceId,
        whisper: &Whisper,
        now: Timestamp,
    ) -> Result<[u8; 32], SendSignalError> {
        if !self.is_inside() {
            return Err(SendSignalError::NotEntered);
        }
        let target = self.roster.ephemeral(&to).ok_or(SendSignalError::NotThere)?;
        let path = signals::Path { room: self.room_id, from: self.me, to };
        let (sealed, hash) = signals::seal(path, target, whisper, &mut self.rng)?;
        if !self.signals.push(sealed, now) {
            return Err(SendSignalError::TooManyWaiting);
        }
        Ok(hash)
    }

    /// What is switched on now.
    pub fn set_media(&mut self, media: MediaState, now: Timestamp) {
        if self.media != media {
            self.media = media;
            self.beat_changed(now);
        }
    }

    /// Whether the page is hidden: then others are patient with a silent device.
    pub fn set_away(&mut self, away: bool, now: Timestamp) {
        if self.away != away {
            self.away = away;
            self.beat_changed(now);
        }
    }

    /// Raises or lowers the hand.
    pub fn set_hand(&mut self, raised: bool, now: Timestamp) {
        if self.hand.is_some() != raised {
            self.hand = raised.then(|| self.room_time(now));
            self.beat_changed(now);
        }
    }

    /// As [`Self::leave`], and for good: an owner hands the room over to the heir, if there is one.
    pub fn leave_for_good(&mut self, now: Timestamp) {
        let heir = self.ledger.as_mut().and_then(|ledger| ledger.membership().heir());
        // Without an heir the room stays the owner's.
        if let Some(heir) = heir.filter(|_| self.own_role() == Some(Role::Owner)) {
            // It would inherit the room as well; but that it was given it, it can show at the door.
            let given = self.state(OperationBody::Transfer(heir), now);
            let _ = given.and_then(|_| self.state(OperationBody::Remove(self.account), now));
            if let Some(floor) = self.floors.reached() {
                self.say_unsaid(floor, now);
            }
        }
        self.leave(now);
    }

    /// The name to show from now on; what is not allowed in names is left out.
    pub fn set_name(&mut self, text: &str, now: Timestamp) {
        let name = name::clean(text);
        if self.name != name {
            self.name = name;
            self.presence_changed(now);
        }
    }

    /// What a server attests of this account from now on.
    pub fn set_attestation(&mut self, attestation: Option<Attestation>, now: Timestamp) {
        if self.attestation != attestation {
            self.attestation = attestation;
            self.presence_changed(now);
        }
    }

    /// The servers whose attestations of others count from now on.
    pub fn set_issuers(&mut self, issuers: Vec<IssuerId>, now: Timestamp) {
        let changed = self.roster.set_issuers(issuers, self.room_time(now));
        self.events.extend(changed);
    }

    fn presence_changed(&mut self, now: Timestamp) {
        self.announce_change(now);
        self.run_due(now);
    }

    /// What presence says is different: it is to be said soon, and beats tell of it.
    pub(super) fn announce_change(&mut self, now: Timestamp) {
        self.revision = self.revision.saturating_add(1);
        if let Standing::Inside { announcer, .. } = &mut self.standing {
            announcer.presence_changed(now);
        }
    }
}
