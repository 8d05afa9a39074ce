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
        let parts =
            layers[..proof].iter().flat_map(|layer| layer.parts().into_iter().map(move |part| (layer, part)));
        for (layer, part) in parts {
            let Some(keys) = part.settings.told_apart_by_choice() else { continue };
            let at = part.written(keys, sink.source);
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
