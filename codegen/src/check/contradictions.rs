//! Keys of a middleware that cannot both be so, wherever a route has them from.

use crate::codes;
use crate::diagnostic::Reporter;
use crate::model::Model;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut reported = BTreeSet::new();
    for part in model.policies.all().flat_map(|policy| policy.parts()) {
        for contradiction in part.settings.contradictions() {
            let (key, other) = contradiction.keys;
            let at = part.written(&[key], sink.source);
            let other = other.map(|other| part.written(&[other], sink.source));
            let is_known = sink.is_refused(&at) || other.as_ref().is_some_and(|other| sink.is_refused(other));
            if is_known || !reported.insert((at.clone(), other.clone())) {
                continue;
            }
            let other = other.and_then(|other| sink.source.written_span(&other));
            sink.error_at(&codes::IMPOSSIBLE_VALUE, &at, contradiction.title, contradiction.label)
                .label(other, "because of this")
                .help(contradiction.help);
        }
    }
}
