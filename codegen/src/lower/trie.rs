//! Routes to tries, one for the host patterns that have the same routes, and tries to the flat tables of the plan.
//!
//! The order of the search (`castgate_contract::search`) is the order of precedence; what is left to settle
//! here is the order of routes with the same host and path.

use crate::model::Route;
use crate::pattern::{HostPattern, Label, MatchKind, ParamKind, Segment};
use crate::plan::{Index, NONE, Node, Roots, Span, Table, Tries};
use castgate_contract::table::number;
use std::collections::BTreeMap;

/// The tables of several listeners, each of some of these routes, by their numbers. What they have in common is there
/// once.
pub(super) fn tables(routes: &[Route], of: &[Vec<usize>]) -> (Tries, Vec<Roots>) {
    let mut forest = Forest::default();
    let roots = of.iter().map(|numbers| forest.plant(routes, numbers, Stems::Joined)).collect();
    (forest.tries, roots)
}

/// The table of all these routes with a node for every segment, for whoever reasons about single segments.
pub(crate) fn plain_index(routes: &[Route]) -> Index {
    index(routes, Stems::Split)
}

fn index(routes: &[Route], stems: Stems) -> Index {
    let mut forest = Forest::default();
    let numbers: Vec<usize> = (0..routes.len()).collect();
    let roots = forest.plant(routes, &numbers, stems);
    Index { tries: forest.tries, roots }
}

/// Whether literals without an alternative are joined into stems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stems {
    Joined,
    Split,
}

/// The tries so far, and the root of each that was made of the same routes.
#[derive(Debug, Default)]
struct Forest {
    tries: Tries,
    known: BTreeMap<Vec<usize>, u32>,
}

impl Forest {
    /// The table of the routes of these numbers.
    fn plant(&mut self, routes: &[Route], numbers: &[usize], stems: Stems) -> Roots {
        let mut by_host: BTreeMap<&HostPattern, Vec<usize>> = BTreeMap::new();
        for number in numbers {
            for host in routes[*number].hosts.iter() {
                by_host.entry(host).or_default().push(*number);
            }
        }
        let empty = Table::EMPTY;
        let mut roots = Roots { hosts: empty, labels: empty, wildcards: empty, any_host: NONE };
        let (mut hosts, mut labels, mut wildcards) = (Vec::new(), Vec::new(), Vec::new());
        for (host, numbers) in by_host {
            let root = self.root(routes, numbers, stems);
            match host {
                HostPattern::Exact(name) => hosts.push((name.clone(), root)),
                HostPattern::Labelled(Label { suffix, .. }) => labels.push((suffix.clone(), root)),
                HostPattern::Wildcard(suffix) => wildcards.push((suffix.clone(), root)),
                HostPattern::Any => roots.any_host = root,
            }
        }
        roots.hosts = Table::append(&mut self.tries.edges, hosts);
        roots.labels = Table::append(&mut self.tries.edges, labels);
        roots.wildcards = Table::append(&mut self.tries.edges, wildcards);
        roots
    }

    /// The root of the trie of these routes, which have a host in common.
    fn root(&mut self, routes: &[Route], numbers: Vec<usize>, stems: Stems) -> u32 {
        let tries = &mut self.tries;
        let plant = |numbers: &Vec<usize>| {
            let mut trie = Trie::default();
            numbers.iter().for_each(|number| trie.insert(*number, &routes[*number]));
            trie.append_below(0, stems, routes, tries)
        };
        *self.known.entry(numbers).or_insert_with_key(plant)
    }
}

/// A trie under construction; node 0 is the root.
#[derive(Debug)]
struct Trie<'m> {
    nodes: Vec<Draft<'m>>,
}

#[derive(Debug, Default)]
struct Draft<'m> {
    literals: BTreeMap<&'m str, usize>,
    uint: Option<usize>,
    uuid: Option<usize>,
    param: Option<usize>,
    rest: Vec<usize>,
    exact: Vec<usize>,
    prefix: Vec<usize>,
}

impl Default for Trie<'_> {
    fn default() -> Self {
        Self { nodes: vec![Draft::default()] }
    }
}

impl<'m> Trie<'m> {
    fn insert(&mut self, route_number: usize, route: &'m Route) {
        let segments = route.path.segments.as_slice();
        let segments = match segments {
            // The runtime ends the path `/` at the root: it has no segment, not an empty one.
            [Segment::Literal(only)] if only.is_empty() => &[],
            _ => segments,
        };
        let mut at = 0;
        for segment in segments {
            let fresh = self.nodes.len();
            let node = &mut self.nodes[at];
            let child = match segment {
                Segment::Literal(text) => node.literals.entry(text).or_insert(fresh),
                Segment::Param { kind: ParamKind::Uint, .. } => node.uint.get_or_insert(fresh),
                Segment::Param { kind: ParamKind::Uuid, .. } => node.uuid.get_or_insert(fresh),
                Segment::Param { kind: ParamKind::Any, .. } => node.param.get_or_insert(fresh),
                // Always the last segment.
                Segment::Rest { .. } => return node.rest.push(route_number),
            };
            at = *child;
            if at == fresh {
                self.nodes.push(Draft::default());
            }
        }
        match route.path.kind {
            MatchKind::Exact => self.nodes[at].exact.push(route_number),
            MatchKind::Prefix => self.nodes[at].prefix.push(route_number),
        }
    }

    /// Appends a node and, depth first, what is below it; its number. As deep as a path has segments.
    fn append_below(&self, draft: usize, stems: Stems, routes: &[Route], index: &mut Tries) -> u32 {
        let (stem, draft) = match stems {
            Stems::Joined => self.stem(draft),
            Stems::Split => (String::new(), &self.nodes[draft]),
        };
        let place = index.nodes.len();
        index.nodes.push(Node::after(stem));
        let rest = span(&mut index.candidates, routes, &draft.rest);
        let exact = span(&mut index.candidates, routes, &draft.exact);
        let prefix = span(&mut index.candidates, routes, &draft.prefix);
        let literals = Table::reserve(&mut index.edges, draft.literals.len());
        let mut visit = |child: usize| self.append_below(child, stems, routes, index);
        let texts: Vec<(String, u32)> =
            draft.literals.iter().map(|(text, child)| ((*text).to_owned(), visit(*child))).collect();
        let uint = draft.uint.map_or(NONE, &mut visit);
        let uuid = draft.uuid.map_or(NONE, &mut visit);
        let param = draft.param.map_or(NONE, &mut visit);
        literals.fill(&mut index.edges, texts);
        let stem = std::mem::take(&mut index.nodes[place].stem);
        index.nodes[place] = Node { stem, literals, uint, uuid, param, rest, exact, prefix };
        number(place)
    }

    /// The literals that everything below this draft starts with, and the draft after them. An empty literal is a
    /// trailing slash, and where it stands alone it would be no stem.
    fn stem(&self, draft: usize) -> (String, &Draft<'m>) {
        let mut stem = String::new();
        let mut draft = &self.nodes[draft];
        while let Some((text, child)) = draft.only_literal().filter(|(text, _)| !text.is_empty()) {
            if !stem.is_empty() {
                stem.push('/');
            }
            stem.push_str(text);
            draft = &self.nodes[child];
        }
        (stem, draft)
    }
}

impl<'m> Draft<'m> {
    /// The one way on, if it is a literal and no route is here.
    fn only_literal(&self) -> Option<(&'m str, usize)> {
        let Self { literals, uint: None, uuid: None, param: None, rest, exact, prefix } = self else {
            return None;
        };
        let mut literals = literals.iter();
        match (literals.next(), literals.next()) {
            (Some((text, child)), None) if rest.is_empty() && exact.is_empty() && prefix.is_empty() => {
                Some((text, *child))
            }
            _ => None,
        }
    }
}

/// Appends routes of one host and path, best first. Those which are equal never match the same request, so that the
/// order of the file decides nothing; it only makes the output stable.
fn span(candidates: &mut Vec<u32>, routes: &[Route], numbers: &[usize]) -> Span {
    match numbers {
        [] => return Span::EMPTY,
        [only] => {
            let Route { methods, headers, query, .. } = &routes[*only];
            if headers.is_empty() && query.is_empty() {
                return Span::one(number(*only), *methods);
            }
        }
        _ => {}
    }
    let mut sorted = numbers.to_vec();
    sorted.sort_by(|a, b| routes[*a].precedence_within(&routes[*b]).then(a.cmp(b)));
    let start = number(candidates.len());
    candidates.extend(sorted.into_iter().map(number));
    Span::new(start, number(numbers.len()))
}

#[cfg(test)]
mod tests;
