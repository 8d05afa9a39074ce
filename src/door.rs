//! What a listener has between an accepted connection and the first byte of HTTP. Generated code names the doors that a
//! config has, and nothing else does: a gateway without one has none of this in it.

mod proxy_protocol;
mod refused;

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;

pub use self::proxy_protocol::ProxyProtocol;
#[cfg(test)]
pub(crate) use self::proxy_protocol::read_proxy_header;
pub(crate) use self::refused::{Refused, RefusedConnections};
use crate::stream::Stream;

/// A way in. It is gone through in the connection's own task, within `timeouts.handshake`.
pub trait Door: Sync + fmt::Debug {
    /// Lets a connection in, or says why not; then it is closed. What is behind the door's own bytes is left in the socket.
    fn enter<'a>(&'a self, stream: Stream, peer: Option<SocketAddr>) -> Entering<'a>;
}

/// A connection on its way through a door.
pub(crate) type Entering<'a> = Pin<Box<dyn Future<Output = Result<Entered, Refused>> + 'a>>;

/// A connection of which everything that comes now is HTTP.
#[derive(Debug)]
pub struct Entered {
    pub(crate) stream: Stream,
    /// Whose it is; who connects to a socket of this machine has no address.
    pub(crate) peer: Option<SocketAddr>,
    /// Where the peer has come in, if somebody else than the kernel knows.
    pub(crate) destination: Option<SocketAddr>,
    /// The address is that of somebody who brings the connections of many clients.
    pub(crate) is_shared: bool,
}
