//! The account screens' worker: does what is slow beside the page, and keeps nothing.

fn main() {
    console_error_panic_hook::set_once();
}
