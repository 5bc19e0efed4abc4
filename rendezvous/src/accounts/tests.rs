//! The life of accounts on virtual time, over the embedded store.
