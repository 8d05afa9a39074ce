//! The runtime's search over the plan's tables (`RouteIndex::search`), once more.

use crate::lower::hash;
use crate::pattern::ParamKind;
use crate::plan::{Index, Span, Table};

/// A search over these tables.
pub(crate) struct Walk<'a> {
    index: &'a Index,
}

/// Takes a route, by its number, or leaves it.
type Accept<'f> = &'f mut dyn FnMut(usize) -> bool;

impl<'a> Walk<'a> {
    pub(crate) fn new(index: &'a Index) -> Self {
        Self { index }
    }

    /// Visits the routes whose host and path match, best first, until one is accepted. The host is in lower case
    /// without port, the path canonical.
    pub(crate) fn search(&self, host: &str, path: &str, accept: Accept<'_>) -> Option<usize> {
        let path = path.strip_prefix('/').filter(|path| !path.is_empty());
        if let Some(root) = self.lookup(self.index.hosts, host)
            && let Some(found) = self.descend(root, path, accept)
        {
            return Some(found);
        }
        for (dot, _) in host.match_indices('.') {
            if let Some(root) = self.lookup(self.index.wildcards, &host[dot + 1..])
                && let Some(found) = self.descend(root, path, accept)
            {
                return Some(found);
            }
        }
        self.descend(self.index.any_host?, path, accept)
    }

    fn descend(&self, node: u32, left: Option<&str>, accept: Accept<'_>) -> Option<usize> {
        let node = self.index.nodes.get(node as usize)?;
        let left = match (node.stem.as_str(), left) {
            ("", left) => left,
            (stem, left) => match left?.strip_prefix(stem)? {
                "" => None,
                rest => Some(rest.strip_prefix('/')?),
            },
        };
        let Some(left) = left else {
            return self.first(&node.exact, accept).or_else(|| self.first(&node.prefix, accept));
        };
        let (text, next) = left.split_once('/').map_or((left, None), |(text, next)| (text, Some(next)));
        let children = [
            self.lookup(node.literals, text),
            node.uint.filter(|_| ParamKind::Uint.accepts(text)),
            node.uuid.filter(|_| ParamKind::Uuid.accepts(text)),
            node.param.filter(|_| ParamKind::Any.accepts(text)),
        ];
        for child in children.into_iter().flatten() {
            if let Some(found) = self.descend(child, next, accept) {
                return Some(found);
            }
        }
        let rest = if left.is_empty() { &None } else { &node.rest };
        self.first(rest, accept).or_else(|| self.first(&node.prefix, accept))
    }

    fn first(&self, span: &Option<Span>, accept: Accept<'_>) -> Option<usize> {
        self.candidates(span).find(|number| accept(*number))
    }

    /// The routes of a span, best first.
    pub(crate) fn candidates(&self, span: &Option<Span>) -> impl Iterator<Item = usize> + use<'a> {
        let (one, start, len) = match *span {
            None => (None, 0, 0),
            Some(Span::One { number, .. }) => (Some(number), 0, 0),
            Some(Span::Run { start, len }) => (None, start, len),
        };
        let run = self.index.candidates.iter().skip(start as usize).take(len as usize).copied();
        one.into_iter().chain(run).map(|number| number as usize)
    }

    /// All that is in this table, in no order.
    pub(crate) fn entries(&self, table: Option<Table>) -> impl Iterator<Item = (String, u32)> + use<'a> {
        let (start, slots) = table.map_or((0, 0), |Table { start, slots }| (start, slots));
        let edges = self.index.edges.iter().skip(start as usize).take(slots as usize).flatten();
        edges.map(|edge| (edge.text.clone(), edge.node))
    }

    /// The node to which a literal leads.
    pub(crate) fn lookup(&self, table: Option<Table>, text: &str) -> Option<u32> {
        let Table { start, slots } = table?;
        let first = hash(text.as_bytes()) & (slots - 1);
        (0..slots)
            .map_while(|step| {
                let slot = start + ((first + step) & (slots - 1));
                self.index.edges.get(slot as usize)?.as_ref()
            })
            .find(|edge| edge.text == text)
            .map(|edge| edge.node)
    }
}
