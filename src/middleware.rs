//! The layers of a stack, one file each, called as in the compiler's registry, which decides their order. A layer knows
//! the service trait, the context and the error, never another layer and never an upstream; nobody knows a layer.
//!
//! What generated code needs of a middleware (its layer, its policy) is public in its file.

pub mod access_log;
pub mod auth;
pub mod circuit_breaker;
pub mod cors;
pub mod error_pages;
pub mod ip_filter;
pub mod rate_limit;
mod reject;
pub mod request_headers;
pub mod request_id;
pub mod response_headers;

pub use reject::{Reject, Respond, RespondOf};
