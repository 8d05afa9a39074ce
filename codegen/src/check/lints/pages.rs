//! Fields that every request must have, and that no page of another origin may send.

use crate::addition;
use crate::diagnostic::{Reporter, quoted};
use crate::lint::Lint;
use crate::middleware::{CorsSection, Use};
use crate::model::Model;
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut reported: BTreeSet<(ConfigPath, &str)> = BTreeSet::new();
    for route in &model.routes {
        let layers: Vec<Use<'_>> = route.middleware.layers(&model.policies).collect();
        let sharing = layers.iter().find_map(|layer| Some((layer, layer.settings.shares()?)));
        let Some((shares, sharing)) = sharing else { continue };
        let Some(list) =
            shares.parts().first().map(|part| part.written(&[CorsSection::headers], sink.source))
        else {
            continue;
        };
        for (layer, part) in
            layers.iter().flat_map(|layer| layer.parts().into_iter().map(move |part| (layer, part)))
        {
            let Some((field, keys)) = part.settings.asks_for() else { continue };
            if sharing.has_field(field.as_str()) || !reported.insert((list.clone(), field.as_str())) {
                continue;
            }
            let asked = sink.source.written_span(&part.written(keys, sink.source));
            let asked = asked.or_else(|| sink.source.key_span(&layer.origin.path));
            let title = format!("no page can send {} to {}", quoted(field.as_str()), quoted(&route.name));
            let label = "a preflight that announces it is refused";
            let (problem, mend) = if sink.source.is_written(&list) {
                let mend = addition::of_entry(sink.source, &list, field.as_str());
                (sink.lint_at(Lint::UNSENDABLE_KEY, &list, title, label), mend)
            } else {
                let section = list.parent().unwrap_or_else(|| shares.origin.path.clone());
                let mend = addition::of_list(sink.source, &section, CorsSection::headers, field.as_str());
                (sink.lint_at_key(Lint::UNSENDABLE_KEY, &section, title, label), mend)
            };
            problem.label(asked, format!("`{}` lets nobody in without it", layer.kind));
            if let Some((span, text)) = mend {
                problem.suggest("let pages send it", span, text);
            }
        }
    }
}
