//! A change, and the words for kinds of changes, which `--fail-on` takes.

use crate::middleware::REGISTRY;
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

/// Kinds besides those of middleware, and when they occur.
const KINDS: [(&str, &str); 22] = [
    ("route-added", "a route takes what got 404 or 405"),
    ("route-removed", "nothing takes what a route took"),
    ("route-changed", "a route of another name takes it"),
    (
        "route-exposed",
        "a route takes it that was reached on other listeners only; beside what else has changed",
    ),
    (
        "built-in-added",
        "the gateway itself answers the path on every listener, with no middleware: `admin` is gone",
    ),
    ("built-in-removed", "it does no more: there is an `admin` listener"),
    ("target-changed", "another kind of target: upstream, redirect or response"),
    (
        "upstream-changed",
        "an upstream of another name; what it is called counts only if it has an entry in `upstreams`",
    ),
    ("forward-path-changed", "the backend sees another path"),
    ("redirect-changed", "another status or place"),
    ("response-changed", "another response of the gateway's own"),
    ("timeout-changed", "a timeout of the route"),
    ("limits-changed", "what a client may send on the route"),
    ("upgrades-changed", "the protocols that a connection may switch to on the route"),
    ("upgrades-loosened", "beside `upgrades-changed`: one that it might not switch to"),
    ("route-settings-changed", "any other key of the route"),
    ("server-changed", "a key of `server`"),
    ("admin-changed", "a key of `admin`"),
    ("settings-changed", "a key of any other section"),
    ("backends-changed", "backends, or their shares, of an upstream that takes the place of the old one"),
    ("upstream-settings-changed", "another key of such an upstream"),
    (INCOMPLETE, "there are too many routes that overlap: not all requests were compared"),
];

/// The kind that says that others may be missing.
pub const INCOMPLETE: &str = "incomplete";

/// Keys of a route that have a kind of their own.
const OF_KEYS: [(&str, &str); 7] = [
    ("limits", "limits-changed"),
    ("redirect", "redirect-changed"),
    ("respond", "response-changed"),
    ("timeout", "timeout-changed"),
    ("idle", "timeout-changed"),
    ("total", "timeout-changed"),
    ("upgrades", "upgrades-changed"),
];

impl Change {
    pub(super) fn new(kind: impl Into<String>, old: Option<String>, new: Option<String>) -> Self {
        Self { kind: kind.into(), what: None, old, new }
    }

    /// Without what depends on the request: the paths that a backend sees, or that a redirect leads to.
    pub(super) fn without_paths(&self) -> Self {
        match self.kind.as_str() {
            "forward-path-changed" => Self::new(self.kind.as_str(), None, None),
            "redirect-changed" if self.what.is_none() => Self::new(self.kind.as_str(), None, None),
            _ => self.clone(),
        }
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

/// The change of a key of a route.
pub(super) fn of_setting(path: &str, old: Option<String>, new: Option<String>) -> Change {
    let key = path.split(['.', '[']).next().unwrap_or(path);
    let of_key = OF_KEYS.iter().find(|(name, _)| *name == key);
    let change = Change::new(of_key.map_or("route-settings-changed", |(_, kind)| kind), old, new);
    // It says it all.
    let what = (path != "timeout").then(|| path.to_owned());
    Change { what, ..change }
}

/// The kinds of changes of a middleware.
pub(super) fn of_middleware(name: &str, what: &str) -> String {
    format!("{}-{what}", name.replace('_', "-"))
}

/// Every kind there is, and when it occurs.
pub fn described() -> Vec<(String, String)> {
    let middleware = REGISTRY.iter().flat_map(|entry| {
        let name = entry.name;
        let kinds = [
            ("added", format!("`{name}` where there was none")),
            ("removed", format!("no `{name}` where there was one")),
            (
                "changed",
                format!(
                    "other settings of `{name}`, or its state is shared with routes it was not shared with"
                ),
            ),
        ];
        let loosened = entry.facts.loosened.map(|when| ("loosened", format!("beside `changed`: {when}")));
        kinds.into_iter().chain(loosened).map(|(what, when)| (of_middleware(name, what), when))
    });
    KINDS.iter().map(|(kind, when)| ((*kind).to_owned(), (*when).to_owned())).chain(middleware).collect()
}

/// Every kind there is.
pub fn kinds() -> Vec<String> {
    described().into_iter().map(|(kind, _)| kind).collect()
}

/// Whether there is a kind of this name.
pub fn is_kind(name: &str) -> bool {
    kinds().iter().any(|kind| kind == name)
}
