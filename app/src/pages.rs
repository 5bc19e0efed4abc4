//! The pages, one per phase of the way into the call.

pub mod call;
pub mod ended;
pub mod failure;
pub mod landing;
pub mod prejoin;
