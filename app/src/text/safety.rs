//! The words of who is who: first contact, compared, changed.

use super::name_of;
use crate::state::{room::Person, trust::Trust};

/// What is known of somebody, in a sentence.
pub fn explained(trust: Trust, name: &str) -> String {
    match trust {
        Trust::New => format!("You meet {name} here for the first time on this browser."),
        Trust::Known => format!("This is the same {name} as before. You have not compared digits yet."),
        Trust::Compared => format!("You compared digits with {name}. Nobody stands between you."),
        Trust::Changed => format!(
            "{name}'s key has changed, or somebody else uses the name. Nothing goes to them until you compare or accept."
        ),
    }
}

/// How to compare.
pub fn how(name: &str) -> String {
    format!(
        "Read these digits to {name} over a way you trust, or point a phone's camera at their code: it reads the same digits. Both of you must see the same."
    )
}

/// Whether all `total` here see the same members as this page: somebody does not, perhaps only just now; these have not for a minute.
pub fn agreement(total: usize, any: bool, apart: &[&Person]) -> String {
    match apart {
        [] if any => "Comparing who belongs here".to_owned(),
        [] => format!("All {total} see the same members"),
        [one] => format!("{} sees other members", name_of(one)),
        [one, others @ ..] => format!("{} and {} more see other members", name_of(one), others.len()),
    }
}

/// What the line under somebody's name says of it; nothing of who is known and was not compared.
pub fn note(trust: Trust) -> Option<&'static str> {
    match trust {
        Trust::New => Some("first contact"),
        Trust::Known => None,
        Trust::Compared => Some("compared"),
        Trust::Changed => Some("key changed"),
    }
}

/// Why nothing can be written while somebody's key has changed.
pub fn changed(name: &str) -> String {
    format!("{name}'s key has changed. Compare digits before you go on.")
}
