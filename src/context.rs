//! What is known of one request while it is served, and the record of how it ended.
//! A record ends exactly once: when a whole response is handed over, when a streamed body ends, or when it is dropped.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::GetAll;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::access_log::AccessLogPolicy;
use crate::error::{CLIENT_CLOSED, Error, Reason};
use crate::introduction::Introduction;
use crate::policy::Slot;
use crate::route::method_index;
use crate::server::{Client, Worker};
use crate::service::Request;
use crate::upstream::Backend;

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

/// One request while it is served.
#[derive(Debug)]
pub struct Context<'a> {
    pub(crate) client: &'a Rc<Client>,
    pub(crate) record: Record,
    /// What the stack for unmatched requests answers with.
    pub(crate) rejection: Option<Error>,
    /// Fields that the gate has taken out; almost always none.
    pub(crate) withheld: Option<Box<Withheld>>,
    /// What the gateway says of the client, unless it is in the request's fields already.
    pub(crate) introduction: Option<Introduction>,
}

/// Fields of a request that do not go on, for those who are asked by the config to read one of them.
#[derive(Debug, Default)]
pub(crate) struct Withheld {
    /// Meant for this hop, or of a name that two programs could read differently.
    pub(crate) ended: HeaderMap,
    /// A proxy's word from somebody who is not trusted.
    pub(crate) forged: HeaderMap,
}

impl<'a> Context<'a> {
    /// When the request's head had arrived.
    pub fn started(&self) -> Instant {
        self.record.started
    }

    /// The address of the client, after the rules of `server.trusted_proxies`.
    pub fn client_ip(&self) -> IpAddr {
        self.record.client_ip
    }

    /// The request's id, once the request-id layer has run.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.record.request_id.as_ref()
    }

    /// All lines of a field of the request, also if it ends at this gateway: named by `Connection`, or with an
    /// underscore in its name. Never what somebody says of himself who is not believed (`X-Real-IP` of a client).
    pub fn received<'r>(&'r self, request: &'r Request, name: &HeaderName) -> GetAll<'r, HeaderValue> {
        match &self.withheld {
            Some(withheld) if !request.headers().contains_key(name) => withheld.ended.get_all(name),
            _ => request.headers().get_all(name),
        }
    }

    /// The first line of a field, as [`Context::received`] has it, or as the gateway will say it.
    pub fn first<'r>(&'r self, request: &'r Request, name: &HeaderName) -> Option<&'r HeaderValue> {
        let said = || self.introduction.as_ref().and_then(|introduction| introduction.get(name));
        self.received(request, name).iter().next().or_else(said)
    }

    /// Puts what the gateway says of the client (`X-Forwarded-For`, `-Proto`, `-Host` and `Via`) into the request's
    /// fields. Without this it is added when the request is forwarded; whoever looks for one of these fields in the
    /// request itself, or changes one, calls this first.
    pub fn introduce(&mut self, request: &mut Request) {
        if let Some(introduction) = self.introduction.take() {
            introduction.put_into(request.headers_mut());
        }
    }

    /// All lines of a field as anybody has sent them. Only for what proves itself, such as a key.
    pub fn claimed<'r>(&'r self, request: &'r Request, name: &HeaderName) -> GetAll<'r, HeaderValue> {
        match &self.withheld {
            Some(withheld) if withheld.forged.contains_key(name) => withheld.forged.get_all(name),
            _ => self.received(request, name),
        }
    }

    /// What a policy has in this worker for itself. An error is a defect: the slot is not the policy's.
    pub fn local<T: 'static>(&self, slot: Slot<T>) -> Result<&'a T, Error> {
        self.client.worker().locals().get(slot).ok_or(Error::new(Reason::Internal))
    }

    /// The time. The clock is read only if somebody has waited since it was last read.
    pub(crate) fn now(&self) -> Instant {
        self.client.now()
    }

    /// What is known of how long the request has waited, also when it is dropped.
    pub(crate) fn waiting(&self) -> Waiting<'a> {
        Waiting { client: self.client }
    }

    pub(crate) fn worker(&self) -> &Worker {
        self.client.worker()
    }
}

/// A request that waits for its upstream, or for its client.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    client: &'a Client,
}

impl Waiting<'_> {
    /// For how long the upstream has kept it waiting since it was sent whole; `None` while the client itself has something
    /// left to send, and when the gateway is what ends it.
    pub(crate) fn for_upstream(&self, now: Instant) -> Option<Duration> {
        let own_doing = self.client.body_is_unread() || self.client.worker().is_stopped();
        (!own_doing && !std::thread::panicking())
            .then(|| now.saturating_duration_since(self.client.answer_awaited_since()))
    }
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
    pub(crate) client_ip: IpAddr,
    pub(crate) route: u32,
    pub(crate) request_id: Option<RequestId>,
    pub(crate) status: u16,
    pub(crate) reason: Reason,
    pub(crate) backend: Option<&'static Backend>,
    pub(crate) upstream_status: u16,
    pub(crate) upstream_duration: Duration,
    pub(crate) retries: u8,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) access_log: Option<&'static AccessLogPolicy>,
    open: bool,
}

impl Record {
    pub(crate) fn open(client: &Rc<Client>, started: Instant, method: Method, client_ip: IpAddr) -> Self {
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
            upstream_status: 0,
            upstream_duration: Duration::ZERO,
            retries: 0,
            bytes_in: 0,
            bytes_out: 0,
            access_log: None,
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
        if self.access_log.is_some() {
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
