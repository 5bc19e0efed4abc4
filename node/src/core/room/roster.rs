//! Who is there: members by device, how fresh they are, and who was there and must not come back by an old word of theirs.
//!
//! A member is a device whose certificate holds and whose full presence came. Three missed beats and no live media make a member
//! gone; a goodbye does at once; the same device in a later run replaces itself.
//!
//! Left out: what to say to whom; what changed is returned as events. Who is marked as vouched for is in `marks`.

mod marks;

use std::time::Duration;

use milanio_identity::{AccountId, DeviceCert, DeviceId, EphemeralPublic};

use self::marks::Mark;
use super::{
    event::{Departure, Member, RoomEvent},
    issuers::Issuers,
    limits::{MAX_AUTHORS, MAX_DEVICES_PER_ACCOUNT, MAX_MEMBERS},
};
use crate::core::sorted::{SortedMap, SortedSet};
use crate::{
    core::time::{RoomTime, Timestamp},
    wire::{
        limits::FRAME_WINDOW,
        message::{Beat, Presence, RunId},
        operation::Role,
    },
};

/// How often members say that they are there.
pub const BEAT_EVERY: Duration = Duration::from_secs(4);
/// Up to so many members the beat is [`BEAT_EVERY`]; above, an eighth of a second for each.
const BEAT_STRETCHES_ABOVE: usize = 30;
/// Missed beats that make a member gone. A beat may be 20 % late, and the frame has to travel: hence the half.
const PATIENCE_IN_HALF_BEATS: u32 = 8;
/// Missed beats after which a silent member is asked whether it is still there: lost frames alone must make nobody gone.
const DOUBT_IN_HALF_BEATS: u32 = 5;
/// How long a member who said "away" may be silent: hidden pages tick once a minute at worst. Chosen: one and a half of that.
const AWAY_PATIENCE: Duration = Duration::from_secs(90);

/// The beat's interval in a room of `members` people.
pub fn beat_interval(members: usize) -> Duration {
    if members > BEAT_STRETCHES_ABOVE { Duration::from_millis(members as u64 * 125) } else { BEAT_EVERY }
}

/// The members, and the runs that are over.
#[derive(Default)]
pub struct Roster {
    members: SortedMap<DeviceId, Entry>,
    past: SortedMap<(DeviceId, RunId), Past>,
    issuers: Issuers,
}

struct Entry {
    member: Member,
    ephemeral: EphemeralPublic,
    mark: Mark,
    revision: u32,
    said: RoomTime,
    expires_s: u64,
    heard_at: Timestamp,
    /// It was asked since.
    doubted: bool,
    /// Nothing was heard of it since the connection came back.
    unheard: bool,
    media_alive: bool,
    /// How many of this device's messages it says it has read.
    read: u32,
}

/// A run that is not in the table any more.
struct Past {
    /// The latest it said.
    said: RoomTime,
    /// It said goodbye, or was replaced: nothing it says counts again.
    over: bool,
    since: Timestamp,
}

/// Why a full presence does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The certificate is malformed, forged, expired, or another device's: the sender is at fault.
    Certificate,
    /// Said too long ago, or overtaken by a later word or run: nobody is at fault.
    Stale,
    /// The account does not belong to the room, or not by this device, as far as is known: nobody is at fault.
    NotAMember,
    /// No more members, or no more devices of this account, fit in.
    Full,
}

/// What a beat told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeatHeard {
    /// Nothing: it is old.
    Stale,
    /// The member is still there; the event says what is different.
    Member(Option<Box<RoomEvent>>),
    /// The full presence of this run, or its latest, is not known.
    Unknown,
}

/// The moment something is heard, in both kinds of time.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// By the local clock.
    pub local: Timestamp,
    /// In room time.
    pub room: RoomTime,
}

impl Roster {
    /// Takes a full presence that `device` signed. `own`: when this device entered, if it did; `role_of`: what an account is that
    /// speaks through `device`. Returns what changed: first, if the device was there in an earlier run, that this is over.
    pub fn hear_presence(
        &mut self,
        device: DeviceId,
        presence: &Presence,
        own: Option<(RoomTime, DeviceId)>,
        role_of: impl FnOnce(&AccountId) -> Option<Role>,
        now: Moment,
    ) -> Result<Vec<RoomEvent>, Refused> {
        let cert = DeviceCert::from_bytes(&presence.cert).map_err(|_| Refused::Certificate)?;
        let verified = cert.verify(now.room.as_secs()).map_err(|_| Refused::Certificate)?;
        if verified.device != device {
            return Err(Refused::Certificate);
        }
        if !self.is_news(device, presence, now) {
            return Err(Refused::Stale);
        }
        let role = role_of(&verified.account).ok_or(Refused::NotAMember)?;
        self.check_room_for(device, verified.account)?;
        let mark = Mark::new(presence.attestation.as_deref(), verified.account, &self.issuers, now.room);
        let member = Member {
            device,
            account: verified.account,
            verified: mark.holds(),
            run: presence.beat.run,
            name: presence.name.clone(),
            role,
            media: presence.beat.media,
            away: presence.beat.away,
            hand: presence.beat.hand,
            entered: presence.entered,
            joined_after_me: own.is_some_and(|own| (presence.entered, device) > own),
        };
        let entry = Entry {
            member: member.clone(),
            ephemeral: presence.ephemeral,
            mark,
            revision: presence.beat.revision,
            said: presence.beat.said,
            expires_s: verified.expires_s,
            heard_at: now.local,
            doubted: false,
            unheard: false,
            media_alive: false,
            read: 0,
        };
        Ok(self.put(member, entry, now.local))
    }

    fn put(&mut self, member: Member, mut entry: Entry, now: Timestamp) -> Vec<RoomEvent> {
        let device = member.device;
        self.past.remove(&(device, member.run));
        match self.members.remove(&device) {
            Some(old) if old.member.run == member.run => {
                (entry.media_alive, entry.read) = (old.media_alive, old.read);
                self.members.insert(device, entry);
                if old.member == member { Vec::new() } else { vec![RoomEvent::MemberChanged(member)] }
            }
            Some(old) => {
                let run = old.member.run;
                self.bury(&old, true, now);
                self.members.insert(device, entry);
                let left = RoomEvent::MemberLeft { device, run, reason: Departure::Restarted };
                vec![left, RoomEvent::MemberJoined(member)]
            }
            None => {
                self.members.insert(device, entry);
                vec![RoomEvent::MemberJoined(member)]
            }
        }
    }

    /// Gives everybody the role that `role_of` says. Returns who changed by that, and who is gone since it says nothing.
    pub fn reconcile(
        &mut self,
        mut role_of: impl FnMut(&AccountId, &DeviceId) -> Option<Role>,
        now: Timestamp,
    ) -> (Vec<RoomEvent>, Vec<Member>) {
        let (mut changed, mut removed) = (Vec::new(), Vec::new());
        for (device, entry) in &mut self.members {
            match role_of(&entry.member.account, device) {
                Some(role) if role == entry.member.role => {}
                Some(role) => {
                    entry.member.role = role;
                    changed.push(RoomEvent::MemberChanged(entry.member.clone()));
                }
                None => removed.push(entry.member.clone()),
            }
        }
        for member in &removed {
            self.remove(member.device, Departure::Removed { by: None }, now);
        }
        (changed, removed)
    }

    /// Takes a beat that `device` signed.
    pub fn hear_beat(&mut self, device: DeviceId, beat: &Beat, now: Moment) -> BeatHeard {
        let past = self.past.get(&(device, beat.run));
        if !is_fresh(beat.said, now.room) || past.is_some_and(|p| p.over || p.said >= beat.said) {
            return BeatHeard::Stale;
        }
        let Some(entry) = self.members.get_mut(&device).filter(|entry| entry.member.run == beat.run) else {
            return BeatHeard::Unknown;
        };
        if beat.said <= entry.said {
            return BeatHeard::Stale;
        }
        entry.said = beat.said;
        entry.heard_by(now.local);
        if beat.revision > entry.revision {
            return BeatHeard::Unknown;
        }
        entry.unheard = false;
        let said = (beat.media, beat.away, beat.hand);
        let changed = (entry.member.media, entry.member.away, entry.member.hand) != said;
        (entry.member.media, entry.member.away, entry.member.hand) = said;
        BeatHeard::Member(changed.then(|| Box::new(RoomEvent::MemberChanged(entry.member.clone()))))
    }

    /// Takes that `device` says in `run` that it has read this device's messages up to `seq`. True if that is further than before.
    pub fn hear_read(&mut self, device: &DeviceId, run: RunId, seq: u32) -> bool {
        let known = self.members.get_mut(device).filter(|entry| entry.member.run == run && entry.read < seq);
        known.map(|entry| entry.read = seq).is_some()
    }

    /// Takes a goodbye that `device` signed for `run`.
    pub fn hear_leave(&mut self, device: DeviceId, run: RunId, now: Timestamp) -> Option<RoomEvent> {
        if self.members.get(&device).is_some_and(|entry| entry.member.run == run) {
            return self.remove(device, Departure::Left, now);
        }
        // It may have overtaken the presence: which must not count when it comes.
        self.remember(device, run, Past { said: RoomTime::default(), over: true, since: now });
        None
    }

    /// Whether media of this member is flowing: if so, silence does not make it gone. When it ends, patience begins anew.
    pub fn set_media_alive(&mut self, device: DeviceId, alive: bool, now: Timestamp) {
        if let Some(entry) = self.members.get_mut(&device)
            && entry.media_alive != alive
        {
            entry.media_alive = alive;
            entry.heard_by(now);
        }
    }

    /// The connection was lost and is back: nobody's silence until now is their own.
    pub fn forgive_silence(&mut self, now: Timestamp) {
        for entry in self.members.values_mut() {
            entry.heard_by(now);
            entry.unheard = true;
        }
    }

    /// Accounts of members of which nothing was heard since the connection came back: they may be gone, or seal to another key now.
    pub fn unheard(&self) -> SortedSet<AccountId> {
        let accounts = |unheard: bool| {
            let entries = self.members.values().filter(move |entry| entry.unheard == unheard);
            entries.map(|entry| entry.member.account)
        };
        let mut unheard: SortedSet<AccountId> = accounts(true).collect();
        unheard.retain(|account| accounts(false).all(|heard| heard != *account));
        unheard
    }

    /// Who has been silent for so long that it should be asked; each is named once for each silence.
    pub fn doubt(&mut self, now: Timestamp) -> Vec<DeviceId> {
        let doubt = self.half_beats(DOUBT_IN_HALF_BEATS);
        let mut doubted = Vec::new();
        for (device, entry) in &mut self.members {
            if entry.doubt_at(doubt).is_some_and(|at| at <= now) {
                entry.doubted = true;
                doubted.push(*device);
            }
        }
        doubted
    }

    /// Removes who has been silent for too long, unless `excused`, and whose certificate has run out.
    pub fn expire(&mut self, excused: bool, now: Moment) -> Vec<RoomEvent> {
        let patience = self.half_beats(PATIENCE_IN_HALF_BEATS);
        let mut gone = Vec::new();
        for (device, entry) in &self.members {
            if entry.expires_s <= now.room.as_secs() {
                gone.push((*device, Departure::Expired));
            } else if !excused && entry.gone_at(patience).is_some_and(|at| at <= now.local) {
                gone.push((*device, Departure::Silent));
            }
        }
        gone.into_iter().filter_map(|(device, reason)| self.remove(device, reason, now.local)).collect()
    }

    /// When [`Self::doubt`] or [`Self::expire`] may find somebody silent next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let (doubt, patience) = (self.half_beats(DOUBT_IN_HALF_BEATS), self.half_beats(PATIENCE_IN_HALF_BEATS));
        let due = |entry: &Entry| entry.doubt_at(doubt).into_iter().chain(entry.gone_at(patience)).min();
        self.members.values().filter_map(due).min()
    }

    /// Everybody's place relative to this device, which enters now, as `own`.
    pub fn place(&mut self, own: (RoomTime, DeviceId)) {
        for (device, entry) in &mut self.members {
            entry.member.joined_after_me = (entry.member.entered, *device) > own;
        }
    }

    /// The members, by device.
    pub fn members(&self) -> impl Iterator<Item = &Member> + '_ {
        self.members.values().map(|entry| &entry.member)
    }

    /// One member.
    pub fn find(&self, device: &DeviceId) -> Option<&Member> {
        self.members.get(device).map(|entry| &entry.member)
    }

    /// What signals to this member are sealed to.
    pub fn ephemeral(&self, device: &DeviceId) -> Option<EphemeralPublic> {
        self.members.get(device).map(|entry| entry.ephemeral)
    }

    /// How many there are, this device not counted.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    fn half_beats(&self, count: u32) -> Duration {
        beat_interval(self.members.len() + 1) / 2 * count
    }

    /// Said lately, later than anything else known of this run, and of the latest run known.
    fn is_news(&self, device: DeviceId, presence: &Presence, now: Moment) -> bool {
        let beat = &presence.beat;
        let past = self.past.get(&(device, beat.run));
        if !is_fresh(beat.said, now.room) || past.is_some_and(|p| p.over || p.said >= beat.said) {
            return false;
        }
        self.members.get(&device).is_none_or(|known| {
            if known.member.run == beat.run {
                // Equal is fine for a full presence that explains a beat said in the same millisecond.
                beat.said > known.said || beat.revision > known.revision
            } else {
                presence.entered > known.member.entered
            }
        })
    }

    fn check_room_for(&self, device: DeviceId, account: AccountId) -> Result<(), Refused> {
        if self.members.contains_key(&device) {
            return Ok(());
        }
        let siblings = self.members.values().filter(|entry| entry.member.account == account).count();
        if self.members.len() >= MAX_MEMBERS || siblings >= MAX_DEVICES_PER_ACCOUNT {
            return Err(Refused::Full);
        }
        Ok(())
    }

    fn remove(&mut self, device: DeviceId, reason: Departure, now: Timestamp) -> Option<RoomEvent> {
        let entry = self.members.remove(&device)?;
        self.bury(&entry, reason == Departure::Left, now);
        Some(RoomEvent::MemberLeft { device, run: entry.member.run, reason })
    }

    fn bury(&mut self, entry: &Entry, over: bool, now: Timestamp) {
        self.remember(entry.member.device, entry.member.run, Past { said: entry.said, over, since: now });
    }

    fn remember(&mut self, device: DeviceId, run: RunId, past: Past) {
        if self.past.len() >= MAX_AUTHORS {
            let oldest = self.past.iter().min_by_key(|(_, past)| past.since).map(|(key, _)| *key);
            oldest.and_then(|key| self.past.remove(&key));
        }
        self.past.insert((device, run), past);
    }
}

impl Entry {
    fn heard_by(&mut self, now: Timestamp) {
        self.heard_at = now;
        self.doubted = false;
    }

    fn doubt_at(&self, doubt: Duration) -> Option<Timestamp> {
        (!self.media_alive && !self.member.away && !self.doubted).then(|| self.heard_at.after(doubt))
    }

    fn gone_at(&self, patience: Duration) -> Option<Timestamp> {
        let patience = if self.member.away { patience.max(AWAY_PATIENCE) } else { patience };
        (!self.media_alive).then(|| self.heard_at.after(patience))
    }
}

/// Within the time window that frames have too: another member cannot frame an old word anew.
fn is_fresh(said: RoomTime, now: RoomTime) -> bool {
    said.distance(now) <= FRAME_WINDOW
}

#[cfg(test)]
mod tests;
