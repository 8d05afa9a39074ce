//! Two trees into one: what a file adds to the one that includes it, and what a layer changes in those below it.
//!
//! An include adds: maps merge key by key, `routes` and `tests` go on, and what both files say is said twice, which is
//! an error. A layer replaces: maps merge key by key, `routes` by name, and of any other value the later one stays.

use super::node::Node;
use crate::codes;
use crate::diagnostic::{Diagnostics, nearest, quoted};
use crate::place::{ConfigPath, SpanIndex};
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};

/// What was read of a file, or of several.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// `None`: nothing is written in it.
    pub(super) root: Option<Node>,
    /// Where everything was written.
    pub(super) spans: SpanIndex,
    /// Something of it is missing, and has been reported.
    pub(super) is_broken: bool,
    /// Of maps that have been merged, at which place each key is: many files may add to one.
    pub(super) keys: Keys,
}

pub(super) type Keys = BTreeMap<ConfigPath, BTreeMap<String, usize>>;

/// Who wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Nobody: a file adds to others.
    Include,
    /// The later one.
    Overlay,
}

type Entries = Vec<(String, Option<Node>)>;

impl Document {
    /// Takes in another document.
    pub(super) fn merge(&mut self, other: Self, rule: Rule, sink: &mut Diagnostics) {
        self.is_broken |= other.is_broken;
        let is_broken = self.is_broken;
        if rule == Rule::Overlay {
            // It may put another value in the place of a map.
            self.keys.clear();
        }
        let keys = &mut self.keys;
        let mut merge = Merge {
            rule,
            is_broken,
            keys,
            own: &self.spans,
            other: &other.spans,
            sink,
            moves: Moves::default(),
        };
        match (&mut self.root, other.root) {
            (_, None) => {}
            (Some(Node::Map(own)), Some(Node::Map(map))) => merge.maps(&ConfigPath::root(), own, map),
            (own @ None, root) => *own = root,
            // What is no map will be refused as a whole.
            (Some(_), Some(root)) => {
                merge.moves.replaced.insert(ConfigPath::root());
                self.root = Some(root);
            }
        }
        let moves = merge.moves;
        if !moves.replaced.is_empty() {
            self.spans.forget(|path| moves.replaces(path));
        }
        self.spans.extend(other.spans, |path| moves.renamed(path));
    }
}

/// What becomes of the paths of the two documents.
#[derive(Debug, Default)]
struct Moves {
    /// Own paths whose values are gone.
    replaced: BTreeSet<ConfigPath>,
    /// Paths of the other whose values were not taken.
    refused: BTreeSet<ConfigPath>,
    /// Entries of the other's lists which have another index now.
    renamed: BTreeMap<ConfigPath, ConfigPath>,
}

impl Moves {
    fn replaces(&self, path: &ConfigPath) -> bool {
        path.and_parents().any(|path| self.replaced.contains(&path))
    }

    fn renamed(&self, path: &ConfigPath) -> Option<ConfigPath> {
        if !self.refused.is_empty() && path.and_parents().any(|path| self.refused.contains(&path)) {
            return None;
        }
        if self.renamed.is_empty() {
            return Some(path.clone());
        }
        let moved = path.and_parents().find_map(|old| Some((old.clone(), self.renamed.get(&old)?)));
        Some(moved.map_or_else(|| path.clone(), |(old, new)| path.moved(&old, new)))
    }
}

struct Merge<'a> {
    rule: Rule,
    /// What is not found may be in what is missing.
    is_broken: bool,
    keys: &'a mut Keys,
    own: &'a SpanIndex,
    other: &'a SpanIndex,
    sink: &'a mut Diagnostics,
    moves: Moves,
}

impl Merge<'_> {
    fn maps(&mut self, at: &ConfigPath, own: &mut Entries, other: Entries) {
        let mut known = self.keys.remove(at).unwrap_or_else(|| {
            own.iter().enumerate().map(|(index, (key, _))| (key.clone(), index)).collect()
        });
        for (key, value) in other {
            let path = at.key(&key);
            match known.get(&key).and_then(|index| own.get_mut(*index)) {
                Some((_, own)) => self.values(&path, own, value),
                None => {
                    known.insert(key.clone(), own.len());
                    own.push((key, value));
                }
            }
        }
        self.keys.insert(at.clone(), known);
    }

    /// A key which both have.
    fn values(&mut self, at: &ConfigPath, own: &mut Option<Node>, other: Option<Node>) {
        let is_list_of_the_root = |name: &str| *at == ConfigPath::root().key(name);
        match (own, other) {
            // A gap has been reported.
            (_, None) => {}
            (own @ None, other) => *own = other,
            (Some(Node::Map(own)), Some(Node::Map(other))) if !self.is_named_thing(at) => {
                self.maps(at, own, other);
            }
            (Some(Node::List(own)), Some(Node::List(other)))
                if self.rule == Rule::Include
                    && (is_list_of_the_root("routes") || is_list_of_the_root("tests")) =>
            {
                for (index, entry) in other.into_iter().enumerate() {
                    self.append(at, own, (index, entry));
                }
            }
            (Some(Node::List(own)), Some(Node::List(other)))
                if self.rule == Rule::Overlay && is_list_of_the_root("routes") =>
            {
                self.routes(at, own, other);
            }
            (own, other) => match self.rule {
                Rule::Include => self.twice(at),
                Rule::Overlay => {
                    self.moves.replaced.insert(at.clone());
                    *own = other;
                }
            },
        }
    }

    /// An upstream belongs to one file; two of a name are hardly halves of one.
    fn is_named_thing(&self, at: &ConfigPath) -> bool {
        self.rule == Rule::Include && at.parent() == Some(ConfigPath::root().key("upstreams"))
    }

    fn append(
        &mut self,
        at: &ConfigPath,
        own: &mut Vec<Option<Node>>,
        (index, entry): (usize, Option<Node>),
    ) {
        self.moves.renamed.insert(at.index(index), at.index(own.len()));
        own.push(entry);
    }

    /// A route whose name is known is changed, any other is added.
    fn routes(&mut self, at: &ConfigPath, own: &mut Vec<Option<Node>>, other: Vec<Option<Node>>) {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (index, route) in own.iter().enumerate() {
            if let Some(name) = text(route.as_ref(), "name") {
                known.entry(name.to_owned()).or_insert(index);
            }
        }
        let mut by_path: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, route) in own.iter().enumerate() {
            if let Some(path) = text(route.as_ref(), "path") {
                by_path.entry(path.to_owned()).or_default().push(index);
            }
        }
        let mut changed = BTreeSet::new();
        for (index, route) in other.into_iter().enumerate() {
            let name = text(route.as_ref(), "name").map(str::to_owned);
            let below = text(route.as_ref(), "path").and_then(|path| by_path.get(path));
            let is_same = |below: &&usize| name.is_none() && is_same(own[**below].as_ref(), route.as_ref());
            if let Some(below) = below.into_iter().flatten().find(is_same) {
                self.without_name(at, *below, index);
                self.moves.refused.insert(at.index(index));
                continue;
            }
            let target = name.as_ref().and_then(|name| known.get(name)).copied();
            match (target.and_then(|target| Some((target, own.get_mut(target)?))), route) {
                // A second change to one route is most likely meant for another: two of a name are an error.
                (Some((target, Some(Node::Map(own)))), Some(Node::Map(route))) if changed.insert(target) => {
                    self.moves.renamed.insert(at.index(index), at.index(target));
                    // It only says which route is meant; that one has it from below.
                    self.moves.refused.insert(at.index(index).key("name"));
                    let route = route.into_iter().filter(|(key, _)| key != "name").collect();
                    self.maps(&at.index(target), own, route);
                }
                (_, route) => {
                    let is_change =
                        matches!(route, Some(Node::Map(_))) && value(route.as_ref(), "path").is_none();
                    if let (Some(name), None, true) = (&name, target, is_change) {
                        self.unknown_route(&at.index(index), name, known.keys());
                        self.moves.refused.insert(at.index(index));
                    } else {
                        self.append(at, own, (index, route));
                    }
                }
            }
        }
    }

    /// A layer names the route that it changes; what else they have in common would only make them tie.
    fn without_name(&mut self, routes: &ConfigPath, below: usize, above: usize) {
        let title = "a layer changes a route by its name, and this one has none";
        let problem = self.sink.error(&codes::AMBIGUOUS_ROUTES, title);
        let path = |spans: &SpanIndex, route: usize| {
            Some(spans.get(&routes.index(route).key("path"))?.value.clone())
        };
        problem
            .label(path(self.other, above), "the same requests as in the layer below")
            .label(path(self.own, below), "the route there")
            .help("give both the same `name`; then this one needs only what is to be different");
    }

    fn twice(&mut self, at: &ConfigPath) {
        self.moves.refused.insert(at.clone());
        let key = quoted(at.last().trim_matches('"'));
        let place = |spans: &SpanIndex| Some(spans.get(at)?.key.clone());
        self.sink
            .error(&codes::DUPLICATE_KEY, format!("{key} is written in two files"))
            .label(place(self.other), "written again here")
            .label(place(self.own), "first written here")
            .help(
                "an included file adds to the others; what is to replace something goes in a layer, \
                 `GATEWAY_CONFIG=base.yml:prod.yml`",
            );
    }

    fn unknown_route<'n>(
        &mut self,
        at: &ConfigPath,
        name: &str,
        known: impl Iterator<Item = &'n String> + Clone,
    ) {
        if self.is_broken {
            return;
        }
        let title = format!("no layer below has a route {}", quoted(name));
        let problem = self.sink.error(&codes::UNKNOWN_ROUTE, title);
        let Some(place) = self.other.get(&at.key("name")) else { return };
        problem.label(place.value.clone(), "no route of this name to change");
        let mut names: Vec<&str> = known.map(String::as_str).collect();
        names.sort_unstable();
        match nearest(name, names) {
            Some(mend) => {
                problem.guess(mend, place.whole.clone(), yaml::scalar(mend));
            }
            None => {
                problem.help("a route that is added here needs a `path`");
            }
        }
    }
}

/// What a route says for a key, if it says anything.
fn value<'r>(route: Option<&'r Node>, wanted: &str) -> Option<&'r Option<Node>> {
    let Some(Node::Map(route)) = route else { return None };
    route.iter().find(|(key, _)| key == wanted).map(|(_, value)| value)
}

fn text<'r>(route: Option<&'r Node>, wanted: &str) -> Option<&'r str> {
    match value(route, wanted)? {
        Some(Node::Text(text)) => Some(text),
        _ => None,
    }
}

/// Whether two routes take the same requests, by what is written.
fn is_same(one: Option<&Node>, other: Option<&Node>) -> bool {
    let are_maps = matches!((one, other), (Some(Node::Map(_)), Some(Node::Map(_))));
    let keys = ["host", "path", "match", "methods", "headers", "query"];
    are_maps && keys.iter().all(|key| value(one, key) == value(other, key))
}
