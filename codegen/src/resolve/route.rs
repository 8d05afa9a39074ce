//! `routes:`

use super::Cx;
use super::condition::{Condition, condition};
use super::names::{self, Unnamed};
use super::target;
use super::upstream::{Place, Upstreams};
use super::value::Captures;
use crate::ast::{self, Lenient};
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::Section;
use crate::language::route::{self, OfDisputed, WrittenRoute};
use crate::language::server::WrittenListener;
use crate::middleware::{Layer, Middleware, Policies};
use crate::model::{Listener, Listeners, Methods, Route, Scope, Server, Target};
use crate::pattern::{HostPattern, Hosts, MatchKind, PathPattern};
use crate::source::ConfigPath;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a response may pause, unless its route says so: event streams send something every minute or so.
const IDLE: Duration = Duration::from_secs(300);

/// A route of the file.
struct Written<'w> {
    index: usize,
    written: &'w WrittenRoute,
    settings: route::Route,
    /// `None` if it was wrong.
    condition: Option<Condition>,
}

/// The routes that are right. Conditions come first, because names are derived from them; then names, because
/// upstreams written in place have them; then all the rest.
pub(super) fn routes(
    cx: &mut Cx<'_>,
    gateway: &ast::Gateway,
    (server, listeners): (&Server, &[Listener]),
    top: &Layer<'_>,
    policies: &mut Policies,
    upstreams: &mut Upstreams,
) -> Vec<Route> {
    let section = ConfigPath::root().key("routes");
    if gateway.routes.is_empty() {
        // Routes which are there, but are no list, have been reported.
        if is_empty_list(cx, &section) || !cx.source.is_written(&section) {
            cx.sink
                .error_at_key(
                    &codes::MISSING_KEY,
                    &section,
                    "a gateway without routes",
                    "nothing would be answered",
                )
                .help("add a `routes` list with at least one `path` and one target");
        }
        return Vec::new();
    }
    let written = gateway.routes.iter().map(|(index, written)| {
        let at = section.index(index);
        cx.captures = captures(written);
        let settings = route::Route::with_defaults(cx, at.clone(), Some(written));
        let condition = condition(cx, &at, &settings, listeners);
        Written { index, written, settings, condition }
    });
    let written: Vec<Written<'_>> = written.collect();
    let mut names = names(cx, &section, &written, listeners);
    let mut routes = Vec::new();
    for Written { index, written, settings, condition } in written {
        let at = section.index(index);
        let scope = Scope::Route(u32::try_from(index).unwrap_or(u32::MAX));
        let name = names.remove(&index).unwrap_or_else(|| at.to_string());
        let parameters = condition.as_ref().map(Condition::parameters);
        let place = Place { at: &at, scope, name: &name, parameters };
        let captured = condition.as_ref().map(|of| Captures::Route(of.path.clone(), of.hosts.clone()));
        cx.captures = captured.unwrap_or(Captures::Unknown);
        let target = target::target(cx, &place, (written, &settings), upstreams);
        // A default is never more than the whole.
        let within = |default: Duration| settings.total.map_or(default, |total| total.min(default));
        let mut middleware = top.for_route(cx, written.middleware.get(), &at, scope, policies);
        if !matches!(target, Some(Target::Forward(_))) {
            middleware = middleware.only(|facts| !facts.needs_upstream);
        }
        if matches!(target, Some(Target::Redirect(_) | Target::Respond(_))) {
            without_use(cx, &at.key("middleware"), written.middleware.get());
        }
        let (Some(condition), Some(target)) = (condition, target) else { continue };
        let upgrades = settings.upgrades.as_ref().unwrap_or(&server.upgrades);
        let upgrades = if matches!(target, Target::Forward(_)) { upgrades.clone() } else { Vec::new() };
        let Condition { listeners, hosts, path, methods, headers, query } = condition;
        let origin = cx.origin(&at, scope);
        routes.push(Route {
            name,
            origin,
            listeners,
            hosts,
            path,
            methods,
            body_limit: settings.limits.body.unwrap_or(server.limits.body),
            headers,
            query,
            timeout: settings.timeout.unwrap_or_else(|| within(server.timeouts.request)),
            idle: settings.idle.unwrap_or_else(|| within(IDLE)),
            upgrades,
            middleware,
            target,
            settings,
        });
    }
    cx.captures = Captures::TopLevel;
    routes.extend(listeners.iter().filter_map(|listener| everybody(cx, listener, server, top)));
    routes
}

/// The route of a listener that sends everybody elsewhere: every request there is. It has the middleware of requests that match
/// none, so that nobody is asked for a key, or refused, on the way to where that is asked.
fn everybody(cx: &mut Cx<'_>, listener: &Listener, server: &Server, top: &Layer<'_>) -> Option<Route> {
    let redirect = listener.redirect.clone()?;
    let at = &listener.origin.path;
    let written = WrittenRoute { path: Lenient(Some("/".to_owned())), ..WrittenRoute::default() };
    let settings = route::Route::with_defaults(cx, at.clone(), Some(&written));
    // What is disputed of a path is so where it is sent.
    let keep = OfDisputed::Keep;
    Some(Route {
        name: listener.redirect_name(),
        origin: cx.origin(at, Scope::TopLevel),
        listeners: Listeners::Named(listener.name.iter().cloned().collect()),
        hosts: Hosts::any(),
        path: PathPattern::parse("/", MatchKind::Prefix).ok()?,
        methods: Methods::ALL,
        body_limit: server.limits.body,
        headers: Vec::new(),
        query: Vec::new(),
        timeout: server.timeouts.request,
        idle: IDLE,
        upgrades: Vec::new(),
        middleware: top.for_unmatched(),
        target: Target::Redirect(redirect),
        settings: route::Route { path_parameters: keep, encoded_slashes: keep, ..settings },
    })
}

/// The parameters of a route whose condition is not read yet; only a fixed response is read as early as that.
fn captures(written: &WrittenRoute) -> Captures {
    let path = written.path.get().filter(|_| written.respond.get().is_some());
    let path = path.and_then(|path| PathPattern::parse(path, MatchKind::Prefix).ok());
    let hosts = written.host.get().map_or(Some(Hosts::any()), |hosts| {
        hosts.entries().map(|(_, host)| HostPattern::parse(host).ok()).collect()
    });
    path.zip(hosts).map_or(Captures::Unknown, |(path, hosts)| Captures::Route(path, hosts))
}

fn is_empty_list(cx: &Cx<'_>, at: &ConfigPath) -> bool {
    let written = |span: Option<crate::source::Span>| cx.source.text().get(span?);
    // Under another name it has been reported.
    let is_named =
        written(cx.source.key_span(at)).is_some_and(|key| key.trim_matches(['"', '\'']) == at.last());
    let list = written(cx.source.value_span(at)).and_then(|list| list.strip_prefix('['));
    is_named && list.is_some_and(|rest| rest.trim_start().starts_with(']'))
}

/// The names of all routes with a name or a condition, by index.
fn names(
    cx: &mut Cx<'_>,
    section: &ConfigPath,
    written: &[Written<'_>],
    listeners: &[Listener],
) -> BTreeMap<usize, String> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut unnamed = Vec::new();
    for Written { index, settings, condition, .. } in written {
        let Some(name) = &settings.name else {
            unnamed.extend(condition.iter().map(|condition| Unnamed { index: *index, condition }));
            continue;
        };
        let at = section.index(*index).key(WrittenRoute::name);
        let first = taken.get(name).map(|first| section.index(*first).key(WrittenRoute::name));
        let of_listener = || {
            let mut redirecting = listeners.iter().filter(|listener| listener.redirect.is_some());
            let listener = redirecting.find(|listener| listener.redirect_name() == *name)?;
            Some(listener.origin.path.key(WrittenListener::redirect))
        };
        if let Some(first) = first.or_else(of_listener) {
            let first = cx.source.value_span(&first);
            let title = format!("two routes have the name {}", quoted(name));
            let problem = cx.sink.error_at(&codes::DUPLICATE_NAME, &at, title, "used again here");
            problem.label(first, "first used here");
            continue;
        }
        taken.insert(name.clone(), *index);
    }
    let explicit = taken.iter().map(|(name, index)| (*index, name.clone())).collect::<BTreeMap<_, _>>();
    let mut names = names::derive(taken.into_keys().collect(), &unnamed);
    names.extend(explicit);
    names
}

/// Middleware of the route's own that needs the upstream which it has not.
fn without_use(cx: &mut Cx<'_>, at: &ConfigPath, own: Option<&Middleware>) {
    let own = own.into_iter().flat_map(Middleware::switched_on);
    for entry in own.filter(|entry| entry.facts.needs_upstream) {
        let title = format!("`{}` has no effect on a route without an upstream", entry.name);
        cx.sink.error_at_key(&codes::KEY_DOES_NOT_APPLY, &at.key(entry.name), title, "would have no effect");
    }
}
