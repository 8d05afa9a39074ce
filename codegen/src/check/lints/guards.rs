//! Guards of one spelling of a path, where another spelling gets to the same upstream by a route without them. To the gateway these
//! are two paths; many backends take them for one.
//!
//! Each guarded route is asked about by its plainest requests, spelled otherwise: what the tables say of those is what the gateway does.

use crate::diagnostic::{Reporter, quoted};
use crate::language::route::WrittenRoute;
use crate::lint::{Level, Lint};
use crate::model::Route;
use crate::pattern::{HostPattern, Segment};
use crate::table::{Answer, Fresh, Region, Request, Table};
use castgate_contract::path::Disputed;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    let is_on = |lint| sink.levels.of(lint) != Level::Allow;
    let (slashes, cases) = (is_on(Lint::SLASH_AROUND_GUARD), is_on(Lint::GUARD_OF_ONE_CASE));
    let mut reported = BTreeSet::new();
    for table in tables {
        let ways = Ways::of(table);
        if slashes {
            encoded_slashes(&ways, &mut reported, sink);
        }
        if cases {
            other_cases(&ways, &mut reported, sink);
        }
    }
}

/// A way around a guard.
struct Way<'m> {
    /// What gets there.
    request: Request,
    /// The route that takes it.
    by: &'m Route,
    /// What it would have met on the guarded route.
    without: &'static str,
}

/// The routes of a listener, and their guards.
struct Ways<'t, 'm> {
    table: &'t Table<'m>,
    fresh: Fresh<'t>,
    /// The different sets of guards in front of each upstream, by its number.
    guards: BTreeMap<usize, BTreeSet<BTreeSet<&'static str>>>,
}

impl<'t, 'm> Ways<'t, 'm> {
    fn of(table: &'t Table<'m>) -> Self {
        let fresh = Fresh::of(&[table.model()]);
        let mut ways = Self { table, fresh, guards: BTreeMap::new() };
        for route in &table.model().routes {
            if let Some(forward) = route.forward() {
                let of_route = ways.guards_of(route);
                ways.guards.entry(forward.upstream.index()).or_default().insert(of_route);
            }
        }
        ways
    }

    fn guards_of(&self, route: &Route) -> BTreeSet<&'static str> {
        let layers = route.middleware.layers(&self.table.model().policies);
        layers.filter(|layer| layer.facts.guards).map(|layer| layer.kind).collect()
    }

    /// Routes with a guard that another route to the same upstream lacks.
    fn guarded(&self) -> impl Iterator<Item = &'m Route> {
        self.table.model().routes.iter().filter(|route| {
            let guards = self.guards_of(route);
            let others = route.forward().and_then(|forward| self.guards.get(&forward.upstream.index()));
            others.is_some_and(|others| others.iter().any(|other| !guards.is_subset(other)))
        })
    }

    /// The ways around a route's guards by other spellings of its paths: one for each route that takes them. What a backend
    /// sees is the same if it is once it is `read`.
    fn around(
        &self,
        route: &'m Route,
        spellings: impl Fn(&str) -> Vec<String>,
        read: impl Fn(&str) -> String,
    ) -> Vec<Way<'m>> {
        let guards = self.guards_of(route);
        let mut ways: Vec<Way<'m>> = Vec::new();
        let regions = Region::all_of(route);
        let requests = regions.flat_map(|region| {
            let requests =
                region.tails(0).flat_map(|tail| region.methods().map(move |method| (tail, method)));
            let requests = requests.map(|(tail, method)| self.fresh.request(&region, tail, method));
            requests.collect::<Vec<Request>>()
        });
        for plain in requests {
            let seen = self.table.outcome(&plain);
            let Some(path) = seen.forward_path.filter(|_| seen.route.as_ref() == Some(&route.name)) else {
                continue;
            };
            for request in spellings(plain.path()).iter().filter_map(|path| plain.with_path(path)) {
                let Answer::Route(by) = self.table.ask(&request) else { continue };
                let without = guards.difference(&self.guards_of(by)).next().copied();
                let known = ways.iter().any(|way| way.by.name == by.name);
                let Some(without) = without.filter(|_| !known) else { continue };
                let other = self.table.outcome(&request);
                if other.upstream == seen.upstream
                    && other.forward_path.is_some_and(|other| read(&other) == read(&path))
                {
                    ways.push(Way { request, by, without });
                }
            }
        }
        ways
    }
}

/// `/admin/x` is guarded, and `/admin%2Fx` is one segment of an open route.
fn encoded_slashes<'m>(ways: &Ways<'_, 'm>, reported: &mut BTreeSet<&'m str>, sink: &mut Reporter<'_>) {
    let keeps = |route: &Route| route.settings.keeps().contains(Disputed::SLASHES);
    if !ways.table.model().routes.iter().any(keeps) {
        return;
    }
    for route in ways.guarded() {
        for Way { request, by, without } in
            ways.around(route, slashes_encoded, |path| path.replace("%2F", "/"))
        {
            if !reported.insert(by.name.as_str()) {
                continue;
            }
            let guarded = sink.source.value_span(&route.origin.path.key(WrittenRoute::path));
            let at = by.origin.path.key(WrittenRoute::encoded_slashes);
            let title = format!("an encoded slash goes around the `{without}` of {}", quoted(&route.name));
            let label = format!("lets `{request}` through to the same upstream");
            sink.lint_at(Lint::SLASH_AROUND_GUARD, &at, title, label)
                .label(guarded, format!("`{without}` is in front of this"))
                .help("leave it out, or guard both alike; if the backend takes `%2F` for text: `allow: [{lint: slash-around-guard, reason: \"..\"}]`");
        }
    }
}

/// The path with one of its slashes encoded but the first, and with all from there on.
fn slashes_encoded(path: &str) -> Vec<String> {
    let slashes = path.match_indices('/').map(|(at, _)| at).skip(1);
    let spelled = slashes.flat_map(|at| {
        let (before, after) = (&path[..at], &path[at + 1..]);
        [format!("{before}%2F{after}"), format!("{before}%2F{}", after.replace('/', "%2F"))]
    });
    spelled.collect()
}

/// `/Admin` is guarded, and `/admin` is open.
fn other_cases<'m>(ways: &Ways<'_, 'm>, reported: &mut BTreeSet<&'m str>, sink: &mut Reporter<'_>) {
    // By host and folded path.
    let mut spelled: BTreeMap<(&HostPattern, String), BTreeSet<Vec<&str>>> = BTreeMap::new();
    for route in &ways.table.model().routes {
        for host in route.hosts.iter() {
            spelled.entry((host, folded(route))).or_default().insert(literals(route).collect());
        }
    }
    for route in ways.guarded() {
        let own: Vec<&str> = literals(route).collect();
        let has_capitals = own.iter().any(|text| text.bytes().any(|byte| byte.is_ascii_uppercase()));
        let twins = route.hosts.iter().filter_map(|host| spelled.get(&(host, folded(route)))).flatten();
        let twins: BTreeSet<&Vec<&str>> = twins.filter(|twin| **twin != own).collect();
        if !has_capitals && twins.is_empty() {
            continue;
        }
        let spellings = |path: &str| {
            let of_capitals = [path.to_ascii_lowercase(), path.to_ascii_uppercase()];
            let of_capitals = of_capitals.into_iter().filter(|_| has_capitals);
            of_capitals.chain(twins.iter().map(|twin| spelled_as(route, path, twin))).collect()
        };
        let ways = ways.around(route, spellings, str::to_ascii_lowercase);
        let Some(Way { request, by, without }) = ways.into_iter().next() else { continue };
        if !reported.insert(route.name.as_str()) {
            continue;
        }
        let open = sink.source.value_span(&by.origin.path.key(WrittenRoute::path));
        let at = route.origin.path.key(WrittenRoute::path);
        let title = format!("the `{without}` of {} guards one spelling of its path", quoted(&route.name));
        let label = format!("`{request}` gets to the same upstream without it");
        sink.lint_at(Lint::GUARD_OF_ONE_CASE, &at, title, label)
            .label(open, "by this route")
            .help("guard both alike; if the backend tells them apart: `allow: [{lint: guard-of-one-case, reason: \"..\"}]`");
    }
}

fn literals(route: &Route) -> impl Iterator<Item = &str> {
    route.path.segments.iter().filter_map(|segment| match segment {
        Segment::Literal(text) => Some(text.as_str()),
        Segment::Param { .. } | Segment::Rest { .. } => None,
    })
}

/// Its path without the names of parameters, in lower case.
fn folded(route: &Route) -> String {
    let shapes: Vec<&str> = route.path.segments.iter().map(Segment::shape).collect();
    shapes.join("/").to_ascii_lowercase()
}

/// A path of the route, with the literals of one that differs from it only in case.
fn spelled_as(route: &Route, path: &str, twin: &[&str]) -> String {
    let mut twin = twin.iter();
    let mut segments: Vec<&str> = path.split('/').collect();
    for (place, segment) in segments.iter_mut().skip(1).zip(&route.path.segments) {
        if let (Segment::Literal(_), Some(text)) = (segment, twin.next()) {
            *place = text;
        }
    }
    segments.join("/")
}
