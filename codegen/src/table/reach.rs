//! Which routes a request can get to, as a proof: for every route a request that does, or the routes that together
//! take all it could match.
//!
//! Conditions are only ever positive (this header, this parameter, this literal), and for every kind of parameter
//! there are more texts than the file has literals. So of all requests a route matches, the *plainest* are taken by
//! the fewest others: no header and no parameter but the route's own, literals where it has them, and everywhere
//! else text that nobody names. A route that outranks it and takes no plainest request leaves it that request; if
//! the others take all the plainest ones, they take all. What is left to try:
//!
//! - *Hosts.* A route with several is as good as one for each of them. Only routes of the same host pattern matter: a
//!   wildcard has hosts that no narrower pattern has (with one label more than a captured one), and so has a captured label.
//! - *Paths.* Of an exact route there is one plainest path, and the search comes to its node before any other. Of a
//!   prefix or rest route there is one for each number of further segments, with or without a trailing slash;
//!   they lie along the chain of `{name}` nodes below it, and past its end all are alike.
//! - *Methods* accumulate: one route may take GET and another the rest.
//! - Routes of the *same path* go first with named methods, more headers or more parameters, and leave the unnamed
//!   methods, or the request without those. Only one that goes first because it names the listener takes all it serves.

mod cover;
mod witness;

use super::{Fresh, Request, Table};
use crate::model::{Methods, Route};
use crate::pattern::HostPattern;
use castgate_contract::search::Tables;
use cover::{Place, Positions};
use std::collections::BTreeSet;
use witness::Witnesses;

/// Whether any request gets to a route.
#[derive(Debug, Clone)]
pub enum Reach<'m> {
    /// This one does.
    Live(Request),
    /// None does: these routes take all it could match. Empty if the gateway itself does.
    Dead(Vec<&'m Route>),
}

/// What follows the segments of a prefix or rest pattern in one of its plainest paths.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tail {
    /// So many segments that nobody names,
    pub(crate) fresh: usize,
    /// and a slash at the end.
    pub(crate) has_slash: bool,
}

/// Where a route was found to be live.
#[derive(Debug, Clone, Copy)]
struct Left<'m> {
    host: &'m HostPattern,
    tail: Tail,
    methods: Methods,
}

impl<'m> Table<'m> {
    /// For every route, in the order of the file, whether a request gets to it.
    pub fn reach(&self) -> Vec<Reach<'m>> {
        let fresh = Fresh::of(&[self.model()]);
        let witnesses = Witnesses::new(self, &fresh);
        let routes = &self.model().routes;
        let verdicts = self.verdicts();
        let reach = routes.iter().zip(verdicts).map(|(route, verdict)| match verdict {
            Ok(left) => Reach::Live(witnesses.of(route, left)),
            Err(by) => Reach::Dead(by.into_iter().filter_map(|number| routes.get(number)).collect()),
        });
        reach.collect()
    }

    /// The routes no request gets to, each with those that take all it could match.
    pub(crate) fn dead(&self) -> Vec<(&'m Route, Vec<&'m Route>)> {
        let routes = &self.model().routes;
        let verdicts = routes.iter().zip(self.verdicts());
        let dead = verdicts.filter_map(|(route, verdict)| Some((route, verdict.err()?)));
        dead.map(|(route, by)| (route, by.into_iter().filter_map(|number| routes.get(number)).collect()))
            .collect()
    }

    fn verdicts(&self) -> Vec<Result<Left<'m>, BTreeSet<usize>>> {
        let routes = &self.model().routes;
        let mut positions = Positions::new(routes, self.index());
        // Of none it is known yet that anything is left.
        let mut verdicts: Vec<Result<Left<'m>, BTreeSet<usize>>> = vec![Err(BTreeSet::new()); routes.len()];
        let tries = self.tries();
        for (number, node) in (0..).zip(self.index().nodes()) {
            for (place, span) in
                [(Place::Exact, node.exact), (Place::Prefix, node.prefix), (Place::Rest, node.rest)]
            {
                for route in self.index().of(span).map(|route| route as usize) {
                    let (Some(verdict), Some(of)) = (verdicts.get_mut(route), routes.get(route)) else {
                        continue;
                    };
                    let Err(takers) = verdict else { continue };
                    let is_built_in = self.is_path_built_in(of);
                    // Of an exact route there is one plainest path.
                    let left = match place {
                        Place::Exact if is_built_in => Err(BTreeSet::new()),
                        Place::Exact => positions.left_at(of, number),
                        Place::Prefix | Place::Rest => positions.left(of, (number, place), is_built_in),
                    };
                    match left {
                        Ok((tail, methods)) => {
                            let trie = tries.partition_point(|(root, _)| *root <= number);
                            let host = trie.checked_sub(1).and_then(|trie| tries.get(trie));
                            *verdict =
                                host.map(|(_, host)| Left { host, tail, methods }).ok_or_else(BTreeSet::new);
                        }
                        Err(more) => takers.extend(more),
                    }
                }
            }
        }
        verdicts
    }

    /// The roots of the tries, in their order, each with one of its hosts.
    fn tries(&self) -> Vec<(u32, &'m HostPattern)> {
        let hosts = self.model().routes.iter().flat_map(|route| route.hosts.iter());
        let hosts: BTreeSet<&HostPattern> = hosts.collect();
        let tries = hosts.into_iter().filter_map(|host| Some((self.root(host)?, host)));
        let mut tries: Vec<(u32, &HostPattern)> = tries.collect();
        tries.sort_unstable();
        tries
    }

    fn is_path_built_in(&self, route: &Route) -> bool {
        self.model().admin.is_none() && route.path.built_in().is_some()
    }
}

#[cfg(test)]
mod tests;
