//! From an accepted connection to one of which everything is HTTP: the handshake, and who does not get through it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::{Error, ProtocolVersion, ServerConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::super::facts::TlsFacts;
use super::super::super::{Entered, Refused};
use super::super::Tls;
use super::{Served, is_strict, x509};
use crate::stream::Stream;
use crate::tls::{Failure, Secured};

/// What is answered to a request that comes without TLS. It has none of the gateway's layers: nobody knows whose it is.
const PLAIN_HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    content-type: application/problem+json\r\n\
    cache-control: no-store\r\n\
    content-length: 99\r\n\
    connection: close\r\n\
    \r\n\
    {\"status\":400,\"title\":\"This port speaks HTTPS: the request came without TLS\",\"reason\":\"plain_http\"}";
/// What of such a request is read away behind the answer, so that no reset destroys that,
const MOST_UNREAD: usize = 64 * 1024;
/// and for how long.
const MOST_TIME: Duration = Duration::from_secs(1);

/// Lets a connection in.
pub(super) async fn enter(tls: &Tls, stream: Stream, peer: Option<SocketAddr>) -> Result<Entered, Refused> {
    let entered = match tls.settings.behind {
        Some(door) => door.enter(stream, peer).await?,
        None => Entered { stream, peer, destination: None, is_shared: false, tls: None },
    };
    let Entered { mut stream, peer, destination, is_shared, .. } = entered;
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) => {}
        _ => return Err(Refused::HandshakeEnded),
    }
    // Every method is a word of capitals; a handshake begins with a control character.
    if first[0].is_ascii_uppercase() {
        let _ = tokio::time::timeout(MOST_TIME, answer_plain_http(&mut stream)).await;
        return Err(Refused::PlainHttp);
    }
    let served = tls.kept.served().ok_or(Refused::TlsHandshake)?;
    let (Some(socket), Ok(side)) = (stream.into_socket(), ServerConnection::new(served.config.clone()))
    else {
        return Err(Refused::TlsHandshake);
    };
    let mut secured = Secured::new(socket, side);
    match std::future::poll_fn(|cx| secured.poll_handshake(cx)).await {
        Ok(()) => {}
        Err(Failure::Ended) => return Err(Refused::HandshakeEnded),
        Err(Failure::Refused(why)) => {
            tracing::debug!(listener = tls.listener, %why, "no TLS handshake");
            return Err(refused(tls, &why));
        }
    }
    let facts = facts(secured.side(), &served);
    let TlsFacts { version, server_name, subject, .. } = &facts;
    tracing::debug!(
        listener = tls.listener,
        version,
        server_name = server_name.as_deref(),
        subject = subject.as_deref(),
        "TLS"
    );
    let stream = Stream::layered(Box::new(secured));
    Ok(Entered { stream, peer, destination, is_shared, tls: Some(facts.into()) })
}

/// Why it comes to nothing.
fn refused(tls: &Tls, why: &Error) -> Refused {
    match why {
        // The one thing that rustls has no word for: nothing was chosen.
        Error::General(_) if is_strict(tls) => Refused::TlsUnknownName,
        Error::NoCertificatesPresented | Error::InvalidCertificate(_) => Refused::TlsClientCertificate,
        Error::AlertReceived(_) => Refused::TlsAlert,
        _ => Refused::TlsHandshake,
    }
}

fn facts(side: &ServerConnection, served: &Arc<Served>) -> TlsFacts {
    let version = match side.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        _ => "TLSv1.2",
    };
    let own = |certificates: &[CertificateDer<'_>]| x509::subject(certificates.first()?);
    let subject = side.peer_certificates().and_then(own).map(String::into_boxed_str);
    TlsFacts::new(version, side.server_name().map(Box::from), subject, served.certificates.clone())
}

async fn answer_plain_http(stream: &mut Stream) -> std::io::Result<()> {
    stream.write_all(PLAIN_HTTP).await?;
    stream.shutdown().await?;
    let (mut unread, mut block) = (MOST_UNREAD, [0; 4096]);
    while unread > 0 {
        match stream.read(&mut block).await? {
            0 => break,
            count => unread = unread.saturating_sub(count),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_plain_http_is_as_long_as_it_says() {
        let text = std::str::from_utf8(PLAIN_HTTP).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{}", body.len());
        let document: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((&document["status"], &document["reason"]), (&400.into(), &"plain_http".into()));
    }
}
