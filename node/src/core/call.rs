//! The call engine: a mesh of peer connections, driven by commands.
