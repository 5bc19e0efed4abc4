//! The account of this browser, as the pages show it.

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name that others see; may be empty.
    pub name: String,
    /// The account's id in short, 12 characters.
    pub short_id: String,
}
