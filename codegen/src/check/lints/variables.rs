//! Text of fields and bodies that is a variable in other gateways and only text here.
//!
//! In a field most of them are errors. A body is a document, in which a `$` and braces mean much to whoever reads it, so only what is
//! hardly anything but a gateway's variable is said, and nothing of a program.

use super::foreign::first_group;
use crate::check::values::{of_answer, of_layers};
use crate::diagnostic::{Reporter, quoted};
use crate::language::route::WrittenRespond;
use crate::lint::Lint;
use crate::middleware::Use;
use crate::model::{Model, RequestText};
use crate::resolve::value::{Braces, Captures, parse, shape, unmistakable};
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut seen: BTreeSet<ConfigPath> = BTreeSet::new();
    let of_routes = model.routes.iter().map(|route| (&route.middleware, Some(route)));
    for (set, route) in of_routes.chain([(&model.unmatched, None)]) {
        let layers: Vec<Use<'_>> = set.layers(&model.policies).collect();
        let values = of_layers(&layers, sink.source);
        for (at, text) in values.into_iter().chain(route.into_iter().flat_map(of_answer)) {
            // What many routes inherit is said once.
            if !seen.insert(at.clone()) {
                continue;
            }
            if at.last() == WrittenRespond::body { body(&at, text, sink) } else { field(&at, text, sink) }
        }
    }
}

fn body(at: &ConfigPath, text: &RequestText, sink: &mut Reporter<'_>) {
    let is_program =
        |text: &str| text.starts_with("#!") || text.contains("<script") || text.contains("<?php");
    if text.literals().any(is_program) {
        return;
    }
    let Some((variable, ours)) = text.literals().find_map(unmistakable) else { return };
    let title = format!("{} in a body is only text here", quoted(variable));
    sink.lint_at(Lint::FOREIGN_WILDCARD, at, title, "this is sent as it is")
        .help(format!("`{{{ours}}}` means the same"));
}

fn field(at: &ConfigPath, text: &RequestText, sink: &mut Reporter<'_>) {
    if let Some(group) = text.literals().find_map(group) {
        let title = format!("{} in {} is only text here", quoted(group), quoted(at.last()));
        sink.lint_at(Lint::FOREIGN_WILDCARD, at, title, "stands for nothing that the path took")
            .help("what the path took has names: `{name}` or `{*name}`");
    } else if let Some(value) = text.literals().find_map(doubled) {
        let title = format!("{} in two pairs of braces is text, in {}", quoted(value), quoted(at.last()));
        sink.lint_at(Lint::FOREIGN_WILDCARD, at, title, "this is sent in one pair, as it is")
            .help(format!("the value is `{value}`"));
    }
}

/// `$1` where it stands in a path, or alone; `$5.00` and `at $5 each` are prices.
fn group(text: &str) -> Option<&str> {
    let group = first_group(text)?;
    let (before, behind) = text.split_once(group)?;
    let is_beside = before.ends_with(['/', '=', '-']) || behind.starts_with(['/', '&', '-']);
    (group.len() == 2 && (is_beside || text == group)).then_some(group)
}

/// What would be a value, if it had not been written in two pairs of braces.
fn doubled(text: &str) -> Option<&str> {
    let mut braces = text.match_indices('{').map(|(at, _)| &text[at..]);
    braces.find_map(|rest| {
        let value = &rest[..shape(rest)?];
        parse(value, Braces::Doubled, &Captures::TopLevel).is_ok().then_some(value)
    })
}
