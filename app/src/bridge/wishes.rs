//! What the bridge does about each wish of the person.

use milanio_identity::{CodeError, RoomCode};
use milanio_node::{core::session::SessionInput, net::client::ClientInput};
use milanio_rendezvous::api::ErrorCode;
use wasm_bindgen_futures::spawn_local;

use super::{
    Bridge,
    founding::{self, FoundingError},
    memory,
    message::Message,
    now_s,
    persona::Persona,
    reach::fetch_relays,
    visit::{Known, Stage},
};
use crate::{
    intent::Intent,
    platform::{address, api::Failure, clock},
    state::{
        Action,
        founding::Founding,
        media::{DeviceKind, MediaAction},
        phase::{self, CreateStep, Phase},
        room::RoomAction,
        route::{CodeProblem, Route},
        toast::{Notice, ToastAction},
    },
};

/// How long to wait if a registry refuses without saying so, in seconds.
const USUAL_WAIT_S: u32 = 60;

impl Bridge {
    pub(super) fn wish(&mut self, intent: Intent) {
        match intent {
            Intent::Opened(Route::Landing) => self.leave_room(),
            Intent::Opened(Route::Room(code)) => self.open(&code),
            Intent::StartCall(founding) => self.start_call(founding),
            Intent::CreateMissingRoom => self.open_door(),
            Intent::Join(text) => self.join(&text),
            Intent::SetName(name) => self.set_name(name),
            Intent::ToggleMicrophone => self.switch(DeviceKind::Microphone, !self.devices.microphone.on),
            Intent::ToggleCamera => self.switch(DeviceKind::Camera, !self.devices.camera.on),
            Intent::PickDevice { kind, id } => {
                let media = self.media.clone();
                spawn_local(async move { media.pick(kind, id).await });
            }
            Intent::RetryMedia => self.retry_media(),
            Intent::JoinWithoutMedia => {
                self.devices.apply(MediaAction::Without(true));
                self.show(Action::Media(MediaAction::Without(true)));
            }
            Intent::Enter => self.enter(),
            Intent::SendChat { .. } | Intent::EditChat(..) | Intent::DeleteChat(_) | Intent::ReactChat(..) => {
                self.put_into_talk(&intent);
            }
            Intent::Typing => self.tell_typing(),
            Intent::HideTyping(hidden) => self.hide_typing(hidden),
            Intent::ShareReading(shared) => self.share_reading(shared),
            Intent::Reading(on) => self.tell_reading(on),
            Intent::KeepChat(keep) => self.keep_talk(keep),
            Intent::OfferFiles { files, to } => self.offer_files(files, to),
            Intent::WithdrawFile(file) => self.withdraw_file(file),
            Intent::TakeFile(owner, offer) => self.take_file(owner, *offer),
            Intent::CancelFile(file) => self.cancel_file(file),
            Intent::SaveFile(file, name) => self.save_file(file, &name),
            Intent::Leave => self.leave_call(),
            Intent::Rejoin => self.rejoin(),
            Intent::Retry => self.retry(),
            Intent::UseHere => self.use_here(),
            Intent::JoinAsGuest => self.join_as_guest(),
            Intent::JoinAsMyself => self.join_as_myself(),
            Intent::ForgetRoom(code) => self.forget_room(code),
            Intent::ForgetRooms => self.forget_rooms(),
            Intent::Compare(person, is_same) => self.compare(person, is_same),
            Intent::Accept(person) => self.accept(person),
            Intent::Act(person, act) => self.act(person, act),
            Intent::Ban { person, knock } => self.ban(person, knock),
            Intent::Unban(account) => self.unban(&account),
            Intent::MuteAll => self.mute_all(),
            Intent::SetPolicy(policy) => self.set_policy(policy),
            Intent::Admit(person) => self.admit(person),
            Intent::AdmitAll => self.admit_all(),
            Intent::Decline(person) => self.decline(person),
            Intent::CancelKnock => self.cancel_knock(),
            Intent::ToggleHand => self.toggle_hand(),
            Intent::Destroy => self.destroy(),
            // The page does these itself.
            Intent::Copy { .. } | Intent::TestSound | Intent::GoHome => {}
        }
    }

    fn open(&mut self, text: &str) {
        let Ok(code) = RoomCode::parse(text) else {
            self.leave_room();
            return self.show(Action::Failed(phase::Failure::WrongCode));
        };
        if self.visit.as_ref().is_some_and(|visit| visit.known.code == code) {
            return;
        }
        self.visit = None;
        if let Some(known) = self.known.take().filter(|known| known.code == code) {
            return self.visit(known, Stage::Outside);
        }
        self.opening = Some(code.clone());
        self.show_address(&code);
        self.list_relays();
        let (post, now_s) = (self.post.clone(), self.now_s());
        spawn_local(async move {
            let known = memory::recall(code, now_s).await;
            post.send(Message::Recalled(known.map(Box::new)));
        });
    }

    /// Shows the room's code and link, well written.
    pub(super) fn show_address(&self, code: &RoomCode) {
        let code = code.to_string();
        let link = address::link(&Route::Room(code.clone()));
        self.show(Action::Room(RoomAction::Code(code)));
        self.show(Action::Room(RoomAction::Link(link)));
    }

    pub(super) fn take_recalled(&mut self, known: Option<Box<Known>>) {
        let Some(opening) = self.opening.take() else { return };
        match known {
            Some(known) if known.code == opening => self.visit(*known, Stage::Outside),
            // The page went on to another room meanwhile, for which the answer is still to come.
            Some(_) => self.opening = Some(opening),
            None => self.show(Action::Failed(phase::Failure::Internal("persona"))),
        }
    }

    fn join(&mut self, text: &str) {
        match RoomCode::from_input(text) {
            Ok(code) => address::go(&Route::Room(code.to_string())),
            Err(_) if text.trim().is_empty() => self.show(Action::CodeRefused(CodeProblem::Empty)),
            Err(error) => self.show(Action::CodeRefused(match error {
                CodeError::WrongLength { .. } => CodeProblem::WrongLength,
                CodeError::BadCharacter { .. } => CodeProblem::NotACode,
                CodeError::CheckFailed => CodeProblem::Mistyped,
            })),
        }
    }

    fn start_call(&mut self, wanted: Founding) {
        if std::mem::replace(&mut self.is_founding, true) {
            return;
        }
        self.show(Action::Phase(Phase::Creating(CreateStep::MakingCode)));
        let (worker, post, dispatch, list) =
            (self.worker.clone(), self.post.clone(), self.dispatch.clone(), self.list.clone());
        spawn_local(async move {
            // The registry takes only what was signed by its own time.
            let (founded, list) = futures::join!(founding::found(&worker, now_s(list.as_ref()), wanted), async {
                if list.is_some() { list.clone() } else { fetch_relays().await.ok() }
            });
            let outcome = match founded {
                Ok(founded) => {
                    dispatch.emit(Action::Phase(Phase::Creating(CreateStep::Registering)));
                    let registered = founding::register(&founded, now_s(list.as_ref())).await;
                    Ok((Box::new(founded), registered))
                }
                Err(error) => Err(error),
            };
            if let Some(list) = list {
                post.send(Message::Relays(Ok(list)));
            }
            post.send(Message::Founded(outcome));
        });
    }

    pub(super) fn take_founded(&mut self, outcome: Result<(Box<Known>, Result<(), Failure>), FoundingError>) {
        self.is_founding = false;
        let (mut known, registered) = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!(%error, "no room could be founded");
                return self.show(Action::Failed(phase::Failure::Internal("founding")));
            }
        };
        if let Err(Failure::Refused(ErrorCode::RateLimited, retry_after_s)) = registered {
            let retry_after_s = retry_after_s.unwrap_or(USUAL_WAIT_S);
            return self.show(Action::Failed(phase::Failure::TooManyRooms { retry_after_s }));
        }
        known.is_unregistered = registered.is_err();
        self.keep_room(&known);
        let route = Route::Room(known.code.to_string());
        self.known = Some(*known);
        address::go(&route);
        if let Err(failure) = registered {
            tracing::warn!(%failure, "the room is not in the registry");
        }
    }

    pub(super) fn set_name(&mut self, name: String) {
        self.show(Action::Room(RoomAction::Named(name.clone())));
        if let Some(visit) = &mut self.visit {
            visit.send(SessionInput::SetName(name.clone()));
        }
        self.name = name;
    }

    /// The person wants it on or off; their role may not let them speak.
    fn switch(&mut self, kind: DeviceKind, on: bool) {
        if on && !self.may_speak() {
            return self.show(Action::Toast(ToastAction::Show(Notice::NotAllowed)));
        }
        self.toggle(kind, on);
    }

    pub(super) fn toggle(&mut self, kind: DeviceKind, on: bool) {
        let media = self.media.clone();
        spawn_local(async move { media.switch(kind, on).await });
    }

    fn retry_media(&mut self) {
        self.devices.apply(MediaAction::Without(false));
        self.show(Action::Media(MediaAction::Without(false)));
        let media = self.media.clone();
        spawn_local(async move { media.start().await });
    }

    fn enter(&mut self) {
        let Some(visit) = &mut self.visit else { return };
        match visit.stage {
            Stage::Outside if visit.is_open => self.step_in(),
            Stage::Outside => {
                visit.stage = Stage::Entering;
                self.show(Action::Phase(Phase::Entering));
            }
            Stage::Entering | Stage::Inside { .. } => {}
        }
    }

    fn leave_call(&mut self) {
        let Some(mut visit) = self.visit.take() else { return };
        if visit.people.hands_over() {
            visit.send(SessionInput::LeaveForGood);
        }
        let since_ms = match visit.stage {
            Stage::Inside { since_ms } => since_ms,
            Stage::Outside | Stage::Entering => clock::now_ms(),
        };
        self.known = Some(visit.known.clone());
        self.media.stop();
        let duration_s = clock::now_ms().saturating_sub(since_ms) / 1_000;
        self.show(Action::Phase(Phase::Ended { duration_s }));
    }

    fn leave_room(&mut self) {
        self.opening = None;
        if let Some(visit) = self.visit.take() {
            self.known = Some(visit.known.clone());
            self.media.stop();
        }
        self.ask_lives();
    }

    fn rejoin(&mut self) {
        if let Some(known) = self.known.take() {
            self.show(Action::Phase(Phase::Entering));
            self.visit(known, Stage::Entering);
        }
    }

    /// Another page of this browser has the room: this one waits for a wish.
    pub(super) fn give_way(&mut self) {
        let Some(visit) = self.visit.take() else { return };
        self.known = Some(visit.known.clone());
        self.media.stop();
        self.show(Action::Failed(phase::Failure::OpenElsewhere));
    }

    fn use_here(&mut self) {
        if let Some(known) = self.known.take() {
            self.show(Action::Phase(Phase::Prejoin));
            self.visit_as(known, Stage::Outside, true);
        }
    }

    fn join_as_guest(&mut self) {
        let Some(known) = self.known_here() else { return };
        match Persona::guest(self.now_s()) {
            Ok(persona) => {
                if !known.persona.is_guest() {
                    // Who wants to be somebody else does not want their name either.
                    self.set_name(String::new());
                }
                self.show(Action::Phase(Phase::Prejoin));
                self.visit(Known { persona, ..known }, Stage::Outside);
            }
            Err(error) => {
                tracing::error!(%error, "there is no guest");
                self.show(Action::Failed(phase::Failure::Internal("guest")));
            }
        }
    }

    fn join_as_myself(&mut self) {
        let Some(known) = self.known_here() else { return };
        self.opening = Some(known.code.clone());
        let (post, now_s) = (self.post.clone(), self.now_s());
        spawn_local(async move {
            let persona = Persona::of_this_browser(now_s).await.ok();
            post.send(Message::Recalled(persona.map(|persona| Box::new(Known { persona, ..known }))));
        });
    }

    /// The room in front of which, or outside of which, the person stands; the visit ends.
    fn known_here(&mut self) -> Option<Known> {
        match self.visit.take() {
            Some(visit) if matches!(visit.stage, Stage::Inside { .. }) => {
                self.visit = Some(visit);
                None
            }
            Some(visit) => Some(visit.known.clone()),
            None => self.known.take(),
        }
    }

    fn retry(&mut self) {
        self.list_failures = 0;
        self.list_relays();
        let Some(mut visit) = self.visit.take() else { return };
        if visit.is_open {
            visit.send(ClientInput::RetryNow);
            self.visit = Some(visit);
        } else {
            // Looking anew asks everybody at once instead of waiting for the next turn.
            let (known, stage) = (visit.known.clone(), visit.stage);
            drop(visit);
            self.show(Action::Phase(Phase::Prejoin));
            self.visit(known, stage);
        }
    }
}
