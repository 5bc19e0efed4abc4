//! How far people have read: told by who chose to, and heard.
//!
//! What a device tells is that everything that came of an author up to a number is read, whoever can open it: nobody learns from it for
//! whom a private message was. What it hears counts for its own messages alone, only forwards, and not beyond what it said.

use std::time::Duration;

use milanio_identity::DeviceId;

use super::{Room, RoomEvent};
use crate::{
    core::time::Timestamp,
    wire::message::{FloorBody, Read},
};

/// Told no more often than this. Chosen: as often as it is told that somebody writes.
const TELL_EVERY: Duration = Duration::from_secs(3);

/// Whether it is told, and when it was last.
#[derive(Default)]
pub struct Reading {
    is_told: bool,
    told_at: Option<Timestamp>,
}

impl Room {
    /// Whether the person looks at what comes and lets others know: while this is so, and the page is not away, whatever comes is told to
    /// be read.
    pub fn set_reading(&mut self, is_told: bool, now: Timestamp) {
        self.reading.is_told = is_told;
        self.run_due(now);
    }

    /// When something is to be told next, if something is.
    pub(super) fn next_read(&self, now: Timestamp) -> Option<Timestamp> {
        let is_due = self.reading.is_told && !self.away && self.is_inside() && self.inbox.is_unread();
        is_due.then(|| self.reading.told_at.map_or(now, |at| at.after(TELL_EVERY)))
    }

    pub(super) fn tell_read(&mut self, now: Timestamp) {
        if self.floors.spoken().is_some() && self.next_read(now).is_some_and(|at| at <= now) {
            self.reading.told_at = Some(now);
            let read = Read { run: self.run, through: self.inbox.read() };
            self.say(&FloorBody::Read(read), now);
        }
    }

    /// Somebody tells how far they have read.
    pub(super) fn hear_read(&mut self, from: DeviceId, read: &Read) {
        let (own, said) = ((self.me, self.run), self.outbox.last_sent());
        let through = read.through.iter().find(|last| (last.device, last.run) == own && last.seq <= said);
        if let Some(&through) = through.filter(|last| self.roster.hear_read(&from, read.run, last.seq)) {
            self.events.push_back(RoomEvent::Read { device: from, through });
        }
    }
}
