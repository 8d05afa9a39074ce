//! What answers a route: an upstream, a redirect, or a fixed response.

mod path;
mod redirect;

use super::upstream::{Place, Upstreams};
use super::{Cx, document};
use crate::codes;
use crate::language::route::{self, CONTENT_TYPE, WrittenRespond, WrittenRoute};
use crate::model::{Forward, Respond, Target};
use crate::source::ConfigPath;
use path::path_change;
pub(super) use redirect::of_listener;
use redirect::redirect;

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
