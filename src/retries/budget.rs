//! How often an attempt may be made again: a budget keeps retries a share of the requests, so that a
//! failing upstream is not finished off by its own callers (linkerd's `RetryBudget`, Envoy's `retry_budget`). Each
//! worker keeps its own: no atomics.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::{Retries, RetryCause};

/// What one request adds is this over 10000 of a retry.
const RETRY: u32 = 10_000;
/// Retries a second that no request need have paid for (linkerd's `min_retries_per_second`), so that those of an
/// upstream with few requests are possible at all; as many can be saved up.
const RESERVE: u32 = 10;
/// So many microseconds pay for a ten-thousandth of a retry.
const MICROS: u32 = 1_000_000 / (RESERVE * RETRY);
/// Of so many requests the shares can be saved up.
const SAVED: u32 = 100;

/// One worker's budget for one upstream.
#[derive(Debug)]
pub(crate) struct Budget {
    /// In ten-thousandths of a retry.
    saved: Cell<u32>,
    /// Up to when time has paid.
    paid: Cell<Instant>,
}

impl Budget {
    /// A new worker's: with all of the reserve.
    pub(crate) fn new(now: Instant) -> Self {
        Self { saved: Cell::new(RESERVE * RETRY), paid: Cell::new(now) }
    }

    /// A request pays its share.
    #[inline]
    pub(crate) fn deposit(&self, retries: &Retries) {
        let saved = self.saved.get() + retries.budget_basis_points;
        self.saved.set(saved.min(RESERVE * RETRY + retries.budget_basis_points * SAVED));
    }

    /// Takes a retry for `cause` if the budget has one. Only here is the clock looked at: what time pays cannot be more than
    /// the reserve, however long nobody asked.
    ///
    /// That of a stale connection costs nothing where any may be made: each uses a connection up that has had an answer, so
    /// they are never more than the answers, and an upstream that answers nothing is spared. They come all at once, when a
    /// backend closes what it has kept.
    pub(crate) fn withdraw(&self, retries: &Retries, cause: RetryCause, now: Instant) -> bool {
        if retries.budget_basis_points == 0 {
            return false;
        }
        if cause == RetryCause::StaleConnection {
            return true;
        }
        let saved = self.saved.get().max((self.saved.get() + self.paid_by_time(now)).min(RESERVE * RETRY));
        let left = saved.checked_sub(RETRY);
        self.saved.set(left.unwrap_or(saved));
        left.is_some()
    }

    /// What time has paid since it was asked last; at most the reserve.
    fn paid_by_time(&self, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(self.paid.get());
        if passed >= Duration::from_secs(1) {
            self.paid.set(now);
            return RESERVE * RETRY;
        }
        let paid = passed.subsec_micros() / MICROS;
        // What is too short to pay for anything is left for the next time.
        self.paid.set(self.paid.get() + Duration::from_micros(u64::from(paid * MICROS)));
        paid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRIES: Retries = Retries { attempts: 1, on: &RetryCause::ALL, budget_basis_points: 2000 };

    /// How many of so many tries are granted at a time.
    fn granted(budget: &Budget, now: Instant, tries: usize) -> usize {
        (0..tries).filter(|_| budget.withdraw(&RETRIES, RetryCause::Reset, now)).count()
    }

    #[test]
    fn retries_stay_a_share_of_the_requests() {
        let now = Instant::now();
        let budget = Budget::new(now);
        let pay_and_ask = |_: &i32| {
            budget.deposit(&RETRIES);
            budget.withdraw(&RETRIES, RetryCause::Reset, now)
        };
        let granted = (0..1000).filter(pay_and_ask).count();
        assert!((200..=210).contains(&granted), "{granted}");
    }

    #[test]
    fn the_reserve_is_refilled_by_time() {
        let start = Instant::now();
        let budget = Budget::new(start);
        assert_eq!(granted(&budget, start, 50), 10);
        assert_eq!(granted(&budget, start + Duration::from_millis(99), 50), 0);
        assert_eq!(granted(&budget, start + Duration::from_millis(500), 50), 5);
        let hour = Duration::from_secs(3600);
        assert_eq!(granted(&budget, start + hour, 50), 10, "an hour saves no more than a second");
        // Ten a second, however often one asks.
        let each = |step: u32| granted(&budget, start + hour + Duration::from_micros(15) * step, 1);
        let in_one_and_a_half: usize = (1..=100_000).map(each).sum();
        assert_eq!(in_one_and_a_half, 15);
    }

    #[test]
    fn a_budget_of_nothing_allows_nothing() {
        let now = Instant::now();
        let budget = Budget::new(now);
        let retries = Retries { budget_basis_points: 0, ..RETRIES };
        assert!(RetryCause::ALL.iter().all(|cause| !budget.withdraw(&retries, *cause, now)));
    }

    #[test]
    fn a_stale_connection_costs_nothing() {
        let now = Instant::now();
        let budget = Budget::new(now);
        assert!((0..1000).all(|_| budget.withdraw(&RETRIES, RetryCause::StaleConnection, now)));
        assert_eq!(granted(&budget, now, 50), 10, "nor does it pay for others");
    }
}
