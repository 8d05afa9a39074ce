//! The field that carries a request's id is written by the gateway: it can have no other use on the same route.

use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};
use crate::middleware::{RateLimitKey, RequestId};
use crate::model::{HeaderName, Model, Route, Target};
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Diagnostics) {
    let mut reported: BTreeSet<ConfigPath> = BTreeSet::new();
    for route in &model.routes {
        let Some(id) = route.middleware.request_id.and_then(|id| model.policies.request_id.get(id.index()))
        else {
            continue;
        };
        for other in others(model, route, &id.settings) {
            if reported.insert(other.at.clone()) {
                report(&other, &id.settings, &id.origin.path.key("header"), sink);
            }
        }
    }
}

/// Another use of the id's field.
struct Other {
    at: ConfigPath,
    label: &'static str,
}

fn others(model: &Model, route: &Route, id: &RequestId) -> Vec<Other> {
    let mut others = Vec::new();
    let (middleware, policies) = (&route.middleware, &model.policies);
    if let Some(auth) = middleware.auth.and_then(|auth| policies.auth.get(auth.index()))
        && auth.settings.api_keys.header == id.header
    {
        let at = auth.origin.path.key("api_keys").key("header");
        others.push(Other { at, label: "the id takes the place of every key" });
    }
    if let Some(limit) = middleware.rate_limit.and_then(|limit| policies.rate_limit.get(limit.index()))
        && limit.settings.key == RateLimitKey::Header(id.header.clone())
    {
        let at = limit.origin.path.key("key");
        others.push(Other { at, label: "each request has another id, so that nothing is ever limited" });
    }
    if let Some(headers) = middleware.headers.and_then(|headers| policies.headers.get(headers.index())) {
        let (at, edits) = (headers.origin.path.key("response"), &headers.settings.response);
        let fields = |key: &str, fields: &[(HeaderName, _)]| {
            fields.iter().any(|(name, _)| *name == id.header).then(|| at.key(key))
        };
        let removed = edits.remove.contains(&id.header).then(|| at.key("remove"));
        for at in [fields("set", &edits.set), fields("add", &edits.add), removed].into_iter().flatten() {
            others.push(Other { at, label: "the id is written after this" });
        }
    }
    if let Target::Respond(respond) = &route.target
        && respond.headers.iter().any(|(name, _)| *name == id.header)
    {
        let at = route.origin.path.key("respond").key("headers");
        others.push(Other { at, label: "the id is written after this" });
    }
    others
}

fn report(other: &Other, id: &RequestId, id_at: &ConfigPath, sink: &mut Diagnostics) {
    let first = sink.value_span(id_at);
    let title = format!("header {} carries the request's id", quoted(id.header.as_str()));
    let problem = sink.error_at(&codes::MANAGED_HEADER, &other.at, title, other.label);
    if let Some(first) = first {
        problem.label(first, "the id's header");
    }
    problem.help("give one of them another name");
}
