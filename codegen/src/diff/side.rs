//! One of the two configs: its table, and what each of its routes does with the requests it takes.

use super::answers;
use super::treatment::{Layers, Treatment, layers, treatment};
use crate::middleware::State;
use crate::model::{HeaderPredicate, Listeners, Methods, Model, QueryPredicate, Route, Upstream};
use crate::pattern::{HostPattern, MatchKind, Segment};
use crate::table::{Neighbours, Region, Request, Table};
use castgate_contract::built_in;
use std::collections::{BTreeMap, BTreeSet};

/// A config, ready to be asked.
pub(super) struct Side<'a, 'm> {
    pub(super) model: &'m Model,
    /// Names of routes that are reached on other listeners only.
    elsewhere: BTreeSet<&'a str>,
    table: &'a Table<'m>,
    neighbours: Neighbours<'a>,
    treatments: Vec<Treatment>,
    /// Of requests that no route takes.
    pub(super) unmatched: Treatment,
}

/// Who takes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taker {
    /// The route of this number.
    Route(usize),
    /// The gateway itself.
    BuiltIn,
    /// Nobody: 404 or 405.
    Nobody,
}

/// All that decides which requests of a listener a route takes on one of its hosts. No two routes of a listener have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition<'m> {
    host: &'m HostPattern,
    /// The path without the names of its parameters.
    path: Vec<&'m str>,
    kind: MatchKind,
    methods: Methods,
    headers: &'m [HeaderPredicate],
    query: &'m [QueryPredicate],
    names_listener: bool,
}

impl<'m> Condition<'m> {
    /// One for each of its hosts.
    pub(super) fn all_of(route: &'m Route) -> impl Iterator<Item = Self> {
        route.hosts.iter().map(|host| Self::of(route, host))
    }

    /// That by which it takes requests to this host.
    pub(super) fn for_host(route: &'m Route, host: &str) -> Option<Self> {
        route.hosts.matching(host).map(|pattern| Self::of(route, pattern))
    }

    /// The requests that this route takes by it.
    pub(super) fn region(&self, route: &'m Route) -> Region<'m> {
        Region::of(route, self.host)
    }

    fn of(route: &'m Route, host: &'m HostPattern) -> Self {
        Self {
            host,
            path: route.path.segments.iter().map(Segment::shape).collect(),
            kind: route.path.kind,
            methods: route.methods,
            headers: &route.headers,
            query: &route.query,
            names_listener: !route.listeners.is_all(),
        }
    }
}

impl<'a, 'm> Side<'a, 'm> {
    /// One of the tables of a gateway. `common`: the conditions that the other config has, too.
    pub(super) fn new(
        whole: &'a Model,
        table: &'a Table<'m>,
        common: &BTreeSet<(Condition<'_>, &Listeners)>,
    ) -> Self {
        let model = table.model();
        let mut known = Layers::new();
        let mut treatments = |model: &Model| -> Vec<Treatment> {
            model.routes.iter().map(|route| treatment(model, route, &mut known)).collect()
        };
        let (of_whole, treatments) = (treatments(whole), treatments(model));
        let unmatched = layers(model, &model.unmatched, &mut known);
        let unmatched = Treatment { layers: unmatched, ..Treatment::default() };
        let here: BTreeSet<&str> = model.routes.iter().map(|route| route.name.as_str()).collect();
        let all = whole.routes.iter().map(|route| route.name.as_str());
        let elsewhere = all.filter(|name| !here.contains(name)).collect();
        let neighbours = Neighbours::of(table);
        let mut side = Self { model, elsewhere, table, neighbours, treatments, unmatched };
        side.share(whole.routes.iter().zip(&of_whole), common);
        side
    }

    /// Finds out which routes share state with others. Of the others only those count that are in both configs: a new
    /// route is a change of its own.
    fn share<'t>(
        &mut self,
        all: impl Iterator<Item = (&'t Route, &'t Treatment)>,
        common: &BTreeSet<(Condition<'_>, &Listeners)>,
    ) {
        // On each of its hosts it is as good as a route of its own.
        let hosts = |route: &Route| {
            let conditions = Condition::all_of(route).map(|condition| (condition, &route.listeners));
            conditions.filter(|condition| common.contains(condition)).count()
        };
        let mut members: BTreeMap<Key, usize> = BTreeMap::new();
        let routes = || self.model.routes.iter().zip(&self.treatments);
        for (route, treatment) in all {
            let hosts = hosts(route);
            if hosts > 0 {
                keys(route, treatment).into_iter().for_each(|key| *members.entry(key).or_default() += hosts);
            }
        }
        let shared = routes().map(|(route, treatment)| {
            let itself = usize::from(hosts(route) > 0);
            let keys = keys(route, treatment).into_iter();
            let shared = keys.filter(|key| members.get(key).is_some_and(|count| *count > itself));
            shared.map(|(kind, ..)| kind).collect::<BTreeSet<_>>()
        });
        let shared: Vec<BTreeSet<&'static str>> = shared.collect();
        for (treatment, shared) in self.treatments.iter_mut().zip(shared) {
            treatment.shared = shared;
        }
    }

    /// Who takes this request, by the methods it may have.
    pub(super) fn takers(&self, request: &Request) -> Vec<(Methods, Taker)> {
        if self.model.admin.is_none() && built_in::at(request.path()).is_some() {
            return vec![(Methods::ALL, Taker::BuiltIn)];
        }
        let takers = self.table.takers(request);
        let left = takers.iter().fold(Methods::ALL, |left, (methods, _)| left.without(*methods));
        let takers = takers.into_iter().map(|(methods, number)| (methods, Taker::Route(number)));
        takers.chain((left != Methods::NONE).then_some((left, Taker::Nobody))).collect()
    }

    /// Whether the route of this name is reached on other listeners only.
    pub(super) fn has_elsewhere(&self, name: &str) -> bool {
        self.elsewhere.contains(name)
    }

    /// A taker as it is reported.
    pub(super) fn shown(&self, taker: Taker) -> answers::Taker {
        match taker {
            Taker::Route(number) => {
                let route = self.route(number);
                let (name, line) = (route.name.clone(), route.origin.line.clone());
                answers::Taker::Route { name, whereabouts: self.model.whereabouts(&line), line }
            }
            Taker::BuiltIn => answers::Taker::BuiltIn,
            Taker::Nobody => answers::Taker::Nobody,
        }
    }

    pub(super) fn route(&self, number: usize) -> &'m Route {
        &self.model.routes[number]
    }

    pub(super) fn treatment(&self, number: usize) -> &Treatment {
        &self.treatments[number]
    }

    /// The upstream of a route that forwards.
    pub(super) fn upstream(&self, route: &Route) -> Option<(usize, &'m Upstream)> {
        let upstream = route.forward()?.upstream;
        Some((upstream.index(), self.model.upstream(upstream)?))
    }

    /// The conditions of routes that have something in common with this region, each with what it is.
    pub(super) fn meeting<'r>(&self, region: &Region<'r>) -> Vec<(Condition<'m>, Region<'r>)>
    where
        'm: 'r,
    {
        let meeting = self.neighbours.meeting(region).into_iter();
        meeting
            .flat_map(|number| {
                let route = self.route(number);
                let conditions = Condition::all_of(route);
                conditions.filter_map(move |of| region.meet(&of.region(route)).map(|common| (of, common)))
            })
            .collect()
    }
}

/// What state belongs to: the kind, the entry, and the upstream if it belongs to both.
type Key = (&'static str, usize, Option<usize>);

/// Of all state that a route has to do with.
fn keys(route: &Route, treatment: &Treatment) -> Vec<Key> {
    let upstream = route.forward().map(|forward| forward.upstream.index());
    let layers = treatment.layers.iter().filter_map(|layer| match layer.state {
        State::None | State::Constant => None,
        State::Policy => Some((layer.kind, layer.id, None)),
        State::Upstream => Some((layer.kind, layer.id, upstream)),
    });
    layers.collect()
}
