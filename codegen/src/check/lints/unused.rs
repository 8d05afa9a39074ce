//! What was written and has no effect.

use crate::diagnostic::{Diagnostics, quoted};
use crate::lint::Lint;
use crate::model::{Model, Scope};
use std::collections::BTreeSet;

/// Top-level middleware which no route has.
pub(super) fn middleware(model: &Model, sink: &mut Diagnostics) {
    let sets = model.routes.iter().map(|route| &route.middleware).chain([&model.unmatched]);
    // A route's own entry may have taken some of its fields from the top level.
    let used: BTreeSet<&str> =
        sets.flat_map(|set| set.layers(&model.policies)).map(|layer| layer.kind).collect();
    for (kind, origin) in model.policies.origins() {
        if origin.scope != Scope::TopLevel || used.contains(kind) {
            continue;
        }
        let title = format!("no route has the middleware {}", quoted(kind));
        let label = "every route has switched it off, or has no use for it";
        if let Some(problem) = sink.lint_at_key(Lint::UnusedMiddleware, &origin.path, title, label) {
            problem.help("remove it; requests that match no route have `request_id` and `access_log` only");
        }
    }
}

/// An `allow` that has outlived its reason.
pub(super) fn allows(sink: &mut Diagnostics) {
    for (lint, at) in sink.unused_allows() {
        let title = format!("{} finds nothing here", quoted(lint.name()));
        sink.lint_at(Lint::UnusedAllow, &at, title, "lets nothing off; remove it");
    }
}
