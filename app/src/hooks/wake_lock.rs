//! Keeps the screen on while a page is shown.

use yew::prelude::*;

use crate::platform::wake_lock::WakeLock;

/// Holds the lock as long as the component lives.
#[hook]
pub fn use_wake_lock() {
    use_effect_with((), |()| {
        let lock = WakeLock::hold();
        move || drop(lock)
    });
}
