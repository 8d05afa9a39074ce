//! What was found about requests: those that the same two takers treat in different ways are one group.

use super::change::Change;
use crate::diagnostic::quoted;
use crate::source::FileLine;
use crate::table::Request;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More requests than this are not asked about; then the comparison says that it is not complete.
const MOST_ASKED: usize = 1_000_000;

/// Requests of which the same two takers make the same difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Who took them.
    pub old: Taker,
    /// Who takes them now.
    pub new: Taker,
    /// What is different for the example.
    pub changes: Vec<Change>,
    /// The names of the listeners on which that is so; empty if they have none.
    pub listeners: Vec<String>,
    /// One of the requests.
    pub example: Request,
    /// How many were asked about.
    pub count: usize,
}

/// Who takes a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taker {
    /// A route.
    Route {
        /// Its name.
        name: String,
        /// Where it was written.
        line: FileLine,
        /// The same for people: with the file only if there are several.
        whereabouts: String,
    },
    /// The gateway itself, ahead of all routes.
    BuiltIn,
    /// Nobody.
    Nobody,
}

/// What makes a group: the takers, and what is different but for the paths, which go with the request.
type Key = (Taker, Taker, Vec<Change>);

/// The groups so far.
#[derive(Debug)]
pub(super) struct Answers {
    groups: BTreeMap<Key, (Vec<Change>, Request, usize)>,
    asked: usize,
    is_complete: bool,
}

impl Answers {
    pub(super) fn new() -> Self {
        Self { groups: BTreeMap::new(), asked: 0, is_complete: true }
    }

    /// Counts a request that is about to be asked about; false if there were enough.
    pub(super) fn ask(&mut self) -> bool {
        self.is_complete &= self.asked < MOST_ASKED;
        self.asked += usize::from(self.is_complete);
        self.is_complete
    }

    /// Some requests are not asked about.
    pub(super) fn give_up(&mut self) {
        self.is_complete = false;
    }

    /// Whether all that could be different was asked about.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(super) fn add(
        &mut self,
        (old, new): (Taker, Taker),
        changes: Vec<Change>,
        example: Request,
        count: usize,
    ) {
        if changes.is_empty() {
            return;
        }
        let without_paths = changes.iter().map(Change::without_paths).collect();
        self.groups.entry((old, new, without_paths)).or_insert((changes, example, 0)).2 += count;
    }

    pub(super) fn groups(self) -> Vec<Group> {
        let groups = self.groups.into_iter();
        groups
            .map(|((old, new, _), (changes, example, count))| Group {
                old,
                new,
                changes,
                listeners: Vec::new(),
                example,
                count,
            })
            .collect()
    }
}

/// Adds what was found on these listeners; what is the same on others, too, is one group.
pub(super) fn join(groups: &mut Vec<Group>, found: Vec<Group>, listeners: &[String]) {
    let is_same = |a: &Group, b: &Group| {
        (&a.old, &a.new, &a.changes, &a.example, a.count) == (&b.old, &b.new, &b.changes, &b.example, b.count)
    };
    for mut group in found {
        match groups.iter_mut().find(|other| is_same(other, &group)) {
            Some(other) => other.listeners.extend_from_slice(listeners),
            None => {
                group.listeners = listeners.to_vec();
                groups.push(group);
            }
        }
    }
}

impl Taker {
    fn text(&self) -> String {
        match self {
            Self::Route { name, whereabouts, .. } => format!("route {} ({whereabouts})", quoted(name)),
            Self::BuiltIn => "the gateway itself".to_owned(),
            Self::Nobody => "no route".to_owned(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Route { name, line, .. } => json!({"name": name, "file": &*line.file, "line": line.line}),
            Self::BuiltIn => json!({"built_in": true}),
            Self::Nobody => Value::Null,
        }
    }
}

impl Group {
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", self.example);
        for (name, value) in self.example.headers() {
            text.push_str(&format!("  with {name}: {value}\n"));
        }
        if !self.listeners.is_empty() {
            text.push_str(&format!("  on {}\n", self.listeners.join(", ")));
        }
        let (old, new) = (self.old.text(), self.new.text());
        let takers = if old == new { old } else { format!("{old} -> {new}") };
        let more = match self.count - 1 {
            0 => String::new(),
            1 => ", and one more request".to_owned(),
            more => format!(", and {more} more requests"),
        };
        text.push_str(&format!("  {takers}{more}\n"));
        for change in &self.changes {
            text.push_str(&format!("  {}\n", change.line()));
        }
        text.push('\n');
        text
    }

    pub(super) fn json(&self) -> Value {
        let changes: Vec<Value> = self.changes.iter().map(Change::json).collect();
        json!({
            "example": self.example.to_string(),
            "headers": self.example.headers(),
            "listeners": self.listeners,
            "old": self.old.json(),
            "new": self.new.json(),
            "changes": changes,
            "count": self.count,
        })
    }
}
