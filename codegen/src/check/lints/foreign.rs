//! Text that is a wildcard in other gateways and only text here, in what routes ask for and in templates.

use crate::diagnostic::{Reporter, quoted};
use crate::lint::Lint;
use crate::model::{Model, RequestText, Route};
use crate::pattern::{MatchKind, Segment};
use crate::resolve::value::{Captures, Place, parse_template};

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    for route in &model.routes {
        path(route, sink);
        template(route, sink);
        for (section, name, _) in route.fields().filter(|(.., value)| *value == "*") {
            let at = route.origin.path.key(section).key(name);
            let title = "`*` is only a star here";
            let label = "matches this one character, not any value";
            sink.lint_at(Lint::FOREIGN_WILDCARD, &at, title, label)
                .help("a value is compared as it is; there is no pattern for any value");
        }
    }
}

/// `/api/*`, `/users/*/name`, `/users/:id`
fn path(route: &Route, sink: &mut Reporter<'_>) {
    let segments = &route.path.segments;
    let is_foreign = |segment: &Segment| match segment {
        Segment::Literal(text) => {
            text.contains('*') || text.len() > 1 && text.starts_with(':') || is_expression(text)
        }
        Segment::Param { .. } | Segment::Rest { .. } => false,
    };
    let Some(first) = segments.iter().position(is_foreign) else { return };
    let Some(Segment::Literal(text)) = segments.get(first) else { return };
    let at = route.origin.path.key("path");
    let span = sink.source.whole_span(&at);
    let title = format!("{} in a path is only text here", quoted(text));
    let problem = sink.lint_at(Lint::FOREIGN_WILDCARD, &at, title, "matches exactly these characters");
    problem.help("a segment is text, `{name}`, `{name:uint}`, `{name:uuid}` or, as the last, `{*name}`");
    if let Some((what, mend)) = mend(route) {
        problem.suggest(what, span, format!("\"{mend}\""));
    }
}

/// A segment that is hardly anything but a regular expression.
fn is_expression(text: &str) -> bool {
    text.contains(".+")
        || text.len() > 1 && text.ends_with('$')
        || text.starts_with('(') && text.ends_with(')')
}

/// `rewrite: /$1`, where something else has groups.
fn template(route: &Route, sink: &mut Reporter<'_>) {
    let Some((at, text)) = route.template() else { return };
    let Some(group) = text.literals().find_map(first_group) else { return };
    let span = sink.source.whole_span(&at);
    let title = format!("{} in a template is only text here", quoted(group));
    let label = "stands for nothing that the path took";
    let problem = sink.lint_at(Lint::FOREIGN_WILDCARD, &at, title, label);
    problem.help("a template has the path's parameters: `{name}` or, last, `{*name}`");
    if let Some(mend) = with_parameters(text, route) {
        problem.suggest("the parameter in this place", span, format!("\"{mend}\""));
    }
}

/// The first `$1` of a text.
pub(super) fn first_group(text: &str) -> Option<&str> {
    let start = text
        .match_indices('$')
        .map(|(at, _)| at)
        .find(|at| text.as_bytes().get(at + 1).is_some_and(|next| next.is_ascii_digit() && *next != b'0'))?;
    let digits = text[start + 1..].bytes().take_while(u8::is_ascii_digit).count();
    text.get(start..start + 1 + digits)
}

/// The template with parameters for groups, if the path has so many and the whole is right.
fn with_parameters(text: &RequestText, route: &Route) -> Option<String> {
    let parameters: Vec<String> = route.path.segments.iter().filter_map(Segment::parameter).collect();
    let mut text = crate::show::template(text);
    while let Some(group) = first_group(&text) {
        let number: usize = group[1..].parse().ok()?;
        let parameter = parameters.get(number.checked_sub(1)?)?;
        text = text.replacen(group, parameter, 1);
    }
    let captures = Captures::Route(route.path.clone(), route.hosts.clone());
    let place = if route.forward().is_some() { Place::Path } else { Place::Anywhere };
    parse_template(&text, place, &captures).is_ok().then_some(text)
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
            Segment::Literal(text)
                if is_last && matches!(text.as_str(), "*" | "**" | ".*" | "(.*)" | ".+" | "(.+)") =>
            {
                if route.path.kind == MatchKind::Prefix && !text.contains('+') {
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
            Segment::Literal(text) if text.contains('*') || is_expression(text) => return None,
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
