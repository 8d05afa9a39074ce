//! Routes without what most routes should have.

use crate::diagnostic::{Reporter, quoted};
use crate::lint::{Level, Lint};
use crate::middleware::{Missed, REGISTRY};
use crate::model::{Listeners, Model, Route, Target};
use crate::pattern::{HostPattern, MatchKind, ParamKind, Segment};
use crate::source::ConfigPath;
use crate::table::{Reach, Request, Table};
use crate::yaml::Tree;
use castgate_contract::built_in;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(model: &Model, tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    let is_default_timeout =
        !sink.source.is_written(&ConfigPath::root().key("server").key("timeouts").key("request"));
    for route in model.routes.iter().filter(|route| route.is_written()) {
        let at = &route.origin.path;
        let mut missing = |lint: Lint, what: &str, label: &str, help: &str| {
            let title = format!("route {} {what}", quoted(&route.name));
            sink.lint_at_key(lint, at, title, label).help(help);
        };
        if route.hosts.is_any() {
            missing(
                Lint::ROUTE_WITHOUT_HOST,
                "serves every host",
                "also what was meant for another name, or for none",
                "add `host`",
            );
        }
        if !matches!(route.target, Target::Forward(_)) {
            continue;
        }
        let has = route.middleware.names();
        for entry in REGISTRY.iter().filter(|entry| !has.contains(&entry.name)) {
            if let Some(Missed { lint, label, help }) = &entry.facts.missed {
                missing(*lint, &format!("forwards without `{}`", entry.name), label, help);
            }
        }
        let has_timeout = sink.source.is_written(&at.key("timeout"));
        if is_default_timeout && !has_timeout {
            let title = format!("route {} has no timeout of its own", quoted(&route.name));
            let label = format!("a response may take {:?} to begin, the default", route.timeout);
            sink.lint_at_key(Lint::TIMEOUT_MISSING, at, title, label)
                .help("add `timeout` here, or `server.timeouts.request` for all");
        }
    }
    without_test(model, tables, sink);
    built_in_overlap(model, sink);
    trailing_slash_twins(model, sink);
    drain(model, sink);
}

fn without_test(model: &Model, tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    if sink.levels.of(Lint::ROUTE_WITHOUT_TEST) == Level::Allow {
        return;
    }
    let tested: BTreeSet<String> =
        tables.iter().flat_map(Table::run_tests).filter_map(|outcome| outcome.outcome.route).collect();
    let mut written = model.routes.iter().filter(|route| route.is_written());
    if written.all(|route| tested.contains(&route.name)) {
        return;
    }
    let mut shown = BTreeSet::new();
    let reach = tables.iter().flat_map(|table| table.model().routes.iter().zip(table.reach()));
    for (route, reach) in reach {
        // A route that no request gets to has been reported.
        let Reach::Live(request) = reach else { continue };
        if !route.is_written() || tested.contains(&route.name) || !shown.insert(&route.name) {
            continue;
        }
        let title = format!("no test gets to route {}", quoted(&route.name));
        // Whole, so that it can be copied; YAML has no character that a terminal could take for its own.
        sink.lint_at_key(Lint::ROUTE_WITHOUT_TEST, &route.origin.path, title, "could change unnoticed")
            .help(format!("for example `{}`", example(route, &request)));
    }
}

/// An entry of `tests` whose request gets to this route.
fn example(route: &Route, request: &Request) -> String {
    let mut entry = vec![("request".to_owned(), Tree::text(request.to_string()))];
    if !request.headers().is_empty() {
        let headers = request.headers().iter().map(|(name, value)| (name.clone(), Tree::text(value)));
        entry.push(("headers".to_owned(), Tree::Map(headers.collect())));
    }
    if let Some(listener) = route.listeners.names().next() {
        entry.push(("listener".to_owned(), Tree::text(listener)));
    }
    entry.push(("expect".to_owned(), Tree::map([("route", Tree::text(&route.name))])));
    Tree::Map(entry).one_line()
}

/// `/{page}` takes `/about`, but never `/health`.
fn built_in_overlap(model: &Model, sink: &mut Reporter<'_>) {
    if model.admin.is_some() {
        return;
    }
    for route in &model.routes {
        let [Segment::Param { kind: ParamKind::Any, .. } | Segment::Rest { .. }] =
            route.path.segments.as_slice()
        else {
            continue;
        };
        let title = format!("route {} never gets the built-in paths", quoted(&route.name));
        let label = format!("{} are answered by the gateway itself", built_in::PATHS.join(", "));
        sink.lint_at(Lint::BUILT_IN_OVERLAP, &route.origin.path.key("path"), title, label)
            .help("give them a listener of their own: `admin: {listen: 127.0.0.1:9090}`");
    }
}

/// `/a` and `/a/`, both exact: a client that adds or drops the slash ends up elsewhere.
fn trailing_slash_twins(model: &Model, sink: &mut Reporter<'_>) {
    let mut by_shape: BTreeMap<(&Listeners, &HostPattern, String), &Route> = BTreeMap::new();
    let exact = || model.routes.iter().filter(|route| route.path.kind == MatchKind::Exact);
    for route in exact().filter(|route| !route.path.to_string().ends_with('/')) {
        for host in route.hosts.iter() {
            by_shape.entry((&route.listeners, host, route.path.to_string())).or_insert(route);
        }
    }
    for route in exact() {
        let path = route.path.to_string();
        let Some(twin) = path.strip_suffix('/').and_then(|path| {
            route.hosts.iter().find_map(|host| by_shape.get(&(&route.listeners, host, path.to_owned())))
        }) else {
            continue;
        };
        let is_same = match (&route.target, &twin.target) {
            (Target::Forward(a), Target::Forward(b)) => a.upstream == b.upstream,
            // One of them redirects to the other: nobody ends up elsewhere.
            (Target::Redirect(_), _) | (_, Target::Redirect(_)) => true,
            _ => false,
        };
        let other = sink.source.value_span(&twin.origin.path.key("path"));
        if is_same || !route.methods.intersects(twin.methods) {
            continue;
        }
        let title = format!("routes {} and {} differ by a slash", quoted(&twin.name), quoted(&route.name));
        let at = route.origin.path.key("path");
        sink.lint_at(Lint::TRAILING_SLASH_TWINS, &at, title, "with the slash, requests go here")
            .label(other, "and without it here")
            .help("let one of them redirect to the other");
    }
}

fn drain(model: &Model, sink: &mut Reporter<'_>) {
    let forwards = model.routes.iter().filter(|route| matches!(route.target, Target::Forward(_)));
    let Some(longest) = forwards.max_by_key(|route| route.timeout) else { return };
    let grace = model.server.drain.grace;
    if longest.timeout > grace {
        let at = ConfigPath::root().key("server").key("drain").key("grace");
        let title = "a drain may cut off requests that are still in time";
        let label = format!("{grace:?}, but route {} may take {:?}", quoted(&longest.name), longest.timeout);
        sink.lint_at(Lint::DRAIN_TOO_SHORT, &at, title, label);
    }
}
