//! The decoder's findings as diagnostics, with the mend where one is known.

use super::decode::{self, Expects, Found, Kind, Problem};
use super::elsewhere::{self, Here};
use super::{former, home};
use crate::codes;
use crate::diagnostic::{Diagnostics, Reporter, nearest, quoted};
use crate::lint::Levels;
use crate::place::{ConfigPath, Span};
use crate::source::Source;
use crate::yaml::trap;

/// Reports what the decoder has found.
pub(super) fn report_all(found: decode::Problems, source: &mut Source, sink: &mut Diagnostics) {
    for problem in found.into_list() {
        // No lint looks at what cannot be read.
        let sink = &mut Reporter { problems: sink, source, levels: &mut Levels::default() };
        if let Some(key) = report(&problem, sink) {
            source.note_meant(&problem.path, key);
        }
    }
}

/// Reports one; gives the key that was meant by one that is unknown.
fn report(problem: &Problem, sink: &mut Reporter<'_>) -> Option<&'static str> {
    let source = sink.source;
    match &problem.kind {
        Kind::Other(message) => {
            sink.error_at(&codes::WRONG_TYPE, &problem.path, message, "");
        }
        Kind::UnknownKey { key, known } => return unknown_key(problem, key, known, sink),
        Kind::WrongType { found, expects, said } => {
            let span = source.whole_span(&problem.path);
            // What is wrong in a value that is refused as a whole is nobody's concern.
            if let (Found::List | Found::Map, Some(span)) = (found, &span) {
                sink.problems.withdraw_all(span);
            }
            // As it was written: 1.0, not 1.
            let written = span.as_ref().and_then(|span| source.text().get(span.clone())).unwrap_or_default();
            let trap = match expects {
                Expects::Boolean => trap::boolean(written),
                Expects::Whole => trap::number(written),
                _ => None,
            };
            if let Some(trap) = trap {
                sink.trap(&codes::YAML_TRAP, &problem.path, trap);
                return None;
            }
            let expected = format!("expected {}", expects.said().unwrap_or(said));
            let title = format!("{expected}, found {}", found.said(written));
            let diagnostic = sink.error_at(&codes::WRONG_TYPE, &problem.path, title, expected);
            let span = span?;
            if let Some(address) = port(&problem.path, written) {
                diagnostic.suggest("write address and port", span, address);
            } else if let Some((title, mend)) = mend(written, found, *expects) {
                diagnostic.suggest(title, span, mend);
            }
        }
    }
    None
}

impl Expects {
    /// In words, if serde's would be about Rust.
    fn said(self) -> Option<&'static str> {
        match self {
            Self::Boolean => Some("`true` or `false`"),
            Self::Whole => Some("a whole number"),
            Self::Map => Some("a map"),
            Self::Text | Self::List | Self::Any => None,
        }
    }
}

impl Found {
    fn said(&self, written: &str) -> String {
        match self {
            Self::Boolean(value) => format!("the boolean `{value}`"),
            Self::Number => format!("the number {}", quoted(written)),
            Self::Negative(value) => format!("the negative number `{value}`"),
            Self::Text(text) => format!("the string {}", quoted(text)),
            Self::List => "a list".to_owned(),
            Self::Map => "a map".to_owned(),
            Self::Other(what) => what.clone(),
        }
    }
}

/// A bare port in a list of addresses.
fn port(path: &ConfigPath, written: &str) -> Option<String> {
    let key = path.parent()?;
    let port: u16 = written.parse().ok().filter(|_| key.last() == "listen")?;
    Some(format!("0.0.0.0:{port}"))
}

fn unknown_key(
    problem: &Problem,
    key: &str,
    known: &'static [&'static str],
    sink: &mut Reporter<'_>,
) -> Option<&'static str> {
    let source = sink.source;
    let span = source.key_span(&problem.path)?;
    // That it has no value is not another mistake.
    let text = source.text();
    let value = source.value_span(&problem.path).unwrap_or_else(|| span.clone());
    let has_no_value = value.is_empty() || value == span;
    if has_no_value || text[value.clone()].contains([':', '-', '[']) {
        sink.problems.withdraw(&codes::NO_VALUE, &(span.start..value.end.max(span.end)));
    }
    let comma = if has_no_value { values_with_commas(text, &span) } else { None };
    if comma.as_ref().is_some_and(|comma| comma.is_continued) {
        return None;
    }
    let section = problem.path.parent().unwrap_or_default();
    let heirs = former::heirs(key, &problem.path);
    if !heirs.is_empty() {
        let names: Vec<String> = heirs.iter().map(|(entry, _)| quoted(entry.name)).collect();
        let title = format!("{} is now {}", quoted(key), names.join(" and "));
        let whole = span.start..value.end.max(span.end);
        let whole = span.start..span.start + text[whole].trim_end().len();
        let mend = former::rewritten(source, &problem.path, &heirs);
        let diagnostic = sink.error_at_key(&codes::UNKNOWN_KEY, &problem.path, title, "no such key here");
        for (entry, part) in &heirs {
            diagnostic.help(format!("what was `{key}.{part}` is `{}`: {}", entry.name, entry.facts.about));
        }
        if let Some(mend) = mend {
            diagnostic.suggest("write it so", whole, mend);
        }
        return None;
    }
    let home = home::of(key, &problem.path);
    let mend = nearest(key, known.iter().copied())
        .filter(|mend| source.is_absent(&section, mend) && comma.is_none());
    // What lives elsewhere was hardly meant to be something else here, unless it is one or several of the same.
    let mend =
        mend.filter(|mend| home.is_none() || is_one_of_several(mend, key) || is_one_of_several(key, mend));
    // A slip of the pen is nearer than what others call so, and what this section has is nearer than a key of another.
    let meant = elsewhere::meant(key)
        .filter(|meant| home.is_none() || meant.within(&section).is_some())
        .filter(|_| mend.is_none_or(|mend| !is_slip(mend, key)) && comma.is_none());
    if let Some(meant) = meant {
        let (title, label, help) = match meant {
            Here::Nothing(what, help) => {
                (format!("no {}: {what}", quoted(key)), "not in this version", help.to_owned())
            }
            Here::Keys(_) | Here::Middleware(_) => {
                let keys: Vec<String> = meant.paths().iter().map(|key| quoted(key)).collect();
                let help = format!("what is meant is {}", keys.join(" or "));
                (format!("unknown key {}", quoted(key)), "no such key here", help)
            }
        };
        let diagnostic = sink.error_at_key(&codes::UNKNOWN_KEY, &problem.path, title, label);
        if !help.is_empty() {
            diagnostic.help(help);
        }
        return meant.within(&section);
    }
    let title = format!("unknown key {}", quoted(key));
    let diagnostic = sink.error_at_key(&codes::UNKNOWN_KEY, &problem.path, title, "no such key here");
    if let Some(Commas { span, values, .. }) = comma {
        diagnostic.help("in braces a comma begins the next key; several values are a list in brackets");
        diagnostic.suggest("make it a list", span, format!("[{values}]"));
        return None;
    }
    if let Some(home) = &home {
        diagnostic.help(format!("`{key}` lives {home}"));
    }
    match mend {
        Some(mend) => {
            let is_quoted = text[span.clone()].starts_with(['"', '\'']);
            let written = if is_quoted { format!("\"{mend}\"") } else { mend.to_owned() };
            diagnostic.guess(mend, span, written);
        }
        None if home.is_none() => {
            diagnostic.help(format!("the keys here are `{}`", known.join("`, `")));
        }
        None => {}
    }
    mend
}

/// Whether it is the other but for a letter.
fn is_slip(one: &str, other: &str) -> bool {
    strsim::osa_distance(one, other) <= 1
}

/// `header` and `headers`.
fn is_one_of_several(one: &str, several: &str) -> bool {
    several.strip_suffix('s') == Some(one)
}

/// `methods: GET,POST` in braces: the second is a key without a value.
struct Commas {
    /// All the values.
    span: Span,
    values: String,
    /// Another of these keys comes before this one, and has been reported.
    is_continued: bool,
}

/// The values around a key without a value, if it is such a one.
fn values_with_commas(text: &str, key: &Span) -> Option<Commas> {
    let is_value = |char: char| char.is_ascii_alphanumeric() || "._-/:".contains(char);
    let part = |text: &str| text.trim_matches(' ').chars().all(is_value) && !text.trim().is_empty();
    let line = text[..key.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line..key.start];
    let start = before.rfind(": ").map(|at| at + 2)?;
    let values: Vec<&str> = before[start..].split(',').collect();
    let (last, values) = values.split_last()?;
    if !last.trim().is_empty() || values.is_empty() || !values.iter().all(|value| part(value)) {
        return None;
    }
    // As many keys without a value as follow.
    let mut end = key.end;
    while let Some(rest) = text[end..].strip_prefix(',') {
        let next = rest.find([',', '}', '\n', ':'])?;
        if !part(&rest[..next]) || rest[next..].starts_with([':', '\n']) {
            break;
        }
        end += 1 + rest[..next].trim_end().len();
    }
    let span = line + start..end;
    let all: Vec<&str> = text[span.clone()].split(',').map(str::trim).collect();
    Some(Commas { span, values: all.join(", "), is_continued: values.len() > 1 })
}

/// A text that has the type which was expected, if it is plain what was meant.
fn mend(written: &str, found: &Found, expects: Expects) -> Option<(&'static str, String)> {
    let quotes = ['"', '\''];
    match (expects, found) {
        (Expects::List, Found::Boolean(_) | Found::Number | Found::Negative(_) | Found::Text(_)) => {
            Some(("make it a list", format!("[{written}]")))
        }
        (Expects::Boolean, Found::Text(_)) => {
            let inner = written.trim_matches(quotes).to_ascii_lowercase();
            matches!(inner.as_str(), "true" | "false").then_some(("write a boolean", inner))
        }
        (Expects::Whole, _) => {
            // 1e3, 1.0
            if let Some(number) = written.parse::<f64>().ok().filter(|_| *found == Found::Number)
                && number.fract() == 0.0
                && (0.0..1e15).contains(&number)
            {
                return Some(("write a whole number", number.to_string()));
            }
            let inner = written.trim_matches(quotes).replace('_', "");
            let is_number = inner.bytes().all(|byte| byte.is_ascii_digit());
            let number: Option<u64> = inner.parse().ok().filter(|_| is_number);
            number.map(|number| ("write a number", number.to_string()))
        }
        (Expects::Text, Found::Boolean(_) | Found::Number) if !written.contains(['"', '\n']) => {
            Some(("quotes make it a string", format!("\"{written}\"")))
        }
        _ => None,
    }
}
