//! Everything that touches the browser, one module per concern. The pages call it only from effects and callbacks, so
//! that rendering stays possible natively.

pub mod streams;
