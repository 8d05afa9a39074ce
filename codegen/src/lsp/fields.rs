//! Names of header fields where one may be written: the usual ones that can be used so.

use super::scan::Step;
use crate::field::Use;
use crate::language::Shape;
use crate::middleware;
use crate::model::HeaderName;

/// What people write in configs of gateways.
const USUAL: [&str; 24] = [
    "Accept",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Content-Security-Policy",
    "Content-Type",
    "Cookie",
    "Origin",
    "Referrer-Policy",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "User-Agent",
    "Vary",
    "X-API-Key",
    "X-Canary",
    "X-Content-Type-Options",
    "X-Correlation-ID",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Frame-Options",
    "X-Request-ID",
    "X-Tenant",
    "X-Zone",
];

/// The names that may be keys of the map at a path.
pub(super) fn keys(map: &[Step]) -> Vec<&'static str> {
    let keys: Vec<&str> = map.iter().map(|step| if let Step::Key(key) = step { key } else { "" }).collect();
    let used = match keys.as_slice() {
        ["routes", "", "headers"] => Use::CONDITION,
        ["routes", "", "respond", "headers"] => Use::ANSWER,
        ["tests", "", "headers"] => Use::TEST,
        path => match of_middleware(path) {
            Some(Shape::Fields(used, _)) => used,
            _ => return Vec::new(),
        },
    };
    fit(used)
}

/// The names that may be the value at a path.
pub(super) fn values(path: &[Step]) -> Vec<&'static str> {
    let keys: Vec<&str> = path.iter().map(|step| if let Step::Key(key) = step { key } else { "" }).collect();
    let Some(Shape::FieldName(used)) = of_middleware(&keys) else { return Vec::new() };
    fit(used)
}

/// What may be written at a path in a section of middleware.
fn of_middleware(path: &[&str]) -> Option<Shape> {
    let (["middleware", name, below @ ..] | ["routes", _, "middleware", name, below @ ..]) = path else {
        return None;
    };
    middleware::named(name)?.section.at(below)
}

fn fit(used: Use) -> Vec<&'static str> {
    let is_fit = |name: &&str| used.refusal(&HeaderName(name.to_ascii_lowercase())).is_none();
    USUAL.into_iter().filter(is_fit).collect()
}
