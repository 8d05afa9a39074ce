//! `upstreams.NAME.retries`: what makes a further attempt, and how many there may be.

mod budget;

pub(crate) use budget::Budget;

/// What may be retried, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// Further attempts after the first.
    pub attempts: u8,
    /// What makes one.
    pub on: &'static [RetryCause],
    /// Retries allowed for each 10000 requests, beside ten a second in each worker, and not counting those of stale
    /// connections; 0 allows none at all.
    pub budget_basis_points: u32,
}

/// Why an attempt is made again: the `reason` of `gateway_retries_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryCause {
    /// No connection could be made: nothing was sent, so any method may try another backend.
    ConnectFailure,
    /// A kept connection was closed before a byte of the answer came: idempotent requests without a body, or
    /// with one that was kept, are sent again on a new one, to another backend if there is one.
    StaleConnection,
    /// The same of a new connection: they are sent again to another backend.
    Reset,
}

impl RetryCause {
    pub(crate) const ALL: [Self; 3] = [Self::ConnectFailure, Self::StaleConnection, Self::Reset];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectFailure => "connect_failure",
            Self::StaleConnection => "stale_connection",
            Self::Reset => "reset",
        }
    }

    /// Whether an upstream's `retries.on` names it.
    pub(crate) fn is_on(self, retries: &Retries) -> bool {
        retries.on.contains(&self)
    }
}
