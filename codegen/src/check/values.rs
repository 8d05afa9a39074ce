//! Values of the request that some requests never have: an id, where nothing gives one.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::middleware::{REGISTRY, Use};
use crate::model::{Model, RequestText, Route, Source, Target};
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut reported: BTreeSet<ConfigPath> = BTreeSet::new();
    let routes = model.routes.iter().map(|route| (&route.middleware, Some(route)));
    for (set, route) in routes.chain([(&model.unmatched, None)]) {
        let layers: Vec<Use<'_>> = set.layers(&model.policies).collect();
        if layers.iter().any(|layer| layer.facts.gives_id) {
            continue;
        }
        let mut values: Vec<(ConfigPath, &RequestText)> = Vec::new();
        for part in layers.iter().flat_map(Use::parts) {
            let of_part = part.settings.values().into_iter();
            values.extend(of_part.map(|(keys, value)| (part.written(&keys, sink.source), value)));
        }
        if let Some(route) = route
            && let Target::Respond(respond) = &route.target
        {
            values.push((route.origin.path.key("respond").key("body"), &respond.body));
            let at = route.origin.path.key("respond").key("headers");
            values.extend(respond.headers.iter().map(|(name, value)| (at.key(name.as_str()), value)));
        }
        values.extend(route.and_then(Route::template));
        for (at, value) in values {
            if value.sources().any(|source| *source == Source::Id) && reported.insert(at.clone()) {
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
