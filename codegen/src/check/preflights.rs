//! A preflight names the fields of the request that it announces, and not their values: routes which only those tell apart say the
//! same to pages of other origins, or the order of the file would decide.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::language::route::WrittenRoute;
use crate::model::{Methods, Model, QueryPredicate, Route, Site};
use crate::pattern::{HostPattern, MatchKind, Segment};
use crate::source::ConfigPath;
use crate::yaml::Tree;
use castgate_contract::{cross_origin, methods};
use std::collections::{BTreeMap, BTreeSet};

/// What a preflight says, or what decides between two routes before a value does.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Announced<'m> {
    host: &'m HostPattern,
    path: Vec<&'m str>,
    kind: MatchKind,
    names_methods: bool,
    fields: usize,
    query: &'m [QueryPredicate],
    names_listeners: bool,
}

/// Wherever clients come in: routes that are reached at different listeners are never both asked.
pub(super) fn check(sites: &[Site<'_>], sink: &mut Reporter<'_>) {
    let mut reported = BTreeSet::new();
    for site in sites {
        let model = &*site.model;
        if !model.routes.iter().any(|route| route.answers_preflights(model)) {
            continue;
        }
        let mut alike: BTreeMap<Announced<'_>, Vec<&Route>> = BTreeMap::new();
        for route in model.routes.iter().filter(|route| !route.headers.is_empty()) {
            conditions_on_preflights(route, &mut reported, sink);
            for host in route.hosts.iter() {
                let announced = Announced {
                    host,
                    path: route.path.segments.iter().map(Segment::shape).collect(),
                    kind: route.path.kind,
                    names_methods: !route.methods.is_all(),
                    fields: route.headers.len(),
                    query: &route.query,
                    names_listeners: !route.listeners.is_all(),
                };
                alike.entry(announced).or_default().push(route);
            }
        }
        for routes in alike.values() {
            if let Some((route, other)) = differing(model, routes)
                && reported.insert(route.origin.path.clone())
            {
                report(route, other, sink);
            }
        }
    }
}

/// A preflight goes to the route that takes what it announces, and so not where a condition on its own fields would have it.
fn conditions_on_preflights(route: &Route, reported: &mut BTreeSet<ConfigPath>, sink: &mut Reporter<'_>) {
    let own = [cross_origin::METHOD, cross_origin::FIELDS];
    for header in route.headers.iter().filter(|header| own.contains(&header.name.as_str())) {
        let at = route.origin.path.key(WrittenRoute::headers);
        if !reported.insert(at.key(header.name.as_str())) {
            continue;
        }
        let title = format!("header {} cannot be matched", quoted(header.name.as_str()));
        let label = "a preflight goes to the route that takes what it announces";
        sink.error_at(&codes::MANAGED_HEADER, &at, title, label)
            .help("here routes answer preflights; switch that off where a backend is to do so");
    }
}

/// The first route that says something else than one before it, where both take the same method; and that.
fn differing<'m>(model: &Model, routes: &[&'m Route]) -> Option<(&'m Route, &'m Route)> {
    let mut first: [Option<(&'m Route, Option<Tree>)>; methods::NAMES.len()] = Default::default();
    for route in routes {
        let said = said(model, route);
        let taken = (0..methods::NAMES.len()).filter(|place| route.methods.intersects(Methods::nth(*place)));
        let mut other = None;
        for place in taken {
            match &first[place] {
                None => first[place] = Some((route, said.clone())),
                Some((before, of)) if *of != said => other = Some(*before),
                Some(_) => {}
            }
        }
        if let Some(other) = other {
            return Some((route, other));
        }
    }
    None
}

/// What it says to pages of other origins.
fn said(model: &Model, route: &Route) -> Option<Tree> {
    let mut layers = route.middleware.layers(&model.policies);
    layers.find(|layer| layer.facts.answers_preflights).map(|layer| layer.settings.written())
}

fn report(route: &Route, other: &Route, sink: &mut Reporter<'_>) {
    let headers = |route: &Route| route.origin.path.key(WrittenRoute::headers);
    let title = format!("preflights for {} may be for {}", quoted(&route.name), quoted(&other.name));
    let first = sink.source.value_span(&headers(other));
    sink.error_at(
        &codes::AMBIGUOUS_PREFLIGHTS,
        &headers(route),
        title,
        "a preflight has the names of these, not their values",
    )
    .label(first, "nor of these")
    .help("say the same to pages of other origins on both routes");
}
