//! What a route makes of a path.

use crate::codes;
use crate::diagnostic::quoted;
use crate::language::kind::Rewrite;
use crate::language::route::{self, OfLocation, WrittenNewPrefix, WrittenRoute, WrittenRouteResponse};
use crate::model::{PathChange, PrefixChange, RequestText};
use crate::pattern::{MatchKind, PathPattern, Segment, parse_prefix};
use crate::resolve::cx::Cx;
use crate::resolve::upstream::Place;
use crate::resolve::value::{Captures, Place as Of, foreign_variable, parse_template};
use crate::source::ConfigPath;
use crate::yaml;

pub(super) fn path_change(cx: &mut Cx<'_>, place: &Place<'_>, route: &route::Route) -> Option<PathChange> {
    let change = change(cx, place, route)?;
    if route.response.location == OfLocation::Restore && matches!(change, PathChange::Rewrite(_)) {
        let at = place.at.key(WrittenRoute::response).key(WrittenRouteResponse::location);
        let title = "`location: restore` and the template of a `rewrite` cannot be together";
        let other = cx.source.key_span(&place.at.key(WrittenRoute::rewrite));
        cx.sink
            .error_at(&codes::KEY_DOES_NOT_APPLY, &at, title, "what was there is not known")
            .label(other, "this builds the whole path")
            .help("of `rewrite: {prefix: /v2}`, `strip_prefix` and `add_prefix` it is");
        return None;
    }
    Some(change)
}

fn change(cx: &mut Cx<'_>, place: &Place<'_>, route: &route::Route) -> Option<PathChange> {
    let at = place.at;
    let (strip, add) = (&route.strip_prefix, &route.add_prefix);
    let beside = [
        (WrittenRoute::strip_prefix, strip.is_some(), "this takes off a part"),
        (WrittenRoute::add_prefix, add.is_some(), "this adds a part"),
    ];
    if let (Some(rewrite), Some((key, _, label))) =
        (&route.rewrite, beside.iter().find(|(_, is_there, _)| *is_there))
    {
        let other = cx.source.key_span(&at.key(WrittenRoute::rewrite));
        let title = format!("`{key}` and `rewrite` cannot be together");
        let problem = cx.sink.error_at(&codes::KEY_DOES_NOT_APPLY, &at.key(key), title, *label);
        problem.label(
            other,
            match rewrite {
                Rewrite::Template(_) => "this builds the whole path",
                Rewrite::Prefix(_) => "this replaces the beginning",
            },
        );
        return None;
    }
    let at_rewrite = at.key(WrittenRoute::rewrite);
    let (written, change) = match &route.rewrite {
        Some(Rewrite::Template(text)) => {
            // What a name stands for is not known if the route's path is wrong.
            place.parameters?;
            return rewrite(cx, &at_rewrite, text);
        }
        Some(Rewrite::Prefix(text)) => {
            let at = at_rewrite.key(WrittenNewPrefix::prefix);
            let put = prefix(cx, &at, text)?;
            (at, PrefixChange { taken: beginning(place.parameters?.path), put })
        }
        // What could not be read has been reported.
        None if cx.source.is_written(&at_rewrite) => return None,
        None if strip.is_none() && add.is_none() => return Some(PathChange::Keep),
        None => {
            let strip_at = at.key(WrittenRoute::strip_prefix);
            let taken = strip.as_ref().map(|text| strip_prefix(cx, &strip_at, place.parameters?.path, text));
            let add_at = at.key(WrittenRoute::add_prefix);
            let put = add.as_ref().map(|text| prefix(cx, &add_at, text));
            let change = PrefixChange {
                taken: taken.unwrap_or_else(|| Some(String::new()))?,
                put: put.unwrap_or_else(|| Some(String::new()))?,
            };
            (add_at, change)
        }
    };
    if change.taken == change.put {
        let title = "a prefix that changes nothing";
        let label = match change.put.as_str() {
            "" => "nothing is added".to_owned(),
            put => format!("{} is what the path begins with", quoted(put)),
        };
        cx.sink.error_at(&codes::BAD_TEMPLATE, &written, title, label).help("leave it out");
        return None;
    }
    Some(PathChange::Prefix(change))
}

/// The literal segments that a route's path begins with.
pub(super) fn beginning(path: &PathPattern) -> String {
    path.literal_prefix().trim_end_matches('/').to_owned()
}

/// A literal beginning of a path.
pub(super) fn prefix(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<String> {
    if !cx.is_literal(at, text) {
        return None;
    }
    let parsed = parse_prefix(text);
    parsed.map_err(|error| cx.pattern_error(&codes::BAD_TEMPLATE, at, text, error, parse_prefix)).ok()
}

/// What is taken off.
fn strip_prefix(cx: &mut Cx<'_>, at: &ConfigPath, path: &PathPattern, text: &str) -> Option<String> {
    if !cx.is_literal(at, text) {
        return None;
    }
    if text.is_empty() {
        let problem = cx.sink.error_at(&codes::STRIP_PREFIX, at, "nothing to strip", "this is empty");
        problem.help("leave `strip_prefix` out to forward the whole path");
        return None;
    }
    let parse = |text: &str| PathPattern::parse(text, MatchKind::Prefix);
    let prefix =
        parse(text).map_err(|error| cx.pattern_error(&codes::STRIP_PREFIX, at, text, error, parse)).ok()?;
    let is_literal = prefix.segments.iter().all(|segment| matches!(segment, Segment::Literal(_)));
    if is_literal && !prefix.segments.is_empty() && path.segments.starts_with(&prefix.segments) {
        return Some(prefix.to_string());
    }
    let span = cx.source.whole_span(at);
    let label = format!("the route's path is `{path}`");
    let title = format!("{} is not a literal beginning of the route's path", quoted(text));
    let problem = cx.sink.error_at(&codes::STRIP_PREFIX, at, title, label);
    let whole = path.literal_prefix();
    if whole.is_empty() || whole == "/" {
        problem.help("use `rewrite` to build another path from parameters");
    } else {
        problem.suggest("all that can be stripped", span, yaml::scalar(&whole));
    }
    None
}

fn rewrite(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<PathChange> {
    let path = text.split('?').next().unwrap_or(text);
    if !text.contains("${") && path.contains("://") {
        cx.sink
            .error_at(&codes::BAD_TEMPLATE, at, "a rewrite is a path", "a scheme and a host are here")
            .help("the backend is chosen by `upstream`; to send the client elsewhere there is `redirect`");
        return None;
    }
    if !text.starts_with(['/', '{', '$', '%']) || text.trim() != text {
        let span = cx.source.whole_span(at);
        let label = if text.is_empty() { "a backend cannot be asked for nothing" } else { "no `/` here" };
        let mend = format!("/{}", text.trim().trim_start_matches('/'));
        let is_mended = !text.trim().is_empty() && parse_template(&mend, Of::Path, &cx.captures).is_ok();
        let problem = cx.sink.error_at(&codes::BAD_TEMPLATE, at, "a path starts with `/`", label);
        if is_mended {
            problem.suggest("write it so", span, yaml::scalar(&mend));
        }
        return None;
    }
    Some(PathChange::Rewrite(template(cx, at, text, Of::Path)?))
}

/// What is made of each request.
pub(super) fn template(cx: &mut Cx<'_>, at: &ConfigPath, text: &str, of: Of) -> Option<RequestText> {
    // `${host}` is not meant to come at start.
    let is_foreign = foreign_variable(text).is_some_and(|(variable, _)| variable.starts_with("${"));
    if !is_foreign && !cx.is_literal(at, text) {
        return None;
    }
    let captures = std::mem::replace(&mut cx.captures, Captures::Unknown);
    let parse = |text: &str| parse_template(text, of, &captures);
    let parsed = parse(text);
    let parsed = parsed.map_err(|error| cx.pattern_error(&codes::BAD_TEMPLATE, at, text, error, parse)).ok();
    cx.captures = captures;
    parsed
}
