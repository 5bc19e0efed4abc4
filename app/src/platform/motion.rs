//! Whether the person wants less motion.

use gloo::utils::window;

/// True when the system asks for less motion.
pub fn is_reduced() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|list| list.matches())
}
