//! Every request of a universe, and what the documented rules make of it: of all routes that match, the one of the most
//! specific host, path, methods, headers, query.
//!
//! The universe has a text of each kind that no pattern names, two of those that may be swapped, one segment more than
//! any pattern, hosts below each wildcard, a method that cannot be named, and every set of fields.

use super::gateway::{
    Change, Condition, FIELDS, Gateway, LABEL, LISTENERS, MIDDLEWARE, Route, Segment, Target, Template,
    VALUES,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const HOSTS: [&str; 8] = ["a.com", "b.com", "b.a.com", "c.a.com", "c.b.a.com", "d.z.com", "z.test", ""];
const SEGMENTS: [&str; 8] = [
    "a",
    "1",
    "7",
    "8",
    "zz",
    "yy",
    "67e55044-10b1-426f-9247-bb680e5fe0c8",
    "67e55044-10b1-426f-9247-bb680e5fe0c9",
];
/// Where no parameter stands but `{*rest}`.
const LAST_SEGMENTS: [&str; 3] = ["a", "1", "zz"];
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "PURGE"];
const BUILT_IN: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// Every path.
pub(super) static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut paths = vec!["/".to_owned()];
    let mut level = vec![String::new()];
    for depth in 0..3 {
        let segments = if depth < 2 { &SEGMENTS[..] } else { &LAST_SEGMENTS };
        let below =
            |path: &String| segments.iter().map(|segment| format!("{path}/{segment}")).collect::<Vec<_>>();
        level = level.iter().flat_map(below).collect();
        paths.extend(level.iter().flat_map(|path| [path.clone(), format!("{path}/")]));
    }
    paths.extend(BUILT_IN.map(str::to_owned));
    paths
});

/// Everything else of a request: host, method, fields.
pub(super) struct Rest {
    pub(super) host: &'static str,
    pub(super) method: &'static str,
    pub(super) fields: BTreeMap<&'static str, &'static str>,
}

/// Every one.
pub(super) static RESTS: LazyLock<Vec<Rest>> = LazyLock::new(|| {
    let mut rests = Vec::new();
    for (host, method) in HOSTS.into_iter().flat_map(|host| METHODS.map(|method| (host, method))) {
        // Each field is missing, or has one of two values.
        for number in 0..27 {
            let values = [number % 3, number / 3 % 3, number / 9];
            let fields = FIELDS.into_iter().zip(values).filter(|(_, value)| *value > 0);
            let fields = fields.map(|(name, value)| (name, VALUES[value - 1])).collect();
            rests.push(Rest { host, method, fields });
        }
    }
    rests
});

/// The routes of a gateway, best first, and which requests each matches.
pub(crate) struct Universe<'g> {
    gateway: &'g Gateway,
    /// Best first; at most 32. One with several hosts is here for each of them.
    routes: Vec<&'g Route>,
    /// Of each, with the one host.
    conditions: Vec<Condition>,
    /// For every path, a bit for each route that matches it.
    by_path: Vec<u32>,
    by_rest: Vec<u32>,
    /// By the number of each listener; of a gateway without names, both have the same.
    by_listener: [u32; 2],
}

/// Who takes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taker {
    Route(usize),
    BuiltIn,
    Nobody,
}

impl<'g> Universe<'g> {
    pub(crate) fn of(gateway: &'g Gateway) -> Self {
        let routes = gateway.routes.iter();
        let mut routes: Vec<(&Route, Condition)> = routes
            .flat_map(|route| route.condition.by_host().into_iter().map(move |condition| (route, condition)))
            .collect();
        routes.sort_by(|(_, a), (_, b)| a.precedence(b));
        let (routes, conditions): (Vec<&Route>, Vec<Condition>) = routes.into_iter().unzip();
        assert!(routes.len() <= 32);
        let bits = |matches: &dyn Fn(&Condition) -> bool| {
            let matching = conditions.iter().enumerate().filter(|(_, condition)| matches(condition));
            matching.fold(0_u32, |bits, (number, _)| bits | 1 << number)
        };
        let by_path = PATHS.iter().map(|path| bits(&|condition| condition.has_path(path))).collect();
        let by_rest = RESTS.iter().map(|rest| bits(&|condition| condition.has_rest(rest))).collect();
        let by_listener = LISTENERS.map(|(name, _)| bits(&|condition| condition.is_on(name)));
        Self { gateway, routes, conditions, by_path, by_rest, by_listener }
    }

    fn taker(&self, listener: usize, path: &str, by_path: u32, by_rest: u32) -> Taker {
        if !self.gateway.has_admin && BUILT_IN.contains(&path) {
            return Taker::BuiltIn;
        }
        match by_path & by_rest & self.by_listener[listener] {
            0 => Taker::Nobody,
            matching => Taker::Route(matching.trailing_zeros() as usize),
        }
    }

    /// Names of routes that no request gets to.
    pub(crate) fn dead(&self) -> BTreeSet<&'g str> {
        let mut live = 0_u32;
        let by_rest: BTreeSet<u32> = self.by_rest.iter().copied().collect();
        let by_path: BTreeSet<u32> = self.by_path.iter().copied().collect();
        for (by_path, by_rest) in by_path.iter().flat_map(|path| by_rest.iter().map(move |rest| (path, rest)))
        {
            for on in self.by_listener {
                let matching = by_path & by_rest & on;
                live |= matching & matching.wrapping_neg();
            }
        }
        let mut dead: BTreeSet<&str> = self.routes.iter().map(|route| route.name.as_str()).collect();
        for (number, route) in self.routes.iter().enumerate() {
            if live & 1 << number != 0 {
                dead.remove(route.name.as_str());
            }
        }
        dead
    }

    /// Names of routes that match a request, neither of which goes first, and nobody else before them.
    pub(crate) fn ties(&self) -> BTreeSet<(&'g str, &'g str)> {
        let by_rest: BTreeSet<u32> = self.by_rest.iter().copied().collect();
        let by_path: BTreeSet<u32> = self.by_path.iter().copied().collect();
        let both = by_path.iter().flat_map(|path| by_rest.iter().map(move |rest| path & rest));
        let all = both.flat_map(|both| self.by_listener.map(|here| both & here)).collect::<BTreeSet<u32>>();
        all.into_iter().flat_map(|matching| self.tied(matching)).collect()
    }

    /// Those of these routes that tie.
    fn tied(&self, matching: u32) -> BTreeSet<(&'g str, &'g str)> {
        let mut names = BTreeSet::new();
        let numbers: Vec<usize> =
            (0..self.routes.len()).filter(|number| matching & 1 << number != 0).collect();
        if let Some((first, others)) = numbers.split_first() {
            let is_first =
                |number: &&usize| self.conditions[**number].precedence(&self.conditions[*first]).is_eq();
            let equals: Vec<&str> = [first]
                .into_iter()
                .chain(others.iter().filter(is_first))
                .map(|number| self.routes[*number].name.as_str())
                .collect();
            for one in &equals {
                names.extend(equals.iter().filter(|other| one < *other).map(|other| (*one, *other)));
            }
        }
        names
    }

    /// Those that tie where the request is this one.
    pub(crate) fn tied_at(&self, matches: impl Fn(&Condition) -> bool) -> BTreeSet<(&'g str, &'g str)> {
        let matching = self.conditions.iter().enumerate().filter(|(_, condition)| matches(condition));
        self.tied(matching.fold(0, |bits, (number, _)| bits | 1 << number))
    }
}

/// The kinds of changes from one gateway to another, found by trying all requests.
pub(crate) fn kinds(old: &Gateway, new: &Gateway) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    let (before, after) = (Universe::of(old), Universe::of(new));
    let has_label = |gateway: &Gateway| {
        gateway.routes.iter().any(|route| match &route.target {
            Target::Redirect(to, _) => to.contains(&Err(LABEL)),
            Target::Upstream(_, Change::Rewrite(to)) | Target::Backends(_, Change::Rewrite(to)) => {
                to.contains(&Err(LABEL))
            }
            _ => false,
        })
    };
    let has_label = has_label(old) || has_label(new);
    let label = |rest: &Rest| if has_label { rest.host.split('.').next().unwrap() } else { "" };
    let labels = RESTS.iter().map(label);
    let rests = before.by_rest.iter().copied().zip(after.by_rest.iter().copied());
    let rests: BTreeSet<((u32, u32), &str)> = rests.zip(labels).collect();
    // A listener with a name is taken for that of an address with the same; without names, both are one.
    for (listener, (number, path)) in
        (0..LISTENERS.len()).flat_map(|listener| PATHS.iter().enumerate().map(move |path| (listener, path)))
    {
        let takers = rests.iter().map(|((was, is), label)| {
            let was = before.taker(listener, path, before.by_path[number], *was);
            (was, after.taker(listener, path, after.by_path[number], *is), *label)
        });
        for (was, is, label) in takers.collect::<BTreeSet<_>>() {
            compare((&before, was), (&after, is), (path, label), &mut kinds);
            if let Taker::Route(route) = is {
                let name = &after.routes[route].name;
                let known = before.routes.iter().position(|route| route.name == *name);
                let is_elsewhere = known.is_some_and(|known| before.by_listener[listener] & 1 << known == 0);
                kinds.extend(is_elsewhere.then(|| "route-exposed".to_owned()));
            }
        }
    }
    unmatched(old, new, &mut kinds);
    let mut put = |kind: &str, is_different: bool| {
        if is_different {
            kinds.insert(kind.to_owned());
        }
    };
    put("server-changed", old.most_body != new.most_body);
    put("admin-changed", old.has_admin != new.has_admin);
    let both = old.upstreams.iter().filter_map(|(name, ports)| Some((ports, new.upstreams.get(name)?)));
    both.for_each(|(was, is)| put("backends-changed", was != is));
    kinds
}

fn compare(
    (old, was): (&Universe<'_>, Taker),
    (new, is): (&Universe<'_>, Taker),
    (path, label): (&str, &str),
    kinds: &mut BTreeSet<String>,
) {
    let mut put = |kind: &str, is_different: bool| {
        if is_different {
            kinds.insert(kind.to_owned());
        }
    };
    let none = BTreeMap::new();
    let (one, other, before, after) = match (was, is) {
        (Taker::Nobody, Taker::Nobody) | (Taker::BuiltIn, Taker::BuiltIn) => return,
        (Taker::Route(_), Taker::Nobody) => return put("route-removed", true),
        (Taker::Nobody, Taker::Route(_)) => return put("route-added", true),
        (Taker::BuiltIn, Taker::Nobody) => return put("built-in-removed", true),
        (Taker::Nobody, Taker::BuiltIn) => return put("built-in-added", true),
        (Taker::Route(route), Taker::BuiltIn) => {
            put("built-in-added", true);
            return middleware(&effective(old.gateway, old.routes[route]), &none, kinds);
        }
        (Taker::BuiltIn, Taker::Route(route)) => {
            put("built-in-removed", true);
            return middleware(&none, &effective(new.gateway, new.routes[route]), kinds);
        }
        (Taker::Route(before), Taker::Route(after)) => {
            (&old.conditions[before], &new.conditions[after], old.routes[before], new.routes[after])
        }
    };
    put("route-changed", before.name != after.name);
    // A path as it is, and with parameters in its segments.
    let with_parameters = |path: &str| -> String {
        let with =
            |text: &str| if text.is_empty() { "/".to_owned() } else { format!("/{text};{}", text.len()) };
        path[1..].split('/').map(with).collect()
    };
    let both_keep = before.keeps_parameters && after.keeps_parameters;
    let path = &[path.to_owned(), if both_keep { with_parameters(path) } else { path.to_owned() }];
    let forward = |gateway: &Gateway, route: &Route| match &route.target {
        Target::Upstream(name, change) => Some((
            Some(name.clone()),
            gateway.upstreams[name].clone(),
            path.each_ref().map(|path| forward_path(change, &route.condition, path, label)),
        )),
        Target::Backends(ports, change) => Some((
            None,
            ports.clone(),
            path.each_ref().map(|path| forward_path(change, &route.condition, path, label)),
        )),
        Target::Redirect(..) | Target::Respond(_) => None,
    };
    let kind = |route: &Route| match &route.target {
        Target::Upstream(..) | Target::Backends(..) => 0,
        Target::Redirect(..) => 1,
        Target::Respond(_) => 2,
    };
    let keeps = |route: &Route| (route.keeps_parameters, route.keeps_slashes);
    let is_refused_by_one = keeps(before) != keeps(after);
    let most = |gateway: &Gateway, route: &Route| route.most_body.unwrap_or(Some(gateway.most_body));
    let is_limited_otherwise = most(old.gateway, before) != most(new.gateway, after);
    put("limits-changed", is_limited_otherwise && kind(before) == kind(after));
    put("route-settings-changed", is_refused_by_one && kind(before) == kind(after));
    match (forward(old.gateway, before), forward(new.gateway, after)) {
        (Some((one, ports, seen)), Some((other, new_ports, now_seen))) => {
            put("forward-path-changed", seen != now_seen);
            put("timeout-changed", before.timeout.unwrap_or(60_000) != after.timeout.unwrap_or(60_000));
            let is_in_both = |name: &String| {
                old.gateway.upstreams.contains_key(name) && new.gateway.upstreams.contains_key(name)
            };
            let are_known = match (&one, &other) {
                (Some(one), Some(other)) => {
                    put("upstream-changed", one != other);
                    is_in_both(one) && is_in_both(other)
                }
                _ => false,
            };
            put("backends-changed", !are_known && ports != new_ports);
        }
        (None, None) => match (&before.target, &after.target) {
            (Target::Redirect(to, status), Target::Redirect(now_to, now_status)) => {
                let to = path.each_ref().map(|path| rendered(to, &before.condition, path, label));
                let now_to = path.each_ref().map(|path| rendered(now_to, &after.condition, path, label));
                put("redirect-changed", to != now_to || status != now_status);
            }
            (Target::Respond(status), Target::Respond(now)) => put("response-changed", status != now),
            _ => put("target-changed", true),
        },
        _ => put("target-changed", true),
    }
    middleware(&effective(old.gateway, before), &effective(new.gateway, after), kinds);
    let inherits = |route: &Route| !route.middleware.contains_key("rate_limit");
    // A route is as good as one for each of its hosts, all of which share a limit. Of them and of other routes those count that
    // both have.
    let counts_alone = |gateway: &Universe<'_>, others: &Universe<'_>, route: &Route| {
        let both = gateway.routes.iter().zip(&gateway.conditions);
        let both = both.filter(|(_, condition)| others.conditions.contains(condition));
        let shares = |other: &Route| other.name == route.name || inherits(other) && inherits(route);
        let members: Vec<&str> =
            both.filter(|(other, _)| shares(other)).map(|(other, _)| other.name.as_str()).collect();
        members.len() <= usize::from(members.contains(&route.name.as_str()))
    };
    let has = |gateway: &Gateway, route: &Route| effective(gateway, route).contains_key("rate_limit");
    if has(old.gateway, before) && has(new.gateway, after) {
        let (was, is) = (counts_alone(old, new, before), counts_alone(new, old, after));
        let is_itself = one == other || inherits(before) != inherits(after);
        if was != is && is_itself {
            kinds.insert("rate-limit-changed".to_owned());
        }
    }
}

/// The sort of each middleware that a route has.
fn effective(gateway: &Gateway, route: &Route) -> BTreeMap<&'static str, u32> {
    let of = |kind: &&'static str| match route.middleware.get(kind) {
        Some(own) => *own,
        None => gateway.middleware.get(kind).copied(),
    };
    MIDDLEWARE.iter().filter_map(|kind| Some((*kind, of(kind)?))).collect()
}

fn middleware(old: &BTreeMap<&str, u32>, new: &BTreeMap<&str, u32>, kinds: &mut BTreeSet<String>) {
    for kind in MIDDLEWARE {
        let what = match (old.get(kind), new.get(kind)) {
            (Some(_), None) => "removed",
            (None, Some(_)) => "added",
            (was, is) if was != is => "changed",
            _ => continue,
        };
        kinds.insert(format!("{}-{what}", kind.replace('_', "-")));
        // Of the two sorts of limits the second lets more through.
        if (kind, what) == ("rate_limit", "changed") && old.get(kind) < new.get(kind) {
            kinds.insert("rate-limit-loosened".to_owned());
        }
    }
}

/// What a request has that gets to no route.
fn unmatched(old: &Gateway, new: &Gateway, kinds: &mut BTreeSet<String>) {
    let of = |gateway: &Gateway| {
        let mut map = gateway.middleware.clone();
        map.retain(|kind, _| ["request_id", "access_log"].contains(kind));
        map
    };
    middleware(&of(old), &of(new), kinds);
}

fn forward_path(change: &Change, condition: &Condition, path: &str, label: &str) -> String {
    match change {
        Change::Keep => path.to_owned(),
        Change::Strip(count) => {
            let left: Vec<&str> = path[1..].split('/').skip(*count).collect();
            format!("/{}", left.join("/"))
        }
        Change::Rewrite(template) => rendered(template, condition, path, label),
    }
}

fn rendered(template: &Template, condition: &Condition, path: &str, label: &str) -> String {
    let segments: Vec<&str> = path[1..].split('/').collect();
    let piece = |piece: &Result<&str, usize>| match piece {
        Ok(text) => (*text).to_owned(),
        Err(LABEL) => label.to_owned(),
        Err(place) if condition.path[*place] == Segment::Rest => segments[*place..].join("/"),
        Err(place) => segments[*place].to_owned(),
    };
    template.iter().map(piece).collect()
}
