//! Who is here, as far as screens show it.

use std::rc::Rc;

use crate::wallet::Backups;

/// The person of the wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The account's 12-character id.
    pub id: String,
    /// The account's key, which chooses the colour of the face.
    pub account: [u8; 32],
    /// The name; empty if none is known yet.
    pub name: String,
    /// The picture, encoded.
    pub avatar: Option<Rc<Vec<u8>>>,
    /// The address, if this browser knows it.
    pub email: Option<String>,
    /// A server has attested that the account has a verified address.
    pub is_verified: bool,
    /// It was restored here, and the server was not told yet.
    pub is_untold: bool,
    /// What is backed up.
    pub backups: Backups,
}

impl Me {
    /// The name, or what stands for one.
    pub fn shown_name(&self) -> &str {
        if self.name.is_empty() { "No name yet" } else { &self.name }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::account) fn ines() -> Me {
        Me {
            id: "b7mq-04xe-tn9c".into(),
            account: [1; 32],
            name: "Ines".into(),
            avatar: None,
            email: Some("ines@example.org".into()),
            is_verified: true,
            is_untold: false,
            backups: Backups::default(),
        }
    }

    #[test]
    fn somebody_without_a_name_is_not_blank() {
        assert_eq!(Me { name: String::new(), ..ines() }.shown_name(), "No name yet");
        assert_eq!(ines().shown_name(), "Ines");
    }
}
