//! What this browser knows of who somebody is: met for the first time, met before, compared, or not who they say.
//!
//! Pure. A *contact* is an account with the name it was met under, pinned on first contact. Guests are made for one room and are
//! new in each, so they are pinned only when their digits were compared; but a guest, too, who calls himself by a contact's
//! name is not taken for the contact. Where contacts are kept, and sealed, is `platform::book`.

use serde::{Deserialize, Serialize};

/// Most contacts kept; whoever was not seen for longest, and was not compared, goes first. Chosen: under 100 kB.
pub const MAX_CONTACTS: usize = 512;

/// An account by the 32 bytes of its key.
pub type AccountBytes = [u8; 32];

/// How far somebody is who they seem to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Met for the first time.
    #[default]
    New,
    /// The same account as before.
    Known,
    /// Their digits were compared and were the same.
    Compared,
    /// Somebody else was met under this name. Nothing goes to them until the person decides.
    Changed,
}

impl Trust {
    /// A word for tests and style sheets.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
            Self::Compared => "compared",
            Self::Changed => "changed",
        }
    }
}

/// Somebody met before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Contact {
    account: AccountBytes,
    /// Under which name, as it was shown.
    name: String,
    is_compared: bool,
    /// When they were seen last, in days since 1970.
    seen_day: u32,
}

/// Everybody met before, who was seen last at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts(Vec<Contact>);

impl Contacts {
    /// How far this account is who its name says.
    pub fn trust(&self, account: &AccountBytes, name: &str) -> Trust {
        let contact = self.of(account);
        if contact.is_none_or(|contact| !same_name(&contact.name, name)) && self.is_taken(account, name) {
            return Trust::Changed;
        }
        match contact {
            Some(contact) if contact.is_compared => Trust::Compared,
            Some(_) => Trust::Known,
            None => Trust::New,
        }
    }

    /// Somebody was met whose account lasts: pinned under this name, unless it is somebody else's. True if anything changed.
    pub fn meet(&mut self, account: AccountBytes, name: &str, day: u32) -> bool {
        if self.trust(&account, name) == Trust::Changed {
            return false;
        }
        match self.of(&account) {
            Some(contact) if contact.name == name && contact.seen_day == day => false,
            Some(contact) => {
                let is_compared = contact.is_compared;
                self.put(Contact { account, name: name.to_owned(), is_compared, seen_day: day });
                true
            }
            None => {
                self.put(Contact { account, name: name.to_owned(), is_compared: false, seen_day: day });
                true
            }
        }
    }

    /// The person takes this account for whom it says it is, beside whoever else has the name.
    pub fn accept(&mut self, account: AccountBytes, name: &str, day: u32) {
        let is_compared = self.of(&account).is_some_and(|contact| contact.is_compared);
        self.put(Contact { account, name: name.to_owned(), is_compared, seen_day: day });
    }

    /// The digits were compared and are the same, or that is taken back.
    pub fn compare(&mut self, account: AccountBytes, name: &str, is_compared: bool, day: u32) {
        self.put(Contact { account, name: name.to_owned(), is_compared, seen_day: day });
    }

    fn of(&self, account: &AccountBytes) -> Option<&Contact> {
        self.0.iter().find(|contact| contact.account == *account)
    }

    /// Another account was met under this name.
    fn is_taken(&self, account: &AccountBytes, name: &str) -> bool {
        !name.trim().is_empty()
            && self.0.iter().any(|contact| contact.account != *account && same_name(&contact.name, name))
    }

    fn put(&mut self, contact: Contact) {
        self.0.retain(|known| known.account != contact.account);
        if self.0.len() >= MAX_CONTACTS {
            let gone = self.0.iter().position(|contact| !contact.is_compared).unwrap_or_default();
            self.0.remove(gone);
        }
        self.0.push(contact);
    }
}

/// Whether people would take one name for the other: case and spaces do not count.
fn same_name(one: &str, other: &str) -> bool {
    let folded =
        |name: &str| name.split_whitespace().flat_map(str::chars).flat_map(char::to_lowercase).collect::<String>();
    folded(one) == folded(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INES: AccountBytes = [1; 32];
    const OTHER: AccountBytes = [2; 32];

    fn with_ines() -> Contacts {
        let mut contacts = Contacts::default();
        assert_eq!(contacts.trust(&INES, "Ines"), Trust::New);
        assert!(contacts.meet(INES, "Ines", 1));
        contacts
    }

    #[test]
    fn who_was_met_is_known_and_who_was_compared_is_compared() {
        let mut contacts = with_ines();
        assert_eq!(contacts.trust(&INES, "Ines"), Trust::Known);
        contacts.compare(INES, "Ines", true, 2);
        assert_eq!(contacts.trust(&INES, "Ines Duarte"), Trust::Compared, "a name is free to change");
        contacts.compare(INES, "Ines", false, 2);
        assert_eq!(contacts.trust(&INES, "Ines"), Trust::Known);
    }

    #[test]
    fn another_account_under_a_known_name_is_changed_until_the_person_decides() {
        for name in ["Ines", "ines", " INES "] {
            assert_eq!(with_ines().trust(&OTHER, name), Trust::Changed, "{name}");
        }
        let mut contacts = with_ines();
        assert!(!contacts.meet(OTHER, "Ines", 2), "it is never pinned by itself");
        assert_eq!(contacts.trust(&OTHER, "Ines"), Trust::Changed);
        contacts.accept(OTHER, "Ines", 2);
        assert_eq!(contacts.trust(&OTHER, "Ines"), Trust::Known);
        assert_eq!(contacts.trust(&INES, "Ines"), Trust::Known, "the first one stays who they were");
    }

    #[test]
    fn a_contact_who_takes_the_name_of_another_is_not_taken_for_them() {
        let mut contacts = with_ines();
        contacts.meet(OTHER, "Bob", 1);
        assert_eq!(contacts.trust(&OTHER, "Bob"), Trust::Known);
        assert_eq!(contacts.trust(&OTHER, "Ines"), Trust::Changed);
    }

    #[test]
    fn people_without_a_name_are_not_mistaken_for_each_other() {
        let mut contacts = Contacts::default();
        contacts.meet(INES, "", 1);
        assert_eq!(contacts.trust(&OTHER, ""), Trust::New);
    }

    #[test]
    fn contacts_stay_bounded_and_compared_ones_stay() {
        let mut contacts = Contacts::default();
        contacts.compare(INES, "Ines", true, 1);
        for n in 0..2_000_u32 {
            let mut account = [7; 32];
            account[..4].copy_from_slice(&n.to_be_bytes());
            contacts.meet(account, &format!("P{n}"), n);
        }
        assert_eq!(contacts.0.len(), MAX_CONTACTS);
        assert_eq!(contacts.trust(&INES, "Ines"), Trust::Compared);
    }
}
