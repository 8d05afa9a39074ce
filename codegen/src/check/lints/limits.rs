//! Limits that stand before the proof of who asks, and go by what anybody may write.

use crate::diagnostic::{Reporter, quoted};
use crate::lint::Lint;
use crate::middleware::Use;
use crate::model::Model;
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut seen: BTreeSet<ConfigPath> = BTreeSet::new();
    for route in &model.routes {
        let layers: Vec<Use<'_>> = route.middleware.layers(&model.policies).collect();
        let Some(proof) = layers.iter().position(|layer| layer.facts.proves_who) else { continue };
        for layer in &layers[..proof] {
            let Some(keys) = layer.settings.told_apart_by_choice() else { continue };
            // What a route does not say itself it has from the top level.
            let below = |at: &ConfigPath| keys.iter().fold(at.clone(), |at, key| at.key(key));
            let (own, everywhere) =
                (below(&layer.origin.path), below(&ConfigPath::root().key("middleware").key(layer.kind)));
            let at = if sink.source.is_written(&own) { own } else { everywhere };
            if !seen.insert(at.clone()) {
                continue;
            }
            let title =
                format!("whoever guesses is not held up by the `{}` of {}", layer.kind, quoted(&route.name));
            let label = format!(
                "`{}` comes later: another value with each request is another client",
                layers[proof].kind
            );
            sink.lint_at(Lint::LIMIT_BY_CHOICE, &at, title, label)
                .help("count by `client_ip`, or by both: `\"{client.ip} {header.NAME}\"`");
        }
    }
}
