//! Quantities with units, and the mend where the unit is missing.

use super::Cx;
use crate::ast;
use crate::codes;
use crate::diagnostic::quoted;
use crate::model::{Rate, Ratio};
use crate::resolve::units::{self, UnitError};
use crate::source::ConfigPath;
use std::time::Duration;

const SIZE: &str = "a size such as `10MiB`, at most 1024GiB";
const DURATION: &str = "a duration such as `5s`, at most 366 days";

impl Cx<'_> {
    /// A duration that is not zero.
    pub(crate) fn timeout(&mut self, at: &ConfigPath, written: &ast::Duration) -> Option<Duration> {
        self.some_time(at, written, DURATION, "leave it out for the default")
    }

    /// A duration that is not zero, or no limit.
    pub(crate) fn limit(&mut self, at: &ConfigPath, written: &ast::Limit<ast::Duration>) -> Option<Duration> {
        match written {
            ast::Limit::Off => None,
            ast::Limit::At(duration) => {
                let what = format!("{DURATION}, or `off`");
                self.some_time(at, duration, &what, "write `off` for no limit")
            }
        }
    }

    /// A duration that is not zero, if it is right.
    fn some_time(
        &mut self,
        at: &ConfigPath,
        ast::Duration(text): &ast::Duration,
        what: &str,
        help: &str,
    ) -> Option<Duration> {
        let duration = self.quantity(at, text, units::duration(text), what)?;
        if duration.is_zero() {
            let title = "this duration must not be zero";
            self.sink
                .error_at(&codes::IMPOSSIBLE_VALUE, at, title, "nothing can happen in no time")
                .help(help);
            return None;
        }
        Some(duration)
    }

    /// A duration, zero included.
    pub(crate) fn duration(
        &mut self,
        at: &ConfigPath,
        ast::Duration(text): &ast::Duration,
    ) -> Option<Duration> {
        self.quantity(at, text, units::duration(text), DURATION)
    }

    pub(crate) fn size(&mut self, at: &ConfigPath, ast::Size(text): &ast::Size) -> Option<u64> {
        self.quantity(at, text, units::size(text), SIZE)
    }

    /// A size, or no limit.
    pub(crate) fn size_limit(
        &mut self,
        at: &ConfigPath,
        written: &ast::Limit<ast::Size>,
    ) -> Option<Option<u64>> {
        let ast::Limit::At(ast::Size(text)) = written else { return Some(None) };
        self.quantity(at, text, units::size(text), &format!("{SIZE}, or `off`")).map(Some)
    }

    pub(crate) fn rate(&mut self, at: &ConfigPath, ast::Rate(text): &ast::Rate) -> Option<Rate> {
        self.quantity(at, text, units::rate(text), "a rate such as `100/s` or `5/15m`, at least 1")
    }

    pub(crate) fn percent(&mut self, at: &ConfigPath, ast::Percent(text): &ast::Percent) -> Option<Ratio> {
        self.quantity(at, text, units::percent(text), "a percentage from `0%` to `100%`")
    }

    fn quantity<T>(
        &mut self,
        at: &ConfigPath,
        text: &str,
        read: Result<T, UnitError>,
        what: &str,
    ) -> Option<T> {
        // Structure is never late: that says more than what the text is not.
        if text.contains("${") {
            self.is_literal(at, text);
            return None;
        }
        let (shown, expected) = (quoted(text), format!("expected {what}"));
        let impossible = |title: String, label: String| (&codes::IMPOSSIBLE_VALUE, title, label, None);
        let (code, title, label, mend) = match read {
            Ok(value) => return Some(value),
            Err(UnitError::Base60(seconds)) => {
                let label = "YAML 1.1 read this in base 60".to_owned();
                (&codes::YAML_TRAP, format!("{shown} is no duration"), label, Some(format!("{seconds}s")))
            }
            Err(UnitError::Missing(mend)) => (
                &codes::MISSING_UNIT,
                format!("{shown} has no unit"),
                "a unit is missing".to_owned(),
                Some(mend),
            ),
            Err(UnitError::Unknown { unit, known, mend }) => {
                let title = format!("unknown unit {}", quoted(&unit));
                (&codes::IMPOSSIBLE_VALUE, title, format!("the units are {known}"), mend)
            }
            Err(UnitError::Sum(mend)) => {
                let label = "a duration is one number and one unit".to_owned();
                (&codes::IMPOSSIBLE_VALUE, format!("{shown} has more than one unit"), label, Some(mend))
            }
            Err(UnitError::NotANumber) => impossible(format!("{shown} is not {what}"), expected),
            Err(UnitError::TooFine(smallest)) => {
                impossible(format!("{shown} would be rounded"), format!("the smallest step is {smallest}"))
            }
            Err(UnitError::TooLarge) => impossible(format!("{shown} is too large"), expected),
        };
        let span = self.source.whole_span(at);
        let problem = self.sink.error_at(code, at, title, label);
        if let Some(mend) = mend {
            problem.suggest("write the unit", span, mend);
        }
        None
    }
}
