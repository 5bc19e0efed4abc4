//! What the person wants, as the pages say it.
//!
//! The bridge carries an intent out and answers with [`Action`](crate::state::Action)s. What only changes the look of
//! the page (which panel is open, closing a toast) is no intent: the pages dispatch that action themselves.

use milanio_node::wire::{
    file::{FileId, FileOffer},
    operation::RoomPolicy,
};

use crate::{
    platform::picked::Picked,
    state::{
        chat::{ItemId, Keep},
        files::FileRef,
        founding::Founding,
        media::DeviceKind,
        people::Act,
        room::PersonId,
        route::Route,
        toast::Notice,
        trust::AccountBytes,
    },
};

/// One wish of the person in front of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// The page is at this address now: once at the start, then on every change.
    Opened(Route),
    /// Make a new room that is to be like this, and go to its prejoin page.
    StartCall(Founding),
    /// Go to the room that this text names: a code or a whole link, as it was typed or pasted.
    Join(String),
    /// Make the room of this page's code, which the registry does not know, and go on in it.
    CreateMissingRoom,
    /// Use this name from now on; sent to the others when already inside.
    SetName(String),
    /// Turn the microphone on or off.
    ToggleMicrophone,
    /// Turn the camera on or off.
    ToggleCamera,
    /// Capture from, or play on, this device.
    PickDevice {
        /// Which kind of device.
        kind: DeviceKind,
        /// The browser's id of it.
        id: String,
    },
    /// Play a sound on the chosen speaker. The page does it itself, the bridge never sees it.
    TestSound,
    /// Ask for camera and microphone again after a refusal or a failure.
    RetryMedia,
    /// Go on without what was refused or is missing.
    JoinWithoutMedia,
    /// Step into the room from the prejoin page.
    Enter,
    /// Say this to everybody inside, or to one person alone.
    SendChat {
        /// The text.
        text: String,
        /// The message it answers.
        reply_to: Option<ItemId>,
        /// The one account that may read it.
        to: Option<AccountBytes>,
    },
    /// Put another text in place of one's own message.
    EditChat(ItemId, String),
    /// Take one's own message back.
    DeleteChat(ItemId),
    /// React to a message with an emoji (true), or not any more.
    ReactChat(ItemId, String, bool),
    /// One is writing a message for everybody.
    Typing,
    /// Hide that people write, both ways.
    HideTyping(bool),
    /// Tell others how far one has read and see how far they have, or neither.
    ShareReading(bool),
    /// One sees what is said now, and shares that; or not any more.
    Reading(bool),
    /// Keep what is said in this room on this device for so long.
    KeepChat(Keep),
    /// Offer these files to everybody inside, or to one account alone.
    OfferFiles {
        /// Which.
        files: Vec<Picked>,
        /// To whom alone.
        to: Option<AccountBytes>,
    },
    /// Offer this own file no longer.
    WithdrawFile(FileId),
    /// Take this file, which this person offers.
    TakeFile(PersonId, Box<FileOffer>),
    /// Do not take it after all, or no more of it.
    CancelFile(FileRef),
    /// Put a file that has come where downloads go, under this name.
    SaveFile(FileRef, String),
    /// Leave the call.
    Leave,
    /// Go back into the room that was just left.
    Rejoin,
    /// Try again now what is being tried again later: registry, relay, or opening the room.
    Retry,
    /// Put this text on the clipboard and say so. The page does it itself, the bridge never sees it.
    Copy {
        /// The link or the code.
        text: String,
        /// What to say then.
        notice: Notice,
    },
    /// Take over the room from the other tab that holds it.
    UseHere,
    /// Go into this page's room as a guest who is nobody else.
    JoinAsGuest,
    /// Go into this page's room as the person of this browser's wallet after all.
    JoinAsMyself,
    /// Keep this room, by its code, out of the list of those visited lately.
    ForgetRoom(String),
    /// Forget all rooms visited lately, and every conversation that this browser keeps.
    ForgetRooms,
    /// The digits of this person were compared and are the same, or that is taken back.
    Compare(PersonId, bool),
    /// Take this person for whom they say they are, although somebody else was met under the name.
    Accept(PersonId),
    /// Do this with somebody. Bans have an intent of their own.
    Act(PersonId, Act),
    /// Remove somebody and refuse their key from now on.
    Ban {
        /// Whom.
        person: PersonId,
        /// New guests are to knock from now on.
        knock: bool,
    },
    /// Let a banned account in again.
    Unban(AccountBytes),
    /// Mute everybody else.
    MuteAll,
    /// Change who may do what.
    SetPolicy(RoomPolicy),
    /// Let in who knocks.
    Admit(PersonId),
    /// Let in everybody who knocks.
    AdmitAll,
    /// Do not let in who knocks.
    Decline(PersonId),
    /// Do not wait at the door any longer.
    CancelKnock,
    /// Raise one's own hand, or lower it.
    ToggleHand,
    /// End the room for everybody.
    Destroy,
    /// Go to the landing page; leaves the call if in one. The page changes the address, the bridge hears of it by
    /// [`Intent::Opened`].
    GoHome,
}
