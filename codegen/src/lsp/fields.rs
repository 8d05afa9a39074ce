//! Names of header fields where one may be written: the usual ones that can be used so.

use super::keys;
use super::scan::Step;
use crate::field::Use;
use crate::language::Shape;
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
    fit(map, |form| if let Shape::Fields(used, _) = form { Some(used) } else { None })
}

/// The names that may be the value at a path.
pub(super) fn values(path: &[Step]) -> Vec<&'static str> {
    fit(path, |form| if let Shape::FieldName(used) = form { Some(used) } else { None })
}

fn fit(path: &[Step], used: fn(Shape) -> Option<Use>) -> Vec<&'static str> {
    let Some(used) = keys::at(path).into_iter().find_map(used) else { return Vec::new() };
    let is_fit = |name: &&str| used.refusal(&HeaderName(name.to_ascii_lowercase())).is_none();
    USUAL.into_iter().filter(is_fit).collect()
}
