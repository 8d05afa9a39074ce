//! What is known of a request for the log and the metrics. Data only: an [`Account`](super::Account) ends it.

pub(super) mod line;
mod members;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use http::uri::PathAndQuery;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::error::{CLIENT_CLOSED, Reason};
use crate::observe::UNMATCHED;
use crate::upstream::Backend;
use crate::words::hexadecimal;
pub(crate) use members::Members;

/// The id of a request: a UUID of ours, or a caller's that was checked (at most 128 of `[A-Za-z0-9._-]`).
#[derive(Clone, Debug)]
pub struct RequestId(Id);

#[derive(Clone, Debug)]
enum Id {
    Made([u8; Hyphenated::LENGTH]),
    Taken(Bytes),
}

impl RequestId {
    /// One of ours.
    pub(crate) fn made(uuid: Uuid) -> Self {
        let (high, low) = uuid.as_u64_pair();
        let [a, b, c, d] = [high >> 32, high, low >> 32, low].map(|part| hexadecimal(part as u32));
        let mut text = [b'-'; Hyphenated::LENGTH];
        text[..8].copy_from_slice(&a);
        text[9..13].copy_from_slice(&b[..4]);
        text[14..18].copy_from_slice(&b[4..]);
        text[19..23].copy_from_slice(&c[..4]);
        text[24..28].copy_from_slice(&c[4..]);
        text[28..].copy_from_slice(&d);
        Self(Id::Made(text))
    }

    /// A caller's, which was checked.
    pub(crate) fn taken(id: Bytes) -> Self {
        Self(Id::Taken(id))
    }

    /// The same id in memory of its own.
    fn detached(self) -> Self {
        match self.0 {
            Id::Made(_) => self,
            Id::Taken(id) => Self(Id::Taken(Bytes::copy_from_slice(&id))),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Id::Made(text) => text,
            Id::Taken(id) => id,
        }
    }
}

/// Whether the access log has a line of a request.
#[derive(Debug, Default)]
pub(crate) enum Logged {
    /// No line.
    #[default]
    No,
    /// A line with the path. Queries hold secrets.
    Path,
    /// And with the query.
    PathAndQuery,
    /// And with more of the request, which is gone when the line is written.
    WithFields {
        /// Whether the query is one of them.
        query: bool,
        /// The others.
        members: Members,
    },
}

/// Of a request that has no line in the log.
const ROOT: PathAndQuery = PathAndQuery::from_static("/");

/// What the log and the metrics will say of a request.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) started: Instant,
    pub(crate) method: Method,
    /// Of a request that has a line in the log.
    pub(crate) target: PathAndQuery,
    /// None of who comes by a socket of this machine, unless a trusted proxy says one.
    pub(crate) client_ip: Option<IpAddr>,
    pub(crate) route: u32,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) status: u16,
    pub(crate) reason: Reason,
    pub(crate) backend: Option<&'static Backend>,
    /// Where that is, if it is one address of a name.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) upstream_status: u16,
    pub(crate) upstream_duration: Duration,
    pub(crate) retries: u8,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) access_log: Logged,
}

impl Record {
    /// One of nothing.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            started: now,
            method: Method::GET,
            target: ROOT,
            client_ip: None,
            route: UNMATCHED,
            request_id: None,
            status: CLIENT_CLOSED,
            reason: Reason::Ok,
            backend: None,
            address: None,
            upstream_status: 0,
            upstream_duration: Duration::ZERO,
            retries: 0,
            bytes_in: 0,
            bytes_out: 0,
            access_log: Logged::No,
        }
    }

    /// A request has come. Each part is set where it is, since the whole is large; what the one before had to let go of is gone.
    #[inline]
    pub(super) fn begin(&mut self, started: Instant, method: Method, client_ip: Option<IpAddr>) {
        self.started = started;
        self.method = method;
        self.client_ip = client_ip;
        self.route = UNMATCHED;
        self.status = CLIENT_CLOSED;
        self.reason = Reason::Ok;
        self.backend = None;
        self.address = None;
        self.upstream_status = 0;
        self.upstream_duration = Duration::ZERO;
        self.retries = 0;
        self.bytes_in = 0;
        self.bytes_out = 0;
    }

    /// It has ended, and its exchange is used again: it is not to pin what the request came in.
    pub(super) fn let_go(&mut self) {
        self.target = ROOT;
        self.request_id = None;
        self.access_log = Logged::No;
    }

    /// The response streams, and may in hours: what is kept of the request is copied, so that the blocks which it came in are
    /// let go.
    pub(crate) fn detach(&mut self) {
        self.target = detached(&self.target);
        self.request_id = self.request_id.take().map(RequestId::detached);
    }
}

/// The path and the query in memory of their own.
fn detached(target: &PathAndQuery) -> PathAndQuery {
    let copy = Bytes::copy_from_slice(target.as_str().as_bytes());
    PathAndQuery::from_maybe_shared(copy).unwrap_or_else(|_| target.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;

    #[test]
    fn an_id_of_ours_is_written_as_a_uuid_is() {
        for uuid in [Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0123_4567_89ab_cdef_9abc_def0_1234_5678)] {
            assert_eq!(RequestId::made(uuid).as_str(), uuid.hyphenated().to_string());
        }
    }

    #[test]
    fn what_a_streamed_response_keeps_of_its_request_pins_no_block() {
        let mut block = BytesMut::with_capacity(64 * 1024);
        let mut shared = |text: &str| {
            block.extend_from_slice(text.as_bytes());
            block.split().freeze()
        };
        let target = PathAndQuery::from_maybe_shared(shared("/a/b?c=d")).unwrap();
        let id = RequestId::taken(shared("an-id"));
        let kept = (detached(&target), id.detached());
        drop(target);
        assert!(block.try_reclaim(64 * 1024), "somebody still holds the block");
        assert_eq!((kept.0.path(), kept.0.query(), kept.1.as_str()), ("/a/b", Some("c=d"), "an-id"));
    }
}
