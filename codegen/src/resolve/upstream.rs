//! `upstreams:`, and those written in place.

use super::{Cx, backend, names};
use crate::ast::{self, Lenient, Switch};
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::Section;
use crate::language::route::{self, WrittenRoute};
use crate::language::upstream::{self, WrittenHealthCheck, WrittenUpstream};
use crate::model::{Backend, Checks, HealthCheck, Id, Scope, Upstream};
use crate::pattern::Parameters;
use crate::source::ConfigPath;
use std::collections::{BTreeMap, BTreeSet};

/// The route at `at`, as far as its target, or an upstream written in place, needs it.
pub(super) struct Place<'a> {
    pub(super) at: &'a ConfigPath,
    pub(super) scope: Scope,
    pub(super) name: &'a str,
    /// `None` if it was wrong.
    pub(super) parameters: Option<Parameters<'a>>,
}

/// The upstreams so far, by name and in order.
pub(super) struct Upstreams {
    list: Vec<Upstream>,
    /// `None`: written, but with problems, so that nothing can refer to it and nobody need complain.
    by_name: BTreeMap<String, Option<Id<Upstream>>>,
    used: BTreeSet<String>,
    /// A route refers to something that nobody knows, or to nothing: it may be any of these.
    is_any_used: bool,
    /// `health_check_interval`, if it is right.
    health_interval: Lenient<ast::Duration>,
}

impl Upstreams {
    /// The named ones.
    pub(super) fn resolve(cx: &mut Cx<'_>, gateway: &ast::Gateway) -> Self {
        let interval_at = ConfigPath::root().key("health_check_interval");
        let is_right = |written: &&ast::Duration| cx.timeout(&interval_at, written).is_some();
        let health_interval = Lenient(gateway.health_check_interval.get().filter(is_right).cloned());
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
            names::check_key(cx, &at, name, "an upstream");
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
        written: &WrittenUpstream,
    ) -> Option<Upstream> {
        let settings = upstream::Upstream::with_defaults(cx, at.clone(), Some(written));
        let resolve = settings.resolve.as_ref();
        let backends = backend::backends(cx, at, written.backends.get(), Scope::TopLevel, resolve);
        if resolve.is_some() && backends.iter().all(|backend| backend.slots.is_none()) {
            nothing_to_look_up(cx, at, &backends);
        }
        let health_check_at = at.key(WrittenUpstream::health_check);
        let checks = self.checks(cx, &health_check_at, written.health_check.get());
        if checks.settings().is_some_and(|check| check.port.is_some()) {
            let socket = backends.iter().find(|backend| backend.is_socket());
            socket.into_iter().for_each(|socket| no_port(cx, &health_check_at, socket));
        }
        if checks == Checks::Off && settings.panic_threshold.basis_points > 0 {
            never_panics(cx, at);
        }
        let origin = cx.origin(at, Scope::TopLevel);
        (!backends.is_empty()).then(|| Upstream { name: name.to_owned(), origin, backends, checks, settings })
    }

    /// One written in place, in the route at `place`.
    pub(super) fn in_place(
        &mut self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        place: &Place<'_>,
        (written, settings): (&WrittenRoute, &route::Route),
    ) -> Option<Id<Upstream>> {
        let name = place.name;
        let backends: Vec<Backend> = backend::backends(cx, at, written.backends.get(), place.scope, None);
        if self.by_name.contains_key(name) {
            let first = ConfigPath::root().key("upstreams").key(name);
            let first = cx.source.key_span(&first);
            let title = format!("two upstreams have the name {}", quoted(name));
            let label = "an upstream written in place has its route's name";
            cx.sink
                .error_at_key(&codes::DUPLICATE_NAME, &at.key(WrittenRoute::backends), title, label)
                .label(first, "the other one is here")
                .help("refer to the named one with `upstream`, or give the route another name");
            return None;
        }
        if backends.is_empty() {
            return None;
        }
        let all_defaults = upstream::Upstream::with_defaults(cx, at.clone(), None);
        let settings = upstream::Upstream { strategy: settings.strategy, ..all_defaults };
        let (origin, checks) = (cx.origin(at, place.scope), self.checks(cx, at, None));
        Some(self.push(Upstream { name: name.to_owned(), origin, backends, checks, settings }))
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
        // Nobody knows what is in a section that could not be read.
        if cx.sink.is_refused(&ConfigPath::root().key("upstreams").key(name)) {
            return None;
        }
        cx.unknown(&codes::UNKNOWN_UPSTREAM, at, name, "upstream", self.by_name.keys().map(String::as_str));
        // What it was meant to be is in use, too.
        let meant =
            crate::diagnostic::nearest(name, self.by_name.keys().map(String::as_str)).map(str::to_owned);
        match meant {
            Some(meant) => drop(self.used.insert(meant)),
            None => self.is_any_used = true,
        }
        None
    }

    /// A route has no target: it may have been meant to have any of these.
    pub(super) fn any_may_be_meant(&mut self) {
        self.is_any_used = true;
    }

    /// Reports named upstreams which no route refers to.
    pub(super) fn report_unused(&self, cx: &mut Cx<'_>, gateway: &ast::Gateway) {
        // A route which could not be read, or its upstream, might refer to anything.
        let routes = ConfigPath::root().key("routes");
        let is_unread = |(index, route): (usize, &WrittenRoute)| {
            route.upstream.get().is_none()
                && !cx.source.is_absent(&routes.index(index), WrittenRoute::upstream)
        };
        if self.is_any_used
            || gateway.routes.iter().count() < gateway.routes.len()
            || gateway.routes.iter().any(is_unread)
            || !cx.source.is_absent(&ConfigPath::root(), "routes") && gateway.routes.is_empty()
        {
            return;
        }
        let section = ConfigPath::root().key("upstreams");
        // Of one that could not be read that has been reported.
        let read = gateway.upstreams.iter().filter(|(_, upstream)| upstream.is_some());
        for (name, _) in read.filter(|(name, _)| !self.used.contains(*name)) {
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

    /// Those who have said something about checks are asked, for `/` if for nothing else; an API that may have none is only
    /// connected to.
    fn checks(
        &self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        written: Option<&Switch<WrittenHealthCheck>>,
    ) -> Checks {
        let own = match written {
            Some(Switch::Off) => return Checks::Off,
            Some(Switch::On(own)) => own.clone(),
            None => WrittenHealthCheck::default(),
        };
        let base = WrittenHealthCheck { interval: self.health_interval.clone(), ..Default::default() };
        let settings = HealthCheck::with_defaults(cx, at.clone(), Some(&HealthCheck::over(own, base)));
        if settings.tcp {
            what_is_asked(cx, at).into_iter().for_each(|key| idle(cx, at, key));
        }
        let is_asked = cx.source.is_written(&ConfigPath::root().key("health_check_interval"));
        if settings.tcp || written.is_none() && !is_asked {
            Checks::Connect(HealthCheck { tcp: true, ..settings })
        } else {
            Checks::Ask(settings)
        }
    }
}

/// Reports `resolve` where no backend has a name.
fn nothing_to_look_up(cx: &mut Cx<'_>, at: &ConfigPath, backends: &[Backend]) {
    // Of backends that are wrong nobody knows what they were to be.
    let Some(first) = backends.first() else { return };
    let backend = cx.source.written_span(&first.origin.path);
    let at = at.key(WrittenUpstream::resolve);
    let title = "`resolve` has no effect where no backend is written by name";
    let problem = cx.sink.error_at_key(&codes::KEY_DOES_NOT_APPLY, &at, title, "would have no effect");
    if let Some(backend) = backend {
        problem.label(backend, "there is nothing to look up");
    }
    problem.help("leave it out, or write the name that stands for these addresses");
}

/// Reports a port of probes where a backend has none.
fn no_port(cx: &mut Cx<'_>, at: &ConfigPath, socket: &Backend) {
    let backend = cx.source.written_span(&socket.origin.path);
    let at = at.key(WrittenHealthCheck::port);
    let title = "`port` has no meaning for a backend that is a socket";
    let problem = cx.sink.error_at_key(&codes::KEY_DOES_NOT_APPLY, &at, title, "a socket has no ports");
    if let Some(backend) = backend {
        problem.label(backend, "this one would be asked at itself");
    }
    problem.help("leave `port` out, or give sockets an upstream of their own");
}

/// Reports a threshold where every backend always counts as usable.
fn never_panics(cx: &mut Cx<'_>, at: &ConfigPath) {
    let off = cx.source.value_span(&at.key(WrittenUpstream::health_check));
    let title = "`panic_threshold` has no effect together with `health_check: off`";
    let at = at.key(WrittenUpstream::panic_threshold);
    let problem = cx.sink.error_at_key(&codes::KEY_DOES_NOT_APPLY, &at, title, "would have no effect");
    if let Some(off) = off {
        problem.label(off, "every backend always counts as healthy");
    }
    problem.help("leave one of them out");
}

/// The keys that are written which say what a probe asks, and what is answered.
fn what_is_asked(cx: &Cx<'_>, at: &ConfigPath) -> Vec<&'static str> {
    let keys = [
        WrittenHealthCheck::path,
        WrittenHealthCheck::expect,
        WrittenHealthCheck::method,
        WrittenHealthCheck::host,
        WrittenHealthCheck::headers,
    ];
    keys.into_iter().filter(|key| cx.source.is_written(&at.key(key))).collect()
}

/// Reports a key that says something of a request where none is made.
fn idle(cx: &mut Cx<'_>, at: &ConfigPath, key: &str) {
    let tcp = cx.source.key_span(&at.key(WrittenHealthCheck::tcp));
    let title = format!("{} has no effect together with `tcp`", quoted(key));
    let problem =
        cx.sink.error_at_key(&codes::KEY_DOES_NOT_APPLY, &at.key(key), title, "would have no effect");
    if let Some(tcp) = tcp {
        problem.label(tcp, "a connection is made, and nothing is asked");
    }
    problem.help("leave one of them out");
}
