//! `observability.max_series`: a bound on what `/metrics` can grow to.

use crate::budget;
use crate::codes;
use crate::diagnostic::Reporter;
use crate::model::Model;
use crate::source::ConfigPath;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let Some(most) = model.observability.max_series else { return };
    let mut families = budget::series(model);
    let total: u64 = families.iter().map(|family| family.most).sum();
    if total <= most {
        return;
    }
    families.sort_by_key(|family| std::cmp::Reverse(family.most));
    let largest: Vec<String> = families
        .iter()
        .take(3)
        .map(|family| format!("{} {} ({})", family.most, family.name, family.of))
        .collect();
    let at = ConfigPath::root().key("observability").key("max_series");
    let title = format!("this gateway can have {total} series of metrics");
    sink.error_at(&codes::SERIES_BUDGET, &at, title, format!("{} more than this", total - most))
        .help(format!("most of them are {}", largest.join(", ")))
        .help("routes that name their `methods` have fewer");
}
