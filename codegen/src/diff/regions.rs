//! Which requests tell two configs apart: few enough to ask all, and enough to miss none.
//!
//! If a request is taken by route A of the old config and B of the new one, then so is one of the *plainest* requests
//! that both match: with A's and B's fields and no others, with literals where one of them has them, and everywhere
//! else text that neither config names. For whoever outranks A there matches the other request, too (conditions are
//! only ever positive); the same for B. So for each pair of routes that meet, the plainest requests decide, one for
//! each method and each number of further segments. Two paths are built alike for all requests of a pair exactly if
//! they are for these, since each free segment has a text of its own.
//!
//! Few pairs are left to look at. Of two routes that have their *twins* (routes of the same condition) in the other
//! config, A never takes a request in the old one that B takes in the new one: B's twin would outrank A, and A's twin
//! B. So a route with a twin is compared with that, and only a route without one is compared with all that it meets.

use super::answers::Answers;
use super::compare;
use super::compare::{Asked, Seen};
use super::side::{Condition, Side, Taker};
use super::upstreams::Pairs;
use crate::model::{Methods, Route, Target};
use crate::table::{Fresh, Region, Request, Tail, UNANSWERED};
use castgate_contract::built_in;
use std::collections::BTreeMap;

/// More pairs of routes than this are not looked at; then the comparison says that it is not complete.
const MOST_PAIRS: usize = 10_000_000;

/// The two configs, and what was found so far.
pub(super) struct Comparison<'a, 'm> {
    old: Side<'a, 'm>,
    new: Side<'a, 'm>,
    fresh: Fresh<'m>,
    marks: Fresh<'m>,
    /// Segments of the longest pattern.
    longest: usize,
    pairs_left: usize,
    pub(super) answers: Answers,
    /// Upstreams of routes that take the same requests.
    pub(super) upstreams: Pairs,
}

impl<'a, 'm> Comparison<'a, 'm> {
    pub(super) fn new(old: Side<'a, 'm>, new: Side<'a, 'm>) -> Self {
        let models = [old.model, new.model];
        let segments = models.iter().flat_map(|model| &model.routes).map(|route| route.path.segments.len());
        Self {
            fresh: Fresh::of(&models),
            marks: Fresh::marks(&models),
            longest: segments.max().unwrap_or(0),
            pairs_left: MOST_PAIRS,
            answers: Answers::new(),
            upstreams: Pairs::new(),
            old,
            new,
        }
    }

    /// Asks about all requests that could be treated differently.
    pub(super) fn run(&mut self) {
        let (old, new) = (self.old.model, self.new.model);
        let numbers = |routes: &'m [Route]| -> BTreeMap<Condition<'m>, usize> {
            let routes = routes.iter().enumerate();
            routes
                .flat_map(|(number, route)| {
                    Condition::all_of(route).map(move |condition| (condition, number))
                })
                .collect()
        };
        let (in_old, in_new) = (numbers(&old.routes), numbers(&new.routes));
        for (condition, one) in &in_old {
            let Some(other) = in_new.get(condition) else { continue };
            self.link(*one, *other);
            let region = condition.region(&old.routes[*one]);
            if !self.are_alike(*one, *other, &region) {
                self.ask(&region);
            }
        }
        for (condition, number) in &in_old {
            if !in_new.contains_key(condition) {
                let region = condition.region(&old.routes[*number]);
                self.ask(&region);
                self.ask_common(&region, self.new.meeting(&region));
            }
        }
        for (condition, number) in &in_new {
            if !in_old.contains_key(condition) {
                let region = condition.region(&new.routes[*number]);
                self.ask(&region);
                let mut meeting = self.old.meeting(&region);
                // The others have been asked about from the other end.
                meeting.retain(|(other, _)| in_new.contains_key(other));
                self.ask_common(&region, meeting);
            }
        }
        self.ask_unmatched();
        if old.admin.is_none() != new.admin.is_none() {
            for path in built_in::PATHS {
                let region = Region::of_path(path);
                self.ask(&region);
                self.ask_common(&region, self.old.meeting(&region));
                self.ask_common(&region, self.new.meeting(&region));
            }
        }
    }

    /// What no route takes: a request that is nobody's in either config or, where every request has its route, one that
    /// no gateway answers.
    fn ask_unmatched(&mut self) {
        let nobody = |request: &Request| {
            let takers = self.old.takers(request).into_iter().chain(self.new.takers(request));
            takers.into_iter().all(|(_, taker)| taker == Taker::Nobody)
        };
        let plainest = self.fresh.request(&Region::of_any(), Tail { fresh: 1, has_slash: false }, "GET");
        let request = if nobody(&plainest) {
            plainest
        } else {
            self.fresh.request(&Region::of_path("/"), Tail::default(), UNANSWERED)
        };
        let asked = Asked { request: &request, marked: Seen { path: request.path(), host: request.host() } };
        let changes = compare::requests((&self.old, Taker::Nobody), (&self.new, Taker::Nobody), &asked);
        let takers = (self.old.shown(Taker::Nobody), self.new.shown(Taker::Nobody));
        self.answers.add(takers, changes, request, 1);
    }

    /// Asks about what a route has in common with others, but for those that have all of it.
    fn ask_common(&mut self, whole: &Region<'m>, meeting: Vec<(Condition<'m>, Region<'m>)>) {
        for (_, common) in meeting {
            let Some(left) = self.pairs_left.checked_sub(1) else {
                self.answers.give_up();
                return;
            };
            self.pairs_left = left;
            let is_asked = Region { methods: whole.methods, ..common.clone() } == *whole;
            if !is_asked {
                self.ask(&common);
            }
        }
    }

    /// Whether two routes of one condition do the same with all that they take.
    fn are_alike(&self, one: usize, other: usize, region: &Region<'m>) -> bool {
        let (a, b) = (self.old.route(one), self.new.route(other));
        let is_path_alike = match (&a.target, &b.target) {
            (Target::Forward(a), Target::Forward(b)) => a.path == b.path,
            (Target::Redirect(a), Target::Redirect(b)) => a.leads == b.leads,
            _ => true,
        };
        let Some(tail) = region.tails(self.longest).next() else { return false };
        let request = self.fresh.request(region, tail, "GET");
        let (path, host) = (self.marks.path(&region.steps, tail), self.marks.host(region.host));
        let asked = Asked { request: &request, marked: Seen { path: &path, host: &host } };
        let takers = (Taker::Route(one), Taker::Route(other));
        is_path_alike && compare::requests((&self.old, takers.0), (&self.new, takers.1), &asked).is_empty()
    }

    /// Asks about the plainest requests of this region.
    fn ask(&mut self, region: &Region<'m>) {
        for tail in region.tails(self.longest) {
            if !self.answers.ask() {
                return;
            }
            let request = self.fresh.request(region, tail, "GET");
            let (before, after) = (self.old.takers(&request), self.new.takers(&request));
            for (old_methods, old) in &before {
                for (new_methods, new) in &after {
                    let methods = old_methods.intersection(*new_methods).intersection(region.methods);
                    if methods != Methods::NONE {
                        self.compare(&Region { methods, ..region.clone() }, tail, (*old, *new));
                    }
                }
            }
        }
    }

    fn compare(&mut self, region: &Region<'m>, tail: Tail, (old, new): (Taker, Taker)) {
        if let (Taker::Route(one), Taker::Route(other)) = (old, new) {
            self.link(one, other);
        }
        let Some(method) = region.methods().next() else { return };
        let request = self.fresh.request(region, tail, method);
        let (path, host) = (self.marks.path(&region.steps, tail), self.marks.host(region.host));
        let asked = Asked { request: &request, marked: Seen { path: &path, host: &host } };
        let changes = compare::requests((&self.old, old), (&self.new, new), &asked);
        let takers = (self.old.shown(old), self.new.shown(new));
        self.answers.add(takers, changes, request, region.methods().count());
    }

    fn link(&mut self, one: usize, other: usize) {
        let upstreams = (self.old.upstream(self.old.route(one)), self.new.upstream(self.new.route(other)));
        if let (Some((one, _)), Some((other, _))) = upstreams {
            self.upstreams.insert((one, other));
        }
    }
}
