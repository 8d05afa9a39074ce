//! What a new config does otherwise than an old one: by behaviour, not by text.
//!
//! A promise, on which `--fail-on` rests: wherever a request is treated differently (who takes it, what answers, the path
//! that a backend sees, middleware, timeouts, limits), a change is reported; and a config that is only written in another
//! way has none. `regions` says why the requests that are asked about are enough.

mod answers;
mod change;
mod compare;
mod listeners;
mod parameters;
mod regions;
mod side;
mod spelling;
mod treatment;
mod upstreams;

pub use answers::{Group, Taker};
pub use change::{Change, INCOMPLETE, described, is_kind, kinds};

use crate::model::{Listeners, Model, Site};
use crate::normal;
use crate::table::Table;
use regions::Comparison;
use serde_json::{Value, json};
use side::{Condition, Side};
use std::collections::BTreeSet;
use upstreams::Pairs;

/// All that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Changes to requests.
    pub requests: Vec<Group>,
    /// Changes to sections which concern no single request: `server`, `admin`, `upstreams`.
    pub sections: Vec<Change>,
    /// False if there were too many requests to ask about; then there may be other changes.
    pub is_complete: bool,
}

/// Compares.
pub fn diff(old: &Model, new: &Model) -> Diff {
    let conditions = |model| Model::conditions(model).collect::<BTreeSet<_>>();
    let common = conditions(old).intersection(&conditions(new)).cloned().collect();
    let (old_sites, new_sites) = (old.sites(), new.sites());
    let (old_gone, new_gone) = (old.without_routes(), new.without_routes());
    let tables =
        |sites| -> Vec<Table<'_>> { <[Site<'_>]>::iter(sites).map(|site| Table::new(&site.model)).collect() };
    let (old_tables, new_tables) = (tables(&old_sites), tables(&new_sites));
    let (old_nothing, new_nothing) = (Table::new(&old_gone), Table::new(&new_gone));
    let (mut requests, mut upstreams, mut is_complete) = (Vec::new(), Pairs::new(), true);
    for pair in listeners::pairs((old, &old_sites), (new, &new_sites)) {
        let before = pair.old.and_then(|number| old_tables.get(number)).unwrap_or(&old_nothing);
        let after = pair.new.and_then(|number| new_tables.get(number)).unwrap_or(&new_nothing);
        let sides = (Side::new(old, before, &common), Side::new(new, after, &common));
        let mut comparison = Comparison::new(sides.0, sides.1);
        comparison.run();
        is_complete &= comparison.answers.is_complete();
        upstreams.extend(comparison.upstreams);
        answers::join(&mut requests, comparison.answers.groups(), &pair.names);
    }
    let mut changes = sections(old, new);
    changes.extend(upstreams::changes(old, new, upstreams));
    changes.extend((!is_complete).then(|| Change::new(change::INCOMPLETE, None, None)));
    Diff { requests, sections: changes, is_complete }
}

impl Model {
    /// Each with the listeners on which it takes requests.
    fn conditions(&self) -> impl Iterator<Item = (Condition<'_>, &Listeners)> {
        let conditions = |route| Condition::all_of(route).map(move |condition| (condition, &route.listeners));
        self.routes.iter().flat_map(conditions)
    }

    /// As a listener sees it that is not there.
    fn without_routes(&self) -> Self {
        Self { routes: Vec::new(), ..self.clone() }
    }
}

/// What is different in all sections but those that are compared by what becomes of requests.
fn sections(old: &Model, new: &Model) -> Vec<Change> {
    let others = |model: &Model| {
        let mut meaning = model.clone();
        spelling::make_sections_canonical(&mut meaning);
        let mut leaves = treatment::meant(&normal::tree(&meaning).canonical(), &normal::tree(model));
        leaves.extend(listeners::doors(model));
        leaves.retain(|path, _| !is_by_requests(path));
        leaves
    };
    let change = |(path, old, new): (&str, Option<String>, Option<String>)| {
        let kind = match path.split('.').next() {
            Some("server") => "server-changed",
            Some("admin") => "admin-changed",
            _ => "settings-changed",
        };
        Change { what: Some(path.to_owned()), ..Change::new(kind, old, new) }
    };
    treatment::differing(&others(old), &others(new)).map(change).collect()
}

fn is_by_requests(path: &str) -> bool {
    // It is each route's own, unless that has another.
    path == "server.timeouts.request"
        || matches!(path.split(['.', '[']).next(), Some("upstreams" | "middleware" | "routes"))
}

impl Diff {
    /// Whether both do the same.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.sections.is_empty()
    }

    /// Every kind of change that occurs.
    pub fn kinds(&self) -> BTreeSet<&str> {
        let changes = self.requests.iter().flat_map(|group| &group.changes).chain(&self.sections);
        changes.map(|change| change.kind.as_str()).collect()
    }

    /// For people.
    pub fn text(&self) -> String {
        if self.is_empty() {
            return "no change of behaviour\n".to_owned();
        }
        let groups = self.requests.iter().map(Group::text);
        groups.chain(self.sections.iter().map(|change| change.line() + "\n")).collect()
    }

    /// For programs.
    pub fn json(&self) -> String {
        let groups: Vec<Value> = self.requests.iter().map(Group::json).collect();
        let sections: Vec<Value> = self.sections.iter().map(Change::json).collect();
        let kinds: Vec<&str> = self.kinds().into_iter().collect();
        let json = json!({
            "requests": groups, "sections": sections, "kinds": kinds, "complete": self.is_complete
        });
        format!("{json:#}\n")
    }
}
