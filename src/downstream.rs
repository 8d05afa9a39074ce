//! Towards clients: from the listening socket to the request at the gate, and back to the last byte of its answer.

pub(crate) mod acceptor;
mod alarm;
mod clients;
mod connection;
mod entrance;
mod gate;
mod handshakes;
mod http1;
#[cfg(feature = "http2")]
mod http2;
pub(crate) mod listener;
#[cfg(feature = "http2")]
mod protocol;
mod relief;
mod seat;
#[cfg_attr(not(feature = "http2"), allow(dead_code, reason = "many requests at a time are HTTP/2's"))]
mod session;
#[cfg_attr(not(feature = "http2"), allow(dead_code, reason = "many requests at a time are HTTP/2's"))]
mod streams;

pub(crate) use clients::{Clients, LAST_WORDS};
