//! Where a key lives that was written somewhere else.

use crate::lint::Lint;
use crate::middleware::{self, REGISTRY};

/// The keys that people look for in the wrong place, by the section that has them.
pub(super) const HOMES: [(&str, &[&str]); 15] = [
    ("server", &["listen", "workers", "log_level", "trusted_proxies", "limits", "drain", "tls"]),
    ("admin", &["listen"]),
    ("server.limits", &["header_bytes", "headers", "uri", "body", "connections"]),
    ("server.timeouts", &["header_read", "idle", "request"]),
    ("server.drain", &["delay", "grace"]),
    ("upstreams", &["backends", "strategy", "health_check", "keepalive", "retries", "host_header"]),
    ("upstreams.backends", &["url", "weight", "backup"]),
    ("upstreams.health_check", &["expect", "interval", "healthy_after", "unhealthy_after"]),
    ("upstreams.timeouts", &["connect", "response"]),
    ("upstreams.keepalive", &["max_idle"]),
    ("upstreams.retries", &["attempts", "budget"]),
    (
        "routes",
        &[
            "path",
            "host",
            "match",
            "methods",
            "query",
            "upstream",
            "redirect",
            "respond",
            "strip_prefix",
            "rewrite",
            "timeout",
        ],
    ),
    ("routes.redirect", &["to", "status"]),
    ("routes.respond", &["content_type"]),
    ("observability", &["max_series"]),
];

/// The sections that have this key, in words.
pub(super) fn of(key: &str) -> Option<String> {
    const TOP: [&str; 9] = [
        "server",
        "admin",
        "upstreams",
        "middleware",
        "routes",
        "tests",
        "observability",
        "lints",
        "include",
    ];
    if TOP.contains(&key) {
        return Some("at the top level".to_owned());
    }
    let mut homes: Vec<String> = Vec::new();
    if middleware::NAMES.contains(&key) {
        homes.push("middleware".to_owned());
    }
    if Lint::named(key).is_some() {
        homes.push("lints".to_owned());
    }
    homes.extend(HOMES.iter().filter(|(_, keys)| keys.contains(&key)).map(|(home, _)| (*home).to_owned()));
    let with_key = REGISTRY.iter().filter(|entry| entry.section.keys.iter().any(|known| known.name == key));
    homes.extend(with_key.map(|entry| format!("middleware.{}", entry.name)));
    let homes: Vec<String> = homes.iter().map(|home| format!("in `{home}`")).collect();
    (!homes.is_empty()).then(|| homes.join(" or "))
}
