//! A retry budget: retries may be a share of the requests and no more, so that a failing upstream is not finished off
//! by its own callers (linkerd's `RetryBudget`, Envoy's `retry_budget`). Each worker keeps its own: no atomics.

use std::cell::Cell;

use crate::upstream::Retries;

/// What one request adds is this over 10000 of a retry.
const RETRY: u32 = 10_000;
/// Retries that are allowed before any request has paid for them, and the most that can be saved up.
const RESERVE: u32 = 10;

/// One worker's budget for one upstream, in ten-thousandths of a retry.
#[derive(Debug)]
pub(crate) struct Budget(Cell<u32>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(RESERVE * RETRY))
    }
}

impl Budget {
    /// A request pays its share.
    #[inline]
    pub(crate) fn deposit(&self, retries: &Retries) {
        let saved = self.0.get() + retries.budget_basis_points;
        self.0.set(saved.min(RESERVE * RETRY + retries.budget_basis_points * 100));
    }

    /// Takes a retry if the budget has one.
    pub(crate) fn withdraw(&self) -> bool {
        match self.0.get().checked_sub(RETRY) {
            Some(left) => {
                self.0.set(left);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_stay_a_share_of_the_requests() {
        let retries =
            Retries { attempts: 1, connect_failure: true, stale_connection: true, budget_basis_points: 2000 };
        let budget = Budget::default();
        let granted = (0..1000)
            .filter(|_| {
                budget.deposit(&retries);
                budget.withdraw()
            })
            .count();
        assert!((200..=210).contains(&granted), "{granted}");
    }
}
