//! Whether two routes of one rank tie: whether there is a request which both match, and which no route takes that goes
//! before both of them.
//!
//! As in the proof of [`crate::table::Reach`], the *plainest* requests of what both match decide: whoever takes those takes
//! all, and one that is left to the two is the example that is shown.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::model::{Methods, Route};
use crate::pattern::HostPattern;
use crate::table::{Fresh, Region, Request, Table, UNNAMED, union};
use std::collections::BTreeSet;

/// So much is looked at in a whole config, in routes; then two routes that match the same request tie, whoever takes it.
const MOST_LOOKED_AT: usize = 5_000_000;

/// What was looked at so far.
pub(super) struct Seen {
    left: usize,
    /// Names of routes that were reported together.
    reported: BTreeSet<[String; 2]>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { left: MOST_LOOKED_AT, reported: BTreeSet::new() }
    }
}

/// The routes of a listener.
pub(super) struct Ties<'a, 'm> {
    table: &'a Table<'m>,
    /// Its name, and those of others with the same routes; may be empty.
    listeners: String,
    seen: &'a mut Seen,
    fresh: Option<Fresh<'m>>,
    /// Segments of the longest pattern.
    longest: usize,
}

/// What two routes both match.
enum Common {
    /// Others take all of it.
    Taken,
    /// Nobody takes this before them.
    Left(Request),
    /// This, and nobody has looked who takes it.
    Unknown(Request),
}

impl<'a, 'm> Ties<'a, 'm> {
    pub(super) fn new(table: &'a Table<'m>, listeners: String, seen: &'a mut Seen) -> Self {
        let segments = table.model().routes.iter().map(|route| route.path.segments.len());
        let longest = segments.max().unwrap_or(0);
        Self { table, listeners, seen, fresh: None, longest }
    }

    /// Reports two routes of one rank on this host if they tie, once for all hosts and listeners; whether they do.
    pub(super) fn report(
        &mut self,
        host: &'m HostPattern,
        one: &'m Route,
        other: &'m Route,
        sink: &mut Reporter<'_>,
    ) -> bool {
        let Some(common) = self.common(host, one, other) else { return false };
        let is_tie = !matches!(common, Common::Taken);
        let mut pair = [one.name.clone(), other.name.clone()];
        pair.sort_unstable();
        if is_tie && self.seen.reported.insert(pair) {
            report(one, other, &common, &self.listeners, sink);
        }
        is_tie
    }

    /// What both match on this host, if there is anything.
    fn common(&mut self, host: &'m HostPattern, one: &'m Route, other: &'m Route) -> Option<Common> {
        let methods = one.methods.intersection(other.methods);
        if methods == Methods::NONE {
            return None;
        }
        let (region, with) = (Region::of(one, host), Region::of(other, host));
        let headers = union(&region.headers, &with.headers)?;
        let query = union(&region.query, &with.query)?;
        let region = Region { methods, headers, query, ..region };
        let table = self.table;
        let fresh = self.fresh.get_or_insert_with(|| Fresh::of(&[table.model()]));
        for tail in region.tails(self.longest) {
            let request = fresh.request(&region, tail, region.methods().next().unwrap_or(UNNAMED));
            if table.is_built_in(&request) {
                continue;
            }
            let Some(left) = table.left_to(one, &request, region.methods, &mut self.seen.left) else {
                return Some(Common::Unknown(request));
            };
            let left = Region { methods: left, ..region.clone() };
            if let Some(method) = left.methods().next() {
                return Some(Common::Left(fresh.request(&region, tail, method)));
            }
        }
        Some(Common::Taken)
    }
}

fn report(one: &Route, other: &Route, common: &Common, listeners: &str, sink: &mut Reporter<'_>) {
    let place = |route: &Route| sink.source.key_span(&route.origin.path).map(|span| span.start);
    let (first, second) = if place(one) <= place(other) { (one, other) } else { (other, one) };
    let source = sink.source;
    let span = |route: &Route| source.value_span(&route.origin.path.key("path"));
    let title = format!("routes {} and {} match the same request", quoted(&first.name), quoted(&second.name));
    let problem = sink
        .error(&codes::AMBIGUOUS_ROUTES, title)
        .label(span(second), "this route")
        .label(span(first), "and this one, with the same precedence");
    match common {
        Common::Taken => {}
        Common::Left(request) => {
            problem.help(format!("for example {}", shown(request, listeners)));
        }
        Common::Unknown(request) => {
            problem.help(format!("for example {}", shown(request, listeners)));
            problem.help("so many routes overlap that it was not looked for another one which takes such requests before them");
        }
    }
    problem
        .help("the order of the file never decides; make one more specific: path, methods, headers or query");
}

fn shown(request: &Request, listeners: &str) -> String {
    let fields = request.headers().iter();
    let fields: Vec<String> = fields.map(|(name, value)| quoted(&format!("{name}: {value}"))).collect();
    let with = if fields.is_empty() { String::new() } else { format!(" with {}", fields.join(" and ")) };
    let on = if listeners.is_empty() { String::new() } else { format!(" on {listeners}") };
    quoted(&request.to_string()) + &with + &on
}
