//! The layers of a stack, one file each; the compiler's registry decides their order.
//! A layer knows the service trait, the context and the error, never another layer and never an upstream.

mod access_log;
mod auth;
mod circuit_breaker;
mod headers;
mod rate_limit;
mod reject;
mod request_id;

pub use access_log::AccessLog;
pub use auth::{ApiKeys, Auth};
pub(crate) use circuit_breaker::State as BreakerState;
pub use circuit_breaker::{Breaker, BreakerPolicy, CircuitBreaker};
pub use headers::{HeaderEdit, HeaderEdits, Headers};
pub use rate_limit::{Limit, LimitKey, RateLimit};
pub use reject::{Redirect, Reject, Respond, Target};
pub use request_id::{RequestIdPolicy, RequestIds};
