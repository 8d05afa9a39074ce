//! What every part of `resolve` needs: values with their checks, each reported at its config path.
//!
//! A value which is wrong is reported and the default taken in its place, so that the rest can be checked.

mod place;
mod quantity;
mod text;

pub(crate) use place::At;

use crate::codes::{self, Code};
use crate::diagnostic::{Diagnostic, Reporter, nearest, quoted};
use crate::model::{Late, Origin, Placed, Scope};
use crate::pattern::{PatternError, mended};
use crate::resolve::value::Captures;
use crate::source::{ConfigPath, Source, Span};
use crate::yaml;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// Said of a late value whose default is wrong.
pub(crate) const DEFAULT_HELP: &str = "a gateway that was not told starts with the default; it would not";

/// Where to report, the source, and the checks of single values.
pub(crate) struct Cx<'a> {
    pub(crate) sink: Reporter<'a>,
    pub(crate) source: &'a Source,
    /// What values of the request may use where the section stands that is read.
    pub(crate) captures: Captures,
}

impl Cx<'_> {
    pub(crate) fn origin(&self, path: &ConfigPath, scope: Scope) -> Origin {
        Origin { path: path.clone(), line: self.source.file_line(path), scope }
    }

    /// A value that the process is told, at this place of the top level.
    pub(crate) fn placed(&self, at: &ConfigPath, value: Late) -> Placed {
        Placed { value, origin: self.origin(at, Scope::TopLevel) }
    }

    /// A number within a range.
    pub(crate) fn number<T: TryFrom<u64>>(
        &mut self,
        at: &ConfigPath,
        number: u64,
        range: RangeInclusive<u64>,
    ) -> Option<T> {
        let value = if range.contains(&number) { T::try_from(number).ok() } else { None };
        if value.is_none() {
            let (least, most) = (range.start(), range.end());
            self.sink.error_at(
                &codes::IMPOSSIBLE_VALUE,
                at,
                format!("{number} is out of range"),
                format!("must be {least} to {most}"),
            );
        }
        value
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
        // That it has to be known says more than that it is not.
        if !self.is_literal(at, text) {
            return;
        }
        let span = self.source.whole_span(at);
        let (title, label) = unknown_word(text, what);
        let problem = self.sink.error_at(code, at, title, label);
        offer(problem, span, text, known);
    }

    /// Reports a word which is none of those known, and which is at `span`.
    pub(crate) fn unknown_in<'w>(
        &mut self,
        code: &'static Code,
        span: Option<Span>,
        text: &str,
        what: &str,
        known: impl Iterator<Item = &'w str> + Clone,
    ) {
        let (title, label) = unknown_word(text, what);
        offer(self.sink.error(code, title).label(span.clone(), label), span, text, known);
    }

    /// Reports the entries of a list which are there already.
    pub(crate) fn each_once<T: Ord>(&mut self, entries: &[(ConfigPath, T)]) {
        let mut first: BTreeMap<&T, &ConfigPath> = BTreeMap::new();
        for (at, entry) in entries {
            let Some(first) = first.get(entry) else {
                first.insert(entry, at);
                continue;
            };
            let (here, first) = (self.source.value_span(at), self.source.value_span(first));
            let written = here.and_then(|span| self.source.text().get(span)).unwrap_or_default();
            let title = format!("{} is in this list twice", quoted(written.trim_matches(['"', '\''])));
            let problem = self.sink.error_at(&codes::DUPLICATE_KEY, at, title, "once is enough");
            problem.label(first, "first written here");
        }
    }

    pub(crate) fn missing(&mut self, section: &ConfigPath, key: &str, help: &str) {
        // A key which is there but could not be read has been reported.
        if !self.source.is_absent(section, key) {
            // Without a value: it cannot be left out, as others can.
            if let Some(problem) = self.sink.said_of(&codes::NO_VALUE, &section.key(key)) {
                problem.help = Vec::new();
                problem.help(format!("`{key}` is required: {help}"));
            }
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
    /// `parse` is what found it: a mend has to satisfy it.
    pub(crate) fn pattern_error<T>(
        &mut self,
        code: &'static Code,
        at: &ConfigPath,
        text: &str,
        error: PatternError,
        parse: impl Fn(&str) -> Result<T, PatternError>,
    ) {
        let part = self.part(at, text, &error.range);
        let whole = self.source.whole_span(at);
        let mend = mended(&error, parse);
        let problem = self.sink.error_in(code, at, part, error.message, "");
        if let Some(help) = error.help {
            problem.help(help);
        }
        if let Some(mend) = mend {
            problem.suggest("write it so", whole, yaml::scalar(&mend));
        }
    }

    /// The span of a part of a value's text; of the whole value if quotes or escapes make that unclear.
    pub(crate) fn part(&self, at: &ConfigPath, text: &str, range: &Range<usize>) -> Span {
        let Some(span) = self.source.value_span(at) else { return 0..0 };
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

/// What is said of a word that nobody knows, and where.
fn unknown_word(text: &str, what: &str) -> (String, String) {
    (format!("unknown {what} {}", quoted(text)), format!("no {what} of this name"))
}

/// Offers the nearest of the known words in the place of what is at `span`, or names them.
fn offer<'w>(
    problem: &mut Diagnostic,
    span: Option<Span>,
    text: &str,
    known: impl Iterator<Item = &'w str> + Clone,
) {
    match (nearest(text, known.clone()), span) {
        (Some(mend), Some(span)) => {
            problem.guess(mend, span, yaml::scalar(mend));
        }
        _ => {
            let some: Vec<String> = known.clone().take(12).map(quoted).collect();
            let more = if known.count() > some.len() { ", .." } else { "" };
            if !some.is_empty() {
                problem.help(format!("known are {}{more}", some.join(", ")));
            }
        }
    }
}
