//! A change, and the words for kinds of changes, which `--fail-on` takes.

use crate::middleware::NAMES;
use serde_json::{Value, json};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// `auth-removed`
    pub kind: String,
    /// What it concerns, if the kind does not say: `server.limits.body`.
    pub what: Option<String>,
    /// What was.
    pub old: Option<String>,
    /// What is.
    pub new: Option<String>,
}

/// Kinds besides those of middleware.
const KINDS: [&str; 13] = [
    "route-added",
    "route-removed",
    "route-changed",
    "target-changed",
    "upstream-changed",
    "forward-path-changed",
    "redirect-changed",
    "response-changed",
    "timeout-changed",
    "server-changed",
    "admin-changed",
    "backends-changed",
    "upstream-settings-changed",
];

impl Change {
    pub(super) fn new(kind: impl Into<String>, old: Option<String>, new: Option<String>) -> Self {
        Self { kind: kind.into(), what: None, old, new }
    }

    /// `timeout-changed: 5s -> 10s`
    pub(super) fn line(&self) -> String {
        let value = match (&self.old, &self.new) {
            (Some(old), Some(new)) => format!("{old} -> {new}"),
            (Some(old), None) => format!("was {old}"),
            (None, Some(new)) => new.clone(),
            (None, None) => String::new(),
        };
        let what = self.what.as_ref().map(|what| format!(" {what}")).unwrap_or_default();
        let line = format!("{}{what}: {value}", self.kind);
        line.trim_end_matches([':', ' ']).to_owned()
    }

    pub(super) fn json(&self) -> Value {
        json!({"kind": self.kind, "what": self.what, "old": self.old, "new": self.new})
    }
}

/// The kinds of changes of a middleware.
pub(super) fn of_middleware(name: &str, what: &str) -> String {
    format!("{}-{what}", name.replace('_', "-"))
}

/// Every kind there is.
pub fn kinds() -> Vec<String> {
    let middleware =
        NAMES.iter().flat_map(|name| ["added", "removed", "changed"].map(|what| of_middleware(name, what)));
    KINDS.iter().map(|kind| (*kind).to_owned()).chain(middleware).collect()
}

/// Whether there is a kind of this name.
pub fn is_kind(name: &str) -> bool {
    kinds().iter().any(|kind| kind == name)
}
