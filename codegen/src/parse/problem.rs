//! The decoder's findings as diagnostics, with the mend where one is known.

use super::decode::{Kind, Problem};
use super::trap::{Trap, trap};
use crate::codes;
use crate::diagnostic::{Diagnostics, nearest, quoted};
use crate::source::{ConfigPath, Source};

pub(super) fn report(problem: &Problem, source: &Source, sink: &mut Diagnostics) {
    match &problem.kind {
        Kind::Other(message) => {
            sink.error_at(&codes::WRONG_TYPE, &problem.path, message, "");
        }
        Kind::UnknownKey { key, known } => {
            let key_span = sink.key_span(&problem.path);
            let mend = nearest(key, known.iter().copied());
            if let Some(mend) = mend {
                sink.note_meant(&problem.path, mend);
            }
            let title = format!("unknown key {}", quoted(key));
            let diagnostic = sink.error_at_key(&codes::UNKNOWN_KEY, &problem.path, title, "no such key here");
            match (mend, key_span) {
                (Some(mend), Some(span)) => {
                    diagnostic.suggest(format!("did you mean `{mend}`?"), span, mend);
                }
                _ => {
                    diagnostic.help(format!("the keys here are `{}`", known.join("`, `")));
                }
            }
        }
        Kind::WrongType { found, expected } => {
            let span = sink.value_span(&problem.path);
            // As it was written: 1.0, not 1.
            let written = span.as_ref().and_then(|span| source.text().get(span.clone())).unwrap_or_default();
            if let Some(trap) = trap(written, expected) {
                trap.report(&problem.path, sink);
                return;
            }
            let is_number = found.starts_with("the number");
            let found = &if is_number { format!("the number {}", quoted(written)) } else { found.clone() };
            let title = format!("expected {expected}, found {found}");
            let diagnostic =
                sink.error_at(&codes::WRONG_TYPE, &problem.path, title, format!("expected {expected}"));
            let Some(span) = span else { return };
            if let Some((title, mend)) = mend(written, found, expected) {
                diagnostic.suggest(title, span, mend);
            }
        }
    }
}

impl Trap {
    /// Reports the scalar at `path`.
    pub(crate) fn report(self, path: &ConfigPath, sink: &mut Diagnostics) {
        let span = sink.value_span(path);
        let problem = sink.error_at(&codes::YAML_TRAP, path, self.title, self.label);
        for (what, mend) in self.mends {
            if let Some(span) = span.clone() {
                problem.suggest(what, span, mend);
            }
        }
    }
}

/// A text that has the type which was expected, if it is plain what was meant.
fn mend(written: &str, found: &str, expected: &str) -> Option<(&'static str, String)> {
    let is_scalar = found.starts_with("the ");
    if expected == "a list" && is_scalar {
        return Some(("make it a list", format!("[{written}]")));
    }
    if expected == "`true` or `false`" {
        return match written.to_ascii_lowercase().as_str() {
            "\"true\"" | "'true'" => Some(("write a boolean", "true".to_owned())),
            "\"false\"" | "'false'" => Some(("write a boolean", "false".to_owned())),
            _ => None,
        };
    }
    if expected == "a whole number" {
        // 1e3, 1.0
        if let Some(number) = written.parse::<f64>().ok().filter(|_| found.starts_with("the number"))
            && number.fract() == 0.0
            && (0.0..1e15).contains(&number)
        {
            return Some(("write a whole number", number.to_string()));
        }
        let inner = written.trim_matches(['"', '\'']).replace('_', "");
        let is_number = inner.bytes().all(|byte| byte.is_ascii_digit());
        let number: Option<u64> = inner.parse().ok().filter(|_| is_number);
        return number.map(|number| ("write a number", number.to_string()));
    }
    let is_number_or_boolean = found.starts_with("the number") || found.starts_with("the boolean");
    if is_number_or_boolean && expected.contains("string") && !written.contains(['"', '\n']) {
        return Some(("quotes make it a string", format!("\"{written}\"")));
    }
    None
}
