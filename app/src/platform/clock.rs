//! The page's clock: wall time in milliseconds since 1970.

/// Now.
pub fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// How far the person's clock is ahead of UTC, in minutes.
pub fn utc_offset_min() -> i32 {
    -(js_sys::Date::new_0().get_timezone_offset() as i32)
}
