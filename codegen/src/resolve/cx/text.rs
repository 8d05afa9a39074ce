//! Text: what may come at start and what may not, and what fits into a header.

use super::Cx;
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::{self, Use};
use crate::late::{self, Late, LateError};
use crate::model::HeaderName;
use crate::model::RequestText;
use crate::pattern::PatternError;
use crate::resolve::value::{self, Braces, Captures, ValueError};
use crate::source::{ConfigPath, Span};

impl Cx<'_> {
    /// A value whose parts may come at start.
    pub(crate) fn late(&mut self, at: &ConfigPath, text: &str) -> Option<Late> {
        match late::parse(text) {
            Ok(late) => Some(late),
            Err(error) => {
                let span = self.part(at, text, &error.range);
                self.sink.error_in(&codes::BAD_LATE_VALUE, at, span, "malformed late value", error.message);
                None
            }
        }
    }

    /// Where the default of a late value is, if it is all there is; else the whole value.
    pub(crate) fn default_span(&self, at: &ConfigPath, text: &str) -> Option<Span> {
        self.source.value_span(at)?;
        let inner = text.strip_prefix("${env:").and_then(|rest| rest.strip_suffix('}'));
        let start = inner.filter(|inner| !inner.contains('}')).and_then(|_| text.find(":-")).map(|at| at + 2);
        let range = start.map(|start| start..text.len() - 1).filter(|range| !range.is_empty());
        Some(self.part(at, text, &range.unwrap_or(0..text.len())))
    }

    /// The value of a header field, parts of which may come at start.
    pub(crate) fn late_header_value(&mut self, at: &ConfigPath, text: &str) -> Option<Late> {
        let late = self.is_header_value(at, text).then(|| self.late(at, text))??;
        let is_good = late.by_default().is_none_or(|default| self.is_header_value(at, &default));
        is_good.then_some(late)
    }

    /// The value of a header field, parts of which may come at start or with each request.
    pub(crate) fn field_value(&mut self, at: &ConfigPath, text: &str) -> Option<RequestText> {
        let value = self.is_header_value(at, text).then(|| self.of_request(at, text, Braces::Doubled))??;
        let default = value.late().and_then(|late| late.by_default());
        default.is_none_or(|default| self.is_header_value(at, &default)).then_some(value)
    }

    /// A text with values of the request.
    pub(crate) fn of_request(&mut self, at: &ConfigPath, text: &str, braces: Braces) -> Option<RequestText> {
        let error = match value::parse(text, braces, &self.captures) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        match error {
            ValueError::LateHere => {
                self.is_literal(at, text);
            }
            ValueError::Late(LateError { range, message }) => {
                let span = self.part(at, text, &range);
                self.sink.error_in(&codes::BAD_LATE_VALUE, at, span, "malformed late value", message);
            }
            ValueError::Request(error) => {
                let captures = std::mem::replace(&mut self.captures, Captures::Unknown);
                let parse = |text: &str| value::parse(text, braces, &captures).map_err(PatternError::from);
                self.pattern_error(&codes::BAD_VALUE, at, text, error, parse);
                self.captures = captures;
            }
        }
        None
    }

    /// Refuses late values where the build needs to know.
    pub(crate) fn is_literal(&mut self, at: &ConfigPath, text: &str) -> bool {
        let Some(start) = text.find("${") else { return true };
        let end = text[start..].find('}').map_or(text.len(), |length| start + length + 1);
        let span = self.part(at, text, &(start..end));
        let (title, label) = ("a late value cannot stand here", "the build has to know this");
        self.sink
            .error_in(&codes::LATE_VALUE_HERE, at, span, title, label)
            .help("late values may be used for listen addresses, backend URLs, API keys, header values and the log level");
        false
    }

    /// The name of a field, for a use that it is fit for.
    pub(crate) fn field_name(&mut self, at: &ConfigPath, text: &str, used: Use) -> Option<HeaderName> {
        let name = HeaderName(text.to_ascii_lowercase());
        let (code, title, label, mends) = if !field::is_token(text) || text.len() > 256 {
            if !used.is_key && !self.is_literal(at, text) {
                return None;
            }
            let title = format!("{} is not a header name", quoted(text));
            (&codes::HEADER_NAME, title, "letters, digits and `-`", (None, None))
        } else {
            let Some((why, help)) = used.refusal(&name) else { return Some(name) };
            (
                &codes::MANAGED_HEADER,
                format!("header {} {}", quoted(text), used.what),
                why,
                (help, used.other),
            )
        };
        let problem = if used.is_key {
            self.sink.error_at_key(code, at, title, label)
        } else {
            self.sink.error_at(code, at, title, label)
        };
        if let Some(help) = mends.0 {
            problem.help(help);
        }
        if let Some(other) = mends.1 {
            problem.suggest("a name that nothing else has a use for", self.source.value_span(at), other);
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
}
