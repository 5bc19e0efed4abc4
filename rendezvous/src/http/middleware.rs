//! What happens around every handler.

pub mod admission;
pub mod request_log;
