//! Routes to tries, one for each host pattern, and tries to the flat tables of the plan.
//!
//! The order in which the runtime searches (docs of `RouteIndex`) is the order of precedence; what is left to settle
//! here is the order of routes with the same host and path.

use super::table::{self, number};
use crate::model::Route;
use crate::pattern::{HostPattern, MatchKind, ParamKind, Segment};
use crate::plan::{Index, Node, Span};
use std::collections::BTreeMap;

/// The tables for these routes.
pub(crate) fn index(routes: &[Route]) -> Index {
    let mut tries: BTreeMap<&HostPattern, Trie<'_>> = BTreeMap::new();
    for (number, route) in routes.iter().enumerate() {
        tries.entry(&route.host).or_default().insert(number, route);
    }
    let mut index = Index {
        nodes: Vec::new(),
        edges: Vec::new(),
        candidates: Vec::new(),
        hosts: None,
        wildcards: None,
        any_host: None,
    };
    let (mut hosts, mut wildcards) = (Vec::new(), Vec::new());
    for (host, trie) in &tries {
        let root = trie.append(routes, &mut index);
        match host {
            HostPattern::Exact(name) => hosts.push((name.as_str(), root)),
            HostPattern::Wildcard(suffix) => wildcards.push((suffix.as_str(), root)),
            HostPattern::Any => index.any_host = Some(root),
        }
    }
    index.hosts = table::append(&mut index.edges, &hosts);
    index.wildcards = table::append(&mut index.edges, &wildcards);
    index
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

    /// Appends the nodes breadth first; the number of the root.
    fn append(&self, routes: &[Route], index: &mut Index) -> u32 {
        let root = index.nodes.len();
        // `order[n]` is the draft that becomes node `root + n`; children join the queue as they get their numbers.
        let mut order = vec![0];
        let mut at = 0;
        while let Some(draft) = order.get(at).map(|draft| &self.nodes[*draft]) {
            at += 1;
            let mut visit = |child: usize| {
                order.push(child);
                number(root + order.len() - 1)
            };
            let literals: Vec<(&str, u32)> =
                draft.literals.iter().map(|(text, child)| (*text, visit(*child))).collect();
            let uint = draft.uint.map(&mut visit);
            let uuid = draft.uuid.map(&mut visit);
            let param = draft.param.map(&mut visit);
            let node = Node {
                literals: table::append(&mut index.edges, &literals),
                uint,
                uuid,
                param,
                rest: span(&mut index.candidates, routes, &draft.rest),
                exact: span(&mut index.candidates, routes, &draft.exact),
                prefix: span(&mut index.candidates, routes, &draft.prefix),
            };
            index.nodes.push(node);
        }
        number(root)
    }
}

/// Appends routes of one host and path, best first. Those which are equal never match the same request, so that the
/// order of the file decides nothing; it only makes the output stable.
fn span(candidates: &mut Vec<u32>, routes: &[Route], numbers: &[usize]) -> Option<Span> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(|a, b| routes[*a].precedence(&routes[*b]).then(a.cmp(b)));
    let start = number(candidates.len());
    candidates.extend(sorted.iter().copied().map(number));
    (!sorted.is_empty()).then(|| Span { start, len: number(sorted.len()) })
}

#[cfg(test)]
mod tests;
