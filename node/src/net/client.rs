//! A leaf: one connection to a relay, and the session that runs over it.
