//! A route, written out.

use super::written;
use crate::language::kind::Timeout;
use crate::language::route::{Redirect, RouteLimits, WrittenRoute, WrittenRouteLimits};
use crate::language::server::{WrittenLimits, WrittenServer};
use crate::language::{self, Kind, Section};
use crate::model::{Model, PathChange, Route, Scope, Target};
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;

/// A route's entry.
pub fn route(model: &Model, route: &Route) -> Tree {
    let at = &route.origin.path;
    let server = ConfigPath::root().key("server");
    let or_server = |own: ConfigPath, section, key, value| {
        Tree::At(vec![own, server.key(section).key(key)], Box::new(value))
    };
    let own = at.key(WrittenRoute::limits).key(WrittenRouteLimits::body);
    let body = RouteLimits { body: Some(route.body_limit) }.keys().into_iter().map(|(key, limit)| {
        (key.to_owned(), or_server(own.clone(), WrittenServer::limits, WrittenLimits::body, limit))
    });
    let timeout = Timeout.tree(&route.timeout);
    let timeout = or_server(at.key(WrittenRoute::timeout), WrittenServer::timeouts, "request", timeout);
    let (inherited, own) = middleware(model, route);
    let mut keys = vec![
        (WrittenRoute::name, Tree::text(&route.name)),
        (WrittenRoute::path, Tree::text(route.path.to_string())),
        (WrittenRoute::limits, Tree::Map(body.collect())),
        (WrittenRoute::timeout, timeout),
        (WrittenRoute::idle, Timeout.tree(&route.idle)),
        (WrittenRoute::middleware, Tree::Map(own)),
    ];
    keys.extend(target(model, route));
    let Tree::Map(mut keys) = route.settings.tree_with(keys) else { return Tree::Map(Vec::new()) };
    let forwards = route.forward().is_some();
    keys.retain(|(key, _)| match key.as_str() {
        // An upstream in place has a name here.
        WrittenRoute::strategy => false,
        WrittenRoute::listener => !route.listeners.is_all(),
        WrittenRoute::host => !route.hosts.is_any(),
        WrittenRoute::methods => !route.methods.is_all(),
        other => forwards || !language::route::Route::OF_FORWARDING.contains(&other),
    });
    if !inherited.is_empty() {
        let place = keys.iter().position(|(key, _)| key == WrittenRoute::middleware).unwrap_or(keys.len());
        keys.insert(place, ("inherited middleware".to_owned(), Tree::Remark(inherited.join(", "))));
    }
    Tree::At(vec![at.clone()], Box::new(Tree::Map(keys).filled()))
}

/// The keys of its target.
fn target(model: &Model, route: &Route) -> Vec<(&'static str, Tree)> {
    let at = &route.origin.path;
    match &route.target {
        Target::Forward(forward) => {
            let name = model.upstream(forward.upstream).map(|upstream| upstream.name.clone());
            let paths = vec![at.key(WrittenRoute::upstream), at.key(WrittenRoute::backends)];
            let name = Tree::At(paths, Box::new(Tree::Text(name.unwrap_or_default())));
            let path = match &forward.path {
                PathChange::Keep => None,
                PathChange::StripPrefix { prefix } => Some((WrittenRoute::strip_prefix, Tree::text(prefix))),
                PathChange::Rewrite(to) => {
                    Some((WrittenRoute::rewrite, Tree::Text(show::template(to, route))))
                }
            };
            [(WrittenRoute::upstream, name)].into_iter().chain(path).collect()
        }
        Target::Redirect(redirect) => {
            let redirect = Redirect { to: show::template(&redirect.to, route), status: redirect.status };
            vec![(WrittenRoute::redirect, redirect.tree())]
        }
        Target::Respond(respond) => vec![(WrittenRoute::respond, respond.tree().filled())],
    }
}

/// What it inherits, whose state it shares with others; and the entries of its own, in full.
fn middleware(model: &Model, route: &Route) -> (Vec<String>, Vec<(String, Tree)>) {
    let mut inherited = Vec::new();
    let mut own = Vec::new();
    for layer in route.middleware.layers(&model.policies) {
        if layer.origin.scope == Scope::TopLevel {
            inherited.push(format!("{} ({})", layer.kind, model.whereabouts(layer.line)));
        } else {
            own.push((layer.kind.to_owned(), written(&layer)));
        }
    }
    let has = route.middleware.names();
    let is_forward = matches!(route.target, Target::Forward(_));
    for layer in model.policies.top_level() {
        // What has nothing to do without an upstream has not been switched off.
        if !has.contains(&layer.kind) && (is_forward || !layer.facts.needs_upstream) {
            own.push((layer.kind.to_owned(), Tree::plain("off")));
        }
    }
    (inherited, own)
}
