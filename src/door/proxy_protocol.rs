//! The PROXY protocol, versions 1 and 2 (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>): a proxy that does not read HTTP
//! says in front of it whose connection it is.
//!
//! Who is to speak it has to, and nobody else may: what others send is HTTP from the first byte, so that no client says
//! that it is somebody else.

mod checksum;
mod header;

use std::net::SocketAddr;

use tokio::io::AsyncReadExt;

use self::header::{Header, LONGEST};
use super::refused::Refused;
use super::{Door, Entered, Entering};
use crate::address::{Ends, TrustedProxy, is_trusted};
use crate::stream::Stream;

/// `listeners.NAME.proxy_protocol`.
#[derive(Debug)]
pub struct ProxyProtocol {
    /// Who speaks it.
    pub from: &'static [TrustedProxy],
}

impl ProxyProtocol {
    fn is_spoken_by(&self, peer: Option<SocketAddr>) -> bool {
        is_trusted(self.from, peer.map(|peer| peer.ip().to_canonical()))
    }
}

impl Door for ProxyProtocol {
    fn enter<'a>(&'a self, mut stream: Stream, peer: Option<SocketAddr>) -> Entering<'a> {
        Box::pin(async move {
            let said = if self.is_spoken_by(peer) { receive(&mut stream).await? } else { None };
            let peer = said.map_or(peer, |said| Some(said.source));
            let destination = said.map(|said| said.destination);
            Ok(Entered { stream, peer, destination, is_shared: self.is_spoken_by(peer), tls: None })
        })
    }

    fn refuses(&self, why: Refused) -> bool {
        use Refused::{HandshakeEnded, HandshakeTimeout, HeaderAbsent, HeaderMalformed, HeaderTooLong};
        matches!(why, HandshakeTimeout | HandshakeEnded | HeaderAbsent | HeaderMalformed | HeaderTooLong)
    }
}

/// Takes the header, and not a byte of what is behind it. Whose connection it is, if that is said.
///
/// What has come is looked at first, and then as much of it is taken as is the header's: so what a client sends at once is where it
/// would be without a header, and nothing has to be put back in front of the socket.
async fn receive(stream: &mut Stream) -> Result<Option<Ends>, Refused> {
    let mut bytes = [0; LONGEST];
    let mut taken = 0;
    loop {
        let seen = stream.peek(&mut bytes[taken..]).await.map_err(|_| Refused::HandshakeEnded)?;
        if seen == 0 {
            return Err(Refused::HandshakeEnded);
        }
        let header = header::read(&bytes[..taken + seen])?;
        let length = match header {
            Header::Partial => taken + seen,
            Header::Whole { length, .. } => length,
        };
        stream.read_exact(&mut bytes[taken..length]).await.map_err(|_| Refused::HandshakeEnded)?;
        taken = length;
        if let Header::Whole { ends, .. } = header {
            return Ok(ends);
        }
    }
}

/// Both ends, if these bytes begin with a whole header that says them.
#[cfg(test)]
pub(crate) fn read_proxy_header(bytes: &[u8]) -> Result<Option<Ends>, Refused> {
    header::read(bytes).map(|header| match header {
        Header::Whole { ends, .. } => ends,
        Header::Partial => None,
    })
}
