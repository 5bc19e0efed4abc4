//! Packs a letter for mail: headers and two parts (RFC 5322, RFC 2046 section 5.1.4).
//!
//! Left out: sending it.

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use super::template::Words;
use crate::core::email::EmailAddress;

/// Why a letter cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The address cannot be written into an envelope.
    #[error("the address cannot be written to")]
    Address,
    /// No random number for its id.
    #[error("no randomness")]
    Randomness,
    /// The parts do not make a message.
    #[error("the letter cannot be packed")]
    Message(#[from] lettre::error::Error),
}

/// The letter with these words, to `to`.
pub fn pack(from: &Mailbox, to: &EmailAddress, words: Words) -> Result<Message, MessageError> {
    let address: Address = to.as_str().parse().map_err(|_| MessageError::Address)?;
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| MessageError::Randomness)?;
    // Named by the sender's domain, not by this machine, whose name is nobody's business.
    let id = format!("<{}@{}>", data_encoding::HEXLOWER.encode(&random), from.email.domain());
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, address))
        .subject(words.subject)
        .message_id(Some(id))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(words.text, words.html))?;
    Ok(message)
}

/// Tells other programs not to answer (RFC 3834 section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Language, Letter, template::words};

    #[test]
    fn a_letter_has_its_headers_and_both_parts() {
        let from = "Milanio <no-reply@meet.example>".parse().unwrap();
        let to = EmailAddress::parse("ada@example.org").unwrap();
        let words = words(&Letter::AlreadyRegistered, Language::English, "https://meet.example").unwrap();
        let text = String::from_utf8(pack(&from, &to, words).unwrap().formatted()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        for line in [
            "From: Milanio <no-reply@meet.example>",
            "To: ada@example.org",
            "Subject: You already have a Milanio account",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
        ] {
            assert!(head.lines().any(|have| have == line), "{line} is not in\n{head}");
        }
        assert!(head.contains("\r\nDate: ") && head.contains("@meet.example>\r\n"), "{head}");
        assert!(body.contains("text/plain") && body.contains("text/html"), "{body}");
    }
}
