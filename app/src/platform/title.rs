//! The title of the page, as tabs and windows show it.

use gloo::utils::document;

/// Shows how many messages wait to be read.
pub fn show(unread: u32) {
    document().set_title(&if unread == 0 { "Milanio".to_owned() } else { format!("({unread}) Milanio") });
}
