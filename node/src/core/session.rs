//! One person in one room: the room, the call in it and the files that pass through it, as one machine.
//!
//! It only connects the cores: members who come and go are told to call and files, signals pass both ways, media that flows keeps
//! its member present, and what the network learns (time, TURN credentials) reaches both. Every rule is in one of the cores.
//!
//! Drive order: one input (`handle_*`), then `poll_command` (for the network) and `poll_output` (for the app) until both give
//! `None`, then sleep until `poll_timeout` and call `handle_timeout`.

use std::collections::VecDeque;

use milanio_identity::{AccountId, Attestation, DeviceId, IssuerId, TopicName};

use crate::{
    core::{
        call::{Call, CallCommand, CallConfig, CallEvent, LinkId, PeerEvent, TurnNode},
        files::{FileCommand, FileEvent, FileName, Files, FilesError, Node, TransferEvent},
        room::{
            Departure, Member, ModerateError, Moderation, PublishTicket, RegistryAnswer, Room, RoomCommand, RoomConfig,
            RoomEvent, SendChatError, Verdict,
        },
        time::{ClockOffset, Timestamp},
    },
    wire::{
        entry::Entry,
        file::{FileId, FileOffer},
        message::MediaState,
    },
};

/// What a session starts with.
pub struct SessionConfig {
    /// The room's part.
    pub room: RoomConfig,
    /// Makes call ids; not the room's seed.
    pub call_seed: [u8; 32],
    /// Makes names of transfers; neither of the other seeds.
    pub file_seed: [u8; 32],
    /// Use relayed candidates alone, so that other members do not learn our address.
    pub relay_only: bool,
}

/// What the app wants or reports.
#[derive(Clone)]
pub enum SessionInput {
    /// Become a member, with this switched on.
    Enter(MediaState),
    /// End the calls and say goodbye. The session can be dropped when it has nothing more to do.
    Leave,
    /// As `Leave`, and for good: an owner hands the room over to the heir. Not for pages that are merely closed.
    LeaveForGood,
    /// Say this text to everybody.
    SendChat(String),
    /// Put this into the conversation: for everybody, or for one account alone.
    SendEntry(Entry, Option<AccountId>),
    /// Something is being written for everybody: told with every letter.
    Typing,
    /// Whether the person looks at what comes, and lets others know. At first not.
    SetReading(bool),
    /// What is written from here on comes after this Lamport time of an earlier visit.
    ResumeAfter(u64),
    /// The microphone or camera was switched.
    SetMedia(MediaState),
    /// Be called this from now on.
    SetName(String),
    /// What a server attests of our account from now on.
    SetAttestation(Option<Attestation>),
    /// The servers whose attestations of others count from now on.
    SetIssuers(Vec<IssuerId>),
    /// The page was hidden or shown.
    SetAway(bool),
    /// Raise or lower the hand.
    SetHand(bool),
    /// Decide something about the room or who is in it.
    Moderate(Moderation),
    /// What the registry said to [`SessionOutput::AskRegistry`].
    Registry(RegistryAnswer),
    /// The outcome of [`SessionOutput::CheckGenesis`].
    GenesisChecked {
        /// The bytes that were checked.
        bytes: Vec<u8>,
        /// Whether the room code commits to them.
        code_matches: bool,
    },
    /// A peer connection reports.
    Peer {
        /// Which one.
        link: LinkId,
        /// What.
        event: PeerEvent,
    },
    /// Give this file to whoever asks. The shell must know where to read it; telling the room of it is another input.
    ShareFile(FileOffer),
    /// Take an own file back.
    WithdrawFile(FileId),
    /// Fetch a file that a member has offered. The shell must know where to write it.
    FetchFile(DeviceId, FileOffer),
    /// Fetch it no longer.
    CancelFile(FileName),
    /// The device changed networks or came back from sleep.
    NetworkChanged,
    /// Time has passed: timers of a hidden page are slow, so a worker may tick instead.
    Tick,
}

impl std::fmt::Debug for SessionInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Only which it is: names, texts and addresses are in no log.
        f.write_str(match self {
            Self::Enter(_) => "Enter",
            Self::Leave => "Leave",
            Self::LeaveForGood => "LeaveForGood",
            Self::SendChat(_) => "SendChat",
            Self::SendEntry(..) => "SendEntry",
            Self::Typing => "Typing",
            Self::SetReading(_) => "SetReading",
            Self::ResumeAfter(_) => "ResumeAfter",
            Self::SetMedia(_) => "SetMedia",
            Self::SetName(_) => "SetName",
            Self::SetAttestation(_) => "SetAttestation",
            Self::SetIssuers(_) => "SetIssuers",
            Self::SetAway(_) => "SetAway",
            Self::SetHand(_) => "SetHand",
            Self::Moderate(_) => "Moderate",
            Self::Registry(_) => "Registry",
            Self::GenesisChecked { .. } => "GenesisChecked",
            Self::Peer { .. } => "Peer",
            Self::ShareFile(_) => "ShareFile",
            Self::WithdrawFile(_) => "WithdrawFile",
            Self::FetchFile(..) => "FetchFile",
            Self::CancelFile(_) => "CancelFile",
            Self::NetworkChanged => "NetworkChanged",
            Self::Tick => "Tick",
        })
    }
}

/// What the app is to be told, or is asked to do.
#[derive(Clone, Debug)]
pub enum SessionOutput {
    /// Something happened in the room. Signals never appear here.
    Room(RoomEvent),
    /// Something happened to a call.
    Call(CallEvent),
    /// Drive a peer connection. Commands of one link in order; never `Send`.
    Peer(CallCommand),
    /// Ask the registry for this room and answer with [`SessionInput::Registry`].
    AskRegistry,
    /// Tell the registry that the room is in use.
    BeatRegistry,
    /// Find out whether the room code commits to this genesis (slow: in a worker); answer with
    /// [`SessionInput::GenesisChecked`].
    CheckGenesis(Vec<u8>),
    /// Something happened to a file.
    File(FileEvent),
    /// The last `ShareFile` or `FetchFile` was not taken.
    FileRefused(FilesError),
    /// The last `SendChat` or `SendEntry` was not taken: here it is, with whom it was for.
    ChatRefused {
        /// Why.
        error: SendChatError,
        /// What was to be said.
        entry: Entry,
        /// The one account that was to read it.
        to: Option<AccountId>,
    },
    /// This was not done.
    ModerationRefused(Moderation, ModerateError),
}

/// What the network is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCommand {
    /// Follow this topic.
    Subscribe(TopicName),
    /// Follow it no longer.
    Unsubscribe(TopicName),
    /// Publish a frame and answer with [`Session::handle_published`].
    Publish {
        /// To answer with.
        ticket: PublishTicket,
        /// Where.
        topic: TopicName,
        /// The frame.
        data: Vec<u8>,
    },
    /// Move the bytes of files; answer with [`Session::handle_transfer`]. Never `Send`.
    Transfer(FileCommand),
    /// Ask relays for TURN credentials; answer with [`Session::handle_turn`].
    AskTurn,
}

/// The machine. See the module for how to drive it.
pub struct Session {
    room: Box<Room>,
    /// There from the moment the room is entered.
    call: Option<Call>,
    call_config: CallConfig,
    files: Files,
    turn_nodes: Vec<TurnNode>,
    commands: VecDeque<SessionCommand>,
    outputs: VecDeque<SessionOutput>,
}

impl Session {
    /// Looks into the room: follows its topics, hears who is there, says nothing.
    pub fn new(config: SessionConfig, now: Timestamp) -> Self {
        let call_config = CallConfig {
            me: config.room.device.id(),
            run: config.room.run,
            seed: config.call_seed,
            relay_only: config.relay_only,
        };
        let mut session = Self {
            room: Box::new(Room::new(config.room, now)),
            call: None,
            call_config,
            files: Files::new(config.file_seed),
            turn_nodes: Vec::new(),
            commands: VecDeque::new(),
            outputs: VecDeque::new(),
        };
        session.settle(now);
        session
    }

    /// Takes what the app wants or reports.
    pub fn handle_input(&mut self, input: SessionInput, now: Timestamp) {
        match input {
            SessionInput::Enter(media) => self.enter(media, now),
            SessionInput::SendChat(text) => self.send(Entry::text(text), None, now),
            SessionInput::SendEntry(entry, to) => self.send(entry, to, now),
            SessionInput::Typing => self.room.type_on(now),
            SessionInput::SetReading(on) => self.room.set_reading(on, now),
            SessionInput::ResumeAfter(lamport) => self.room.resume_after(lamport),
            SessionInput::Leave => self.leave(false, now),
            SessionInput::LeaveForGood => self.leave(true, now),
            SessionInput::SetMedia(media) => self.room.set_media(media, now),
            SessionInput::SetName(name) => self.room.set_name(&name, now),
            SessionInput::SetAttestation(attestation) => self.room.set_attestation(attestation, now),
            SessionInput::SetIssuers(issuers) => self.room.set_issuers(issuers, now),
            SessionInput::SetAway(away) => self.room.set_away(away, now),
            SessionInput::SetHand(raised) => self.room.set_hand(raised, now),
            SessionInput::Moderate(act) => {
                if let Err(error) = self.room.moderate(act, now) {
                    self.outputs.push_back(SessionOutput::ModerationRefused(act, error));
                }
            }
            SessionInput::Registry(answer) => self.room.handle_registry(answer, now),
            SessionInput::GenesisChecked { bytes, code_matches } => {
                self.room.handle_genesis_checked(&bytes, code_matches, now);
            }
            SessionInput::Peer { link, event } => {
                if let Some(call) = &mut self.call {
                    call.handle_peer_event(link, event, now);
                }
            }
            SessionInput::ShareFile(offer) => {
                let shared = self.files.share(offer);
                self.note_refusal(shared);
            }
            SessionInput::WithdrawFile(file) => self.files.withdraw(file, now),
            SessionInput::FetchFile(owner, offer) => {
                let wanted = self.files.fetch(owner, offer, now);
                self.note_refusal(wanted);
            }
            SessionInput::CancelFile(file) => self.files.cancel(file, now),
            SessionInput::NetworkChanged => {
                if let Some(call) = &mut self.call {
                    call.handle_network_changed(now);
                }
            }
            SessionInput::Tick => return self.handle_timeout(now),
        }
        self.settle(now);
    }

    /// Takes a frame that came on a followed topic, and judges it.
    pub fn handle_frame(&mut self, topic: &TopicName, data: &[u8], now: Timestamp) -> Verdict {
        let verdict = self.room.handle_frame(topic, data, now);
        self.settle(now);
        verdict
    }

    /// The network can carry frames both ways (`up`), or cannot any more.
    pub fn handle_network(&mut self, up: bool, now: Timestamp) {
        self.room.handle_network(up, now);
        if up {
            self.files.handle_connected(now);
        }
        self.settle(now);
    }

    /// Fresh random bytes, to be given every minute or so: what is kept secret from here on follows from them too.
    pub fn handle_seed(&mut self, seed: &[u8; 32]) {
        self.room.handle_seed(seed);
    }

    /// A frame was handed to at least one relay, or to none.
    pub fn handle_published(&mut self, ticket: PublishTicket, ok: bool, now: Timestamp) {
        self.room.handle_published(ticket, ok, now);
        self.settle(now);
    }

    /// Room time is local time plus `offset`, says a relay; what was told first weighs most.
    pub fn handle_clock(&mut self, offset: ClockOffset, now: Timestamp) {
        self.room.handle_clock(offset, now);
        self.files.handle_clock(self.room.clock_offset());
        if let Some(call) = &mut self.call {
            call.handle_clock(self.room.clock_offset());
        }
        self.settle(now);
    }

    /// These TURN nodes may be used, best first; replaces what was told before.
    pub fn handle_turn(&mut self, nodes: Vec<TurnNode>, now: Timestamp) {
        self.turn_nodes = nodes;
        if let Some(call) = &mut self.call {
            call.set_turn_nodes(self.turn_nodes.clone(), now);
        }
        self.settle(now);
    }

    /// These relays may carry files, best first.
    pub fn handle_relays(&mut self, relays: Vec<Node>, now: Timestamp) {
        self.files.set_relays(relays, now);
        self.settle(now);
    }

    /// The shell reports on a transfer.
    pub fn handle_transfer(&mut self, event: TransferEvent, now: Timestamp) {
        self.files.handle_transfer(event, now);
        self.settle(now);
    }

    /// To be called when [`Self::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.room.handle_timeout(now);
        self.files.handle_timeout(now);
        if let Some(call) = &mut self.call {
            call.handle_timeout(now);
        }
        self.settle(now);
    }

    /// What the network is to do next.
    pub fn poll_command(&mut self) -> Option<SessionCommand> {
        self.commands.pop_front()
    }

    /// What the app is to be told next.
    pub fn poll_output(&mut self) -> Option<SessionOutput> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let call = self.call.as_ref().and_then(Call::poll_timeout);
        [self.room.poll_timeout(), call, self.files.poll_timeout()].into_iter().flatten().min()
    }

    fn enter(&mut self, media: MediaState, now: Timestamp) {
        if self.call.is_some() {
            return;
        }
        self.room.enter(media, now);
        let mut call = Call::new(self.call_config.clone());
        call.handle_clock(self.room.clock_offset());
        call.set_turn_nodes(self.turn_nodes.clone(), now);
        // Who is there already hears us join and offers; by what both said of when they entered, so that clocks cannot make
        // both wait.
        for member in self.room.members() {
            call.handle_member(member.device, member.run, member.joined_after_me, now);
        }
        self.call = Some(call);
    }

    fn send(&mut self, entry: Entry, to: Option<AccountId>, now: Timestamp) {
        if let Err(error) = self.room.send_entry(entry.clone(), to, now) {
            self.outputs.push_back(SessionOutput::ChatRefused { error, entry, to });
        }
    }

    fn leave(&mut self, for_good: bool, now: Timestamp) {
        if let Some(call) = &mut self.call {
            call.hang_up(now);
        }
        // Goodbyes of the call are signals, which only a member can send.
        self.settle(now);
        if for_good { self.room.leave_for_good(now) } else { self.room.leave(now) }
    }

    /// Passes on between the cores until neither has anything to say. It ends because every round consumes what a core had
    /// queued, and a core queues only in answer to an input.
    fn settle(&mut self, now: Timestamp) {
        loop {
            if let Some(command) = self.room.poll_command() {
                self.take_room_command(command);
            } else if let Some(event) = self.room.poll_event() {
                self.take_room_event(event, now);
            } else if let Some(command) = self.call.as_mut().and_then(Call::poll_command) {
                self.take_call_command(command, now);
            } else if let Some(event) = self.call.as_mut().and_then(Call::poll_event) {
                self.take_call_event(event, now);
            } else if let Some(command) = self.files.poll_command() {
                self.take_file_command(command, now);
            } else if let Some(event) = self.files.poll_event() {
                self.outputs.push_back(SessionOutput::File(event));
            } else {
                return;
            }
        }
    }

    fn take_room_command(&mut self, command: RoomCommand) {
        match command {
            RoomCommand::Subscribe(topic) => self.commands.push_back(SessionCommand::Subscribe(topic)),
            RoomCommand::Unsubscribe(topic) => self.commands.push_back(SessionCommand::Unsubscribe(topic)),
            RoomCommand::Publish { ticket, topic, data } => {
                self.commands.push_back(SessionCommand::Publish { ticket, topic, data });
            }
            RoomCommand::AskRegistry => self.outputs.push_back(SessionOutput::AskRegistry),
            RoomCommand::BeatRegistry => self.outputs.push_back(SessionOutput::BeatRegistry),
            RoomCommand::CheckGenesis(bytes) => self.outputs.push_back(SessionOutput::CheckGenesis(bytes)),
        }
    }

    fn take_room_event(&mut self, event: RoomEvent, now: Timestamp) {
        match event {
            RoomEvent::Signal { from, signal, .. } => {
                let Some(call) = &mut self.call else { return };
                return call.handle_signal(from, signal, now);
            }
            RoomEvent::FileSignal { from, signal } => return self.files.handle_signal(from, signal, now),
            RoomEvent::MemberJoined(ref member) | RoomEvent::MemberChanged(ref member) => self.note_member(member, now),
            RoomEvent::Removed { .. } | RoomEvent::Destroyed { .. } => {
                self.files.end(now);
                if let Some(call) = &mut self.call {
                    call.hang_up(now);
                }
            }
            RoomEvent::MemberLeft { device, reason, .. } => {
                if let Departure::Removed { .. } = reason {
                    self.files.handle_member_removed(device, now);
                } else {
                    self.files.handle_member_left(device, reason != Departure::Silent, now);
                }
                if let Some(call) = &mut self.call {
                    call.handle_member_left(device, now);
                }
            }
            _ => {}
        }
        self.outputs.push_back(SessionOutput::Room(event));
    }

    fn note_refusal(&mut self, taken: Result<(), FilesError>) {
        self.outputs.extend(taken.err().map(SessionOutput::FileRefused));
    }

    fn take_file_command(&mut self, command: FileCommand, now: Timestamp) {
        let FileCommand::Send { to, signal } = command else {
            return self.commands.push_back(SessionCommand::Transfer(command));
        };
        if let Err(error) = self.room.send_file_signal(to, signal, now) {
            tracing::debug!(%error, to = %to, "a signal about a file could not be sent");
        }
    }

    fn note_member(&mut self, member: &Member, now: Timestamp) {
        self.files.handle_member(member.device, now);
        if let Some(call) = &mut self.call {
            call.handle_member(member.device, member.run, member.joined_after_me, now);
        }
    }

    fn take_call_command(&mut self, command: CallCommand, now: Timestamp) {
        let CallCommand::Send { to, signal } = &command else {
            return self.outputs.push_back(SessionOutput::Peer(command));
        };
        if let Err(error) = self.room.send_signal(*to, signal, now) {
            tracing::debug!(%error, to = %to, "a signal could not be sent");
        }
    }

    fn take_call_event(&mut self, event: CallEvent, now: Timestamp) {
        match &event {
            CallEvent::Connected(device) => self.room.handle_media_alive(*device, true, now),
            CallEvent::Reconnecting(device) | CallEvent::Disconnected(device, _) => {
                self.room.handle_media_alive(*device, false, now);
            }
            CallEvent::TurnWanted(_) => self.commands.push_back(SessionCommand::AskTurn),
            _ => {}
        }
        self.outputs.push_back(SessionOutput::Call(event));
    }
}

#[cfg(test)]
mod tests;
