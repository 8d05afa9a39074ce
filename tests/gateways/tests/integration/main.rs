//! What a gateway promises, tried over real sockets: one module a subject, one test a promise.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how a test says no")]

mod access_log;
mod against;
mod auth;
mod bad_requests;
mod balancing;
mod broken_requests;
mod browser;
mod checks;
mod circuit_breaker;
mod command;
mod connection_reuse;
mod cross_origin;
mod crowd;
mod encoded_slashes;
mod failures;
mod fields;
mod headers;
mod health;
mod ip_filter;
mod kept_connections;
mod lifecycle;
mod limits;
mod listeners;
mod metrics;
mod names;
mod panic;
mod path_parameters;
mod policies;
mod probes;
mod proxying;
mod rate_limit;
mod request_id;
mod retries;
mod routing;
mod security;
mod status_lines;
mod stopping;
mod streaming;
mod stuck_output;
mod testbed;
mod timeouts;
mod truncation;
mod unix_sockets;
mod values;
