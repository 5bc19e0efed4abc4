//! Hands this process over to another program.

#[cfg(not(unix))]
#[path = "exec/other.rs"]
mod imp;
#[cfg(unix)]
#[path = "exec/unix.rs"]
mod imp;

pub use imp::become_program;
