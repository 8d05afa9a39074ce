//! What an exchange waits for, until when, and whose fault it is if that does not come. It has no timer: each phase
//! only moves the deadline, at which the driver of the connection looks again.
//!
//! A reading of the time is good until the task is suspended: [`Clock::now`] reads it once for all that is done in one
//! go, and again after every wait, whoever it was that waited.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::error::Reason;
use crate::route::RouteSettings;
use crate::settings::Timeouts;

/// Before the first request.
static NO_ROUTE: RouteSettings = RouteSettings::waiting(Duration::ZERO);

/// How long a client that has asked whether to send its body waits for the backend's word: a backend need not have one (RFC 9110
/// section 10.1.1).
const CONSENT: Duration = Duration::from_secs(1);

/// What is waited for; each phase has its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// That the backend wants the body, for [`CONSENT`]; then it is sent all the same.
    Consent,
    /// The next byte of a request body, for `timeouts.body`.
    Upload,
    /// The head of a response, for the route's `timeout` and the upstream's `timeouts.response`.
    ResponseHead,
    /// The next byte of a response body, for the route's `idle`.
    Download,
    /// The next byte of a tunnel, whichever way it goes, for the route's `idle`.
    Tunnel,
}

impl Phase {
    /// What the log says when its time is over.
    const fn reason(self) -> Reason {
        match self {
            Self::Upload => Reason::RequestTimeout,
            Self::Consent | Self::ResponseHead | Self::Download => Reason::UpstreamTimeout,
            Self::Tunnel => Reason::TunnelIdle,
        }
    }
}

/// What comes of a deadline that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimedOut {
    /// The body is to be sent although the backend has not asked for it.
    Consent,
    /// Whoever waits finds [`Clock::expired`], and gets some time to answer the client.
    Told,
    /// There is nobody to be answered: the connection is cut.
    Over,
}

/// The clock of one exchange.
#[derive(Debug)]
pub(crate) struct Clock {
    timeouts: &'static Timeouts,
    phase: Cell<Phase>,
    /// When the present phase is over.
    by: Cell<Instant>,
    route: Cell<&'static RouteSettings>,
    /// How long the backend of the present attempt may take for its head.
    head_within: Cell<Duration>,
    /// When the route's `timeout` is over.
    limit: Cell<Instant>,
    /// When the route's `total` is over.
    total: Cell<Option<Instant>>,
    /// While the socket takes nothing: when the client must have taken something.
    stuck: Cell<Option<Instant>>,
    /// The limit that has passed, for those who wait.
    expired: Cell<Option<Reason>>,
    /// Why the gateway has cut the exchange off.
    cut: Cell<Option<Reason>>,
    /// The time, if it was read since the task was resumed.
    now: Cell<Option<Instant>>,
}

impl Clock {
    pub(crate) fn new(timeouts: &'static Timeouts, now: Instant) -> Self {
        Self {
            timeouts,
            phase: Cell::new(Phase::ResponseHead),
            by: Cell::new(now),
            route: Cell::new(&NO_ROUTE),
            head_within: Cell::new(Duration::ZERO),
            limit: Cell::new(now),
            total: Cell::new(None),
            stuck: Cell::new(None),
            expired: Cell::new(None),
            cut: Cell::new(None),
            now: Cell::new(Some(now)),
        }
    }

    /// The task runs again; time has passed.
    pub(crate) fn resume(&self) {
        self.now.set(None);
    }

    /// The time, as it was when first asked for since the task was resumed.
    pub(crate) fn now(&self) -> Instant {
        let now = self.now.get().unwrap_or_else(Instant::now);
        self.now.set(Some(now));
        now
    }

    /// A request head has arrived; it has the times of `route` from now on.
    pub(crate) fn begin(&self, now: Instant, route: &'static RouteSettings) {
        self.now.set(Some(now));
        self.phase.set(Phase::ResponseHead);
        self.route.set(route);
        self.head_within.set(route.timeout);
        self.limit.set(now + route.timeout);
        self.by.set(self.limit.get());
        self.total.set(route.total.map(|total| now + total));
        self.stuck.set(None);
        self.expired.set(None);
        self.cut.set(None);
    }

    /// The backend of an attempt is connected to, and may take this long for the head of its response.
    pub(crate) fn await_answer(&self, within: Duration) {
        self.head_within.set(within);
        self.by.set(self.limit.get().min(self.now() + within));
    }

    /// An attempt has failed, and another is made: its backend is waited for with time of its own, and be it only to be connected to.
    /// What is late already stays late.
    #[cold]
    pub(super) fn attempt_failed(&self) {
        if self.expired.get().is_none() {
            // It was the client that took the time.
            if self.phase.replace(Phase::ResponseHead) == Phase::Upload {
                self.limit.set(self.now() + self.route.get().timeout);
            }
            self.head_within.set(self.route.get().timeout);
            self.by.set(self.limit.get());
        }
    }

    /// The backend is asked whether it wants the body.
    pub(crate) fn await_consent(&self) {
        self.phase.set(Phase::Consent);
        self.by.set(self.by.get().min(self.now() + CONSENT));
    }

    /// It does, or is not waited for any longer.
    pub(crate) fn consented(&self) {
        if self.phase.get() == Phase::Consent {
            self.phase.set(Phase::ResponseHead);
            self.by.set(self.limit.get().min(self.now() + self.head_within.get()));
        }
    }

    /// The head or data of a response has come.
    pub(crate) fn response_moved(&self) {
        self.phase.set(Phase::Download);
        self.moved(self.now() + self.route.get().idle);
    }

    /// The connection is a tunnel from now on, which may live for as long as something moves in it.
    pub(crate) fn begin_tunnel(&self) {
        self.phase.set(Phase::Tunnel);
        self.total.set(None);
        self.stuck.set(None);
        self.tunnel_moved();
    }

    /// Something has come out of a tunnel's end, or gone into one.
    pub(crate) fn tunnel_moved(&self) {
        self.moved(self.now() + self.route.get().idle);
    }

    /// Something has come, and the next may take until `deadline`. What came just in time is not late.
    fn moved(&self, deadline: Instant) {
        if self.must_end().is_none() {
            self.expired.set(None);
            self.by.set(deadline);
        }
    }

    /// Why even what gets on may not go on: what has passed is a limit on the whole.
    pub(crate) fn must_end(&self) -> Option<Reason> {
        self.expired.get().filter(|late| matches!(late, Reason::TotalTimeout | Reason::Shutdown))
    }

    /// The client's socket has taken something. What was behind it was not waited for meanwhile.
    pub(crate) fn response_taken(&self) {
        if self.stuck.take().is_some() && self.phase.get() == Phase::Download {
            self.moved(self.now() + self.route.get().idle);
        }
    }

    /// The client's socket takes nothing.
    pub(crate) fn response_stuck(&self) {
        if self.stuck.get().is_none() {
            self.stuck.set(Some(self.now() + self.timeouts.write));
        }
    }

    /// The limit that has passed, if one has: whoever waits gives up. Only the driver's timer finds that out.
    pub(crate) fn expired(&self) -> Option<Reason> {
        self.expired.get()
    }

    /// Why the gateway has cut the exchange off, if it has.
    pub(crate) fn cut(&self) -> Option<Reason> {
        self.cut.get()
    }

    /// A request body gets on: the time for its answer begins anew, and with its end for the last time.
    pub(crate) fn request_moved(&self) {
        match self.phase.get() {
            Phase::Consent | Phase::Upload | Phase::ResponseHead => {
                self.phase.set(Phase::ResponseHead);
                self.limit.set(self.now() + self.route.get().timeout);
                self.moved(self.limit.get().min(self.now() + self.head_within.get()));
            }
            Phase::Download => self.response_moved(),
            Phase::Tunnel => self.tunnel_moved(),
        }
    }

    /// When the request had arrived, its body too, or the last of it that has come.
    pub(crate) fn answer_awaited_since(&self) -> Instant {
        self.limit.get() - self.route.get().timeout
    }

    /// The upstream could take more of the request body than the client has sent.
    pub(crate) fn body_awaited(&self) {
        if self.phase.get() == Phase::ResponseHead {
            self.phase.set(Phase::Upload);
            self.by.set(self.now() + self.timeouts.body);
        }
    }

    /// When the first of the limits that count now is over.
    pub(crate) fn deadline(&self) -> Instant {
        let deadline = match (self.stuck.get(), self.phase.get()) {
            // Nothing else is waited for until the client has taken what there is.
            (Some(stuck), Phase::Download) if self.expired.get().is_none() => stuck,
            (Some(stuck), _) => stuck.min(self.by.get()),
            (None, _) => self.by.get(),
        };
        self.total.get().map_or(deadline, |total| total.min(deadline))
    }

    /// The timer has found the deadline passed. `grace` is how long a request has to end because of it.
    pub(crate) fn time_out(&self, now: Instant, grace: Duration) -> TimedOut {
        self.now.set(Some(now));
        let is_past = |limit: Option<Instant>| limit.is_some_and(|limit| limit <= now);
        let (is_stuck, is_total) = (is_past(self.stuck.get()), is_past(self.total.get()));
        let is_consent = self.phase.get() == Phase::Consent && self.expired.get().is_none();
        if is_consent && !is_stuck && !is_total && now < self.limit.get() {
            return TimedOut::Consent;
        }
        let cut = match self.expired.get() {
            _ if is_stuck => Reason::WriteTimeout,
            Some(expired) => expired,
            // The body cannot be told, because nobody asks it for more.
            None if is_total && self.stuck.get().is_some() => Reason::TotalTimeout,
            None => {
                let expired = if is_total { Reason::TotalTimeout } else { self.phase.get().reason() };
                self.expire(expired, now + grace);
                return TimedOut::Told;
            }
        };
        self.cut.set(Some(cut));
        TimedOut::Over
    }

    /// Whoever waits is to give up, and must have done so by `until`.
    pub(crate) fn expire(&self, reason: Reason, until: Instant) {
        self.expired.set(Some(reason));
        self.total.set(None);
        self.by.set(until);
    }
}

#[cfg(test)]
mod tests;
