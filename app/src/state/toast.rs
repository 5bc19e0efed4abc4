//! Short notices: at most three, the oldest goes first. How long each stays is the component's business.

use milanio_node::wire::operation::Role;

use super::files::NotOffered;

/// Most notices shown at once.
pub const MAX_TOASTS: usize = 3;

/// What a notice is about. The words are in `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The link is on the clipboard.
    LinkCopied,
    /// The code is on the clipboard.
    CodeCopied,
    /// A message is on the clipboard.
    TextCopied,
    /// The clipboard refused; the person has to copy by hand.
    CopyFailed,
    /// Somebody came in.
    Joined(String),
    /// Somebody left.
    Left(String),
    /// A message came while the chat was closed: author and text.
    Message(String, String),
    /// The device in use was unplugged; another one is used.
    DeviceLost(String),
    /// A device was plugged in.
    DeviceFound(String),
    /// A file, by its name, is not offered, and why.
    NotOffered(String, NotOffered),
    /// More files of others are here or on their way than can be kept.
    TooManyFiles,
    /// Messages are being sent faster than the room takes them.
    SendingTooFast,
    /// Somebody says far more than they may: what they write is not heard here for a while.
    Unheard(String),
    /// Somebody muted one.
    Muted(String),
    /// Somebody turned one's camera off.
    CameraOff(String),
    /// Somebody asks one to switch the microphone on.
    AskedToUnmute(String),
    /// Somebody lowered one's hand.
    HandLowered(String),
    /// Somebody gave one another role.
    RoleGiven {
        /// Who.
        by: String,
        /// Which.
        role: Role,
    },
    /// Somebody removed somebody else.
    Removed {
        /// Who.
        by: String,
        /// Whom.
        whom: String,
    },
    /// Somebody changed who may do what.
    PolicyChanged {
        /// Who.
        by: String,
        /// Nobody new comes in.
        locked: bool,
    },
    /// Something cannot be done, because one's role does not allow it any more.
    NotAllowed,
    /// Somebody at the door cannot be told no by oneself.
    NotShown,
    /// The one person a message is for has left.
    ReaderGone,
    /// The message that something is about is not here any more.
    MessageGone,
    /// A message is longer than the room takes.
    TooLong,
    /// Nobody could be reached directly or over a relay.
    PeerUnreachable(String),
}

impl Notice {
    /// It is about a call that goes on, and nothing once that is over.
    pub fn is_of_the_call(&self) -> bool {
        matches!(
            self,
            Self::Joined(_)
                | Self::Left(_)
                | Self::Message(..)
                | Self::NotOffered(..)
                | Self::TooManyFiles
                | Self::SendingTooFast
                | Self::ReaderGone
                | Self::MessageGone
                | Self::TooLong
                | Self::PeerUnreachable(_)
                | Self::Unheard(_)
                | Self::Muted(_)
                | Self::CameraOff(_)
                | Self::AskedToUnmute(_)
                | Self::HandLowered(_)
                | Self::RoleGiven { .. }
                | Self::Removed { .. }
                | Self::PolicyChanged { .. }
                | Self::NotAllowed
                | Self::NotShown
        )
    }
}

/// A notice on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Counts up; names the toast when it is closed.
    pub id: u32,
    /// What it says.
    pub notice: Notice,
}

/// The notices on the screen, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toasts {
    /// At most [`MAX_TOASTS`].
    pub shown: Vec<Toast>,
    next_id: u32,
}

/// A notice comes or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToastAction {
    /// Show this.
    Show(Notice),
    /// Take this one away.
    Close(u32),
}

impl Toasts {
    /// Adds or removes a notice. One that is shown already is not shown twice.
    pub fn apply(&mut self, action: ToastAction) {
        match action {
            ToastAction::Show(notice) => {
                self.shown.retain(|toast| toast.notice != notice);
                if self.shown.len() == MAX_TOASTS {
                    self.shown.remove(0);
                }
                self.shown.push(Toast { id: self.next_id, notice });
                self.next_id = self.next_id.wrapping_add(1);
            }
            ToastAction::Close(id) => self.shown.retain(|toast| toast.id != id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fourth_notice_pushes_out_the_first() {
        let mut toasts = Toasts::default();
        for name in ["a", "b", "c", "d"] {
            toasts.apply(ToastAction::Show(Notice::Joined(name.into())));
        }
        assert_eq!(toasts.shown.len(), MAX_TOASTS);
        assert_eq!(toasts.shown[0].notice, Notice::Joined("b".into()));
    }

    #[test]
    fn the_same_notice_is_shown_once() {
        let mut toasts = Toasts::default();
        toasts.apply(ToastAction::Show(Notice::LinkCopied));
        toasts.apply(ToastAction::Show(Notice::LinkCopied));
        assert_eq!(toasts.shown.iter().map(|toast| toast.id).collect::<Vec<_>>(), [1]);
    }
}
