//! What the routes that outrank a prefix or rest route take of its plainest requests.

use super::Tail;
use crate::model::{Methods, Route};
use crate::plan::{Index, NONE, Span};
use castgate_contract::search::Tables;
use std::collections::{BTreeMap, BTreeSet};

/// Header fields and query parameters of a route, sorted.
type Fields<'m> = Vec<(&'static str, &'m str, &'m str)>;

/// Routes of more conditions than this are compared with all others instead of looked up by every subset of them.
const MOST_SUBSETS: usize = 6;

/// Where at its node a route ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Exact,
    Prefix,
    Rest,
}

/// The nodes looked at so far.
pub(super) struct Positions<'a> {
    routes: &'a [Route],
    index: &'a Index,
    by_node: BTreeMap<u32, Position<'a>>,
}

/// Routes that end at a node, by what they ask besides.
struct Position<'a> {
    /// Match a path that ends here.
    exact: Cover<'a>,
    /// Match a path that ends here with a slash.
    slash: Cover<'a>,
    /// Match a path that goes on with a slash.
    rest: Cover<'a>,
    /// Match here and below.
    prefix: Cover<'a>,
    param: Option<u32>,
}

#[derive(Default)]
struct Cover<'a> {
    by_fields: BTreeMap<Fields<'a>, Vec<usize>>,
}

/// Methods that are taken, and by whom.
#[derive(Clone, Default)]
struct Taken {
    methods: Methods,
    by: Vec<usize>,
}

impl<'a> Positions<'a> {
    pub(super) fn new(routes: &'a [Route], index: &'a Index) -> Self {
        Self { routes, index, by_node: BTreeMap::new() }
    }

    /// What is left to the exact route at `node`, or the routes that take everything.
    pub(super) fn left_at(&mut self, route: &Route, node: u32) -> Result<(Tail, Methods), BTreeSet<usize>> {
        let taken = self.ahead(route, (node, Place::Exact));
        let left = route.methods.without(taken.methods);
        if left == Methods::NONE {
            return Err(taken.by.into_iter().collect());
        }
        Ok((Tail::default(), left))
    }

    /// What routes of the same place take that go first only because they name the listener.
    fn ahead(&mut self, route: &Route, (node, place): (u32, Place)) -> Taken {
        let mut taken = Taken::default();
        if !route.listeners.is_all() {
            return taken;
        }
        self.visit(node);
        let Some(position) = self.by_node.get(&node) else { return taken };
        let cover = match place {
            Place::Exact => &position.exact,
            Place::Prefix => &position.prefix,
            Place::Rest => &position.rest,
        };
        let alike = cover.by_fields.get(&route.fields().collect::<Fields<'_>>());
        for number in alike.into_iter().flatten() {
            let Some(other) = self.routes.get(*number) else { continue };
            let left = route.methods.intersection(other.methods).without(taken.methods);
            let goes_first = !other.listeners.is_all() && other.methods.is_all() == route.methods.is_all();
            if goes_first && left != Methods::NONE {
                taken.methods = taken.methods.union(left);
                taken.by.push(*number);
            }
        }
        taken
    }

    /// The path and the methods that are left to the prefix or rest route at `node`, or the routes that take everything.
    pub(super) fn left(
        &mut self,
        route: &Route,
        (node, place): (u32, Place),
        is_path_built_in: bool,
    ) -> Result<(Tail, Methods), BTreeSet<usize>> {
        let wanted = route.methods;
        let fields: Fields<'_> = route.fields().collect();
        let is_rest = place == Place::Rest;
        let mut takers = BTreeSet::new();
        let mut taken = self.ahead(route, (node, place));
        let mut at = Some(node);
        for fresh in 0.. {
            if let Some(node) = at {
                self.visit(node);
            }
            let position = at.and_then(|node| self.by_node.get(&node));
            for has_slash in [false, true] {
                let is_root = fresh == 0 && route.path.segments.len() == usize::from(is_rest);
                // The root has no other slash than its own.
                if is_root && has_slash {
                    continue;
                }
                let ends_in_slash = has_slash || is_root;
                if fresh == 0 && (is_rest && !ends_in_slash || is_path_built_in && !has_slash) {
                    continue;
                }
                let mut here = taken.clone();
                if let Some(position) = position {
                    let cover = if has_slash { &position.slash } else { &position.exact };
                    cover.add_to(&mut here, wanted, &fields, self.routes);
                    // Routes of the same path take no part; see the module around.
                    if ends_in_slash && !(is_rest && fresh == 0) {
                        position.rest.add_to(&mut here, wanted, &fields, self.routes);
                    }
                }
                let left = wanted.without(here.methods);
                if left != Methods::NONE {
                    return Ok((Tail { fresh, has_slash }, left));
                }
                takers.extend(here.by);
            }
            // Past the end of the chain all paths are taken by the same routes.
            let Some(position) = position else { break };
            if !(is_rest && fresh == 0) {
                position.rest.add_to(&mut taken, wanted, &fields, self.routes);
            }
            at = position.param;
            if let Some(next) = at {
                self.visit(next);
                if let Some(next) = self.by_node.get(&next) {
                    next.prefix.add_to(&mut taken, wanted, &fields, self.routes);
                }
            }
        }
        Err(takers)
    }

    fn visit(&mut self, number: u32) {
        let (routes, index) = (self.routes, self.index);
        self.by_node.entry(number).or_insert_with(|| {
            let cover = |span: Span| Cover::of(index.of(span).map(|number| number as usize), routes);
            let Some(node) = index.nodes().get(number as usize) else { return Position::nothing() };
            let slash = index.lookup(node.literals, "").and_then(|child| index.nodes().get(child as usize));
            Position {
                exact: cover(node.exact),
                slash: cover(slash.map_or(Span::EMPTY, |node| node.exact)),
                rest: cover(node.rest),
                prefix: cover(node.prefix),
                param: Some(node.param).filter(|param| *param != NONE),
            }
        });
    }
}

impl Position<'_> {
    fn nothing() -> Self {
        let cover = Cover::default;
        Self { exact: cover(), slash: cover(), rest: cover(), prefix: cover(), param: None }
    }
}

impl<'a> Cover<'a> {
    fn of(numbers: impl Iterator<Item = usize>, routes: &'a [Route]) -> Self {
        let mut by_fields: BTreeMap<Fields<'a>, Vec<usize>> = BTreeMap::new();
        for (number, route) in numbers.filter_map(|number| Some((number, routes.get(number)?))) {
            by_fields.entry(route.fields().collect()).or_default().push(number);
        }
        Self { by_fields }
    }

    /// Adds the routes that ask for nothing but (some of) `fields`, as far as they take methods that are wanted.
    fn add_to(&self, taken: &mut Taken, wanted: Methods, fields: &Fields<'_>, routes: &[Route]) {
        if self.by_fields.is_empty() {
            return;
        }
        let mut add = |numbers: &[usize]| {
            for number in numbers {
                let Some(route) = routes.get(*number) else { continue };
                let left = wanted.intersection(route.methods).without(taken.methods);
                if left != Methods::NONE {
                    taken.methods = taken.methods.union(left);
                    taken.by.push(*number);
                }
            }
        };
        if fields.len() > MOST_SUBSETS {
            let has_all = |asked: &Fields<'_>| asked.iter().all(|field| fields.contains(field));
            self.by_fields.iter().filter(|(asked, _)| has_all(asked)).for_each(|(_, numbers)| add(numbers));
            return;
        }
        for subset in 0..1_u32 << fields.len() {
            let chosen = fields.iter().enumerate().filter(|(bit, _)| subset & 1 << bit != 0);
            let chosen: Fields<'_> = chosen.map(|(_, field)| *field).collect();
            self.by_fields.get(&chosen).into_iter().for_each(|numbers| add(numbers));
        }
    }
}
