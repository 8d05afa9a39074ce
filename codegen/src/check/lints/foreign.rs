//! Text that is a wildcard in other gateways and only text here.

use crate::diagnostic::{Diagnostics, quoted};
use crate::lint::Lint;
use crate::model::{Model, Route};
use crate::pattern::{MatchKind, Segment};

pub(super) fn check(model: &Model, sink: &mut Diagnostics) {
    for route in &model.routes {
        path(route, sink);
        let headers = route.headers.iter().map(|header| ("headers", header.name.as_str(), &header.value));
        let query = route.query.iter().map(|wanted| ("query", wanted.name.as_str(), &wanted.value));
        for (section, name, value) in headers.chain(query) {
            if value != "*" {
                continue;
            }
            let at = route.origin.path.key(section).key(name);
            let title = "`*` is only a star here";
            let label = "matches this one character, not any value";
            if let Some(problem) = sink.lint_at(Lint::ForeignWildcard, &at, title, label) {
                problem.help("a value is compared as it is; there is no pattern for any value");
            }
        }
    }
}

/// `/api/*`, `/users/*/name`, `/users/:id`
fn path(route: &Route, sink: &mut Diagnostics) {
    let segments = &route.path.segments;
    let is_foreign = |segment: &Segment| match segment {
        Segment::Literal(text) => text.contains('*') || text.len() > 1 && text.starts_with(':'),
        Segment::Param { .. } | Segment::Rest { .. } => false,
    };
    let Some(first) = segments.iter().position(is_foreign) else { return };
    let Some(Segment::Literal(text)) = segments.get(first) else { return };
    let at = route.origin.path.key("path");
    let span = sink.value_span(&at);
    let title = format!("{} in a path is only text here", quoted(text));
    let Some(problem) = sink.lint_at(Lint::ForeignWildcard, &at, title, "matches exactly these characters")
    else {
        return;
    };
    problem.help("a segment is text, `{name}`, `{name:uint}`, `{name:uuid}` or, as the last, `{*name}`");
    if let (Some(span), Some((what, mend))) = (span, mend(route)) {
        problem.suggest(what, span, format!("\"{mend}\""));
    }
}

/// The path as it would be here, if that is plain.
fn mend(route: &Route) -> Option<(&'static str, String)> {
    let segments = &route.path.segments;
    let mut mend = String::new();
    let mut number = 0;
    let mut what = "a parameter takes one segment";
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        match segment {
            Segment::Literal(text) if is_last && matches!(text.as_str(), "*" | "**") => {
                if route.path.kind == MatchKind::Prefix {
                    what = "a prefix matches all that is below it";
                    return Some((what, if mend.is_empty() { "/".to_owned() } else { mend }));
                }
                what = "the rest of the path";
                mend.push_str("/{*rest}");
            }
            Segment::Literal(text) if text == "*" => {
                number += 1;
                mend.push_str(&format!("/{{p{number}}}"));
            }
            Segment::Literal(text) if text.contains('*') => return None,
            Segment::Literal(text) => match text.strip_prefix(':') {
                Some(name) if name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') => {
                    mend.push_str(&format!("/{{{name}}}"));
                }
                Some(_) => return None,
                None => mend.push_str(&format!("/{text}")),
            },
            Segment::Param { .. } | Segment::Rest { .. } => return None,
        }
    }
    Some((what, mend))
}
