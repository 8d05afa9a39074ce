//! A route, written out.

use super::written;
use crate::language::{Section, Words};
use crate::model::{Model, PathChange, Route, Scope, Target};
use crate::pattern::{HostPattern, MatchKind};
use crate::show;
use crate::yaml::Tree;

pub(super) fn route(model: &Model, route: &Route) -> Tree {
    let at = &route.origin.path;
    let mut keys: Vec<(String, Tree)> = Vec::new();
    let mut put = |key: &str, value: Tree| keys.push((key.to_owned(), value));
    put("name", Tree::text(&route.name));
    if route.host != HostPattern::Any {
        put("host", Tree::text(route.host.to_string()));
    }
    put("path", Tree::text(route.path.to_string()));
    let kind = match route.path.kind {
        MatchKind::Exact => "exact",
        MatchKind::Prefix => "prefix",
    };
    put("match", Tree::plain(kind));
    if !route.methods.is_all() {
        put("methods", Tree::plains(route.methods.named()));
    }
    put("path_parameters", Tree::plain(route.path_parameters.as_str()));
    let literal = |text: &str| Tree::text(show::literal(text));
    let headers = route.headers.iter().map(|header| (header.name.to_string(), literal(&header.value)));
    if !route.headers.is_empty() {
        put("headers", Tree::Map(headers.collect()));
    }
    let query = route.query.iter().map(|wanted| (wanted.name.clone(), literal(&wanted.value)));
    if !route.query.is_empty() {
        put("query", Tree::Map(query.collect()));
    }
    target(model, route, &mut put);
    if matches!(route.target, Target::Forward(_)) {
        let timeout = Tree::Plain(show::duration(route.timeout));
        let default = crate::source::ConfigPath::root().key("server").key("timeouts").key("request");
        put("timeout", Tree::At(vec![at.key("timeout"), default], Box::new(timeout)));
        put("idle", Tree::Plain(show::duration(route.idle)));
        put("total", Tree::plain(route.total.map_or_else(|| "off".to_owned(), show::duration)));
    }
    let (inherited, own) = middleware(model, route);
    if !inherited.is_empty() {
        put("inherited middleware", Tree::Remark(inherited.join(", ")));
    }
    if !own.is_empty() {
        put("middleware", Tree::Map(own));
    }
    Tree::At(vec![at.clone()], Box::new(Tree::Map(keys)))
}

fn target(model: &Model, route: &Route, put: &mut impl FnMut(&str, Tree)) {
    let at = &route.origin.path;
    match &route.target {
        Target::Forward(forward) => {
            let name =
                model.upstream(forward.upstream).map(|upstream| upstream.name.clone()).unwrap_or_default();
            let paths = vec![at.key("upstream"), at.key("backends")];
            put("upstream", Tree::At(paths, Box::new(Tree::Text(name))));
            match &forward.path {
                PathChange::Keep => {}
                PathChange::StripPrefix { prefix } => put("strip_prefix", Tree::text(prefix)),
                PathChange::Rewrite(pieces) => put("rewrite", Tree::Text(show::template(pieces, route))),
            }
        }
        Target::Redirect(redirect) => {
            let to = Tree::Text(show::template(&redirect.to, route));
            put("redirect", Tree::map([("to", to), ("status", Tree::plain(redirect.status))]));
        }
        Target::Respond(respond) => put("respond", respond.tree().filled()),
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
