//! Which requests a route takes: host, path, methods, headers, query.

use super::Cx;
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::route::{self, WrittenRoute};
use crate::language::server::{WrittenListener, WrittenServer};
use crate::model::{HeaderPredicate, Listener, Listeners, Methods, QueryPredicate};
use crate::pattern::{Hosts, Parameters, PathPattern};
use crate::source::ConfigPath;

/// All that a request must have.
pub(super) struct Condition {
    pub(super) listeners: Listeners,
    pub(super) hosts: Hosts,
    pub(super) path: PathPattern,
    pub(super) methods: Methods,
    pub(super) headers: Vec<HeaderPredicate>,
    pub(super) query: Vec<QueryPredicate>,
}

/// `None` if any part of it is wrong: half a condition would match what nobody meant.
pub(super) fn condition(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    route: &route::Route,
    known: &[Listener],
) -> Option<Condition> {
    let path = path(cx, &at.key(WrittenRoute::path), route);
    let listeners = listeners(cx, &at.key(WrittenRoute::listener), route, known);
    let (hosts, path) = (route.host.clone()?, path?);
    each_name_once(cx, at, &hosts, &path)?;
    Some(Condition {
        listeners: listeners?,
        hosts,
        path,
        methods: route.methods?,
        headers: route.headers.clone()?,
        query: route.query.clone()?,
    })
}

impl Condition {
    pub(super) fn parameters(&self) -> Parameters<'_> {
        Parameters::of(&self.path, &self.hosts)
    }
}

/// A label of the host and a parameter of the path share the names by which texts call them.
fn each_name_once(cx: &mut Cx<'_>, at: &ConfigPath, hosts: &Hosts, path: &PathPattern) -> Option<()> {
    let label = hosts.iter().find_map(|host| host.label().filter(|name| path.param(name).is_some()));
    let Some(name) = label else { return Some(()) };
    let other = cx.source.value_span(&at.key(WrittenRoute::path));
    let title = format!("`{name}` is a label of the host and a parameter of the path");
    let problem = cx.sink.error_at(&codes::BAD_HOST, &at.key(WrittenRoute::host), title, "a label here");
    problem.label(other, "a parameter here").help("each has a name of its own");
    None
}

fn path(cx: &mut Cx<'_>, at: &ConfigPath, route: &route::Route) -> Option<PathPattern> {
    let (text, kind) = (route.path.as_ref()?, route.match_kind?);
    let parse = |text: &str| PathPattern::parse(text, kind);
    parse(text).map_err(|error| cx.pattern_error(&codes::BAD_PATH, at, text, error, parse)).ok()
}

fn listeners(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    route: &route::Route,
    known: &[Listener],
) -> Option<Listeners> {
    let written = route.listener.as_ref()?;
    if written.is_empty() {
        return Some(Listeners::All);
    }
    let place = |index: usize| Some(at.index(index)).filter(|at| cx.source.is_written(at));
    let places: Vec<ConfigPath> =
        (0..written.len()).map(|index| place(index).unwrap_or_else(|| at.clone())).collect();
    let mut are_known = true;
    for (at, name) in places.iter().zip(written) {
        are_known &= listener(cx, at, name, known) && has_routes(cx, at, name, known);
    }
    are_known.then(|| Listeners::Named(written.iter().cloned().collect()))
}

/// Whether a listener sends nobody elsewhere; if it does, that has been reported.
fn has_routes(cx: &mut Cx<'_>, at: &ConfigPath, name: &str, known: &[Listener]) -> bool {
    let mut redirecting = known.iter().filter(|listener| listener.redirect.is_some());
    let Some(listener) = redirecting.find(|listener| listener.name.as_deref() == Some(name)) else {
        return true;
    };
    let redirect = cx.source.value_span(&listener.origin.path.key(WrittenListener::redirect));
    let title = format!("listener {} has no routes", quoted(name));
    cx.sink
        .error_at(&codes::KEY_DOES_NOT_APPLY, at, title, "no request would get here")
        .label(redirect, "every request is answered with this redirect")
        .help(
            "name other listeners, or take `redirect` off this one and write a route for it that redirects",
        );
    false
}

/// Whether there is a listener of this name; if not, that has been reported.
pub(super) fn listener(cx: &mut Cx<'_>, at: &ConfigPath, name: &str, known: &[Listener]) -> bool {
    let names = known.iter().filter_map(|listener| listener.name.as_deref());
    if names.clone().any(|other| other == name) {
        return true;
    }
    let section = ConfigPath::root().key("server").key(WrittenServer::listeners);
    // Nobody knows what is in a section that could not be read.
    if cx.sink.is_refused(&section) || cx.sink.is_refused(&section.key(name)) {
        return false;
    }
    if names.clone().next().is_some() {
        cx.unknown(&codes::UNKNOWN_LISTENER, at, name, "listener", names);
    } else if cx.is_literal(at, name) {
        let title = format!("unknown listener {}", quoted(name));
        cx.sink
            .error_at(&codes::UNKNOWN_LISTENER, at, title, "no listener has a name")
            .help("`server.listeners` gives them names: `listeners: {public: {address: 0.0.0.0:8080}}` in place of `listen`");
    }
    false
}
