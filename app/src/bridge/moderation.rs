//! Who may do what in the room: the person's wishes to those inside, and what they decide about the person.

use milanio_identity::{AccountId, DeviceId, RoomCheck};
use milanio_node::{
    core::{
        room::{Act as Acted, KeptFloor, ModerateError, Moderation, RosterView},
        session::SessionInput,
        time::Timestamp,
    },
    wire::{
        door::RefusalReason,
        floor::Ask,
        operation::{Door, Role, RoomPolicy},
    },
};
use wasm_bindgen_futures::spawn_local;

use super::{Bridge, founding, memory, show, visit::Stage};
use crate::{
    platform::clock,
    state::{
        Action,
        media::DeviceKind,
        people::Act,
        phase::{self, Phase, Refusal},
        room::{PersonId, RoomAction},
        toast::{Notice, ToastAction},
        trust::AccountBytes,
    },
};

impl Bridge {
    /// Steps in. Where somebody has to open, the page waits at the door.
    pub(super) fn step_in(&mut self) {
        let (media, since_ms) = (self.media_state(), clock::now_ms());
        let Some(visit) = &mut self.visit else { return };
        visit.enter(media, since_ms);
        if visit.people.is_locked() {
            return self.take_refused(RefusalReason::Locked);
        }
        if visit.people.must_knock() {
            // Until somebody answers, nobody is there who could.
            return self.take_waiting(false);
        }
        self.show_call(since_ms);
    }

    fn show_call(&mut self, since_ms: u64) {
        let Some(visit) = &mut self.visit else { return };
        visit.is_waiting = false;
        visit.stage = Stage::Inside { since_ms };
        let known = visit.known.clone();
        self.keep_room(&known);
        self.show(Action::Room(RoomAction::Waiting(None)));
        self.show(Action::Phase(Phase::Call { since_ms }));
    }

    /// One waits at the door. A member only waits for the floor's secret, which anybody inside gives: that is no page of its own.
    pub(super) fn take_waiting(&mut self, host_online: bool) {
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.people.is_outside()) else { return };
        visit.is_waiting = true;
        self.show(Action::Room(RoomAction::Waiting(Some(host_online))));
        self.show(Action::Phase(Phase::Entering));
    }

    pub(super) fn cancel_knock(&mut self) {
        let Some(visit) = self.visit.take() else { return };
        let known = visit.known.clone();
        drop(visit);
        self.show(Action::Room(RoomAction::Waiting(None)));
        self.show(Action::Phase(Phase::Prejoin));
        self.visit(known, Stage::Outside);
    }

    /// Who may do what is known, or is different now.
    pub(super) fn take_roster(&mut self, view: &RosterView) {
        let Some(visit) = &mut self.visit else { return };
        let check = visit.known.genesis.as_ref().map(|genesis| {
            let members = view.members.iter().map(|member| member.account).collect();
            RoomCheck::of(&genesis.genesis().digest(), &members, &view.digest).groups().collect()
        });
        let actions = visit.people.roster(view, check.unwrap_or_default());
        let is_admitted = visit.is_waiting && view.own.is_some();
        let is_locked = visit.is_waiting && view.own.is_none() && view.policy.door == Door::Locked;
        self.show_all(actions);
        if is_admitted {
            self.show_call(clock::now_ms());
        } else if is_locked {
            self.take_refused(RefusalReason::Locked);
        }
        if !self.may_speak() {
            self.silence();
        }
    }

    /// Whether one's own role may switch on microphone and camera.
    pub(super) fn may_speak(&self) -> bool {
        self.visit.as_ref().is_none_or(|visit| visit.people.may_speak())
    }

    fn silence(&mut self) {
        let switched =
            [(DeviceKind::Microphone, self.devices.microphone.on), (DeviceKind::Camera, self.devices.camera.on)];
        for (kind, _) in switched.into_iter().filter(|(_, on)| *on) {
            self.toggle(kind, false);
        }
    }

    pub(super) fn take_refused(&mut self, reason: RefusalReason) {
        let refusal = match reason {
            RefusalReason::Banned => Refusal::Banned,
            RefusalReason::Locked => Refusal::Locked,
            RefusalReason::Declined => Refusal::Declined,
            RefusalReason::Full => Refusal::Full,
        };
        self.end_visit(phase::Failure::Refused(refusal));
    }

    /// The room is over for this person: whatever came of it is on a page of its own.
    pub(super) fn end_visit(&mut self, failure: phase::Failure) {
        let Some(visit) = self.visit.take() else { return };
        self.known = Some(visit.known.clone());
        self.media.stop();
        self.show(Action::Room(RoomAction::Waiting(None)));
        self.show(Action::Room(RoomAction::Alone));
        self.show(Action::Failed(failure));
    }

    /// A moderator asks something. All but switching on is done at once, and said by whom.
    pub(super) fn take_asked(&mut self, by: DeviceId, what: Ask) {
        let Some(visit) = &self.visit else { return };
        let by = visit.people.name(&by);
        let notice = match what {
            Ask::Mute if self.devices.microphone.on => {
                self.toggle(DeviceKind::Microphone, false);
                Notice::Muted(by)
            }
            Ask::CameraOff if self.devices.camera.on => {
                self.toggle(DeviceKind::Camera, false);
                Notice::CameraOff(by)
            }
            Ask::Unmute if !self.devices.microphone.on => Notice::AskedToUnmute(by),
            Ask::LowerHand if visit.has_hand => {
                self.set_hand(false);
                Notice::HandLowered(by)
            }
            Ask::Mute | Ask::CameraOff | Ask::Unmute | Ask::LowerHand => return,
        };
        self.show(Action::Toast(ToastAction::Show(notice)));
    }

    pub(super) fn set_hand(&mut self, up: bool) {
        let offset = self.list.as_ref().map(|list| list.offset).unwrap_or_default();
        let now_ms = Timestamp::from_millis(clock::now_ms()).in_room(offset).as_millis();
        let Some(visit) = &mut self.visit else { return };
        visit.has_hand = up;
        visit.send(SessionInput::SetHand(up));
        self.show(Action::Room(RoomAction::Hand(up.then_some(now_ms))));
    }

    pub(super) fn toggle_hand(&mut self) {
        let up = self.visit.as_ref().is_some_and(|visit| !visit.has_hand);
        self.set_hand(up);
    }

    fn moderate(&mut self, act: Moderation) {
        if let Some(visit) = &mut self.visit {
            visit.send(SessionInput::Moderate(act));
        }
    }

    pub(super) fn act(&mut self, person: PersonId, act: Act) {
        let Some((device, account)) = self.visit.as_ref().and_then(|visit| visit.people.member(person)) else { return };
        self.moderate(match act {
            Act::Mute => Moderation::Ask { device, what: Ask::Mute },
            Act::AskToUnmute => Moderation::Ask { device, what: Ask::Unmute },
            Act::CameraOff => Moderation::Ask { device, what: Ask::CameraOff },
            Act::LowerHand => Moderation::Ask { device, what: Ask::LowerHand },
            Act::Role(role) => Moderation::SetRole { account, role },
            Act::Transfer => Moderation::Transfer(account),
            Act::Remove => Moderation::Remove(account),
            Act::Ban => Moderation::Ban(account),
        });
    }

    /// The door is closed first, so that who is banned finds it closed.
    pub(super) fn ban(&mut self, person: PersonId, knock: bool) {
        let policy = self.visit.as_ref().and_then(|visit| visit.people.policy());
        if let Some(policy) = policy.filter(|policy| knock && policy.door == Door::Open) {
            self.set_policy(RoomPolicy { door: Door::Lobby, ..policy });
        }
        self.act(person, Act::Ban);
    }

    pub(super) fn unban(&mut self, account: &AccountBytes) {
        if let Ok(account) = AccountId::from_bytes(account) {
            self.moderate(Moderation::Unban(account));
        }
    }

    pub(super) fn mute_all(&mut self) {
        let devices = self.visit.as_ref().map(|visit| visit.people.devices()).unwrap_or_default();
        for device in devices {
            self.moderate(Moderation::Ask { device, what: Ask::Mute });
        }
    }

    pub(super) fn set_policy(&mut self, policy: RoomPolicy) {
        self.moderate(Moderation::SetPolicy(policy));
    }

    pub(super) fn admit(&mut self, person: PersonId) {
        if let Some(device) = show::device(person) {
            self.moderate(Moderation::Admit(device));
        }
    }

    pub(super) fn admit_all(&mut self) {
        self.moderate(Moderation::AdmitAll);
    }

    pub(super) fn decline(&mut self, person: PersonId) {
        if let Some(device) = show::device(person) {
            self.moderate(Moderation::Decline(device));
        }
    }

    pub(super) fn destroy(&mut self) {
        self.moderate(Moderation::Destroy);
        if let Some(visit) = &self.visit {
            let (known, now_s) = (visit.known.clone(), self.now_s());
            spawn_local(async move { founding::unregister(&known, now_s).await });
        }
    }

    pub(super) fn take_removed(&mut self, by: &AccountId, banned: bool) {
        let by = self.visit.as_ref().map(|visit| visit.people.name_of(by)).unwrap_or_default();
        self.end_visit(phase::Failure::Removed { by, banned });
    }

    pub(super) fn take_destroyed(&mut self, by: &AccountId) {
        let by = self.visit.as_ref().map(|visit| visit.people.name_of(by)).unwrap_or_default();
        self.end_visit(phase::Failure::Destroyed { by });
    }

    /// What the room is made of is kept with the tab, so that loading the page again changes nothing.
    pub(super) fn keep_operations(&mut self, operations: &[Vec<u8>]) {
        let Some(visit) = &mut self.visit else { return };
        visit.known.operations.extend_from_slice(operations);
        spawn_local(memory::remember(visit.known.clone()));
    }

    pub(super) fn keep_floor(&mut self, floor: &KeptFloor) {
        let Some(visit) = &mut self.visit else { return };
        visit.known.keep_floor(floor.clone());
        spawn_local(memory::remember(visit.known.clone()));
    }

    pub(super) fn refuse(&mut self, error: ModerateError) {
        tracing::info!(%error, "an act of moderation was not done");
        let notice = if error == ModerateError::NotShown { Notice::NotShown } else { Notice::NotAllowed };
        self.show(Action::Toast(ToastAction::Show(notice)));
    }

    /// Somebody decided something: what is worth a notice.
    pub(super) fn take_acted(&mut self, by: &AccountId, what: Acted) {
        let Some(visit) = &self.visit else { return };
        let me = visit.known.persona.account().id();
        if *by == me {
            return;
        }
        let by = visit.people.name_of(by);
        let whom = |account| visit.people.name_of(account);
        let notice = match what {
            Acted::SetRole(account, role) if account == me => Notice::RoleGiven { by, role },
            Acted::Transferred(account) if account == me => Notice::RoleGiven { by, role: Role::Owner },
            Acted::Removed(account) if account != me => Notice::Removed { by, whom: whom(&account) },
            Acted::Banned(account) if account != me => Notice::Removed { by, whom: whom(&account) },
            Acted::SetPolicy(policy) => Notice::PolicyChanged { by, locked: policy.door == Door::Locked },
            _ => return,
        };
        self.show(Action::Toast(ToastAction::Show(notice)));
    }
}
