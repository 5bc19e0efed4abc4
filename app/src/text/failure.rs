//! The words of the failure pages: what happened, what to do, the main button and the second one.

use crate::{
    intent::Intent,
    state::{
        media::{Access, DeviceKind, Media},
        phase::{Failure, Refusal},
    },
};

/// The words and wishes of one failure page.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// Whose side it is, in a few words, for the chip.
    pub side: &'static str,
    /// What happened.
    pub title: &'static str,
    /// What it means.
    pub lead: String,
    /// What to do, step by step; may be empty.
    pub steps: &'static [&'static str],
    /// The main button.
    pub main: (&'static str, Intent),
    /// The second button.
    pub second: Option<(&'static str, Intent)>,
    /// For the curious, folded.
    pub details: Option<String>,
    /// It is tried again by itself, and the page says so.
    pub retrying: bool,
}

/// The words for a failure.
pub fn failure(failure: &Failure) -> Words {
    match failure {
        Failure::WrongCode | Failure::NoSuchRoom | Failure::RoomExpired => of_room(failure),
        Failure::Refused(refusal) => refused(*refusal),
        Failure::Removed { by, banned } => removed(by, *banned),
        Failure::Destroyed { by } => dead_end(
            "The room",
            "The room was ended",
            &format!("{} ended it for everybody. Its link opens nothing any more.", somebody(by)),
        ),
        Failure::RegistryUnreachable { .. } | Failure::TooManyRooms { .. } | Failure::RelayUnreachable => {
            of_network(failure)
        }
        Failure::InsecureContext | Failure::MissingApi(_) | Failure::OpenElsewhere | Failure::Internal(_) => {
            of_browser(failure)
        }
    }
}

/// Words with the usual second button and nothing folded.
fn words(side: &'static str, title: &'static str, lead: &str, main: (&'static str, Intent)) -> Words {
    Words {
        side,
        title,
        lead: lead.to_owned(),
        steps: &[],
        main,
        second: Some(("Back to the start", Intent::GoHome)),
        details: None,
        retrying: false,
    }
}

/// Words whose one button goes back to the start.
fn dead_end(side: &'static str, title: &'static str, lead: &str) -> Words {
    Words { second: None, ..words(side, title, lead, ("Back to the start", Intent::GoHome)) }
}

/// The room is the reason.
fn of_room(failure: &Failure) -> Words {
    match failure {
        Failure::NoSuchRoom => words(
            "The room",
            "No room has this code",
            "It was never opened, or its time is over. You can open a room with just this code, and everybody with the link gets in.",
            ("Open this room", Intent::CreateMissingRoom),
        ),
        Failure::RoomExpired => dead_end(
            "The room",
            "This room's time is over",
            "Nobody was inside for too long, so it was closed. Open a new one and send the new link.",
        ),
        _ => dead_end(
            "The link",
            "This code is not right",
            "One character or more is wrong, so it opens no room. Ask for the link again, or type the code once more.",
        ),
    }
}

/// Those inside do not let one in.
fn refused(refusal: Refusal) -> Words {
    match refusal {
        Refusal::Declined => words(
            "The room",
            "You were not let in",
            "Somebody inside saw your request and said no. Perhaps they did not know who you are: write your name, or ask them another way.",
            ("Ask again", Intent::Rejoin),
        ),
        Refusal::Locked => words(
            "The room",
            "The room is locked",
            "Nobody new comes in right now. Ask somebody inside to unlock it, then try again.",
            ("Try again", Intent::Rejoin),
        ),
        Refusal::Banned => dead_end(
            "The room",
            "You are banned from this room",
            "Its owner or a co-host does not want you inside. Only they can change that.",
        ),
        Refusal::Full => words(
            "The room",
            "The room is full",
            "It has as many members as a room can have. Try again when somebody has left for good.",
            ("Try again", Intent::Rejoin),
        ),
    }
}

/// One was removed.
fn removed(by: &str, banned: bool) -> Words {
    let by = somebody(by);
    if banned {
        let lead = format!(
            "{by} removed and banned you. Your key opens this room no more. Only its owner or a co-host can change that."
        );
        return dead_end("The room", "You were banned", &lead);
    }
    let lead = format!("{by} removed you. You hear and see nothing of the room since then. You can ask to come back.");
    words("The room", "You were removed", &lead, ("Ask to come back", Intent::Rejoin))
}

fn somebody(name: &str) -> &str {
    if name.trim().is_empty() { "Somebody" } else { name }
}

/// The server or the network is the reason.
fn of_network(failure: &Failure) -> Words {
    match failure {
        Failure::TooManyRooms { retry_after_s } => words(
            "The server",
            "Too many rooms at once",
            &format!(
                "This network opened many rooms in a short time. Try again in {}.",
                super::duration((*retry_after_s).into())
            ),
            ("Try again", Intent::Retry),
        ),
        Failure::RegistryUnreachable { attempts } => Words {
            details: Some(format!("Tries so far: {attempts}")),
            retrying: true,
            ..words(
                "The server",
                "The server does not answer",
                "The room cannot be looked up right now. This page keeps trying by itself and goes on as soon as it works.",
                ("Try now", Intent::Retry),
            )
        },
        _ => Words {
            retrying: true,
            ..words(
                "The network",
                "No relay can be reached",
                "Neither QUIC nor WebSocket gets through. A firewall or a VPN may block them. This page keeps trying by itself.",
                ("Try now", Intent::Retry),
            )
        },
    }
}

/// The browser, the address or the app itself is the reason.
fn of_browser(failure: &Failure) -> Words {
    match failure {
        Failure::InsecureContext => dead_end(
            "The address",
            "This address is not secure",
            "Browsers give camera, microphone and WebTransport only to pages that come over https, or from localhost. Open the page with https, or on the machine that serves it.",
        ),
        Failure::MissingApi(name) => Words {
            details: Some(format!("Missing: {name}")),
            ..words(
                "This browser",
                "This browser cannot make calls",
                &format!("It lacks {name}. Current versions of Firefox, Chrome, Edge and Safari have it."),
                ("Try again", Intent::Retry),
            )
        },
        Failure::OpenElsewhere => Words {
            second: Some(("Join as another guest", Intent::JoinAsGuest)),
            ..words(
                "This browser",
                "Already open in another tab",
                "You are in this room in another tab or window of this browser. You can go on there, or bring it here.",
                ("Use it here", Intent::UseHere),
            )
        },
        other => Words {
            details: if let Failure::Internal(code) = other { Some(format!("Code: {code}")) } else { None },
            ..words(
                "Milanio",
                "Something broke in here",
                "This is a fault of Milanio, not yours. Loading the page again usually helps.",
                ("Try again", Intent::Retry),
            )
        },
    }
}

/// Which of the two is refused.
#[derive(Clone, Copy)]
enum Refused {
    Camera,
    Microphone,
    Both,
}

impl Refused {
    /// The one of three texts that fits.
    fn pick(self, camera: &'static str, microphone: &'static str, both: &'static str) -> &'static str {
        match self {
            Self::Camera => camera,
            Self::Microphone => microphone,
            Self::Both => both,
        }
    }
}

/// The words for a refused or missing camera or microphone. `None` when nothing is refused.
pub fn refusal(media: &Media) -> Option<Words> {
    let (kind, access) = media.refusal()?;
    let refused = match kind {
        _ if media.camera.access == media.microphone.access => Refused::Both,
        DeviceKind::Camera => Refused::Camera,
        DeviceKind::Microphone | DeviceKind::Speaker => Refused::Microphone,
    };
    let retry = ("Try again", Intent::RetryMedia);
    let without = refused.pick("Join without camera", "Join without microphone", "Join without both");
    let go_on = (without, Intent::JoinWithoutMedia);
    // What is not there cannot be tried again with much hope: going on without it is the main way.
    let (main, second) = if access == Access::Missing { (go_on, retry) } else { (retry, go_on) };
    let (title, lead) = refusal_texts(refused, access);
    let denied = access == Access::Denied;
    Some(Words {
        side: if denied { "Blocked by the browser" } else { "This device" },
        title,
        lead: lead.to_owned(),
        steps: if denied { DENIED_STEPS } else { &[] },
        main,
        second: Some(second),
        details: None,
        retrying: false,
    })
}

/// Title and lead of a refusal.
fn refusal_texts(refused: Refused, access: Access) -> (&'static str, &'static str) {
    match access {
        Access::Denied => (
            refused.pick("Your camera is blocked", "Your microphone is blocked", "Your camera is blocked"),
            refused.pick(
                "This browser was told not to let Milanio use the camera. You can change that in three clicks.",
                "This browser was told not to let Milanio use the microphone. You can change that in three clicks.",
                "This browser was told not to let Milanio use the camera and microphone. You can change that in three clicks.",
            ),
        ),
        Access::Missing => (
            refused.pick("No camera found", "No microphone found", "No camera or microphone found"),
            refused.pick(
                "Plug one in and try again, or join without. The others hear you and you see everybody.",
                "Plug one in and try again, or join without. The others see you and you hear everybody.",
                "Plug one in and try again, or join without. You see and hear everybody and can write.",
            ),
        ),
        Access::Busy => (
            refused.pick("Your camera is in use", "Your microphone is in use", "Camera and microphone are in use"),
            refused.pick(
                "Another program is using your camera. Close it, or join without camera.",
                "Another program is using your microphone. Close it, or join without microphone.",
                "Another program is using your camera and microphone. Close it, or join without.",
            ),
        ),
        _ => (
            refused.pick("Your camera did not start", "Your microphone did not start", "Camera and microphone did not start"),
            "The browser gave no reason. Unplug it and plug it in again, or join without.",
        ),
    }
}

/// How to allow what was denied.
const DENIED_STEPS: &[&str] = &[
    "Click the crossed-out camera at the end of the address bar.",
    "Choose Allow, then Done.",
    "Come back here and try again.",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::media::MediaAction;

    #[test]
    fn a_denied_camera_with_a_microphone_offers_to_join_without_camera() {
        let mut media = Media::default();
        media.apply(MediaAction::Access(DeviceKind::Camera, Access::Denied));
        media.apply(MediaAction::Access(DeviceKind::Microphone, Access::Granted));
        let words = refusal(&media).expect("the camera is refused");
        assert_eq!(words.title, "Your camera is blocked");
        assert_eq!(words.second, Some(("Join without camera", Intent::JoinWithoutMedia)));
    }

    #[test]
    fn who_was_put_out_is_told_by_whom_and_whether_there_is_a_way_back() {
        let removed = failure(&Failure::Removed { by: "Ines".into(), banned: false });
        assert!(removed.lead.starts_with("Ines removed you") && removed.main.1 == Intent::Rejoin);
        let banned = failure(&Failure::Removed { by: String::new(), banned: true });
        assert!(banned.lead.starts_with("Somebody removed and banned you") && banned.main.1 == Intent::GoHome);
        let refused = [Refusal::Declined, Refusal::Locked, Refusal::Full].map(|refusal| refused(refusal).main.1);
        assert!(refused.iter().all(|wish| *wish == Intent::Rejoin));
        assert_eq!(super::refused(Refusal::Banned).main.1, Intent::GoHome);
    }

    #[test]
    fn nothing_refused_needs_no_words() {
        assert_eq!(refusal(&Media::default()), None);
    }
}
