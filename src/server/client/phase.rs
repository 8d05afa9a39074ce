//! The phases of a client connection: what is waited for, until when, and whose fault it is if that does not come.
//! A connection has one timer; each phase only moves the deadline.
//!
//! A reading of the clock is good until the connection's task is suspended: [`Client::now`] reads it once for all that is
//! done in one go, and again after every wait, whoever it was that waited.

use std::time::{Duration, Instant};

use super::Client;
use crate::error::Reason;
use crate::route::RouteSettings;

/// What a connection is waiting for; each has its own time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The first byte of a request, for `timeouts.idle`.
    Request,
    /// The rest of a request head, for `timeouts.header_read`.
    Head,
    /// The next byte of a request body, for `timeouts.body`.
    Upload,
    /// The head of a response, for the route's `timeout` and the upstream's `timeouts.response`.
    Answer,
    /// The next byte of a response body, for the route's `idle`.
    Download,
    /// The rest of a request body that nobody wants.
    Linger,
}

/// What comes of a deadline that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum TimedOut {
    /// Whoever waits finds [`Client::late`], and gets some time to answer the client.
    Told,
    /// There is nobody to be answered: the connection is closed.
    Over,
    /// The same, and it is to be logged that there was no whole head.
    Head,
}

impl Client {
    /// The task runs again; time has passed.
    pub(in crate::server) fn resume(&self) {
        self.now.set(None);
    }

    /// The time, as it was when first asked for since the task was resumed.
    pub(crate) fn now(&self) -> Instant {
        let now = self.now.get().unwrap_or_else(Instant::now);
        self.now.set(Some(now));
        now
    }

    /// A request head has arrived.
    pub(in crate::server) fn begin(&self, now: Instant, route: &'static RouteSettings) {
        self.now.set(Some(now));
        self.exchanges.set(self.exchanges.get().wrapping_add(1));
        self.wait.set(Wait::Answer);
        self.route.set(route);
        self.patience.set(route.timeout);
        self.limit.set(now + route.timeout);
        self.deadline.set(self.limit.get());
        self.total.set(route.total.map(|total| now + total));
        self.late.set(None);
        self.body_failure.set(None);
        self.body_received.set(0);
    }

    /// The exchange is over; the next request is awaited.
    pub(crate) fn exchange_ended(&self, now: Instant) {
        self.now.set(Some(now));
        self.wait.set(Wait::Request);
        self.rest.take();
        self.late.set(None);
        self.heard.set(false);
        self.total.set(None);
        self.await_request(now);
    }

    /// Nothing is under way any more.
    fn await_request(&self, now: Instant) {
        self.idle_since.set(now);
        self.deadline.set(now + self.worker.settings().timeouts.idle);
    }

    /// An attempt at a backend begins, which may take `patience` for the head of its response.
    pub(crate) fn await_answer(&self, patience: Duration) {
        self.patience.set(patience);
        self.deadline.set(self.limit.get().min(self.now() + patience));
    }

    /// The head or data of a response has come.
    pub(crate) fn response_moved(&self) {
        self.wait.set(Wait::Download);
        self.moved(self.now() + self.route.get().idle);
    }

    /// Something has come, and the next may take until `deadline`. What came just in time is not late.
    fn moved(&self, deadline: Instant) {
        if self.must_end().is_none() {
            self.late.set(None);
            self.deadline.set(deadline);
        }
    }

    /// Why even what gets on may not go on: what has passed is a limit on the whole.
    pub(crate) fn must_end(&self) -> Option<Reason> {
        self.late.get().filter(|late| matches!(late, Reason::TotalTimeout | Reason::Shutdown))
    }

    /// The client's socket has taken something. What was behind it was not waited for meanwhile.
    pub(in crate::server) fn response_taken(&self) {
        if self.stuck.take().is_some() {
            match self.wait.get() {
                Wait::Download => self.moved(self.now() + self.route.get().idle),
                Wait::Request => self.await_request(self.now()),
                Wait::Head | Wait::Upload | Wait::Answer | Wait::Linger => {}
            }
        }
    }

    /// The client's socket takes nothing.
    pub(in crate::server) fn response_stuck(&self) {
        if self.stuck.get().is_none() {
            self.stuck.set(Some(self.now() + self.worker.settings().timeouts.write));
        }
    }

    /// The limit that has passed, if one has: whoever waits gives up. Only the timer reads the clock for this.
    pub(crate) fn late(&self) -> Option<Reason> {
        self.late.get()
    }

    /// Why the gateway has cut the connection, if it has.
    pub(crate) fn cut(&self) -> Option<Reason> {
        self.cut.get()
    }

    /// A request body gets on: the time for its answer begins anew, and with its end for the last time.
    pub(super) fn request_moved(&self) {
        match self.wait.get() {
            Wait::Upload | Wait::Answer => {
                self.wait.set(Wait::Answer);
                self.limit.set(self.now() + self.route.get().timeout);
                self.moved(self.limit.get().min(self.now() + self.patience.get()));
            }
            Wait::Download => self.response_moved(),
            Wait::Request | Wait::Head | Wait::Linger => {}
        }
    }

    /// When the request had arrived, its body too, or the last of it that has come.
    pub(crate) fn answer_awaited_since(&self) -> Instant {
        self.limit.get() - self.route.get().timeout
    }

    /// The upstream could take more of the request body than the client has sent.
    pub(crate) fn body_awaited(&self) {
        if self.wait.get() == Wait::Answer {
            self.wait.set(Wait::Upload);
            self.deadline.set(self.now() + self.worker.settings().timeouts.body);
        }
    }

    /// What still comes of a request body is read and dropped, for at most `time`.
    pub(in crate::server) fn linger(&self, time: Duration) {
        if self.wait.replace(Wait::Linger) != Wait::Linger {
            self.moved(self.now() + time);
        }
    }

    /// Bytes came, but no whole head: from now on the head is awaited.
    pub(in crate::server) fn notice_partial_head(&self) {
        if self.heard.get() && self.wait.get() == Wait::Request {
            self.wait.set(Wait::Head);
            self.deadline.set(self.now() + self.worker.settings().timeouts.header_read);
        }
    }

    /// When the first of the limits that count now is over.
    pub(in crate::server) fn deadline(&self) -> Instant {
        let deadline = match (self.stuck.get(), self.wait.get()) {
            // Nothing else is waited for until the client has taken what there is.
            (Some(stuck), Wait::Request | Wait::Download) if self.late.get().is_none() => stuck,
            (Some(stuck), _) => stuck.min(self.deadline.get()),
            (None, _) => self.deadline.get(),
        };
        self.total.get().map_or(deadline, |total| total.min(deadline))
    }

    /// The timer has found the deadline passed. `grace` is how long a request has to end because of it.
    pub(in crate::server) fn time_out(&self, now: Instant, grace: Duration) -> TimedOut {
        self.now.set(Some(now));
        let is_past = |limit: Option<Instant>| limit.is_some_and(|limit| limit <= now);
        let (is_stuck, is_total) = (is_past(self.stuck.get()), is_past(self.total.get()));
        let reason = match self.wait.get() {
            _ if is_stuck => Some(Reason::WriteTimeout),
            Wait::Request | Wait::Head => None,
            _ if self.late.get().is_some() => self.late.get(),
            // The body cannot be told, because nobody asks it for more.
            Wait::Download if is_total && self.stuck.get().is_some() => Some(Reason::TotalTimeout),
            wait => {
                let late = match wait {
                    _ if is_total => Reason::TotalTimeout,
                    Wait::Upload => Reason::RequestTimeout,
                    _ => Reason::UpstreamTimeout,
                };
                self.tell(late, now + grace);
                return TimedOut::Told;
            }
        };
        self.cut.set(reason);
        if self.wait.get() == Wait::Head && !is_stuck { TimedOut::Head } else { TimedOut::Over }
    }

    /// Whoever waits is to give up, and must have done so by `until`.
    pub(super) fn tell(&self, late: Reason, until: Instant) {
        self.late.set(Some(late));
        self.total.set(None);
        self.deadline.set(until);
    }
}
