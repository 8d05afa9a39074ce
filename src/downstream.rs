//! Towards clients: from the listening socket to the request at the gate, and back to the last byte of its answer.

pub(crate) mod acceptor;
mod alarm;
mod connection;
mod entrance;
mod gate;
mod handshakes;
mod http1;
pub(crate) mod listener;
mod relief;
mod session;

pub(crate) use handshakes::{Handshake, Handshakes};
pub(crate) use relief::{Idlest, ON_ITS_WAY};
pub(crate) use session::Session;
