//! `lints:` and `allow:`

use super::Cx;
use crate::ast;
use crate::codes;
use crate::language::lints::{Allow, WrittenAllow};
use crate::language::{Section, Words};
use crate::lint::Level;
use crate::source::ConfigPath;

/// Sets the levels, which have to be known before anything is looked at.
pub(super) fn levels(cx: &mut Cx<'_>, gateway: &ast::Gateway) {
    let section = ConfigPath::root().key("lints");
    for (lint, level) in gateway.lints.get().iter().flat_map(|lints| lints.written()) {
        if let Some(level) = cx.word(&section.key(lint.name()), level, Level::WHAT, Level::ALL) {
            cx.sink.levels.set(lint, level);
        }
    }
    let routes = ConfigPath::root().key("routes");
    for (index, route) in gateway.routes.iter() {
        allow(cx, &routes.index(index), route.allow.get());
    }
    let upstreams = ConfigPath::root().key("upstreams");
    for (name, upstream) in gateway.upstreams.iter() {
        allow(cx, &upstreams.key(name), upstream.and_then(|upstream| upstream.allow.get()));
    }
}

fn allow(cx: &mut Cx<'_>, section: &ConfigPath, written: Option<&ast::List<WrittenAllow>>) {
    let list_at = section.key("allow");
    for (index, allow) in written.iter().flat_map(|list| list.iter()) {
        let at = list_at.index(index);
        let Allow { lint, reason } = Allow::with_defaults(cx, at.clone(), Some(allow));
        if reason.is_some_and(|reason| reason.trim().is_empty()) {
            let at = at.key(WrittenAllow::reason);
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &at, "an empty reason", "say why");
        }
        let (Some(lint), lint_at) = (lint, at.key(WrittenAllow::lint)) else { continue };
        if let Some(first) = cx.sink.levels.let_off(section, lint, &lint_at) {
            let title = format!("`{}` is let off twice", lint.name());
            let first = cx.source.value_span(&first);
            let problem = cx.sink.error_at(&codes::DUPLICATE_KEY, &lint_at, title, "one reason is enough");
            problem.label(first, "first let off here");
        }
    }
}
