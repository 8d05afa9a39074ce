//! `upstreams:`, and those written in place.

use super::{Cx, backend, names};
use crate::ast::{self, Switch};
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::kind::{Kind, Number, Timeout, Word};
use crate::language::{Section, read};
use crate::model::{
    Backend, HealthCheck, HostHeader, Id, Keepalive, Probe, Retries, Scope, Strategy, Upstream,
    UpstreamTimeouts,
};
use crate::pattern::check_target;
use crate::resolve::cx::At;
use crate::source::ConfigPath;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// From one check to the next.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

/// The upstreams so far, by name and in order.
pub(super) struct Upstreams {
    list: Vec<Upstream>,
    /// `None`: written, but with problems, so that nothing can refer to it and nobody need complain.
    by_name: BTreeMap<String, Option<Id<Upstream>>>,
    used: BTreeSet<String>,
    /// A route refers to something that comes at start: it may be any of these.
    is_any_used: bool,
    /// `health_check_interval`, if it was written.
    health_interval: Option<Duration>,
}

impl Upstreams {
    /// The named ones.
    pub(super) fn resolve(cx: &mut Cx<'_>, gateway: &ast::Gateway) -> Self {
        let interval_at = ConfigPath::root().key("health_check_interval");
        let written = gateway.health_check_interval.get();
        let is_written = cx.source.is_written(&interval_at);
        let health_interval = is_written.then(|| {
            written.and_then(|written| cx.timeout(&interval_at, written)).unwrap_or(DEFAULT_INTERVAL)
        });
        let mut upstreams = Self {
            list: Vec::new(),
            by_name: BTreeMap::new(),
            used: BTreeSet::new(),
            is_any_used: false,
            health_interval,
        };
        let section = ConfigPath::root().key("upstreams");
        for (name, written) in gateway.upstreams.iter() {
            let at = section.key(name);
            names::check_key(cx, &at, name, "upstream");
            let upstream = written.and_then(|written| upstreams.named(cx, &at, name, written));
            let id = upstream.map(|upstream| upstreams.push(upstream));
            upstreams.by_name.insert(name.to_owned(), id);
        }
        upstreams
    }

    fn named(
        &self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        name: &str,
        written: &ast::Upstream,
    ) -> Option<Upstream> {
        let backends = backend::backends(cx, at, written.backends.as_ref(), Scope::TopLevel);
        let origin = cx.origin(at, Scope::TopLevel);
        let health_check = self.health_check(cx, &at.key("health_check"), written.health_check.as_ref());
        let host_header = written.host_header.as_ref();
        let upstream = Upstream {
            name: name.to_owned(),
            origin,
            strategy: strategy(cx, at, written.strategy.as_ref()),
            backends,
            health_check,
            timeouts: UpstreamTimeouts::with_defaults(cx, at.key("timeouts"), written.timeouts.as_ref()),
            keepalive: Keepalive::with_defaults(cx, at.key("keepalive"), written.keepalive.as_ref()),
            retries: Retries::with_defaults(cx, at.key("retries"), written.retries.as_ref()),
            host_header: host_header
                .and_then(|text| Word.read(cx, &at.key("host_header"), text))
                .unwrap_or(HostHeader::Preserve),
        };
        (!upstream.backends.is_empty()).then_some(upstream)
    }

    /// One written in place, in the route `name` at `route`.
    pub(super) fn in_place(
        &mut self,
        cx: &mut Cx<'_>,
        route: &ConfigPath,
        scope: Scope,
        name: &str,
        written: &ast::Route,
    ) -> Option<Id<Upstream>> {
        let backends: Vec<Backend> = backend::backends(cx, route, written.backends.as_ref(), scope);
        let strategy = strategy(cx, route, written.strategy.as_ref());
        if self.by_name.contains_key(name) {
            let first = ConfigPath::root().key("upstreams").key(name);
            let first = cx.source.key_span(&first);
            let title = format!("two upstreams have the name {}", quoted(name));
            let problem = cx.sink.error_at_key(
                &codes::DUPLICATE_NAME,
                &route.key("backends"),
                title,
                "an upstream written in place has its route's name",
            );
            if let Some(first) = first {
                problem.label(first, "the other one is here");
            }
            problem.help("refer to the named one with `upstream`, or give the route another name");
            return None;
        }
        if backends.is_empty() {
            return None;
        }
        let origin = cx.origin(route, scope);
        let upstream = Upstream {
            name: name.to_owned(),
            origin,
            strategy,
            backends,
            health_check: self.health_check(cx, route, None),
            timeouts: UpstreamTimeouts::with_defaults(cx, route.clone(), None),
            keepalive: Keepalive::with_defaults(cx, route.clone(), None),
            retries: Retries::with_defaults(cx, route.clone(), None),
            host_header: HostHeader::Preserve,
        };
        Some(self.push(upstream))
    }

    /// The upstream a route refers to.
    pub(super) fn refer(&mut self, cx: &mut Cx<'_>, at: &ConfigPath, name: &str) -> Option<Id<Upstream>> {
        if !cx.is_literal(at, name) {
            self.is_any_used = true;
            return None;
        }
        if let Some(id) = self.by_name.get(name) {
            self.used.insert(name.to_owned());
            return *id;
        }
        cx.unknown(&codes::UNKNOWN_UPSTREAM, at, name, "upstream", self.by_name.keys().map(String::as_str));
        // What it was meant to be is in use, too.
        let meant =
            crate::diagnostic::nearest(name, self.by_name.keys().map(String::as_str)).map(str::to_owned);
        self.used.extend(meant);
        None
    }

    /// Reports named upstreams which no route refers to.
    pub(super) fn report_unused(&self, cx: &mut Cx<'_>, gateway: &ast::Gateway) {
        // A route which could not be read, or its upstream, might refer to anything.
        let routes = ConfigPath::root().key("routes");
        let is_unread = |(index, route): (usize, &ast::Route)| {
            route.upstream.is_none() && !cx.source.is_absent(&routes.index(index), "upstream")
        };
        if self.is_any_used
            || gateway.routes.iter().count() < gateway.routes.len()
            || gateway.routes.iter().any(is_unread)
            || !cx.source.is_absent(&ConfigPath::root(), "routes") && gateway.routes.is_empty()
        {
            return;
        }
        let section = ConfigPath::root().key("upstreams");
        for (name, _) in gateway.upstreams.iter().filter(|(name, _)| !self.used.contains(*name)) {
            let title = format!("unused upstream {}", quoted(name));
            cx.sink
                .error_at_key(&codes::UNUSED_UPSTREAM, &section.key(name), title, "no route refers to this")
                .help("remove it, or add a route with this `upstream`");
        }
    }

    pub(super) fn into_list(self) -> Vec<Upstream> {
        self.list
    }

    fn push(&mut self, upstream: Upstream) -> Id<Upstream> {
        let id = Id::new(self.list.len());
        self.list.push(upstream);
        id
    }

    /// GET `/` is asked of those who have said something about checks; an API that has no `/` is only connected to.
    fn health_check(
        &self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        written: Option<&Switch<ast::HealthCheck>>,
    ) -> Option<HealthCheck> {
        let (is_http, written) = match written {
            Some(Switch::Off) => return None,
            Some(Switch::On(written)) => (true, written.clone()),
            None => (self.health_interval.is_some(), ast::HealthCheck::default()),
        };
        let default = self.health_interval.unwrap_or(DEFAULT_INTERVAL);
        let at = &At::from(at.clone());
        let interval = read(cx, at, "interval", (&Timeout, written.interval.as_ref())).unwrap_or(default);
        // The earliest time at which the next probe may be due.
        let due = (interval * 9 / 10).as_millis().max(1);
        let timeout = Duration::from_secs(2).min(u64::try_from(due).map_or(interval, Duration::from_millis));
        Some(HealthCheck {
            probe: match is_http {
                true => Probe::Http {
                    path: probe_path(cx, &at.key(cx, "path"), written.path.as_deref()),
                    expect: expect(cx, &at.key(cx, "expect"), written.expect.as_ref()),
                },
                false => Probe::Connect,
            },
            interval,
            timeout: read(cx, at, "timeout", (&Timeout, written.timeout.as_ref())).unwrap_or(timeout),
            healthy_after: read(cx, at, "healthy_after", (&Number(1, 100), written.healthy_after.as_ref()))
                .unwrap_or(1),
            unhealthy_after: read(
                cx,
                at,
                "unhealthy_after",
                (&Number(1, 100), written.unhealthy_after.as_ref()),
            )
            .unwrap_or(1),
        })
    }
}

fn strategy(cx: &mut Cx<'_>, section: &ConfigPath, written: Option<&String>) -> Strategy {
    let strategy = written.and_then(|text| Word.read(cx, &section.key("strategy"), text));
    strategy.unwrap_or(Strategy::RoundRobin)
}

fn probe_path(cx: &mut Cx<'_>, at: &ConfigPath, written: Option<&str>) -> String {
    let path = written.unwrap_or("/");
    if cx.is_literal(at, path)
        && let Err(error) = check_target(path)
    {
        cx.pattern_error(&codes::IMPOSSIBLE_VALUE, at, path, error, check_target);
    }
    path.to_owned()
}

fn expect(cx: &mut Cx<'_>, at: &ConfigPath, written: Option<&ast::List<u64>>) -> Vec<u16> {
    let Some(list) = written else { return vec![200] };
    if list.is_empty() {
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, "no status would mean healthy", "this list is empty");
    }
    let written: Vec<(ConfigPath, u64)> =
        list.iter().map(|(index, status)| (at.index(index), *status)).collect();
    cx.each_once(&written);
    let mut statuses = BTreeSet::new();
    for (at, status) in &written {
        if (100..200).contains(status) {
            let title = format!("no probe ends with the status {status}");
            let label = "an interim response comes before the one that counts; must be 200 to 599";
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, label);
            continue;
        }
        statuses.extend(cx.number::<u16>(at, *status, 200..=599));
    }
    if statuses.is_empty() { vec![200] } else { statuses.into_iter().collect() }
}
