//! Values of the request that some requests never have: an id, where nothing gives one.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::language::route::{WrittenRespond, WrittenRoute};
use crate::middleware::{REGISTRY, Use};
use crate::model::{self, Model, RequestText, Route, Target};
use crate::source::{ConfigPath, Source};
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut reported: BTreeSet<ConfigPath> = BTreeSet::new();
    let routes = model.routes.iter().map(|route| (&route.middleware, Some(route)));
    for (set, route) in routes.chain([(&model.unmatched, None)]) {
        let layers: Vec<Use<'_>> = set.layers(&model.policies).collect();
        if layers.iter().any(|layer| layer.facts.gives_id) {
            continue;
        }
        let mut values = of_layers(&layers, sink.source);
        values.extend(route.into_iter().flat_map(of_answer));
        values.extend(route.and_then(Route::template));
        for (at, value) in values {
            if value.sources().any(|source| *source == model::Source::Id) && reported.insert(at.clone()) {
                let of = route.map_or_else(
                    || "requests that match no route have no id".to_owned(),
                    |route| format!("requests of the route {} have no id", quoted(&route.name)),
                );
                let problem = sink.error_at(&codes::BAD_VALUE, &at, "`{request.id}` where there is none", of);
                let gives = REGISTRY.iter().find(|entry| entry.facts.gives_id).map_or("", |entry| entry.name);
                problem.help(format!("add `{gives}`, which gives each request one, or leave the value out"));
            }
        }
    }
}

/// The values of middleware, and where they were written.
pub(super) fn of_layers<'m>(layers: &[Use<'m>], source: &Source) -> Vec<(ConfigPath, &'m RequestText)> {
    let parts = layers.iter().flat_map(Use::parts);
    let values = parts.flat_map(|part| {
        let of_part = part.settings.values().into_iter();
        of_part.map(move |(keys, value)| (part.written(&keys, source), value)).collect::<Vec<_>>()
    });
    values.collect()
}

/// Those of a fixed response: of its body, and of its fields.
pub(super) fn of_answer(route: &Route) -> Vec<(ConfigPath, &RequestText)> {
    let Target::Respond(respond) = &route.target else { return Vec::new() };
    let at = route.origin.path.key(WrittenRoute::respond);
    let fields = at.key(WrittenRespond::headers);
    let fields = respond.headers.iter().map(|(name, value)| (fields.key(name.as_str()), value));
    std::iter::once((at.key(WrittenRespond::body), &respond.body)).chain(fields).collect()
}
