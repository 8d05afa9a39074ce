//! What answers a route: an upstream, a redirect, or a fixed response.

use super::upstream::{Place, Upstreams};
use super::{Cx, document};
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::route::{self, CONTENT_TYPE, WrittenRedirect, WrittenRespond, WrittenRoute};
use crate::model::{Forward, PathChange, Redirect, Respond, Target};
use crate::pattern::{MatchKind, Parameters, PathPattern, Segment, TemplatePiece, parse_template};
use crate::source::ConfigPath;
use crate::yaml;
use castgate_contract::authority::Authority;

pub(super) fn target(
    cx: &mut Cx<'_>,
    place: &Place<'_>,
    (written, route): (&WrittenRoute, &route::Route),
    upstreams: &mut Upstreams,
) -> Option<Target> {
    let at = place.at;
    let targets =
        [WrittenRoute::upstream, WrittenRoute::backends, WrittenRoute::redirect, WrittenRoute::respond];
    let targets: Vec<&str> = targets.into_iter().filter(|key| cx.source.is_written(&at.key(key))).collect();
    let is_known = !cx.source.is_written(&at.key("<<"));
    // Named upstreams are in use even if the route is wrong.
    let referred = route.upstream.as_ref();
    let referred = referred.map(|name| upstreams.refer(cx, &at.key(WrittenRoute::upstream), name));
    match targets.as_slice() {
        [one] => {
            does_not_apply(cx, at, written, one);
        }
        [] if !is_known => {
            upstreams.any_may_be_meant();
            return None;
        }
        [] => {
            upstreams.any_may_be_meant();
            cx.sink
                .error_at_key(
                    &codes::ROUTE_TARGET,
                    at,
                    "a route without a target",
                    "nothing answers this route",
                )
                .help("add `upstream`, `backends`, `redirect` or `respond`");
        }
        [first, rest @ ..] => {
            let title = format!("a route with {} targets", targets.len());
            let problem =
                cx.sink.error_at_key(&codes::ROUTE_TARGET, &at.key(first), title, "one target is here");
            for key in rest {
                problem.label(cx.source.key_span(&at.key(key)), "and another here");
            }
            return None;
        }
    }
    if let Some(id) = referred {
        let path = path_change(cx, place, route);
        return Some(Target::Forward(Forward { upstream: id?, path: path? }));
    }
    if targets == [WrittenRoute::backends] {
        let path = path_change(cx, place, route);
        let upstream = upstreams.in_place(cx, at, place, (written, route));
        return Some(Target::Forward(Forward { upstream: upstream?, path: path? }));
    }
    if let Some(written) = &route.redirect {
        return redirect(cx, &at.key(WrittenRoute::redirect), place.parameters, written)
            .map(Target::Redirect);
    }
    let respond = route.respond.clone()?;
    Some(Target::Respond(self::respond(cx, &at.key(WrittenRoute::respond), respond)))
}

/// Keys that would have no effect with the target the route has.
fn does_not_apply(cx: &mut Cx<'_>, at: &ConfigPath, written: &WrittenRoute, target: &str) {
    let forwards = [WrittenRoute::upstream, WrittenRoute::backends].contains(&target);
    let has_effect = |key| forwards && (key != WrittenRoute::strategy || target == WrittenRoute::backends);
    // The route was meant to have another target, or its keys belong elsewhere: that is one mistake.
    let mut idle = written.those_read();
    idle.retain(|key| route::Route::OF_FORWARDING.contains(key) && !has_effect(*key));
    let [first, rest @ ..] = idle.as_slice() else { return };
    for span in idle.iter().filter_map(|key| cx.source.whole_span(&at.key(key))) {
        cx.sink.problems.withdraw_all(&span);
    }
    let (names, have) = match rest.split_last() {
        None => (format!("`{first}`"), "has"),
        Some((last, between)) => {
            let between: String = between.iter().map(|key| format!(", `{key}`")).collect();
            (format!("`{first}`{between} and `{last}`"), "have")
        }
    };
    let title = format!("{names} {have} no effect together with `{target}`");
    let problem =
        cx.sink.error_at_key(&codes::KEY_DOES_NOT_APPLY, &at.key(first), title, "would have no effect");
    for key in rest {
        problem.label(cx.source.key_span(&at.key(key)), "nor would this");
    }
    if idle.contains(&WrittenRoute::strategy) && forwards {
        problem.help("the strategy is the upstream's own; write it there");
    }
}

fn path_change(cx: &mut Cx<'_>, place: &Place<'_>, route: &route::Route) -> Option<PathChange> {
    let at = place.at;
    match (&route.strip_prefix, &route.rewrite) {
        (None, None) => Some(PathChange::Keep),
        (Some(_), Some(_)) => {
            let other = cx.source.key_span(&at.key(WrittenRoute::rewrite));
            let title = "`strip_prefix` and `rewrite` cannot be together";
            let at = at.key(WrittenRoute::strip_prefix);
            cx.sink
                .error_at_key(&codes::KEY_DOES_NOT_APPLY, &at, title, "this takes off a part")
                .label(other, "this builds the whole path");
            None
        }
        (Some(prefix), None) => {
            strip_prefix(cx, &at.key(WrittenRoute::strip_prefix), place.parameters?.path, prefix)
        }
        (None, Some(template)) => rewrite(cx, &at.key(WrittenRoute::rewrite), place.parameters?, template),
    }
}

fn strip_prefix(cx: &mut Cx<'_>, at: &ConfigPath, path: &PathPattern, text: &str) -> Option<PathChange> {
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
        return Some(PathChange::StripPrefix { prefix: prefix.to_string() });
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

fn rewrite(cx: &mut Cx<'_>, at: &ConfigPath, over: Parameters<'_>, text: &str) -> Option<PathChange> {
    if text.contains("${") {
        return template(cx, at, over, text, 0).map(PathChange::Rewrite);
    }
    if text.contains("://") {
        cx.sink
            .error_at(&codes::BAD_TEMPLATE, at, "a rewrite is a path", "a scheme and a host are here")
            .help("the backend is chosen by `upstream`; to send the client elsewhere there is `redirect`");
        return None;
    }
    if !text.starts_with('/') || text.trim() != text {
        let span = cx.source.whole_span(at);
        let label = if text.is_empty() { "a backend cannot be asked for nothing" } else { "no `/` here" };
        let problem = cx.sink.error_at(&codes::BAD_TEMPLATE, at, "a path starts with `/`", label);
        let mend = format!("/{}", text.trim().trim_start_matches('/'));
        if !text.trim().is_empty() && parse_template(&mend, 0, over).is_ok() {
            problem.suggest("write it so", span, yaml::scalar(&mend));
        }
        return None;
    }
    Some(PathChange::Rewrite(template(cx, at, over, text, 0)?))
}

fn redirect(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    over: Option<Parameters<'_>>,
    section: &route::Redirect,
) -> Option<Redirect> {
    let at = &at.key(WrittenRedirect::to);
    let start = redirect_path(cx, at, &section.to)?;
    let to = template(cx, at, over?, &section.to, start)?;
    Some(Redirect { to, status: section.status })
}

/// Where the path of a redirect's target begins: behind the host, if it has one.
fn redirect_path(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<usize> {
    let scheme = ["http://", "https://"].into_iter().find(|scheme| text.starts_with(scheme));
    let start = scheme.map_or(0, str::len);
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |length| start + length);
    let host = &text[start..end];
    // A host taken from the request would let anybody choose where it goes.
    let is_literal_host = scheme.is_some() && !host.is_empty() && !host.contains(['{', '@']);
    if !is_literal_host && (scheme.is_some() || !text.starts_with('/') || text.starts_with("//")) {
        let title = format!("{} is neither a path nor an absolute URL", quoted(text));
        cx.sink
            .error_at(&codes::BAD_TEMPLATE, at, title, "expected `/path` or `https://host/path`")
            .help("the host is literal: one taken from the request would let anybody choose where it leads");
        return None;
    }
    if scheme.is_none() {
        return Some(0);
    }
    match Authority::parse(host) {
        Ok(_) => Some(end),
        Err(message) => {
            let span = cx.part(at, text, &(start..end));
            let title = format!("{} is not a host to be redirected to", quoted(host));
            cx.sink.error(&codes::BAD_TEMPLATE, title).label(span, message);
            None
        }
    }
}

/// The template whose path begins at `start`.
fn template(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    over: Parameters<'_>,
    text: &str,
    start: usize,
) -> Option<Vec<TemplatePiece>> {
    if !cx.is_literal(at, text) {
        return None;
    }
    if let Some(found) = text.find(['?', '#']) {
        let span = cx.part(at, text, &(found..text.len()));
        cx.sink
            .error_in(
                &codes::BAD_TEMPLATE,
                at,
                span,
                "a template has neither query nor fragment",
                "not supported here",
            )
            .help("the request's own query is kept");
        return None;
    }
    let parse = |text: &str| parse_template(text, start, over);
    parse(text).map_err(|error| cx.pattern_error(&codes::BAD_TEMPLATE, at, text, error, parse)).ok()
}

fn respond(cx: &mut Cx<'_>, at: &ConfigPath, mut respond: Respond) -> Respond {
    if matches!(respond.status, 204 | 205 | 304) && !respond.body.is_empty() {
        let title = format!("a response with status {} has no body", respond.status);
        let at = at.key(WrittenRespond::body);
        cx.sink.error_at_key(&codes::IMPOSSIBLE_VALUE, &at, title, "must be left out");
    }
    if !respond.body.is_empty() {
        let of = respond.content_type.get_or_insert_with(|| CONTENT_TYPE.to_owned());
        document::check(cx, &at.key(WrittenRespond::body), of, &respond.body);
    }
    respond
}
