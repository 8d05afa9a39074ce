//! What the log and the metrics will say of an exchange, until it has ended: [`Account`] ends the record exactly once, whatever
//! becomes of whoever holds it. First the stack does, then the driver of the connection, as a part of the [`Delivery`]: it alone
//! knows what the client's socket took.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;

use http::Method;

use super::Exchange;
use super::message::Response;
use super::record::{Logged, line};
use crate::error::Reason;
use crate::route::method_index;

/// An answer on its way to the client, and the account that it settles.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) response: Response,
    /// The admin's answers are on nobody's account.
    pub(crate) account: Option<Account>,
}

/// The record of an exchange, which is to end.
#[derive(Debug)]
pub(crate) struct Account {
    exchange: Rc<Exchange>,
    is_open: bool,
    /// The client's socket has taken some of the response.
    is_begun: bool,
    /// When it was answered by switching to another protocol.
    switched: Option<Instant>,
}

impl Account {
    /// A request has come; its record begins.
    pub(crate) fn open(
        exchange: Rc<Exchange>,
        started: Instant,
        method: Method,
        client_ip: Option<IpAddr>,
    ) -> Self {
        exchange.worker().metrics().request_opened();
        exchange.record().begin(started, method, client_ip);
        Self { exchange, is_open: true, is_begun: false, switched: None }
    }

    /// What it is of.
    pub(crate) fn exchange(&self) -> &Rc<Exchange> {
        &self.exchange
    }

    /// The client's socket has taken some of the response, and so many bytes of its body.
    pub(crate) fn took(&mut self, bytes: u64) {
        self.is_begun = true;
        self.exchange.record().bytes_out += bytes;
    }

    /// The client's socket has taken the whole response.
    pub(crate) fn delivered(&mut self) {
        // The clock was read when the backend's answer came, and not again unless somebody has waited since.
        let (is_fresh, reason) = {
            let record = self.exchange.record();
            (record.backend.is_some(), record.reason)
        };
        let now = if is_fresh { self.exchange.clock().now() } else { Instant::now() };
        self.end_at(reason, now);
    }

    /// The response will never be whole: the backend has broken it off, or a layer refuses to go on with it.
    pub(crate) fn broke_off(&mut self, reason: Reason) {
        if let Reason::Refused(refusal) = reason {
            self.exchange.worker().metrics().refused(self.exchange.record().route, refusal);
        }
        self.end(reason);
    }

    /// The client has been told that its connection is a tunnel now.
    pub(crate) fn switched(&mut self, now: Instant) {
        self.switched = Some(now);
        self.detach();
        self.exchange.worker().metrics().tunnel_opened();
    }

    /// So many bytes have come out of the tunnel's end at the client, and its socket has taken so many.
    pub(crate) fn tunnelled(&mut self, brought: u64, taken: u64) {
        let mut record = self.exchange.record();
        record.bytes_in += brought;
        record.bytes_out += taken;
        self.exchange.worker().metrics().tunnelled(brought, taken);
    }

    /// The response streams.
    pub(crate) fn detach(&mut self) {
        self.exchange.record().detach();
    }

    /// Counts and logs the request. Only the first call does anything.
    pub(crate) fn end(&mut self, reason: Reason) {
        self.end_at(reason, Instant::now());
    }

    /// As `end`, with the time if it was read already.
    pub(crate) fn end_at(&mut self, reason: Reason, ended: Instant) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        let record = &mut *self.exchange.record();
        record.reason = reason;
        record.bytes_in += self.exchange.upload().received();
        let duration = ended.saturating_duration_since(record.started);
        let worker = self.exchange.worker();
        // How long a tunnel lasts says nothing of how fast anybody answers.
        let answered = match self.switched {
            None => duration,
            Some(switched) => {
                worker.metrics().tunnel_closed();
                switched.saturating_duration_since(record.started)
            }
        };
        worker.metrics().request_ended(record.route, method_index(&record.method), record.status, answered);
        if !matches!(record.access_log, Logged::No) {
            let peer = self.exchange.peer();
            let route = worker.process().route_name(record.route);
            let time = worker.wall_clock(record.started);
            worker
                .access_log()
                .write(|buffer, second| line::append(buffer, record, peer, route, time, duration, second));
        }
        record.let_go();
    }
}

impl Drop for Account {
    /// An account that nobody has settled is that of a request whose client went away; its status is 499 unless a head was sent.
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        if std::thread::panicking() {
            self.exchange.record().status = Reason::Internal.status().as_u16();
            return self.end(Reason::Internal);
        }
        let left = if self.exchange.worker().is_stopped() { Reason::Shutdown } else { Reason::ClientClosed };
        let why = self.exchange.clock().cut().or(self.exchange.upload().failure());
        let reason = why.unwrap_or(left);
        // There may have been an answer, which never left.
        if reason == Reason::ClientClosed && !self.is_begun {
            self.exchange.record().status = reason.status().as_u16();
        }
        self.end(reason);
    }
}
