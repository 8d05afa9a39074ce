//! Requests that get to a route: literals where it has them, and text that nobody names everywhere else.

use super::Left;
use crate::model::Route;
use crate::pattern::{HostPattern, MatchKind};
use crate::table::{Answer, Fresh, Region, Request, Table, UNNAMED};
use std::collections::BTreeSet;

/// What is needed for every route's.
pub(super) struct Witnesses<'a, 'm> {
    table: &'a Table<'m>,
    fresh: &'a Fresh<'m>,
    /// Paths of which some routes name their methods.
    named: BTreeSet<(&'m HostPattern, String)>,
}

impl<'a, 'm> Witnesses<'a, 'm> {
    pub(super) fn new(table: &'a Table<'m>, fresh: &'a Fresh<'m>) -> Self {
        let named = table.model().routes.iter().filter(|route| !route.methods.is_all());
        let named = named.flat_map(|route| route.hosts.iter().map(|host| (host, shape(route))));
        Self { table, fresh, named: named.collect() }
    }

    /// A request that gets to this route, of those that were found to be left to it.
    pub(super) fn of(&self, route: &'m Route, Left { host, tail, methods }: Left<'m>) -> Request {
        let region = Region { methods, ..Region::of(route, host) };
        let request = |method: &str| self.fresh.request(&region, tail, method);
        let mut requests = region.methods().map(request);
        // A route of the same path may have named some of the methods; the last one is left by all. Of a route which
        // has named its own, all are left.
        if !route.methods.is_all() || !self.named.contains(&(host, shape(route))) {
            return requests.next().unwrap_or_else(|| request(UNNAMED));
        }
        let is_witness = |request: &Request| matches!(self.table.ask(request), Answer::Route(found) if std::ptr::eq(found, route));
        let last = request(region.methods().last().unwrap_or(UNNAMED));
        requests.find(is_witness).unwrap_or(last)
    }
}

/// The path without the names of its parameters: what two routes of the same path have in common.
fn shape(route: &Route) -> String {
    let kind = if route.path.kind == MatchKind::Exact { "=" } else { "" };
    route.path.segments.iter().fold(kind.to_owned(), |shape, segment| shape + "/" + segment.shape())
}
