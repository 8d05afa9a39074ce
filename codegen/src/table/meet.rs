//! Which routes have requests in common with a region: the trie is walked along the region's path, as far as it is
//! known, and in all directions where it is not.

use super::region::{End, Region, Step, narrower};
use super::{Table, Walk};
use crate::pattern::{HostPattern, ParamKind};
use crate::plan::{Index, Node, Span};
use std::collections::BTreeMap;

/// A table's tries, by their hosts.
pub(crate) struct Neighbours<'a> {
    index: &'a Index,
    roots: BTreeMap<HostPattern, u32>,
}

impl<'a> Neighbours<'a> {
    pub(crate) fn of(table: &'a Table<'_>) -> Self {
        let index = table.index();
        let walk = Walk::new(index);
        let exact = walk.entries(index.hosts).map(|(name, root)| (HostPattern::Exact(name), root));
        let wildcards = walk.entries(index.wildcards).map(|(name, root)| (HostPattern::Wildcard(name), root));
        let any = index.any_host.map(|root| (HostPattern::Any, root));
        Self { index, roots: exact.chain(wildcards).chain(any).collect() }
    }

    /// The routes whose host and path have something in common with the region's, by their numbers, in no order.
    pub(crate) fn meeting(&self, region: &Region<'_>) -> Vec<usize> {
        let (walk, nodes) = (Walk::new(self.index), self.index.nodes.as_slice());
        let mut meeting = Meeting { walk, nodes, end: region.end, found: Vec::new() };
        // The root is where the path `/` ends.
        let steps = match region.steps.as_slice() {
            [Step::Literal(only)] if only.is_empty() => &[],
            steps => steps,
        };
        for root in self.roots(region.host) {
            meeting.along(root, steps);
        }
        meeting.found
    }

    /// The roots of the tries whose hosts have something in common with this.
    fn roots(&self, host: &HostPattern) -> Vec<u32> {
        let HostPattern::Exact(name) = host else {
            let common = self.roots.iter().filter(|(pattern, _)| narrower(pattern, host).is_some());
            return common.map(|(_, root)| *root).collect();
        };
        let suffixes =
            name.match_indices('.').map(|(dot, _)| HostPattern::Wildcard(name[dot + 1..].to_owned()));
        let patterns = suffixes.chain([host.clone(), HostPattern::Any]);
        patterns.filter_map(|pattern| self.roots.get(&pattern).copied()).collect()
    }
}

struct Meeting<'a> {
    walk: Walk<'a>,
    nodes: &'a [Node],
    end: End,
    found: Vec<usize>,
}

impl<'a> Meeting<'a> {
    /// Routes that end at `number` or below, where the path goes on with `steps`.
    fn along(&mut self, number: u32, steps: &[Step]) {
        let Some(node) = self.nodes.get(number as usize) else { return };
        let Some((step, steps)) = steps.split_first() else {
            return match self.end {
                End::Here => {
                    self.take(&node.exact);
                    self.take(&node.prefix);
                }
                End::Anywhere => self.all(node),
                End::Below => self.below(node),
            };
        };
        self.take(&node.prefix);
        let literal = match step {
            Step::Literal(text) => self.walk.lookup(node.literals, text),
            Step::Free(_) => None,
        };
        if let Some(child) = literal {
            self.along(child, steps);
        }
        if matches!(step, Step::Literal(text) if text.is_empty()) {
            return;
        }
        self.take(&node.rest);
        if let Step::Free(kind) = step {
            for child in self.children(node, *kind) {
                self.along(child, steps);
            }
        }
        let accepts = |other: ParamKind| match step {
            Step::Literal(text) => other.accepts(text),
            Step::Free(kind) => kind.meet(other).is_some(),
        };
        let parameters =
            [(ParamKind::Uint, node.uint), (ParamKind::Uuid, node.uuid), (ParamKind::Any, node.param)];
        for (_, child) in parameters.into_iter().filter(|(kind, _)| accepts(*kind)) {
            if let Some(child) = child {
                self.along(child, steps);
            }
        }
    }

    /// Every route that ends at this node or below.
    fn all(&mut self, node: &'a Node) {
        self.take(&node.exact);
        if let Some(slash) =
            self.walk.lookup(node.literals, "").and_then(|child| self.nodes.get(child as usize))
        {
            self.take(&slash.exact);
        }
        self.below(node);
    }

    /// Those that match a path which goes on behind this node.
    fn below(&mut self, node: &'a Node) {
        self.take(&node.prefix);
        self.take(&node.rest);
        let children = self.children(node, ParamKind::Any).into_iter();
        let parameters = [node.uint, node.uuid, node.param].into_iter().flatten();
        for child in children.chain(parameters) {
            if let Some(child) = self.nodes.get(child as usize) {
                self.all(child);
            }
        }
    }

    /// The literal segments of this kind.
    fn children(&self, node: &Node, kind: ParamKind) -> Vec<u32> {
        let entries = self.walk.entries(node.literals).filter(|(text, _)| kind.accepts(text));
        entries.map(|(_, child)| child).collect()
    }

    fn take(&mut self, span: &Option<Span>) {
        self.found.extend(self.walk.candidates(span));
    }
}
