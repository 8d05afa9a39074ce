//! `tests:` of the config, run against the table.

use super::{Outcome, Table};
use crate::model::{Model, Test};

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
    /// As written.
    pub expected: String,
    /// `None`: there is no such thing for this request.
    pub actual: Option<String>,
}

impl TestOutcome<'_> {
    /// Whether all that was expected holds.
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// Runs the tests of a model, in the order of the file.
pub fn run_tests(model: &Model) -> Vec<TestOutcome<'_>> {
    if model.tests.is_empty() {
        return Vec::new();
    }
    Table::new(model).run_tests()
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
        let keys = [
            ("route", expect.route.clone(), outcome.route.clone()),
            ("upstream", expect.upstream.clone(), outcome.upstream.clone()),
            ("forward_path", expect.forward_path.clone(), outcome.forward_path.clone()),
            ("status", expect.status.map(text), outcome.status.map(text)),
            ("redirect_to", expect.redirect_to.clone(), outcome.redirect_to.clone()),
        ];
        let mismatches = keys.into_iter().filter_map(|(key, expected, actual)| {
            expected.filter(|expected| actual.as_ref() != Some(expected)).map(|expected| Mismatch {
                key,
                expected,
                actual,
            })
        });
        TestOutcome { test, mismatches: mismatches.collect(), outcome }
    }
}
