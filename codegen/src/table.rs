//! The route table, asked at build: which route takes a request, and which request gets to a route.
//!
//! The tables are those of the plan, and the search is the runtime's own ([`castgate_contract::search`]), so that what
//! a check or a test of the config finds is what the gateway will do.

mod fresh;
mod made;
mod meet;
mod miss;
mod outcome;
mod reach;
mod region;
mod request;
mod trial;

pub(crate) use fresh::Fresh;
pub(crate) use meet::Neighbours;
pub use miss::Miss;
pub(crate) use outcome::FORWARDED_PROTO;
pub use outcome::Outcome;
pub use reach::Reach;
pub(crate) use reach::Tail;
pub(crate) use region::{End, Region, Step, UNNAMED, narrower, union};
pub use request::Request;
pub use trial::{Mismatch, TestOutcome};
#[cfg(feature = "cli")]
pub(crate) use {
    outcome::{changed, location},
    region::UNANSWERED,
};

use crate::language::route::{DISPUTED, DisputedKey};
use crate::lower;
use crate::middleware::Refusal;
use crate::model::{Methods, Model, Route, Sharing};
use crate::pattern::{HostPattern, Label};
use crate::plan::{Index, NONE};
use crate::source::FileLine;
use castgate_contract::built_in;
use castgate_contract::cross_origin::{Denied, Preflight};
use castgate_contract::path::Disputed;
use castgate_contract::search::Tables;
use std::fmt;
use std::net::IpAddr;

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'m> {
    /// A route takes it.
    Route(&'m Route),
    /// 400: this route would take it, but does not let through what of the path others may read differently.
    Disputed(&'m Route, &'static DisputedKey),
    /// A preflight, which this route answers: it lets the page of this origin send what is announced, or says why it does not.
    Preflight(&'m Route, Result<(), Denied>),
    /// The gateway answers it itself, ahead of all routes.
    BuiltIn,
    /// 405: routes match but for the method; these are the methods they serve.
    NotAllowed(Methods),
    /// 404: nothing matches.
    NotFound,
    /// 501: the gateway neither answers nor forwards this method.
    NotImplemented,
}

/// What it costs to ask about a request, in routes that are looked at.
const COST_OF_A_REQUEST: usize = 100;

/// A request that a middleware answers in place of what it guards.
#[derive(Clone, Copy)]
pub(crate) struct Refused<'m> {
    /// Its name.
    pub(crate) middleware: &'static str,
    /// Where it is written.
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "only `explain` tells it"))]
    pub(crate) line: &'m FileLine,
    /// Whom it refuses.
    pub(crate) client: IpAddr,
    /// With what.
    pub(crate) refusal: &'static Refusal,
}

/// In a line: `ip_filter refuses 203.0.113.9: 403 ip_denied`.
impl fmt::Display for Refused<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { middleware, line: _, client, refusal: Refusal { reason, status } } = self;
        write!(f, "`{middleware}` refuses {client}: {status} {reason}")
    }
}

fn is_refused(of: Disputed, request: &Request, route: &Route) -> bool {
    request.disputed().contains(of) && !route.settings.keeps().contains(of)
}

/// A model's routes, ready to be asked.
#[derive(Debug)]
pub struct Table<'m> {
    model: &'m Model,
    index: Index,
}

impl<'m> Table<'m> {
    /// Lays out the tables.
    pub fn new(model: &'m Model) -> Self {
        Self { model, index: lower::plain_index(&model.routes) }
    }

    /// What becomes of this request.
    pub fn ask(&self, request: &Request) -> Answer<'m> {
        if self.is_built_in(request) {
            return Answer::BuiltIn;
        }
        if matches!(request.method(), "TRACE" | "CONNECT") {
            return Answer::NotImplemented;
        }
        if let Some(route) = self.announced(request) {
            return self.taken(route, request, |preflight, sharing| preflight.judge(&sharing.rules()));
        }
        let method = Methods::of(request.method());
        let mut allowed = Methods::NONE;
        let found = self.search(request, &mut |_, route| {
            let fits = request.has_fields_of(route);
            if fits {
                allowed = allowed.union(route.methods);
            }
            fits && route.methods.intersects(method)
        });
        match found {
            Some(route) => self.taken(route, request, |_, _| Err(Denied::Elsewhere)),
            None if allowed == Methods::NONE => Answer::NotFound,
            None => Answer::NotAllowed(allowed),
        }
    }

    /// What a route that takes this request does with it.
    fn taken(
        &self,
        route: &'m Route,
        request: &Request,
        judge: impl Fn(Preflight<'_, Request>, &Sharing) -> Result<(), Denied>,
    ) -> Answer<'m> {
        if let Some(key) = DISPUTED.iter().find(|key| is_refused(key.of, request, route)) {
            return Answer::Disputed(route, key);
        }
        match request.preflight().zip(route.sharing(self.model)) {
            Some((preflight, sharing)) => Answer::Preflight(route, judge(preflight, &sharing)),
            None => Answer::Route(route),
        }
    }

    /// The route of a preflight, if that answers preflights: the one that takes the request which it announces.
    fn announced(&self, request: &Request) -> Option<&'m Route> {
        let preflight = request.preflight()?;
        let method = preflight.method();
        let found = self.search(request, &mut |_, route| {
            route.methods.intersects(method)
                && route
                    .headers
                    .iter()
                    .all(|wanted| preflight.names(wanted.name.as_str()) || request.has_header(wanted))
                && route.query.iter().all(|wanted| request.has_parameter(wanted))
        });
        found.filter(|route| route.answers_preflights(self.model))
    }

    /// The middleware that keeps the request from the target of a route because of who sends it.
    pub(crate) fn refusal(&self, route: &'m Route, request: &Request) -> Option<Refused<'m>> {
        let client = request.client_ip()?;
        let mut layers = route.middleware.layers(&self.model.policies);
        let layer = layers.find(|layer| layer.settings.refuses(client))?;
        let refusal = layer.facts.refusals.first()?;
        Some(Refused { middleware: layer.kind, line: layer.line, client, refusal })
    }

    /// Which routes take this request, by the methods it may have, and the route's number.
    #[cfg(feature = "cli")]
    pub(crate) fn takers(&self, request: &Request) -> Vec<(Methods, usize)> {
        let (mut left, mut takers) = (Methods::ALL, Vec::new());
        self.search(request, &mut |number, route| {
            let taken = route.methods.intersection(left);
            if taken != Methods::NONE && request.has_fields_of(route) {
                takers.push((taken, number));
                left = left.without(taken);
            }
            left == Methods::NONE
        });
        takers
    }

    /// Whether the gateway answers it itself, ahead of all routes.
    pub(crate) fn is_built_in(&self, request: &Request) -> bool {
        self.model.admin.is_none() && built_in::at(request.raw_path()).is_some()
    }

    /// Which of these methods no route takes that goes before this one, of a request that no built-in path has; `None` if that
    /// costs more than is left.
    pub(crate) fn left_to(
        &self,
        route: &Route,
        request: &Request,
        methods: Methods,
        budget: &mut usize,
    ) -> Option<Methods> {
        *budget = budget.saturating_sub(COST_OF_A_REQUEST);
        let mut left = methods;
        self.search(request, &mut |_, other| {
            *budget = budget.saturating_sub(1);
            let goes_first = other.precedence_on(route, request.host()).is_lt();
            if goes_first && request.has_fields_of(other) {
                left = left.without(other.methods);
            }
            !goes_first || left == Methods::NONE || *budget == 0
        });
        (*budget > 0).then_some(left)
    }

    /// Visits the routes whose host and path match, best first, each with its number, until one is accepted.
    fn search(
        &self,
        request: &Request,
        accept: &mut dyn FnMut(usize, &'m Route) -> bool,
    ) -> Option<&'m Route> {
        let routes = &self.model.routes;
        let found = self.index.search(request.host(), request.matched_path(), &mut |number, _| {
            routes.get(number as usize).is_some_and(|route| accept(number as usize, route))
        });
        routes.get(found? as usize)
    }

    pub(crate) fn model(&self) -> &'m Model {
        self.model
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// The root of this pattern's trie, if it has routes.
    fn root(&self, pattern: &HostPattern) -> Option<u32> {
        let index = &self.index;
        match pattern {
            HostPattern::Exact(name) => index.lookup(index.hosts(), name),
            HostPattern::Labelled(Label { suffix, .. }) => index.lookup(index.labels(), suffix),
            HostPattern::Wildcard(suffix) => index.lookup(index.wildcards(), suffix),
            HostPattern::Any => Some(index.any_host()).filter(|root| *root != NONE),
        }
    }
}

#[cfg(test)]
pub(crate) mod oracle;
