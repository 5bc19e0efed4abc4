//! A real mail server for a server program, and somebody who puts what it takes where the program's own spool would be, so that
//! people find their letters in one place.

use std::{fs, path::Path, thread};

use super::mail_server::{MailServer, Running};

/// Carries letters until dropped.
pub struct Postman {
    _running: Running,
}

impl Postman {
    /// Starts a mail server on `port` (0 for a free one) whose letters go to the people of the server whose data is in `data`. Tells
    /// where it listens.
    pub fn start(port: u16, data: &Path) -> (Self, u16) {
        let MailServer { port, letters, running } = MailServer::start(port, &[]);
        let folder = data.join("mail");
        fs::create_dir_all(&folder).unwrap();
        thread::spawn(move || {
            for (number, letter) in letters.enumerate() {
                let text = |name: &str| letter[name].as_str().unwrap_or_default().to_owned();
                let to = letter["to"][0].as_str().unwrap_or_default();
                for (part, ending) in [("html", "html"), ("text", "txt")] {
                    let shown = format!("To: {to}\nSubject: {}\n\n{}", text("subject"), text(part));
                    let (part, whole) = (folder.join("part"), folder.join(format!("{number:06}.{ending}")));
                    // The test and its directory may be gone by now.
                    let _ = fs::write(&part, shown).and_then(|()| fs::rename(&part, whole));
                }
            }
        });
        (Self { _running: running }, port)
    }
}

/// The settings of a program whose letters go to the mail server at `port`.
pub fn mail_to(port: u16) -> Vec<String> {
    let settings =
        ["--mail", "smtp", "--smtp-host", "127.0.0.1", "--smtp-security", "none", "--mail-from", "a@b.example"];
    settings.map(str::to_owned).into_iter().chain(["--smtp-port".to_owned(), port.to_string()]).collect()
}
