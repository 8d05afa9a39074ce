//! `tests:` of the config, run against the table.

use super::{Outcome, Table};
use crate::model::{CrossOrigin, Test};

/// What became of a test.
#[derive(Debug, Clone)]
pub struct TestOutcome<'m> {
    /// The test.
    pub test: &'m Test,
    /// What became of its request.
    pub outcome: Outcome,
    /// What was expected otherwise; empty if the test passed.
    pub mismatches: Vec<Mismatch>,
}

/// An expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The key of `expect`.
    pub key: &'static str,
    /// `None`: there is no such thing for this request.
    pub actual: Option<String>,
}

impl TestOutcome<'_> {
    /// Whether all that was expected holds.
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

impl<'m> Table<'m> {
    /// Runs the model's tests, in the order of the file.
    pub fn run_tests(&self) -> Vec<TestOutcome<'m>> {
        self.model().tests.iter().map(|test| self.run_test(test)).collect()
    }

    fn run_test(&self, test: &'m Test) -> TestOutcome<'m> {
        let outcome = self.outcome(&test.request);
        let expect = &test.expect;
        let text = |status: u16| status.to_string();
        let told = |told: Option<CrossOrigin>| told.map(|told| told.to_string());
        let keys = [
            ("route", expect.route.clone(), outcome.route.clone()),
            ("upstream", expect.upstream.clone(), outcome.upstream.clone()),
            ("forward_path", expect.forward_path.clone(), outcome.forward_path.clone()),
            ("status", expect.status.map(text), outcome.status.map(text)),
            ("cross_origin", told(expect.cross_origin), told(outcome.cross_origin)),
            ("redirect_to", expect.redirect_to.clone(), outcome.redirect_to.clone()),
        ];
        let others =
            keys.into_iter().filter(|(_, expected, actual)| expected.is_some() && expected != actual);
        let mismatches = others.map(|(key, _, actual)| Mismatch { key, actual }).collect();
        TestOutcome { test, mismatches, outcome }
    }
}
