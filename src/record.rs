//! The record of how a request ended. It ends exactly once: when a whole response is handed over, when a streamed body ends, or
//! when it is dropped.

mod members;

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Uri};

use crate::error::{CLIENT_CLOSED, Reason};
use crate::route::method_index;
use crate::server::Client;
use crate::upstream::Backend;
pub(crate) use members::Members;

/// The id of a request: a UUID of ours, or a caller's that was checked (at most 128 of `[A-Za-z0-9._-]`).
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    pub(crate) fn new(value: HeaderValue) -> Self {
        Self(value)
    }

    /// The same id in memory of its own.
    fn detached(self) -> Self {
        HeaderValue::from_bytes(self.0.as_bytes()).map_or(self, Self)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The id as a field value; cheap to clone.
    pub fn value(&self) -> &HeaderValue {
        &self.0
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

/// The number that stands for "no route" in tables that have one row more than there are routes.
pub(crate) const UNMATCHED: u32 = u32::MAX;

/// What the log and the metrics will say of a request.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) client: Rc<Client>,
    pub(crate) started: Instant,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
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
    open: bool,
}

impl Record {
    pub(crate) fn open(
        client: &Rc<Client>,
        started: Instant,
        method: Method,
        client_ip: Option<IpAddr>,
    ) -> Self {
        client.worker().metrics().request_opened();
        Self {
            client: client.clone(),
            started,
            method,
            uri: Uri::default(),
            client_ip,
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
            open: true,
        }
    }

    /// Moves the record into a streamed body, which will end it. That may be in hours: what it keeps is copied, so that the
    /// blocks which the request came in are let go.
    pub(crate) fn hand_over(&mut self) -> Self {
        let moved = Self {
            client: self.client.clone(),
            method: self.method.clone(),
            uri: detached(&self.uri),
            request_id: self.request_id.take().map(RequestId::detached),
            access_log: std::mem::take(&mut self.access_log),
            ..*self
        };
        self.open = false;
        moved
    }

    /// Counts and logs the request. Only the first call does anything.
    pub(crate) fn end(&mut self, reason: Reason) {
        self.end_at(reason, Instant::now());
    }

    /// As `end`, with the time if it was read already.
    pub(crate) fn end_at(&mut self, reason: Reason, ended: Instant) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        self.reason = reason;
        let duration = ended.saturating_duration_since(self.started);
        self.bytes_in = self.client.take_body_received();
        let worker = self.client.worker();
        worker.metrics().request_ended(self.route, method_index(&self.method), self.status, duration);
        if !matches!(self.access_log, Logged::No) {
            worker.access_log().write(self, duration, worker);
        }
        self.client.exchange_ended(ended);
    }
}

/// The path and the query in memory of their own.
fn detached(uri: &Uri) -> Uri {
    let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    Uri::from_maybe_shared(Bytes::copy_from_slice(target.as_bytes())).unwrap_or_else(|_| uri.clone())
}

impl Drop for Record {
    /// A record that nobody ended belongs to a request whose client went away; its status is 499 unless a head was sent.
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        if std::thread::panicking() {
            self.status = Reason::Internal.status().as_u16();
            return self.end(Reason::Internal);
        }
        let left = if self.client.worker().is_stopped() { Reason::Shutdown } else { Reason::ClientClosed };
        self.end(self.client.cut().or(self.client.body_failure()).unwrap_or(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;

    #[test]
    fn what_a_streamed_response_keeps_of_its_request_pins_no_block() {
        let mut block = BytesMut::with_capacity(64 * 1024);
        let mut shared = |text: &str| {
            block.extend_from_slice(text.as_bytes());
            block.split().freeze()
        };
        let uri = Uri::from_maybe_shared(shared("/a/b?c=d")).unwrap();
        let id = RequestId::new(HeaderValue::from_maybe_shared(shared("an-id")).unwrap());
        let kept = (detached(&uri), id.detached());
        drop(uri);
        assert!(block.try_reclaim(64 * 1024), "somebody still holds the block");
        assert_eq!((kept.0.path(), kept.0.query(), kept.1.as_str()), ("/a/b", Some("c=d"), "an-id"));
    }
}
