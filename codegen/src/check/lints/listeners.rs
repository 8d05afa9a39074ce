//! Listeners that serve nobody.

use crate::diagnostic::{Reporter, quoted};
use crate::lint::Lint;
use crate::model::Model;

/// On a listener without routes every request is 404.
pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    for listener in &model.listeners {
        if model.routes.iter().any(|route| route.listeners.has(listener)) {
            continue;
        }
        let name = listener.name.as_deref().unwrap_or_default();
        let title = format!("no route is reached on the listener {}", quoted(name));
        sink.lint_at_key(
            Lint::LISTENER_WITHOUT_ROUTE,
            &listener.origin.path,
            title,
            "every request is 404 here",
        )
        .help("name it in the `listener` of a route, or remove it");
    }
}
