//! The printer.

/// Shows the browser's print dialog for what the page shows; the style sheet leaves only the words.
pub fn print() {
    // Fails only where the browser has no printing at all.
    let _ = gloo::utils::window().print();
}
