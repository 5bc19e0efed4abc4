//! What the person wants, as the pages say it.
//!
//! The bridge carries an intent out and answers with [`Action`](crate::state::Action)s. What only changes the look of
//! the page (which panel is open, closing a toast) is no intent: the pages dispatch that action themselves.

use crate::state::{media::DeviceKind, route::Route, toast::Notice};

/// One wish of the person in front of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// The page is at this address now: once at the start, then on every change.
    Opened(Route),
    /// Make a new room and go to its prejoin page.
    StartCall,
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
    /// Say this to everybody inside.
    SendChat(String),
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
    /// Go to the landing page; leaves the call if in one. The page changes the address, the bridge hears of it by
    /// [`Intent::Opened`].
    GoHome,
}
