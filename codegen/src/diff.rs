//! What a new config does otherwise than an old one: by behaviour, not by text.
//!
//! From the routes of both, requests are derived (each route's own, and those where routes meet), and both configs are
//! asked what they do with each. A route that moved within the file, or is written in another way, is no change.

mod change;
mod compare;
mod witness;

pub use change::{Change, is_kind, kinds};

use crate::diagnostic::quoted;
use crate::model::{Model, Route};
use crate::normal;
use crate::source::FileLine;
use crate::table::{Answer, Request, Table};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// All that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// Changes to requests.
    pub requests: Vec<Group>,
    /// Changes to sections which concern no single request: `server`, `admin`, `upstreams`.
    pub sections: Vec<Change>,
    /// How many requests were asked about.
    pub asked: usize,
}

/// Requests of which the same two routes make the same difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The route that took them.
    pub old: Option<Taker>,
    /// The route that takes them now.
    pub new: Option<Taker>,
    /// What is different.
    pub changes: Vec<Change>,
    /// One of the requests.
    pub example: Request,
    /// How many were asked about.
    pub count: usize,
}

/// A route that takes a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taker {
    /// Its name.
    pub name: String,
    /// Where it was written.
    pub line: FileLine,
    /// The same for people: with the file only if there are several.
    whereabouts: String,
}

/// Compares.
pub fn diff(old: &Model, new: &Model) -> Diff {
    let (old_table, new_table) = (Table::new(old), Table::new(new));
    let requests = witness::requests(&[(&old.routes, &old_table), (&new.routes, &new_table)]);
    let asked = requests.len();
    type Key = (Option<Taker>, Option<Taker>, Vec<Change>);
    let mut groups: BTreeMap<Key, (Request, usize)> = BTreeMap::new();
    for request in requests {
        let (before, after) = (taker(&old_table, &request), taker(&new_table, &request));
        let changes = compare::requests((&old_table, old, before), (&new_table, new, after), &request);
        if !changes.is_empty() {
            groups.entry((id(old, before), id(new, after), changes)).or_insert((request, 0)).1 += 1;
        }
    }
    let requests = groups
        .into_iter()
        .map(|((old, new, changes), (example, count))| Group { old, new, changes, example, count })
        .collect();
    Diff { requests, sections: compare::sections(&normal::tree(old), &normal::tree(new)), asked }
}

fn taker<'m>(table: &Table<'m>, request: &Request) -> Option<&'m Route> {
    match table.ask(request) {
        Answer::Route(route) => Some(route),
        _ => None,
    }
}

fn id(model: &Model, route: Option<&Route>) -> Option<Taker> {
    let taker = |route: &Route| Taker {
        name: route.name.clone(),
        line: route.origin.line.clone(),
        whereabouts: model.whereabouts(&route.origin.line),
    };
    route.map(taker)
}

impl Diff {
    /// Whether both do the same.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.sections.is_empty()
    }

    /// Every kind of change that occurs.
    pub fn kinds(&self) -> std::collections::BTreeSet<&str> {
        let changes = self.requests.iter().flat_map(|group| &group.changes).chain(&self.sections);
        changes.map(|change| change.kind.as_str()).collect()
    }

    /// For people.
    pub fn text(&self) -> String {
        if self.is_empty() {
            return format!("no change of behaviour ({} requests asked about)\n", self.asked);
        }
        let mut text = String::new();
        for group in &self.requests {
            text.push_str(&group.text());
        }
        for change in &self.sections {
            text.push_str(&format!("{}\n", change.line()));
        }
        text
    }

    /// For programs.
    pub fn json(&self) -> String {
        let groups: Vec<Value> = self.requests.iter().map(Group::json).collect();
        let sections: Vec<Value> = self.sections.iter().map(Change::json).collect();
        let kinds: Vec<&str> = self.kinds().into_iter().collect();
        format!(
            "{:#}\n",
            json!({"requests": groups, "sections": sections, "kinds": kinds, "asked": self.asked})
        )
    }
}

impl Group {
    fn text(&self) -> String {
        let name = |route: &Option<Taker>| match route {
            Some(taker) => format!("{} ({})", quoted(&taker.name), taker.whereabouts),
            None => "no route".to_owned(),
        };
        let mut text = format!("{}\n", self.example);
        for (name, value) in self.example.headers() {
            text.push_str(&format!("  with {name}: {value}\n"));
        }
        let (old, new) = (name(&self.old), name(&self.new));
        let route = if old == new { old } else { format!("{old} -> {new}") };
        let more = match self.count - 1 {
            0 => String::new(),
            1 => ", and one more request".to_owned(),
            more => format!(", and {more} more requests"),
        };
        text.push_str(&format!("  route {route}{more}\n"));
        for change in &self.changes {
            text.push_str(&format!("  {}\n", change.line()));
        }
        text.push('\n');
        text
    }

    fn json(&self) -> Value {
        let route = |route: &Option<Taker>| {
            let json = |taker: &Taker| json!({"name": taker.name, "file": &*taker.line.file, "line": taker.line.line});
            route.as_ref().map(json)
        };
        let changes: Vec<Value> = self.changes.iter().map(Change::json).collect();
        json!({
            "example": self.example.to_string(),
            "headers": self.example.headers(),
            "old": route(&self.old),
            "new": route(&self.new),
            "changes": changes,
            "count": self.count,
        })
    }
}
