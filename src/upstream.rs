//! Upstreams: fixed arrays of backends, a balancer over them, their health, and the connections to them.
//! All run-time state here is atomics shared by the workers, or belongs to one worker alone.

mod addresses;
mod backend;
mod balance;
pub mod balancers;
mod connect;
mod connection;
mod health;
mod http1;
mod outbound;
mod owner;
mod pool;
mod preface;
mod resolve;
mod slots;
mod streaming;
#[cfg(test)]
mod testing;
mod trailers;

use std::time::Duration;

pub(crate) use backend::InFlight;
pub use backend::{Backend, Slots};
pub(crate) use balance::{Balance, BalancerContext, Group, Lineup, Tried};
pub(crate) use connection::{Connection, SendError};
pub use health::{HealthCheck, Probe, ProbeField, ProbeRequest, StatusRange};
pub(crate) use health::{Monitor, Status};
pub(crate) use outbound::Outbound;
pub(crate) use owner::Owner;
pub(crate) use pool::Pool;
use preface::Preface;
pub use preface::ProxyHeader;
pub(crate) use resolve::start as keep_names_fresh;
pub(crate) use slots::Rosters;
pub use slots::{Filled, Resolve, Resolved};
pub(crate) use streaming::Streaming;

use crate::late::{Origin, Problems};
use crate::retries::Retries;

/// `upstreams.NAME.timeouts`.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamTimeouts {
    /// For a TCP connection.
    pub connect: Duration,
    /// For the response head: from the end of the request, and anew with each part of its body and with each attempt.
    pub response: Duration,
}

/// `upstreams.NAME.keepalive`.
#[derive(Clone, Copy, Debug)]
pub struct Keepalive {
    /// How long an unused connection is kept; shorter than the backend's own limit.
    pub idle: Duration,
    /// Unused connections kept for each backend, in each worker.
    pub max_idle: usize,
    /// A connection that is older than this, less up to a tenth, ends with its exchange; if `None`, none is too old.
    pub max_age: Option<Duration>,
}

/// The `Host` that backends see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostHeader {
    /// The client's.
    Preserve,
    /// The backend's own authority.
    Backend,
    /// This name or address, perhaps with a port.
    Name(&'static str),
}

/// The backends of an upstream and its settings: everything but how one is chosen.
#[derive(Debug)]
pub struct Cluster {
    /// Where the upstream was written.
    pub origin: Origin,
    /// Its place in `Settings::upstreams`.
    pub id: usize,
    /// Its name: the `upstream` of metrics.
    pub name: &'static str,
    /// The backends, primaries first; with `resolve` the slots of their addresses.
    pub backends: &'static [Backend],
    /// How many of them are primaries.
    pub primaries: usize,
    /// The smooth weighted order of the primaries; empty if all weigh the same, and with `resolve`, where it is made anew
    /// whenever an address comes or goes.
    pub primary_turns: &'static [u16],
    /// The smooth weighted order of the backups; empty if all weigh the same.
    pub backup_turns: &'static [u16],
    /// How backends are checked; if `None`, they count as healthy.
    pub health_check: Option<HealthCheck>,
    /// Timeouts.
    pub timeouts: UpstreamTimeouts,
    /// Kept connections.
    pub keepalive: Keepalive,
    /// Retries.
    pub retries: Retries,
    /// What every connection begins with, before anything else: for whom it is made.
    pub proxy_protocol: Option<&'static dyn Preface>,
    /// Which `Host` is sent.
    pub host_header: HostHeader,
    /// Below this share of usable backends, in 10000ths, all take requests; 0 to 10000.
    pub panic_basis_points: u32,
    /// Whether every address of a name is a backend of its own; if `None`, a name is one, at whichever of its addresses
    /// answers first.
    pub resolve: Option<Resolve>,
}

impl Cluster {
    /// Resolves what is late of its backends and its probes. Called once, before any request.
    pub(crate) fn bind(&self, problems: &mut Problems) {
        self.written().for_each(|slots| Backend::bind(slots, problems));
        if let Some(resolve) = &self.resolve {
            resolve.filled.publish(self);
        }
        if let Some(check) = &self.health_check {
            let socket = self.backends.iter().find(|backend| backend.socket().is_some());
            if let (Some(socket), Some(_)) = (socket, check.port) {
                let why = format!(
                    "`health_check.port` has no meaning for the backend `{}`, a socket",
                    socket.url()
                );
                problems.at(self.origin, why);
            }
            check.bind(self.origin, problems);
        }
    }

    /// What was written as one backend: one, or the slots of its addresses.
    pub(crate) fn written(&self) -> impl Iterator<Item = &'static [Backend]> + use<> {
        self.backends.chunk_by(|_, next| next.goes_on())
    }

    /// Of what was written as one backend the best of its addresses.
    pub(crate) fn best(slots: &[Backend]) -> Status {
        slots.iter().map(|slot| slot.health().status()).min().unwrap_or(Status::Vacant)
    }

    /// A worker could not connect to `backend`. The failure counts like a failed check, so that the next request does not
    /// have to find out again; but the last usable backend stays in use.
    pub(crate) fn connect_failed(&self, backend: &Backend) {
        let Some(check) = &self.health_check else { return };
        let health = backend.health();
        let is_other = |other: &&Backend| !std::ptr::eq(*other, backend);
        let nobody_else = || !self.backends.iter().filter(is_other).any(Backend::takes_traffic);
        if health.connect_failed() >= check.unhealthy_after && health.eject(nobody_else) {
            tracing::warn!(
                upstream = self.name,
                backend = backend.url(),
                address = backend.address().map(tracing::field::display),
                "backend is unhealthy: no connection to it"
            );
        }
    }
}

/// An upstream: its cluster and its balancer. The array of backends is behind a slice so that its length does not
/// multiply types.
#[derive(Debug)]
pub struct Upstream<B> {
    cluster: Cluster,
    balance: B,
}

impl<B: Balance> Upstream<B> {
    /// An upstream of this cluster.
    pub const fn new(cluster: Cluster, balance: B) -> Self {
        Self { cluster, balance }
    }

    /// The part that does not depend on the balancer.
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// A backend for the next attempt: a usable primary, else a usable backup, else nothing. Of a group in panic any, and
    /// if nobody is usable that is both.
    #[inline(always)]
    pub(crate) fn choose(
        &self,
        tried: &mut Tried,
        rosters: &Rosters,
        cx: &impl BalancerContext,
    ) -> Option<&'static Backend> {
        let cluster = &self.cluster;
        if B::RESOLVES {
            let roster = rosters.of(cluster);
            return self.among(roster.primaries(), || roster.backups(), tried, cx);
        }
        let (primaries, backups) = cluster.backends.split_at(cluster.primaries);
        let backups = || Group::new(backups, cluster.backup_turns);
        self.among(Group::new(primaries, cluster.primary_turns), backups, tried, cx)
    }

    /// The same where an attempt has failed, out of the usual request's way.
    #[cold]
    pub(crate) fn choose_another(
        &self,
        tried: &mut Tried,
        rosters: &Rosters,
        cx: &impl BalancerContext,
    ) -> Option<&'static Backend> {
        self.choose(tried, rosters, cx)
    }

    #[inline]
    fn among<'a, L: Lineup>(
        &self,
        primaries: Group<'a, L>,
        backups: impl Fn() -> Group<'a, L>,
        tried: &mut Tried,
        cx: &impl BalancerContext,
    ) -> Option<&'static Backend> {
        let below = self.cluster.panic_basis_points;
        let primaries = primaries.with_panic(below);
        self.balance.pick(&primaries, tried, cx).or_else(|| {
            let backups = backups().with_panic(below);
            self.balance.pick(&backups, tried, cx).or_else(|| {
                let mut whoever = |group: Group<'a, L>| self.balance.pick(&group.whoever(), tried, cx);
                if below == 0 { None } else { whoever(primaries).or_else(|| whoever(backups)) }
            })
        })
    }
}
