//! A route, written out.

use super::written;
use crate::language::kind::{PathRewrite, Protocols, Rewrite, Timeout};
use crate::language::route::{Redirect, RouteLimits, WrittenRoute, WrittenRouteLimits};
use crate::language::server::{WrittenLimits, WrittenServer};
use crate::language::{self, Kind, Section};
use crate::model::{self, Leads, Model, PathChange, PrefixChange, Route, Scope, Target};
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use castgate_contract::redirect::Parts;

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
    let upgrades = Protocols.tree(&route.upgrades);
    let upgrades = Tree::At(
        vec![at.key(WrittenRoute::upgrades), server.key(WrittenServer::upgrades)],
        Box::new(upgrades),
    );
    let (inherited, own) = middleware(model, route);
    let mut keys = vec![
        (WrittenRoute::name, Tree::text(&route.name)),
        (WrittenRoute::path, Tree::text(route.path.to_string())),
        (WrittenRoute::limits, Tree::Map(body.collect())),
        (WrittenRoute::timeout, timeout),
        (WrittenRoute::idle, Timeout.tree(&route.idle)),
        (WrittenRoute::upgrades, upgrades),
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
                PathChange::Keep => Vec::new(),
                PathChange::Prefix(PrefixChange { put, .. }) if route.settings.rewrite.is_some() => {
                    let prefix = PathRewrite.tree(&Rewrite::Prefix(or_slash(put)));
                    vec![(WrittenRoute::rewrite, prefix)]
                }
                PathChange::Prefix(PrefixChange { taken, put }) => {
                    let keys = [(WrittenRoute::strip_prefix, taken), (WrittenRoute::add_prefix, put)];
                    let keys = keys.into_iter().filter(|(_, text)| !text.is_empty());
                    keys.map(|(key, text)| (key, Tree::text(text))).collect()
                }
                PathChange::Rewrite(to) => {
                    vec![(WrittenRoute::rewrite, Tree::Text(show::template(to)))]
                }
            };
            [(WrittenRoute::upstream, name)].into_iter().chain(path).collect()
        }
        Target::Redirect(redirect) => {
            vec![(WrittenRoute::redirect, self::redirect(redirect).tree().filled())]
        }
        Target::Respond(respond) => vec![(WrittenRoute::respond, respond.tree().filled())],
    }
}

/// A prefix as it is written.
fn or_slash(prefix: &str) -> String {
    if prefix.is_empty() { "/".to_owned() } else { prefix.to_owned() }
}

/// A redirect's section.
pub(crate) fn redirect(redirect: &model::Redirect) -> Redirect {
    let status = redirect.status;
    match &redirect.leads {
        Leads::To(to) => {
            let to = Some(show::template(to));
            Redirect { to, scheme: None, host: None, port: None, prefix: None, status }
        }
        Leads::Parts(Parts { scheme, host, port, prefix }) => {
            let prefix = prefix.as_ref().map(|prefix| or_slash(&prefix.put));
            Redirect { to: None, scheme: *scheme, host: host.clone(), port: *port, prefix, status }
        }
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
