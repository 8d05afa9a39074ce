//! The route table, asked at build: which route takes a request, and which request gets to a route.
//!
//! The tables are those of the plan, and the search is the runtime's, once more ([`walk`]), so that what a check or
//! a test of the config finds is what the gateway will do.

mod fresh;
mod meet;
mod miss;
mod near;
mod normal;
mod outcome;
mod reach;
mod region;
mod request;
mod trial;
mod walk;

pub(crate) use fresh::Fresh;
pub(crate) use meet::Neighbours;
pub use miss::Miss;
pub use near::by_precedence;
pub use outcome::Outcome;
pub use reach::Reach;
pub(crate) use reach::Tail;
pub(crate) use region::{End, Region, Step, UNNAMED, narrower, union};
pub use request::Request;
pub(crate) use request::form_encoded;
pub(crate) use request::method_bit;
pub use trial::{Mismatch, TestOutcome, run_tests};
pub(crate) use walk::Walk;
#[cfg(feature = "cli")]
pub(crate) use {
    outcome::{changed, rendered},
    region::UNANSWERED,
};

use crate::lower;
use crate::model::{Method, Model, PathParameters, Route};
use crate::plan::Index;

/// Paths which the gateway answers ahead of all routes, unless `admin` has a listener of its own.
pub const BUILT_IN: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'m> {
    /// A route takes it.
    Route(&'m Route),
    /// 400: this route would take it, but the path has parameters, and the route does not keep them.
    PathParameters(&'m Route),
    /// The gateway answers it itself, ahead of all routes.
    BuiltIn(&'static str),
    /// 405: routes match but for the method; these are the methods they serve, a bit each in the order of
    /// [`Method::ALL`].
    NotAllowed(u8),
    /// 404: nothing matches.
    NotFound,
    /// 501: the gateway neither answers nor forwards this method.
    NotImplemented,
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
        let built_in = BUILT_IN.into_iter().find(|path| *path == request.raw_path());
        if let Some(path) = built_in.filter(|_| self.model.admin.is_none()) {
            return Answer::BuiltIn(path);
        }
        if matches!(request.method(), "TRACE" | "CONNECT") {
            return Answer::NotImplemented;
        }
        let method = method_bit(request.method());
        let walk = Walk::new(&self.index);
        let mut allowed = 0;
        let found = walk.search(request.host(), request.bare_path(), &mut |number| {
            let Some(route) = self.model.routes.get(number) else { return false };
            let fits = request.has_fields_of(route);
            if fits {
                allowed |= route.methods.bits();
            }
            fits && route.methods.bits() & method != 0
        });
        match found.and_then(|number| self.model.routes.get(number)) {
            Some(route)
                if request.has_path_parameters() && route.path_parameters == PathParameters::Refuse =>
            {
                Answer::PathParameters(route)
            }
            Some(route) => Answer::Route(route),
            None if allowed == 0 => Answer::NotFound,
            None => Answer::NotAllowed(allowed & !OTHER_METHODS),
        }
    }

    /// The routes which match a request, best first: the first is the one that takes it.
    pub fn matching(&self, request: &Request) -> Vec<&'m Route> {
        let method = method_bit(request.method());
        let mut matching = Vec::new();
        let _ = Walk::new(&self.index).search(request.host(), request.bare_path(), &mut |number| {
            let route = self.model.routes.get(number);
            matching.extend(
                route.filter(|route| route.methods.bits() & method != 0 && request.has_fields_of(route)),
            );
            false
        });
        matching
    }

    /// Which routes take this request, by the methods it may have: a bit each, and the route's number.
    #[cfg(feature = "cli")]
    pub(crate) fn takers(&self, request: &Request) -> Vec<(u8, usize)> {
        let (mut left, mut takers) = (u8::MAX, Vec::new());
        let _ = Walk::new(&self.index).search(request.host(), request.bare_path(), &mut |number| {
            let Some(route) = self.model.routes.get(number) else { return false };
            let taken = route.methods.bits() & left;
            if taken != 0 && request.has_fields_of(route) {
                takers.push((taken, number));
                left &= !taken;
            }
            left == 0
        });
        takers
    }

    pub(crate) fn model(&self) -> &'m Model {
        self.model
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }
}

/// The bit of all methods that have none of their own: a route without `methods` serves them, too.
pub(crate) const OTHER_METHODS: u8 = 1 << Method::ALL.len();
