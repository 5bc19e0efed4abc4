//! The account screens' worker: passwords, files and codes that take long, beside the page. It keeps nothing.

fn main() {
    console_error_panic_hook::set_once();
    milanio_app::platform::account_worker::serve();
}
