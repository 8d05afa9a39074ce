//! Lints over the whole model: what is missing rather than wrong.

mod foreign;
mod networks;
mod routes;
mod unused;
mod upstreams;

use crate::diagnostic::Reporter;
use crate::table::Table;

pub(super) fn check(table: &Table<'_>, sink: &mut Reporter<'_>) {
    let model = table.model();
    routes::check(table, sink);
    upstreams::check(model, sink);
    foreign::check(model, sink);
    networks::check(model, sink);
    unused::middleware(model, sink);
    model.policies.all().for_each(|policy| policy.settings.lint(&policy.origin.path, sink));
    // Last: by now every other lint has looked at everything.
    unused::allows(sink);
}
