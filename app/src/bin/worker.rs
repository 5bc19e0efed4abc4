//! The worker: derives keys beside the page, so that the page stays responsive. It does nothing else and keeps nothing.

fn main() {
    milanio_app::platform::worker::serve();
}
