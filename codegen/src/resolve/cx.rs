//! What every part of `resolve` needs: values with their checks, each reported at its config path.
//!
//! A value which is wrong is reported and the default taken in its place, so that the rest can be checked.

use super::late;
use super::units::{self, UnitError};
use crate::ast;
use crate::codes::{self, Code};
use crate::diagnostic::{Diagnostics, nearest, quoted};
use crate::model::{HeaderName, Late, Origin, Rate, Ratio, Scope};
use crate::pattern::PatternError;
use crate::source::{ConfigPath, Source, Span};
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

/// The sink, the source, and the checks of single values.
pub(crate) struct Cx<'a> {
    pub(crate) sink: &'a mut Diagnostics,
    pub(crate) source: &'a Source,
}

impl Cx<'_> {
    pub(crate) fn origin(&self, path: &ConfigPath, scope: Scope) -> Origin {
        Origin { path: path.clone(), line: self.sink.line(path), scope }
    }

    /// A number within a range.
    pub(crate) fn number<T: TryFrom<u64>>(
        &mut self,
        at: &ConfigPath,
        written: Option<u64>,
        range: RangeInclusive<u64>,
        default: T,
    ) -> T {
        let Some(number) = written else { return default };
        let value = if range.contains(&number) { T::try_from(number).ok() } else { None };
        value.unwrap_or_else(|| {
            let (least, most) = (range.start(), range.end());
            self.sink.error_at(
                &codes::IMPOSSIBLE_VALUE,
                at,
                format!("{number} is out of range"),
                format!("must be {least} to {most}"),
            );
            default
        })
    }

    /// A duration that is not zero.
    pub(crate) fn timeout(
        &mut self,
        at: &ConfigPath,
        written: Option<&ast::Duration>,
        default: Duration,
    ) -> Duration {
        let duration = self.duration(at, written, default);
        if duration.is_zero() {
            self.sink
                .error_at(
                    &codes::IMPOSSIBLE_VALUE,
                    at,
                    "this duration must not be zero",
                    "nothing can happen in no time",
                )
                .help("leave it out for the default");
            return default;
        }
        duration
    }

    /// A duration, zero included.
    pub(crate) fn duration(
        &mut self,
        at: &ConfigPath,
        written: Option<&ast::Duration>,
        default: Duration,
    ) -> Duration {
        let Some(ast::Duration(text)) = written else { return default };
        self.quantity(at, text, units::duration(text), "a duration such as `5s`, at most 366 days")
            .unwrap_or(default)
    }

    pub(crate) fn size(&mut self, at: &ConfigPath, written: Option<&ast::Size>, default: u64) -> u64 {
        let Some(ast::Size(text)) = written else { return default };
        self.quantity(at, text, units::size(text), "a size such as `10MiB`, at most 1024GiB")
            .unwrap_or(default)
    }

    pub(crate) fn rate(&mut self, at: &ConfigPath, ast::Rate(text): &ast::Rate) -> Option<Rate> {
        self.quantity(at, text, units::rate(text), "a rate such as `100/s`, at least 1")
    }

    pub(crate) fn percent(
        &mut self,
        at: &ConfigPath,
        written: Option<&ast::Percent>,
        default: Ratio,
    ) -> Ratio {
        let Some(ast::Percent(text)) = written else { return default };
        self.quantity(at, text, units::percent(text), "a percentage from `0%` to `100%`").unwrap_or(default)
    }

    fn quantity<T>(
        &mut self,
        at: &ConfigPath,
        text: &str,
        read: Result<T, UnitError>,
        what: &str,
    ) -> Option<T> {
        let (code, title, label, mend) = match read {
            Ok(value) => return Some(value),
            Err(UnitError::Missing(mend)) => (
                &codes::MISSING_UNIT,
                format!("{} has no unit", quoted(text)),
                "a unit is missing".to_owned(),
                Some(mend),
            ),
            Err(UnitError::Unknown { unit, known, mend }) => (
                &codes::IMPOSSIBLE_VALUE,
                format!("unknown unit {}", quoted(&unit)),
                format!("the units are {known}"),
                mend,
            ),
            Err(UnitError::NotANumber) => (
                &codes::IMPOSSIBLE_VALUE,
                format!("{} is not {what}", quoted(text)),
                format!("expected {what}"),
                None,
            ),
            Err(UnitError::TooLarge) => (
                &codes::IMPOSSIBLE_VALUE,
                format!("{} is too large", quoted(text)),
                format!("expected {what}"),
                None,
            ),
        };
        let span = self.sink.value_span(at);
        let problem = self.sink.error_at(code, at, title, label);
        if let (Some(span), Some(mend)) = (span, mend) {
            problem.suggest("write the unit", span, mend);
        }
        None
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(
        &mut self,
        at: &ConfigPath,
        text: &str,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        self.unknown(&codes::UNKNOWN_WORD, at, text, what, words.iter().map(|(word, _)| *word));
        None
    }

    /// Reports a word which is none of those known.
    pub(crate) fn unknown<'w>(
        &mut self,
        code: &'static Code,
        at: &ConfigPath,
        text: &str,
        what: &str,
        known: impl Iterator<Item = &'w str> + Clone,
    ) {
        let span = self.sink.value_span(at);
        let problem = self.sink.error_at(
            code,
            at,
            format!("unknown {what} {}", quoted(text)),
            format!("no {what} of this name"),
        );
        match (nearest(text, known.clone()), span) {
            (Some(mend), Some(span)) => {
                let mend = if mend.starts_with('*') { format!("\"{mend}\"") } else { mend.to_owned() };
                problem.suggest(format!("did you mean `{mend}`?"), span, mend);
            }
            _ => {
                let some: Vec<&str> = known.clone().take(12).collect();
                let more = if known.count() > some.len() { ", .." } else { "" };
                if !some.is_empty() {
                    problem.help(format!("known are `{}`{more}", some.join("`, `")));
                }
            }
        }
    }

    /// A value whose parts may come at start.
    pub(crate) fn late(&mut self, at: &ConfigPath, text: &str) -> Option<Late> {
        match late::parse(text) {
            Ok(late) => Some(late),
            Err(error) => {
                let span = self.part(at, text, &error.range);
                self.sink.error(&codes::BAD_LATE_VALUE, "malformed late value").label(span, error.message);
                None
            }
        }
    }

    /// Refuses late values where the build needs to know.
    pub(crate) fn is_literal(&mut self, at: &ConfigPath, text: &str) -> bool {
        let Some(start) = text.find("${") else { return true };
        let end = text[start..].find('}').map_or(text.len(), |length| start + length + 1);
        let span = self.part(at, text, &(start..end));
        self.sink
            .error(&codes::LATE_VALUE_HERE, "a late value cannot stand here")
            .label(span, "the build has to know this")
            .help("late values may be used for listen addresses, backend URLs, API keys, header values and the log level");
        false
    }

    pub(crate) fn header_name(&mut self, at: &ConfigPath, text: &str, is_key: bool) -> Option<HeaderName> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !text.is_empty() && text.len() <= 256 && text.bytes().all(is_token) {
            return Some(HeaderName(text.to_ascii_lowercase()));
        }
        let title = format!("{} is not a header name", quoted(text));
        let label = "letters, digits and `-`";
        if is_key {
            self.sink.error_at_key(&codes::HEADER_NAME, at, title, label);
        } else {
            self.sink.error_at(&codes::HEADER_NAME, at, title, label);
        }
        None
    }

    /// Text which the build has to know, with every `$${` read as a literal `${`.
    pub(crate) fn literal(&mut self, at: &ConfigPath, text: &str) -> Option<String> {
        match late::parse(text).ok().as_ref().and_then(Late::literal) {
            Some(literal) => Some(literal.to_owned()),
            None => self.is_literal(at, text).then(|| text.to_owned()),
        }
    }

    /// Whether the text can be (a part of) a header field's value.
    pub(crate) fn is_header_value(&mut self, at: &ConfigPath, text: &str) -> bool {
        let is_printable = |byte: u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t');
        let is_good = text.bytes().all(is_printable) && text.trim() == text;
        if !is_good {
            let label = "has a character that is not printable ASCII, or a space at an end";
            self.sink.error_at(&codes::HEADER_VALUE, at, "this text cannot be a header's value", label);
        }
        is_good
    }

    pub(crate) fn missing(&mut self, section: &ConfigPath, key: &str, help: &str) {
        // A key which is there but could not be read has been reported.
        if !self.sink.is_absent(section, key) {
            return;
        }
        self.sink
            .error_at_key(
                &codes::MISSING_KEY,
                section,
                format!("missing key `{key}`"),
                format!("this needs `{key}`"),
            )
            .help(help);
    }

    /// Reports what is wrong with a pattern, pointing into its text.
    pub(crate) fn pattern_error(
        &mut self,
        code: &'static Code,
        at: &ConfigPath,
        text: &str,
        error: PatternError,
    ) {
        let part = self.part(at, text, &error.range);
        let whole = self.sink.value_span(at);
        let problem = self.sink.error(code, error.message);
        problem.label(part, "");
        if let Some(help) = error.help {
            problem.help(help);
        }
        if let (Some(canonical), Some(whole)) = (error.canonical, whole) {
            let is_plain = !canonical.contains(['{', '*', '#', ':', '%']);
            let canonical = if is_plain { canonical } else { format!("\"{canonical}\"") };
            problem.suggest("write it so", whole, canonical);
        }
    }

    /// The span of a part of a value's text; of the whole value if quotes or escapes make that unclear.
    pub(crate) fn part(&self, at: &ConfigPath, text: &str, range: &Range<usize>) -> Span {
        let Some(span) = self.sink.value_span(at) else { return 0..0 };
        let written = self.source.text().get(span.clone()).unwrap_or_default();
        let offset = if written == text {
            0
        } else if written.get(1..written.len().saturating_sub(1)) == Some(text) {
            1
        } else {
            return span;
        };
        span.start + offset + range.start..span.start + offset + range.end
    }
}
