//! The words of letters: template files in `templates/`, a plain text and an HTML page for each letter and language.
//!
//! The first line of a text is the letter's subject. What is filled in is a code, a link and the server's address, all of which this
//! server has made itself. Left out: how a letter is packed for mail.

use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior, context};

use super::letter::{Language, Letter};

/// A letter's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Its subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as an HTML page.
    pub html: String,
}

/// The words of `letter` from the server whose app is at `origin`. Fails only if a template is wrong.
pub fn words(letter: &Letter, language: Language, origin: &str) -> Result<Words, minijinja::Error> {
    let origin = origin.trim_end_matches('/');
    let code = letter.code().map(|code| code.grouped()).unwrap_or_default();
    let link = match letter {
        Letter::Verify { code } | Letter::EmailChange { code } | Letter::NewDevice { code } => code.link(origin),
        Letter::AlreadyRegistered => format!("{origin}/#/signin"),
        Letter::EmailChanging | Letter::DeviceAdded => format!("{origin}/#/settings/devices"),
        Letter::Reclaim { code } => code.link_to(origin, "reclaim"),
        Letter::NoAccount => format!("{origin}/#/signup"),
        Letter::Reclaimed => format!("{origin}/#/signin"),
        Letter::Reclaiming { stop, .. } => stop.link(origin),
    };
    let days = match letter {
        Letter::Reclaiming { days, .. } => *days,
        _ => 0,
    };
    let values = context! { code, link, origin, days };
    let render = |kind: &str| {
        let name = format!("{}/{}.{kind}", language.tag(), name(letter));
        // The newline at a template's end is not part of it.
        TEMPLATES.get_template(&name)?.render(&values).map(|rendered| rendered + "\n")
    };
    let (whole, html) = (render("txt")?, render("html")?);
    let (subject, text) = whole.split_once("\n\n").unwrap_or((&whole, ""));
    let subject = subject.strip_prefix("Subject: ").unwrap_or(subject).to_owned();
    Ok(Words { subject, text: text.to_owned(), html })
}

const fn name(letter: &Letter) -> &'static str {
    match letter {
        Letter::Verify { .. } => "verify",
        Letter::AlreadyRegistered => "already_registered",
        Letter::EmailChange { .. } => "email_change",
        Letter::EmailChanging => "email_changing",
        Letter::NewDevice { .. } => "new_device",
        Letter::Reclaim { .. } => "reclaim",
        Letter::NoAccount => "no_account",
        Letter::Reclaiming { .. } => "reclaiming",
        Letter::Reclaimed => "reclaimed",
        Letter::DeviceAdded => "device_added",
    }
}

macro_rules! files {
    ($($language:literal: $($letter:literal),*;)*) => {
        [
            ("layout.html", include_str!("../../templates/layout.html")),
            $($(
                file!($language, $letter, "txt"),
                file!($language, $letter, "html"),
            )*)*
        ]
    };
}

macro_rules! file {
    ($language:literal, $letter:literal, $kind:literal) => {
        (
            concat!($language, "/", $letter, ".", $kind),
            include_str!(concat!("../../templates/", $language, "/", $letter, ".", $kind)),
        )
    };
}

const FILES: [(&str, &str); 61] = files! {
    "en": "verify", "already_registered", "email_change", "email_changing", "new_device", "reclaim", "no_account",
        "reclaiming", "reclaimed", "device_added";
    "de": "verify", "already_registered", "email_change", "email_changing", "new_device", "reclaim", "no_account",
        "reclaiming", "reclaimed", "device_added";
    "fr": "verify", "already_registered", "email_change", "email_changing", "new_device", "reclaim", "no_account",
        "reclaiming", "reclaimed", "device_added";
};

// A wrong file is left out, and then missed when its letter is rendered; the tests render all.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (file, text) in FILES {
        if let Err(error) = environment.add_template(file, text) {
            tracing::error!(%error, file, "a template is wrong");
        }
    }
    environment
});

#[cfg(test)]
mod tests {
    use std::{fmt::Write, path::Path};

    use super::*;
    use crate::mail::{MailCode, StopLink};

    fn letters() -> [Letter; 10] {
        let code = MailCode::new("fictitious-request", "ABCD2345");
        [
            Letter::Verify { code: code.clone() },
            Letter::AlreadyRegistered,
            Letter::EmailChange { code: code.clone() },
            Letter::EmailChanging,
            Letter::NewDevice { code: code.clone() },
            Letter::Reclaim { code },
            Letter::NoAccount,
            Letter::Reclaiming { stop: StopLink::new("fictitious-stop"), days: 7 },
            Letter::Reclaimed,
            Letter::DeviceAdded,
        ]
    }

    // With MILANIO_WRITE_SNAPSHOTS in the environment the files are written instead.
    #[test]
    fn every_letter_reads_as_its_snapshot() {
        for language in Language::ALL {
            let mut shown = String::new();
            for letter in letters() {
                let Words { subject, text, html } = words(&letter, language, "https://meet.example/").unwrap();
                write!(shown, "=== {}: {subject}\n{text}---\n{html}", name(&letter)).unwrap();
            }
            let file = format!("{}/templates/snapshots/{}.txt", env!("CARGO_MANIFEST_DIR"), language.tag());
            if std::env::var_os("MILANIO_WRITE_SNAPSHOTS").is_some() {
                std::fs::create_dir_all(Path::new(&file).parent().unwrap()).unwrap();
                std::fs::write(&file, &shown).unwrap();
            }
            assert!(std::fs::read_to_string(&file).unwrap() == shown, "{file} is not what is written: {shown}");
        }
    }

    #[test]
    fn a_letter_says_the_same_in_text_and_html_and_leaves_nothing_unfilled() {
        for (language, letter) in
            Language::ALL.into_iter().flat_map(|language| letters().map(|letter| (language, letter)))
        {
            let words = words(&letter, language, "https://meet.example").unwrap();
            assert!(!words.subject.is_empty() && !words.subject.contains(['\n', '{', '<']), "{words:?}");
            // The HTML escapes more than it must.
            for part in [words.text.clone(), words.html.replace("&#x2f;", "/")] {
                assert!(part.contains("https://meet.example/#/"), "{part}");
                assert_eq!(part.contains("ABCD-2345"), letter.code().is_some(), "{part}");
                assert!(!part.contains("{{") && !part.contains("{%") && !part.contains("src="), "{part}");
            }
            assert!(
                words.html.starts_with("<!doctype html>")
                    && words.html.contains(&format!("lang=\"{}\"", language.tag()))
            );
            assert!(words.text.lines().all(|line| line.chars().count() <= 78), "{}", words.text);
        }
    }

    #[test]
    fn what_is_filled_into_html_is_escaped() {
        let letter = Letter::Verify { code: MailCode::new("<b>", "ABCD2345") };
        let words = words(&letter, Language::English, "https://meet.example").unwrap();
        assert!(!words.html.contains("<b>") && words.text.contains("<b>"), "{}", words.html);
    }
}
