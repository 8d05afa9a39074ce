//! Which requests a route takes: host, path, methods, headers, query.

use super::Cx;
use crate::codes;
use crate::language::route::{self, WrittenRoute};
use crate::model::{HeaderPredicate, Methods, QueryPredicate};
use crate::pattern::{HostPattern, PathPattern};
use crate::source::ConfigPath;

/// All that a request must have.
pub(super) struct Condition {
    pub(super) host: HostPattern,
    pub(super) path: PathPattern,
    pub(super) methods: Methods,
    pub(super) headers: Vec<HeaderPredicate>,
    pub(super) query: Vec<QueryPredicate>,
}

/// `None` if any part of it is wrong: half a condition would match what nobody meant.
pub(super) fn condition(cx: &mut Cx<'_>, at: &ConfigPath, route: &route::Route) -> Option<Condition> {
    let path = path(cx, &at.key(WrittenRoute::path), route);
    Some(Condition {
        host: route.host.clone()?,
        path: path?,
        methods: route.methods?,
        headers: route.headers.clone()?,
        query: route.query.clone()?,
    })
}

fn path(cx: &mut Cx<'_>, at: &ConfigPath, route: &route::Route) -> Option<PathPattern> {
    let (text, kind) = (route.path.as_ref()?, route.match_kind?);
    let parse = |text: &str| PathPattern::parse(text, kind);
    parse(text).map_err(|error| cx.pattern_error(&codes::BAD_PATH, at, text, error, parse)).ok()
}
