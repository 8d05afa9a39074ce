//! What no single key can say.

use crate::middleware::{self, Entry};

pub(super) const INTRO: &str = include_str!("intro.md");
pub(super) const VALUES: &str = include_str!("values.md");
pub(super) const FILES: &str = include_str!("files.md");
pub(super) const PRECEDENCE: &str = include_str!("precedence.md");
pub(super) const BACKENDS: &str = include_str!("backends.md");
pub(super) const LATE: &str = include_str!("late.md");
pub(super) const REQUEST: &str = include_str!("request.md");
pub(super) const LINTS: &str = include_str!("lints.md");
const KEYS: &str = include_str!("keys.md");
pub(super) const DIAGNOSTICS: &str = "Every problem of a config has a code, which is never reused; `castgate explain CG0203` \
                                      prints the same text. Lints have theirs above.";

/// What stands before and after the table of the section at a path.
pub(super) fn around(path: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    if let Some(Entry { facts, .. }) = path.strip_prefix("middleware.").and_then(middleware::named) {
        return (vec![facts.prose.before], vec![facts.prose.after]);
    }
    let (before, after) = of_section(path);
    (before.to_vec(), after.to_vec())
}

fn of_section(path: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match path {
        "" => (&[include_str!("top.md"), KEYS], &[]),
        "server" => (&[include_str!("server.md")], &[]),
        "upstreams" => (&[include_str!("upstreams.md")], &[]),
        "upstreams.health_check" => (&[], &[include_str!("health_check.md")]),
        "middleware" => (&[include_str!("middleware.md")], &[include_str!("inheritance.md")]),
        "routes" => (&[], &[include_str!("patterns.md")]),
        "routes.redirect" => (&[], &[include_str!("redirect.md")]),
        "routes.respond" => (&[], &[include_str!("respond.md")]),
        "tests" => (&[include_str!("tests.md")], &[]),
        _ => (&[], &[]),
    }
}
