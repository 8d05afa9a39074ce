//! Towards clients: from the listening socket to the request at the gate, and back to the last byte of its answer.

pub(crate) mod acceptor;
mod alarm;
mod clients;
mod connection;
mod entrance;
mod gate;
mod handshakes;
mod http1;
pub(crate) mod listener;
mod relief;
mod seat;
mod session;

pub(crate) use clients::{Clients, LAST_WORDS};
