//! Rules across the whole file: what no single section can know.
//!
//! Only looks at the model and reports; changes nothing. No check is quadratic in the number of routes.

mod ambiguity;
mod builtin;
mod contradictions;
mod fields;
mod itself;
mod lints;
mod listeners;
mod loops;
mod preflights;
mod reachability;
mod series;
mod timeouts;
mod trials;
mod values;

use crate::diagnostic::Reporter;
use crate::model::Model;
use crate::table::Table;

/// Checks the whole file. Problems are in the sink.
pub(crate) fn check(model: &Model, sink: &mut Reporter<'_>) {
    // Of a config with mistakes, tests and lints would say nothing.
    let is_whole = !sink.problems.has_errors();
    let sites = model.sites();
    let tables: Vec<Table<'_>> = sites.iter().map(|site| Table::new(&site.model)).collect();
    ambiguity::check(&sites, &tables, sink);
    reachability::check(&tables, sink);
    builtin::check(model, sink);
    fields::check(model, sink);
    contradictions::check(model, sink);
    preflights::check(&sites, sink);
    listeners::check(model, sink);
    itself::check(model, sink);
    loops::check(&tables, sink);
    timeouts::check(model, sink);
    series::check(model, sink);
    values::check(model, sink);
    if is_whole {
        trials::check(model, &sites, &tables, sink);
        lints::check(model, &tables, sink);
    }
}
