//! What was written and has no effect.

use crate::diagnostic::{Reporter, quoted};
use crate::lint::Lint;
use crate::middleware::REGISTRY;
use crate::model::Model;
use std::collections::BTreeSet;

/// Top-level middleware which no route has.
pub(super) fn middleware(model: &Model, sink: &mut Reporter<'_>) {
    let sets = model.routes.iter().map(|route| &route.middleware).chain([&model.unmatched]);
    // A route's own entry may have taken some of its fields from the top level.
    let used: BTreeSet<&str> =
        sets.flat_map(|set| set.layers(&model.policies)).map(|layer| layer.kind).collect();
    let of_unmatched = REGISTRY.iter().filter(|entry| entry.facts.sees_unmatched);
    let of_unmatched: Vec<String> = of_unmatched.map(|entry| format!("`{}`", entry.name)).collect();
    let of_unmatched = match of_unmatched.split_last() {
        Some((last, [first, rest @ ..])) => {
            format!("{} and {last}", [std::slice::from_ref(first), rest].concat().join(", "))
        }
        _ => of_unmatched.concat(),
    };
    for layer in model.policies.top_level().filter(|layer| !used.contains(layer.kind)) {
        let title = format!("no route has the middleware {}", quoted(layer.kind));
        let label = "every route has switched it off, or has no use for it";
        sink.lint_at_key(Lint::UNUSED_MIDDLEWARE, &layer.origin.path, title, label)
            .help(format!("remove it; requests that match no route have {of_unmatched} only"));
    }
}

/// An `allow` that has outlived its reason.
pub(super) fn allows(sink: &mut Reporter<'_>) {
    for (lint, at) in sink.levels.unused() {
        let title = format!("{} finds nothing here", quoted(lint.name()));
        sink.lint_at(Lint::UNUSED_ALLOW, &at, title, "lets nothing off; remove it");
    }
}
