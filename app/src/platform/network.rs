//! Whether this device has a network at all.

/// The browser knows of no network; when it says that there is one, the server may still be out of reach.
pub fn is_offline() -> bool {
    !gloo::utils::window().navigator().on_line()
}

/// The language that the person prefers, as a tag such as `de-CH`.
pub fn language() -> String {
    gloo::utils::window().navigator().language().unwrap_or_else(|| "en".to_owned())
}
