//! The account screens: a small app of its own beside the call page, loaded when it is first needed.

fn main() {
    console_error_panic_hook::set_once();
}
