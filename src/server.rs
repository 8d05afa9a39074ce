//! The process: workers that share nothing on the request path, a control thread, and how they start and stop.

mod acceptor;
mod address;
mod age;
mod alarm;
mod command;
mod connection;
mod control;
mod crew;
mod door;
mod entrance;
mod files;
mod gate;
mod handshakes;
mod http1;
mod ids;
mod listener;
mod peer;
mod per_client;
mod process;
mod refused;
mod relief;
mod session;
mod start;
mod worker;

pub use address::{Cidr, TrustedProxy};
pub use command::{command, main};
pub(crate) use door::Door;
pub use door::ProxyProtocol;
pub(crate) use gate::is_host;
pub(crate) use peer::Peer;
pub(crate) use process::{Phase, Process};
pub(crate) use refused::Refused;
pub use start::run;
pub(crate) use worker::Worker;
