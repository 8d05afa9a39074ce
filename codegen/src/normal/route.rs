//! A route, written out.

use super::written;
use crate::language::kind::{Header, Host, MethodSet, Query, TimeLimit, Timeout, Word};
use crate::language::route::{DISPUTED, Redirect, RouteLimits, WrittenRoute, WrittenRouteLimits};
use crate::language::server::{WrittenLimits, WrittenServer};
use crate::language::{Kind, Section};
use crate::model::{Model, PathChange, Route, Scope, Target};
use crate::pattern::HostPattern;
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;

/// A route's entry.
pub fn route(model: &Model, route: &Route) -> Tree {
    let at = &route.origin.path;
    let mut keys = vec![(WrittenRoute::name, Tree::text(&route.name))];
    if route.host != HostPattern::Any {
        keys.push((WrittenRoute::host, Host.tree(&route.host)));
    }
    keys.push((WrittenRoute::path, Tree::text(route.path.to_string())));
    keys.push((WrittenRoute::match_kind, Word.tree(&route.path.kind)));
    if !route.methods.is_all() {
        keys.push((WrittenRoute::methods, MethodSet.tree(&route.methods)));
    }
    keys.extend(DISPUTED.iter().map(|key| (key.key, Word.tree(&key.word(route.keeps)))));
    keys.push((WrittenRoute::limits, limits(at, route)));
    keys.push((WrittenRoute::headers, Header.tree(&route.headers)));
    keys.push((WrittenRoute::query, Query.tree(&route.query)));
    keys.extend(target(model, route));
    if matches!(route.target, Target::Forward(_)) {
        let default = ConfigPath::root().key("server").key("timeouts").key("request");
        let timeout =
            Tree::At(vec![at.key(WrittenRoute::timeout), default], Box::new(Timeout.tree(&route.timeout)));
        keys.push((WrittenRoute::timeout, timeout));
        keys.push((WrittenRoute::idle, Timeout.tree(&route.idle)));
        keys.push((WrittenRoute::total, TimeLimit.tree(&route.total)));
    }
    let (inherited, own) = middleware(model, route);
    if !inherited.is_empty() {
        keys.push(("inherited middleware", Tree::Remark(inherited.join(", "))));
    }
    keys.push((WrittenRoute::middleware, Tree::Map(own)));
    let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), value));
    Tree::At(vec![at.clone()], Box::new(Tree::Map(keys.collect()).filled()))
}

fn limits(at: &ConfigPath, route: &Route) -> Tree {
    let server = ConfigPath::root().key("server").key(WrittenServer::limits).key(WrittenLimits::body);
    let own = at.key(WrittenRoute::limits).key(WrittenRouteLimits::body);
    let limits = RouteLimits { body: Some(route.body_limit) };
    let places = |(key, limit): (&'static str, Tree)| {
        (key.to_owned(), Tree::At(vec![own.clone(), server.clone()], Box::new(limit)))
    };
    Tree::Map(limits.keys().into_iter().map(places).collect())
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
