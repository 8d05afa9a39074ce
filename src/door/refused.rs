//! Connections that are closed before anything of HTTP is read from them: why, how many, and a line of the log for each
//! reason at most once a second. There is no request, so the access log has none of them.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A reason that lasts is told again after this many milliseconds.
const TELL_AGAIN: u64 = 1000;

/// Why a connection is closed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its client has as many as `limits.connections_per_client` allows.
    TooMany,
    /// A door has not heard all that it has to hear within `timeouts.handshake`.
    HandshakeTimeout,
    /// The other side ended it before that.
    HandshakeEnded,
    /// Who is to speak the PROXY protocol does not.
    HeaderAbsent,
    /// A header of the PROXY protocol that is none, or not intact.
    HeaderMalformed,
    /// One that is longer than any need be.
    HeaderTooLong,
    /// HTTP without TLS, where TLS is spoken; that is answered (400).
    PlainHttp,
    /// A name was asked for that no certificate has, or none was.
    TlsUnknownName,
    /// The client has no certificate, or one that is not good here.
    TlsClientCertificate,
    /// The client refuses us: most of all, it does not trust the certificate.
    TlsAlert,
    /// What else keeps two sides from coming to terms.
    TlsHandshake,
}

impl Refused {
    /// All of them, in the order of their counters.
    pub(crate) const ALL: [Self; 11] = [
        Self::TooMany,
        Self::HandshakeTimeout,
        Self::HandshakeEnded,
        Self::HeaderAbsent,
        Self::HeaderMalformed,
        Self::HeaderTooLong,
        Self::PlainHttp,
        Self::TlsUnknownName,
        Self::TlsClientCertificate,
        Self::TlsAlert,
        Self::TlsHandshake,
    ];

    /// The text in the log and in the metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TooMany => "connections_per_client",
            Self::HandshakeTimeout => "handshake_timeout",
            Self::HandshakeEnded => "handshake_ended",
            Self::HeaderAbsent => "proxy_header_absent",
            Self::HeaderMalformed => "proxy_header_malformed",
            Self::HeaderTooLong => "proxy_header_too_long",
            Self::PlainHttp => "plain_http",
            Self::TlsUnknownName => "tls_unknown_name",
            Self::TlsClientCertificate => "tls_client_certificate",
            Self::TlsAlert => "tls_alert",
            Self::TlsHandshake => "tls_handshake",
        }
    }
}

/// What one process has refused.
#[derive(Debug)]
pub(crate) struct RefusedConnections {
    since: Instant,
    reasons: [Counted; Refused::ALL.len()],
}

#[derive(Debug, Default)]
struct Counted {
    count: AtomicU64,
    /// When it was told last, in milliseconds from [`TELL_AGAIN`] before the start.
    told: AtomicU64,
}

impl RefusedConnections {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), reasons: Default::default() }
    }

    /// Counts one, and tells of it unless that was done just before. Who connects to a socket of this machine has no address.
    pub(crate) fn add(&self, why: Refused, peer: Option<IpAddr>, listener: &'static str) {
        let Counted { count, told } = &self.reasons[why as usize];
        let count = count.fetch_add(1, Ordering::Relaxed) + 1;
        // Whoever looks whether the port is open (a balancer's health check) does nothing wrong.
        if why == Refused::HandshakeEnded {
            return;
        }
        let now = TELL_AGAIN + u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX / 2);
        let last = told.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(last) >= TELL_AGAIN;
        // Of several workers that find it due at once, one tells.
        if is_due && told.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let peer = peer.map(tracing::field::display);
            let listener = Some(listener).filter(|name| !name.is_empty());
            tracing::warn!(reason = why.as_str(), peer, listener, count, "connections are refused");
        }
    }

    /// How many there were.
    pub(crate) fn count(&self, why: Refused) -> u64 {
        self.reasons[why as usize].count.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_place() {
        for (place, why) in Refused::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, place);
        }
    }
}
