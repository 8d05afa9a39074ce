//! What black-box tests of a gateway need: scripted upstreams, a raw client, the gateway as a process.
//!
//! Everything is a plain thread on a blocking socket, so that nothing here shares code, or a mistake, with the
//! gateway under test. Every wait is for an event and has a deadline; no test sleeps in the hope that something
//! has happened by then.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how a test says no")]

mod client;
mod gateway;
mod metrics;
mod poll;
mod program;
mod upstream;
mod watched;
mod wire;

pub use client::{Closing, RawClient, Request, Response};
pub use gateway::{Gateway, Launch, LogLine};
pub use metrics::{Metrics, Sample};
pub use poll::{let_pass, poll, poll_within, standstill};
pub use program::require_program;
pub use upstream::{BodyState, Gate, Message, Received, Reply, Step, Upstream};
pub use watched::{DEADLINE, Watched};
pub use wire::{Head, ReadError};
