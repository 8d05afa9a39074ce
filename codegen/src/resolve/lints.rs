//! `lints:` and `allow:`

use super::Cx;
use crate::ast;
use crate::codes;
use crate::lint::{Allow, Level, Lint};
use crate::model::LetOff;
use crate::source::ConfigPath;

const LEVELS: [(&str, Level); 3] = [("allow", Level::Allow), ("warn", Level::Warn), ("deny", Level::Deny)];

/// Sets the levels, which have to be known before anything is looked at.
pub(super) fn levels(cx: &mut Cx<'_>, gateway: &ast::Gateway) {
    let section = ConfigPath::root().key("lints");
    for (lint, level) in gateway.lints.get().iter().flat_map(|lints| lints.written()) {
        if let Some(level) = cx.word(&section.key(lint.name()), level, "level", &LEVELS) {
            cx.sink.levels.set(lint, level);
        }
    }
    let routes = ConfigPath::root().key("routes");
    for (index, route) in gateway.routes.iter() {
        allow(cx, &routes.index(index), route.allow.as_ref());
    }
    let upstreams = ConfigPath::root().key("upstreams");
    for (name, upstream) in gateway.upstreams.iter() {
        allow(cx, &upstreams.key(name), upstream.and_then(|upstream| upstream.allow.as_ref()));
    }
}

fn allow(cx: &mut Cx<'_>, section: &ConfigPath, written: Option<&ast::List<Allow>>) {
    let list_at = section.key("allow");
    let names = Lint::ALL.iter().map(|lint| (lint.name(), *lint)).collect::<Vec<_>>();
    for (index, allow) in written.iter().flat_map(|list| list.iter()) {
        let at = list_at.index(index);
        match &allow.reason {
            Some(reason) if reason.trim().is_empty() => {
                cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &at.key("reason"), "an empty reason", "say why");
            }
            Some(_) => {}
            None => cx.missing(&at, "reason", "whoever reads the file next will ask why"),
        }
        match &allow.lint {
            Some(name) => {
                let lint_at = at.key("lint");
                if let Some(lint) = cx.word(&lint_at, name, "lint", &names)
                    && let Some(first) = cx.sink.levels.let_off(section, lint, &lint_at)
                {
                    let title = format!("`{name}` is let off twice");
                    let first = cx.source.value_span(&first);
                    let problem =
                        cx.sink.error_at(&codes::DUPLICATE_KEY, &lint_at, title, "one reason is enough");
                    if let Some(first) = first {
                        problem.label(first, "first let off here");
                    }
                }
            }
            None => cx.missing(&at, "lint", "the name of a lint, such as `route-without-auth`"),
        }
    }
}

/// What a route or an upstream is let off, for reports; what is wrong with it has been reported.
pub(super) fn let_off(written: Option<&ast::List<Allow>>) -> Vec<LetOff> {
    let entries = written.iter().flat_map(|list| list.iter());
    let let_off = entries.filter_map(|(_, allow)| {
        let lint = Lint::ALL.iter().find(|lint| allow.lint.as_deref() == Some(lint.name()))?;
        Some(LetOff { lint: *lint, reason: allow.reason.clone()? })
    });
    let_off.collect()
}
