//! Lints over the whole model: what is missing rather than wrong.

mod foreign;
mod guards;
mod head;
mod limits;
mod listeners;
mod networks;
mod pages;
mod routes;
mod sockets;
mod unused;
mod upstreams;
mod variables;

use crate::diagnostic::Reporter;
use crate::model::Model;
use crate::table::Table;

pub(super) fn check(model: &Model, tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    routes::check(model, tables, sink);
    guards::check(tables, sink);
    head::check(tables, sink);
    listeners::check(model, sink);
    upstreams::check(model, sink);
    foreign::check(model, sink);
    variables::check(model, sink);
    networks::check(model, sink);
    limits::check(model, sink);
    sockets::check(model, sink);
    pages::check(model, sink);
    unused::middleware(model, sink);
    model.policies.all().for_each(|policy| policy.settings.lint(&policy.origin.path, sink));
    // Last: by now every other lint has looked at everything.
    unused::allows(sink);
}
