//! What is known of one request while it is served.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::message::Request;
use super::record::{Record, RequestId};
use crate::error::{Error, Reason};
use crate::exchange::Exchange;
use crate::fields::{self, Fields};
use crate::introduction::Introduction;
use crate::policy::Slot;
use crate::upgrade::Asked;
use crate::worker::Worker;

/// One request while it is served.
#[derive(Debug)]
pub struct Context<'a> {
    pub(crate) exchange: &'a Rc<Exchange>,
    pub(crate) record: &'a mut Record,
    /// What the end of the stack answers with, in place of what it does.
    pub(crate) rejection: Option<Error>,
    /// It is a preflight, and here because what it announces is a request of this route.
    pub(crate) is_announced: bool,
    /// Fields that the gate has taken out; almost always none.
    pub(crate) withheld: Option<Box<Withheld>>,
    /// What the connection is to switch to, if the request asks for it and may.
    pub(crate) upgrade: Option<Asked>,
    /// What the gateway says of the client, unless it is in the request's fields already.
    pub(crate) introduction: Option<Introduction>,
}

/// Fields of a request that do not go on, for those who are asked by the config to read one of them.
#[derive(Debug, Default)]
pub(crate) struct Withheld {
    /// Meant for this hop, or of a name that two programs could read differently.
    pub(crate) ended: Fields,
    /// A proxy's word from somebody who is not trusted.
    pub(crate) forged: Fields,
}

impl<'a> Context<'a> {
    /// When the request's head had arrived.
    pub fn started(&self) -> Instant {
        self.record.started
    }

    /// The address of the client, after the rules of `server.trusted_proxies`. Who comes by a Unix socket has none, unless a trusted
    /// proxy says one.
    pub fn client_ip(&self) -> Option<IpAddr> {
        self.record.client_ip
    }

    /// The request's id, once the request-id layer has run.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.record.request_id.as_ref()
    }

    /// The name of the listener it came in at, if that has one.
    pub fn listener(&self) -> Option<&'static str> {
        self.exchange.peer().listener_name()
    }

    /// All lines of a field of the request, also if it ends at this gateway: named by `Connection`, or with an
    /// underscore in its name. Never what somebody says of himself who is not believed (`X-Real-IP` of a client).
    pub fn received<'r>(
        &'r self,
        request: &'r Request,
        name: &'r (impl AsRef<str> + ?Sized),
    ) -> impl Iterator<Item = &'r [u8]> {
        self.received_by(request, fields::Asked::new(name.as_ref()))
    }

    /// The same of a name whose class may be known already.
    pub(crate) fn received_by<'r>(
        &'r self,
        request: &'r Request,
        asked: fields::Asked<'r>,
    ) -> impl Iterator<Item = &'r [u8]> {
        match &self.withheld {
            Some(withheld) if !request.fields.has_any(asked) => withheld.ended.values(asked),
            _ => request.fields.values(asked),
        }
    }

    /// The first line of a field, as [`Context::received`] has it, or as the gateway will say it.
    pub fn first<'r>(&'r self, request: &'r Request, name: impl AsRef<str>) -> Option<&'r [u8]> {
        let name = name.as_ref();
        let withheld = || self.withheld.as_ref().and_then(|withheld| withheld.ended.get(name));
        let said = || self.introduction.as_ref().and_then(|introduction| introduction.get(name));
        request.fields.get(name).or_else(withheld).or_else(said)
    }

    /// Puts what the gateway says of the client (`X-Forwarded-For`, `-Proto`, `-Host` and `Via`) into the request's
    /// fields. Without this it is added when the request is forwarded; whoever looks for one of these fields in the
    /// request itself, or changes one, calls this first.
    pub fn introduce(&mut self, request: &mut Request) {
        if let Some(introduction) = self.introduction.take() {
            introduction.put_into(&mut request.fields);
        }
    }

    /// All lines of a field as anybody has sent them. Only for what proves itself, such as a key.
    pub fn claimed<'r>(
        &'r self,
        request: &'r Request,
        name: &'r (impl AsRef<str> + ?Sized),
    ) -> impl Iterator<Item = &'r [u8]> {
        self.claimed_by(request, fields::Asked::new(name.as_ref()))
    }

    /// The same of a name whose class may be known already.
    pub(crate) fn claimed_by<'r>(
        &'r self,
        request: &'r Request,
        asked: fields::Asked<'r>,
    ) -> impl Iterator<Item = &'r [u8]> {
        let fields = match &self.withheld {
            Some(withheld) if withheld.forged.has_any(asked) => &withheld.forged,
            Some(withheld) if !request.fields.has_any(asked) => &withheld.ended,
            _ => &request.fields,
        };
        fields.values(asked)
    }

    /// Refuses the request: the end of its stack answers with this in place of what it does. Go on and serve it. So every layer sees
    /// that answer as any other: it is logged, has its id, and a preflight is still answered as one. What was refused already stays
    /// refused for the first reason.
    pub fn refuse(&mut self, error: impl Into<Error>) {
        if self.rejection.is_none() {
            self.rejection = Some(error.into());
        }
    }

    /// Lets the end of a stack answer, unless the gate has refused the request already: who looks at every answer of the route is to
    /// see that one too.
    pub(crate) fn not_refused(&mut self) -> Result<(), Error> {
        // Looked at before it is taken: an error is not small, and there is almost never one.
        if self.rejection.is_none() { Ok(()) } else { self.rejection.take().map_or(Ok(()), Err) }
    }

    /// Whether this is a preflight that announces a request of this route; else an OPTIONS is here for its own sake.
    pub fn is_announced(&self) -> bool {
        self.is_announced
    }

    /// What a policy has in this worker for itself. An error is a defect: the slot is not the policy's.
    pub fn local<T: 'static>(&self, slot: Slot<T>) -> Result<&'a T, Error> {
        self.exchange.worker().locals().get(slot).ok_or(Error::new(Reason::Internal))
    }

    /// The time. The clock is read only if somebody has waited since it was last read.
    pub(crate) fn now(&self) -> Instant {
        self.exchange.clock().now()
    }

    /// What is known of how long the request has waited, also when it is dropped.
    pub(crate) fn waiting(&self) -> Waiting<'a> {
        Waiting { exchange: self.exchange }
    }

    pub(crate) fn worker(&self) -> &Worker {
        self.exchange.worker()
    }
}

/// A request that waits for its upstream, or for its client.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    exchange: &'a Exchange,
}

impl Waiting<'_> {
    /// For how long the upstream has kept it waiting since it was sent whole; `None` while the client itself has something
    /// left to send, and when the gateway is what ends it.
    pub(crate) fn for_upstream(&self, now: Instant) -> Option<Duration> {
        let own_doing = self.exchange.upload().is_coming() || self.exchange.worker().is_stopped();
        (!own_doing && !std::thread::panicking())
            .then(|| now.saturating_duration_since(self.exchange.clock().answer_awaited_since()))
    }
}
