//! Hooks: what components need from the browser while they live. Nothing of it runs while rendering natively.

mod clock;
mod corner;
mod focus;
mod gestures;
mod grid;
mod modal;
mod shell;
mod stream;
mod wake_lock;

pub use clock::use_seconds_since;
pub use corner::use_corner;
pub use focus::use_focus;
pub use gestures::use_gestures;
pub use grid::use_grid;
pub use modal::use_modal;
pub use shell::use_shell;
pub use stream::use_stream;
pub use wake_lock::use_wake_lock;
