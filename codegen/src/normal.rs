//! The normalised config: everything resolved, every default written out, in one form. For people to read, for
//! programs to compare. It is a config itself, and means the same.
//!
//! What only the build looks at (`tests`, `lints`, `allow`, `observability`) is left out: it does nothing at run time.
//!
//! Secrets cannot be in it: a late value is its `${env:..}` text here as everywhere at build.

mod route;
mod upstream;

pub(crate) use route::redirect;
pub use route::route;

use crate::language::kind::{Address, OneOrList};
use crate::language::server::{ListenerSection, WrittenServer};
use crate::language::{Kind, Section};
use crate::middleware::Use;
use crate::model::{Listener, Model, Route, Upstream};
use crate::source::{ConfigPath, Source};
use crate::yaml::Tree;
use std::time::Duration;

/// The whole config as a tree.
pub fn tree(model: &Model) -> Tree {
    whole(model, |_| None)
}

/// The tree as it can be read again: a default which is longer than the time that `most` gives its upstream never
/// takes effect, and written out it would be a mistake.
fn whole(model: &Model, most: impl Fn(&Upstream) -> Option<Duration>) -> Tree {
    let mut sections = vec![("server".to_owned(), server(model))];
    if let Some(admin) = &model.admin {
        sections.push(("admin".to_owned(), admin.tree()));
    }
    if !model.upstreams.is_empty() {
        let upstreams =
            model.upstreams.iter().map(|each| (each.name.clone(), upstream::upstream(each, most(each))));
        sections.push(("upstreams".to_owned(), Tree::Map(upstreams.collect())));
    }
    let middleware: Vec<(String, Tree)> =
        model.policies.top_level().map(|layer| (layer.kind.to_owned(), written(&layer))).collect();
    if !middleware.is_empty() {
        sections.push(("middleware".to_owned(), Tree::Map(middleware)));
    }
    let routes = model.routes.iter().filter(|each| each.is_written()).map(|each| route::route(model, each));
    sections.push(("routes".to_owned(), Tree::List(routes.collect())));
    Tree::Map(sections)
}

/// What faces the clients; listeners without a name are in `listen`.
fn server(model: &Model) -> Tree {
    let section = |listener: &Listener| ListenerSection {
        address: listener.address.clone(),
        proxy_protocol: listener.proxy_protocol.clone(),
        protocols: listener.protocols.clone(),
        tls: listener.tls.clone(),
        redirect: listener.redirect.as_ref().map(redirect),
    };
    let own = match model.listeners.as_slice() {
        [only @ Listener { name: None, .. }] => {
            vec![(WrittenServer::listen, OneOrList(Address, "").tree(&only.address))]
        }
        listeners => {
            let named = listeners.iter().map(|listener| {
                let name = listener.name.clone().unwrap_or_default();
                (
                    name,
                    Tree::At(vec![listener.origin.path.clone()], Box::new(section(listener).tree().filled())),
                )
            });
            vec![(WrittenServer::listeners, Tree::Map(named.collect()))]
        }
    };
    let is_named = own.iter().any(|(key, _)| *key == WrittenServer::listeners);
    let Tree::Map(mut keys) = model.server.tree_with(own) else { return Tree::Map(Vec::new()) };
    keys.retain(|(key, _)| !is_named || key != WrittenServer::listen);
    // It says nothing where nobody speaks it.
    keys.retain(|(key, _)| model.http2().is_some() || key != WrittenServer::http2);
    Tree::Map(keys)
}

/// A middleware's section or list, and where its fields may have been written.
fn written(layer: &Use<'_>) -> Tree {
    let places = match layer.parts().as_slice() {
        [only] => only.places(),
        _ => vec![layer.origin.path.clone()],
    };
    Tree::At(places, Box::new(layer.settings.written()))
}

/// The middleware of a route as it takes effect, outermost first: what it is called, and all its settings.
pub fn layers(model: &Model, route: &Route) -> Vec<(&'static str, Tree)> {
    route.middleware.layers(&model.policies).map(|layer| (layer.kind, layer.settings.written())).collect()
}

/// An upstream's section.
pub fn upstream(upstream: &Upstream) -> Tree {
    upstream::upstream(upstream, None)
}

/// The config as YAML.
pub fn text(model: &Model) -> String {
    whole(model, |upstream| longest(model, upstream)).yaml(&|_| None)
}

/// The config as YAML; behind each value, where it was written, or that it is a default.
pub fn text_with_origins(model: &Model, source: &Source) -> String {
    whole(model, |upstream| longest(model, upstream)).yaml(&|paths| {
        let found = paths.iter().find(|path| source.is_written(path)).cloned();
        // Names of fields are in lower case here, but perhaps not in the config.
        let found = found.or_else(|| paths.iter().filter_map(fields).find(|path| source.is_written(path)));
        Some(match found {
            Some(path) => source.file_line(&path).to_string(),
            None => "default".to_owned(),
        })
    })
}

/// The most time that any route leaves an upstream.
fn longest(model: &Model, upstream: &Upstream) -> Option<Duration> {
    let of = |route: &Route| model.upstream(route.forward()?.upstream);
    let forwards = model.routes.iter().filter(|route| of(route).is_some_and(|of| of.name == upstream.name));
    forwards.map(|route| route.timeout).max()
}

/// The map of header fields which the value is in, if it is in one.
fn fields(path: &ConfigPath) -> Option<ConfigPath> {
    let map = path.parent()?;
    let is_fields = [".set", ".add", ".headers"].iter().any(|name| map.as_str().ends_with(name));
    is_fields.then_some(map)
}

#[cfg(test)]
mod tests;
