//! The words of the failure pages: what happened, what to do, the main button and the second one.

use crate::{
    intent::Intent,
    state::{
        media::{Access, Media},
        phase::Failure,
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
    let home = Some(("Back to the start", Intent::GoHome));
    let words = |side, title, lead: &str, main| Words {
        side,
        title,
        lead: lead.to_owned(),
        steps: &[],
        main,
        second: home.clone(),
        details: None,
        retrying: false,
    };
    match failure {
        Failure::WrongCode => words(
            "The link",
            "This code is not right",
            "One character or more is wrong, so it opens no room. Ask for the link again, or type the code once more.",
            ("Back to the start", Intent::GoHome),
        )
        .without_second(),
        Failure::NoSuchRoom => words(
            "The room",
            "No room has this code",
            "It was never opened, or its time is over. You can open a room with just this code, and everybody with the link gets in.",
            ("Open this room", Intent::CreateMissingRoom),
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
        Failure::TooManyRooms { retry_after_s } => words(
            "The server",
            "Too many rooms at once",
            &format!("This network opened many rooms in a short time. Try again in {}.", super::duration((*retry_after_s).into())),
            ("Try again", Intent::Retry),
        ),
        Failure::RelayUnreachable => Words {
            retrying: true,
            ..words(
                "The network",
                "No relay can be reached",
                "Neither QUIC nor WebSocket gets through. A firewall or a VPN may block them. This page keeps trying by itself.",
                ("Try now", Intent::Retry),
            )
        },
        Failure::InsecureContext => words(
            "The address",
            "This address is not secure",
            "Browsers give camera, microphone and WebTransport only to pages that come over https, or from localhost. Open the page with https, or on the machine that serves it.",
            ("Back to the start", Intent::GoHome),
        )
        .without_second(),
        Failure::MissingApi(name) => Words {
            details: Some(format!("Missing: {name}")),
            ..words(
                "This browser",
                "This browser cannot make calls",
                &format!("It lacks {name}. Current versions of Firefox, Chrome, Edge and Safari have it."),
                ("Try again", Intent::Retry),
            )
        },
        Failure::OpenElsewhere => words(
            "This browser",
            "Already open in another tab",
            "You are in this room in another tab or window of this browser. You can go on there, or bring it here.",
            ("Use it here", Intent::UseHere),
        ),
        Failure::RoomExpired => words(
            "The room",
            "This room's time is over",
            "Nobody was inside for too long, so it was closed. Open a new one and send the new link.",
            ("Back to the start", Intent::GoHome),
        )
        .without_second(),
        Failure::Internal(code) => Words {
            details: Some(format!("Code: {code}")),
            ..words(
                "Milanio",
                "Something broke in here",
                "This is a fault of Milanio, not yours. Loading the page again usually helps.",
                ("Try again", Intent::Retry),
            )
        },
    }
}

/// The words for a refused or missing camera or microphone. `None` when nothing is refused.
pub fn refusal(media: &Media) -> Option<Words> {
    let (_, access) = media.refusal()?;
    let both = media.camera.access == media.microphone.access;
    let camera = media.camera.access == access;
    let without = if both {
        "Join without both"
    } else if camera {
        "Join without camera"
    } else {
        "Join without microphone"
    };
    let pick = |camera_only, microphone_only, of_both| match (both, camera) {
        (true, _) => of_both,
        (_, true) => camera_only,
        _ => microphone_only,
    };
    let retry = ("Try again", Intent::RetryMedia);
    let go_on = (without, Intent::JoinWithoutMedia);
    let words = match access {
        Access::Denied => Words {
            side: "Blocked by the browser",
            title: pick("Your camera is blocked", "Your microphone is blocked", "Your camera is blocked"),
            lead: pick(
                "This browser was told not to let Milanio use the camera. You can change that in three clicks.",
                "This browser was told not to let Milanio use the microphone. You can change that in three clicks.",
                "This browser was told not to let Milanio use the camera and microphone. You can change that in three clicks.",
            )
            .to_owned(),
            steps: DENIED_STEPS,
            main: retry,
            second: Some(go_on),
            details: None,
            retrying: false,
        },
        Access::Missing => Words {
            side: "This device",
            title: pick("No camera found", "No microphone found", "No camera or microphone found"),
            lead: pick(
                "Plug one in and try again, or join without. The others hear you and you see everybody.",
                "Plug one in and try again, or join without. The others see you and you hear everybody.",
                "Plug one in and try again, or join without. You see and hear everybody and can write.",
            )
            .to_owned(),
            steps: &[],
            main: go_on,
            second: Some(retry),
            details: None,
            retrying: false,
        },
        Access::Busy => Words {
            side: "This device",
            title: pick("Your camera is in use", "Your microphone is in use", "Camera and microphone are in use"),
            lead: pick(
                "Another program is using your camera. Close it, or join without camera.",
                "Another program is using your microphone. Close it, or join without microphone.",
                "Another program is using your camera and microphone. Close it, or join without.",
            )
            .to_owned(),
            steps: &[],
            main: retry,
            second: Some(go_on),
            details: None,
            retrying: false,
        },
        _ => Words {
            side: "This device",
            title: pick("Your camera did not start", "Your microphone did not start", "Camera and microphone did not start"),
            lead: "The browser gave no reason. Unplug it and plug it in again, or join without.".to_owned(),
            steps: &[],
            main: retry,
            second: Some(go_on),
            details: None,
            retrying: false,
        },
    };
    Some(words)
}

/// How to allow what was denied.
const DENIED_STEPS: &[&str] = &[
    "Click the crossed-out camera at the end of the address bar.",
    "Choose Allow, then Done.",
    "Come back here and try again.",
];

impl Words {
    fn without_second(self) -> Self {
        Self { second: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::media::{DeviceKind, MediaAction};

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
    fn nothing_refused_needs_no_words() {
        assert_eq!(refusal(&Media::default()), None);
    }
}
