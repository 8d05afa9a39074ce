//! What a listener has between an accepted connection and the first byte of HTTP. Generated code names the doors that a
//! config has, and nothing else does: a gateway without one has none of this in it.

mod facts;
mod proxy_protocol;
mod refused;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;

pub(crate) use self::facts::TlsFacts;
pub use self::proxy_protocol::ProxyProtocol;
#[cfg(test)]
pub(crate) use self::proxy_protocol::read_proxy_header;
pub(crate) use self::refused::{Refused, RefusedConnections};
pub use self::tls::{Certificate, ClientCertificates, FilePath, Sni, Tls, TlsSettings, TlsVersion};
use crate::stream::Stream;

/// A way in. It is gone through in the connection's own task, within `timeouts.handshake`.
pub trait Door: Sync + fmt::Debug {
    /// Lets a connection in, or says why not; then it is closed. What is behind the door's own bytes is left in the socket.
    fn enter<'a>(&'a self, stream: Stream, peer: Option<SocketAddr>) -> Entering<'a>;

    /// Whether that may be why not.
    fn refuses(&self, why: Refused) -> bool;
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
    /// What is known of it by TLS; nothing if there is none.
    pub(crate) tls: Option<Box<TlsFacts>>,
}
