//! Two routes must not match the same request with the same precedence: the file's order never decides.

mod tie;

use crate::diagnostic::Reporter;
use crate::model::{Route, Site, by_hosts};
use crate::pattern::HostPattern;
use crate::table::Table;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use tie::{Seen, Ties};

/// Looks at each listener.
pub(super) fn check(sites: &[Site<'_>], tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    let mut seen = Seen::default();
    for (site, table) in sites.iter().zip(tables) {
        on_listener(&mut Ties::new(table, site.names(), &mut seen), table, sink);
    }
}

/// Looks at each run of routes with the same host, path shape, and numbers of everything else.
fn on_listener<'m>(ties: &mut Ties<'_, 'm>, table: &Table<'m>, sink: &mut Reporter<'_>) {
    let model = table.model();
    for (hosts, numbers) in by_hosts(&model.routes) {
        let Some(host) = hosts.first() else { continue };
        let mut routes: Vec<&Route> = numbers.iter().filter_map(|number| model.routes.get(*number)).collect();
        routes.sort_by(|a, b| a.precedence_within(b));
        for equals in routes.chunk_by(|a, b| a.precedence_within(b).is_eq()) {
            if equals.len() > 1 {
                check_equals(host, equals, ties, sink);
            }
        }
    }
}

/// What a route asks of headers and query, in the order of the names; each text is a number, so that comparing two
/// routes is a matter of nanoseconds.
struct Asked<'r> {
    route: &'r Route,
    names: Vec<u32>,
    values: Vec<u32>,
}

/// Routes of the same names clash if their values are the same: that is looked up, so that many tenants on one path
/// stay cheap. Routes of different names clash if the values of those that they have in common are the same.
fn check_equals<'m>(
    host: &'m HostPattern,
    routes: &[&'m Route],
    ties: &mut Ties<'_, 'm>,
    sink: &mut Reporter<'_>,
) {
    let asked = asked(routes);
    let mut by_conditions: BTreeMap<(&[u32], &[u32]), Vec<&Route>> = BTreeMap::new();
    for asked in &asked {
        if sink.problems.is_full() {
            return;
        }
        let alike = by_conditions.entry((&asked.names, &asked.values)).or_default();
        if !alike.iter().any(|other| ties.report(host, other, asked.route, sink)) {
            alike.push(asked.route);
        }
    }
    if by_conditions.keys().any(|(names, _)| *names != asked[0].names.as_slice()) {
        pairs(&asked.iter().collect::<Vec<_>>(), &mut |one, other| {
            // Every pair may tie, and there are many pairs.
            if !sink.problems.is_full() {
                ties.report(host, one, other, sink);
            }
            !sink.problems.is_full()
        });
    }
}

/// Fewer routes than this are compared one by one.
const FEW: usize = 4;

/// Pairs of different names. Routes with different values of one name cannot clash, so the name that tells most of
/// them apart leaves little to compare.
fn pairs<'m>(routes: &[&Asked<'m>], each: &mut impl FnMut(&'m Route, &'m Route) -> bool) {
    let mut by_name: BTreeMap<u32, BTreeMap<u32, usize>> = BTreeMap::new();
    if routes.len() >= FEW {
        for asked in routes {
            for (name, value) in asked.names.iter().zip(&asked.values) {
                *by_name.entry(*name).or_default().entry(*value).or_default() += 1;
            }
        }
    }
    // What would still have to be compared with everything or with each other.
    let left = |values: &BTreeMap<u32, usize>| {
        let with = values.values().sum::<usize>();
        values.values().copied().max().unwrap_or(0) + (routes.len() - with)
    };
    let best = by_name.iter().map(|(name, values)| (left(values), *name)).min();
    let Some((_, name)) = best.filter(|(left, _)| *left <= routes.len() / 4 * 3) else {
        for (index, one) in routes.iter().enumerate() {
            across(&[one], &routes[index + 1..], each);
        }
        return;
    };
    let mut by_value: BTreeMap<Option<u32>, Vec<&Asked<'_>>> = BTreeMap::new();
    for asked in routes {
        let at = asked.names.binary_search(&name).ok();
        by_value.entry(at.map(|at| asked.values[at])).or_default().push(asked);
    }
    let without = by_value.remove(&None).unwrap_or_default();
    for with in by_value.values() {
        across(&without, with, each);
        pairs(with, each);
    }
    pairs(&without, each);
}

/// Each of these with each of those, as long as it is wanted.
fn across<'m>(
    some: &[&Asked<'m>],
    others: &[&Asked<'m>],
    each: &mut impl FnMut(&'m Route, &'m Route) -> bool,
) {
    for one in some {
        let mut alike = others.iter().filter(|other| one.names != other.names && agree(one, other));
        if !alike.all(|other| each(one.route, other.route)) {
            return;
        }
    }
}

/// A header and a query parameter of one name have different numbers.
fn asked<'r>(routes: &[&'r Route]) -> Vec<Asked<'r>> {
    let all = || routes.iter().flat_map(|route| route.fields());
    let names = numbered(all().map(|(kind, name, _)| (kind, name)));
    let values = numbered(all().map(|(_, _, value)| value));
    let asked = |route: &&'r Route| {
        let mut pairs: Vec<(u32, u32)> =
            route.fields().map(|(kind, name, value)| (names[&(kind, name)], values[value])).collect();
        pairs.sort_unstable();
        let (names, values) = pairs.into_iter().unzip();
        Asked { route, names, values }
    };
    routes.iter().map(asked).collect()
}

/// A number for each of these, in their order.
fn numbered<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, u32> {
    let items: BTreeSet<T> = items.collect();
    items.into_iter().zip(0..).collect()
}

/// Whether a request can have what both ask.
fn agree(a: &Asked<'_>, b: &Asked<'_>) -> bool {
    let (mut i, mut j) = (0, 0);
    while let (Some(one), Some(other)) = (a.names.get(i), b.names.get(j)) {
        match one.cmp(other) {
            Ordering::Less => i += 1,
            Ordering::Greater => j += 1,
            Ordering::Equal if a.values[i] != b.values[j] => return false,
            Ordering::Equal => (i, j) = (i + 1, j + 1),
        }
    }
    true
}
