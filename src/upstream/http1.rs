//! HTTP/1.1 towards backends: how a request is written and a response is read (RFC 9112), by the codec that both sides share.
//!
//! hyper's client would do this too, at twice the instructions: it hands messages through channels to a connection
//! that somebody must poll, and builds a header map for every head. Here a request is encoded from the one list that the
//! gate has put in order, which stays whole for a retry (docs/architecture.md).

mod outgoing;
mod request;
mod response;

pub(super) use outgoing::{Outgoing, SendFailure};
pub(super) use response::{FinalHead, parse as parse_head};
