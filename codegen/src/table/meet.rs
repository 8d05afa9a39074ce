//! Which routes have requests in common with a region: the trie is walked along the region's path, as far as it is
//! known, and in all directions where it is not.

use super::Table;
use super::region::{End, Region, Step, narrower};
use crate::pattern::{HostPattern, Label, ParamKind};
use crate::plan::{Index, NONE, Node, Span};
use castgate_contract::host::labelled;
use castgate_contract::search::Tables;
use std::collections::{BTreeMap, BTreeSet};

/// A table's tries, by their hosts.
pub(crate) struct Neighbours<'a> {
    index: &'a Index,
    roots: BTreeMap<HostPattern, u32>,
}

impl<'a> Neighbours<'a> {
    pub(crate) fn of(table: &'a Table<'_>) -> Self {
        let index = table.index();
        let exact =
            index.entries(index.hosts()).map(|(name, root)| (HostPattern::Exact(name.to_owned()), root));
        let wildcards = index.entries(index.wildcards());
        let wildcards = wildcards.map(|(name, root)| (HostPattern::Wildcard(name.to_owned()), root));
        let labelled = index.entries(index.labels());
        let labelled = labelled.map(|(name, root)| (HostPattern::Labelled(label(name)), root));
        let any = Some((HostPattern::Any, index.any_host())).filter(|(_, root)| *root != NONE);
        Self { index, roots: exact.chain(labelled).chain(wildcards).chain(any).collect() }
    }

    /// The routes whose host and path have something in common with the region's, by their numbers.
    pub(crate) fn meeting(&self, region: &Region<'_>) -> Vec<usize> {
        let mut meeting = Meeting { index: self.index, end: region.end, found: Vec::new() };
        // The root is where the path `/` ends.
        let steps = match region.steps.as_slice() {
            [Step::Literal(only)] if only.is_empty() => &[],
            steps => steps,
        };
        for root in self.roots(region.host) {
            if steps.is_empty() { meeting.at_root(root) } else { meeting.along(root, steps) }
        }
        // A route is in the tries of all of its hosts.
        meeting.found.sort_unstable();
        meeting.found.dedup();
        meeting.found
    }

    /// The roots of the tries whose hosts have something in common with this.
    fn roots(&self, host: &HostPattern) -> BTreeSet<u32> {
        let HostPattern::Exact(name) = host else {
            let common = self.roots.iter().filter(|(pattern, _)| narrower(pattern, host).is_some());
            return common.map(|(_, root)| *root).collect();
        };
        let suffixes =
            name.match_indices('.').map(|(dot, _)| HostPattern::Wildcard(name[dot + 1..].to_owned()));
        let labelled = labelled(name).map(|(_, suffix)| HostPattern::Labelled(label(suffix)));
        let patterns = suffixes.chain(labelled).chain([host.clone(), HostPattern::Any]);
        patterns.filter_map(|pattern| self.roots.get(&pattern).copied()).collect()
    }
}

/// To look a pattern up; its name does not count.
fn label(suffix: &str) -> Label {
    Label { name: String::new(), suffix: suffix.to_owned() }
}

struct Meeting<'a> {
    index: &'a Index,
    end: End,
    found: Vec<usize>,
}

impl<'a> Meeting<'a> {
    /// Routes that match `/`, or what the region has besides.
    fn at_root(&mut self, number: u32) {
        let Some(node) = self.index.nodes().get(number as usize) else { return };
        match self.end {
            End::Here => {
                self.take(node.exact);
                self.take(node.rest);
                self.take(node.prefix);
            }
            // Every path has a slash.
            End::Anywhere | End::Below => self.all(node),
        }
    }

    /// Routes that end at `number`, if there is such a node, or below, where the path goes on with `steps`.
    fn along(&mut self, number: u32, steps: &[Step]) {
        let Some(node) = self.index.nodes().get(number as usize) else { return };
        let Some((step, steps)) = steps.split_first() else {
            return match self.end {
                End::Here => {
                    self.take(node.exact);
                    self.take(node.prefix);
                }
                End::Anywhere => self.all(node),
                End::Below => {
                    self.slash(node);
                    self.below(node);
                }
            };
        };
        self.take(node.prefix);
        let literal = match step {
            Step::Literal(text) => self.index.lookup(node.literals, text),
            Step::Free(_) => None,
        };
        if let Some(child) = literal {
            self.along(child, steps);
        }
        self.take(node.rest);
        if matches!(step, Step::Literal(text) if text.is_empty()) {
            return;
        }
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
            self.along(child, steps);
        }
    }

    /// Every route that ends at this node or below.
    fn all(&mut self, node: &'a Node) {
        self.take(node.exact);
        self.slash(node);
        self.below(node);
    }

    /// Those that end with a slash behind this node.
    fn slash(&mut self, node: &Node) {
        let child = self.index.lookup(node.literals, "");
        if let Some(slash) = child.and_then(|child| self.index.nodes().get(child as usize)) {
            self.take(slash.exact);
        }
    }

    /// Those that match a path which goes on behind this node.
    fn below(&mut self, node: &'a Node) {
        self.take(node.prefix);
        self.take(node.rest);
        let children = self.children(node, ParamKind::Any).into_iter();
        for child in children.chain([node.uint, node.uuid, node.param]) {
            if let Some(child) = self.index.nodes().get(child as usize) {
                self.all(child);
            }
        }
    }

    /// The literal segments of this kind.
    fn children(&self, node: &Node, kind: ParamKind) -> Vec<u32> {
        let entries = self.index.entries(node.literals).filter(|(text, _)| kind.accepts(text));
        entries.map(|(_, child)| child).collect()
    }

    fn take(&mut self, span: Span) {
        self.found.extend(self.index.of(span).map(|number| number as usize));
    }
}
