//! The search for the route of a request: precedence lives in its order (docs/configuration.md, "Precedence"), never in
//! the order of a file. It neither allocates nor records parameters: a parameter is the number of its path segment.

use crate::host;
use crate::methods::Methods;
use crate::segment::{self, hash};
use crate::table::{Edge, NONE, Node, Span, Spanned, Table};

/// The tables of a gateway, wherever they are.
pub trait Tables {
    /// See [`crate::table`].
    type Text: AsRef<str>;

    /// The nodes of all tries.
    fn nodes(&self) -> &[Node<Self::Text>];
    /// The slots of all tables.
    fn edges(&self) -> &[Edge<Self::Text>];
    /// Route numbers, most specific first within each span.
    fn candidates(&self) -> &[u32];
    /// Exact hosts, lower-case, to the roots of their tries.
    fn hosts(&self) -> Table;
    /// Hosts whose first label is captured, written without it, to the roots of their tries.
    fn labels(&self) -> Table;
    /// Wildcard hosts, written without `*.`, to the roots of their tries.
    fn wildcards(&self) -> Table;
    /// The root for routes of any host.
    fn any_host(&self) -> u32;

    /// Whether a host counts at all.
    #[inline]
    fn asks_for_host(&self) -> bool {
        (self.hosts().start & self.labels().start & self.wildcards().start) != NONE
    }

    /// Visits the routes whose host and path match, best first, until `accept` takes one. It gets the number, and the
    /// methods if they are all there is to it. The host is in lower case without port, the path canonical.
    #[inline]
    fn search(
        &self,
        host: &str,
        path: &str,
        accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
    ) -> Option<u32> {
        let path = path.as_bytes();
        let first = if path.len() == 1 { path.len() + 1 } else { 1 };
        if self.asks_for_host()
            && let Some(found) = search_hosts(self, host, path, first, accept)
        {
            return Some(found);
        }
        if self.any_host() == NONE { None } else { descend(self, self.any_host(), path, first, accept) }
    }

    /// The routes of a span, best first.
    fn of(&self, span: Span) -> impl Iterator<Item = u32> {
        let (one, run) = match span.read() {
            Spanned::One(number, _) => (Some(number), 0..0),
            Spanned::Run(start, len) => (None, start as usize..(start + len) as usize),
        };
        one.into_iter().chain(self.candidates()[run].iter().copied())
    }

    /// All that is in a table, in no order.
    fn entries(&self, table: Table) -> impl Iterator<Item = (&str, u32)> {
        let (start, slots) = table.place().unwrap_or_default();
        let edges = self.edges().iter().skip(start as usize).take(slots as usize);
        edges.filter_map(|edge| edge.read().map(|(text, node)| (text.as_ref(), node)))
    }

    /// The node to which a literal leads.
    fn lookup(&self, table: Table, text: &str) -> Option<u32> {
        table.lookup(self.edges(), text.as_bytes(), hash(text.as_bytes()))
    }
}

#[inline(never)]
fn search_hosts(
    tables: &(impl Tables + ?Sized),
    host: &str,
    path: &[u8],
    first: usize,
    accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
) -> Option<u32> {
    if let Some(root) = tables.lookup(tables.hosts(), host)
        && let Some(found) = descend(tables, root, path, first, accept)
    {
        return Some(found);
    }
    // One label in front is closer than any wildcard: whatever wildcard has this host has all of those.
    if tables.labels().start != NONE
        && let Some((_, suffix)) = host::labelled(host)
        && let Some(root) = tables.lookup(tables.labels(), suffix)
        && let Some(found) = descend(tables, root, path, first, accept)
    {
        return Some(found);
    }
    // Longest wildcard first: cut one label at a time from the left.
    let mut rest = host;
    while let Some((label, suffix)) = rest.split_once('.') {
        // In front of a wildcard's name there is something, if it is only another dot.
        let is_below = !label.is_empty() || rest.len() < host.len();
        if is_below
            && let Some(root) = tables.lookup(tables.wildcards(), suffix)
            && let Some(found) = descend(tables, root, path, first, accept)
        {
            return Some(found);
        }
        rest = suffix;
    }
    None
}

/// Searches below `node`; `at` is where the next segment starts, past the end when none is left.
/// A trie node consumes as many segments as it is deep, so no node is visited twice.
fn descend(
    tables: &(impl Tables + ?Sized),
    node: u32,
    path: &[u8],
    mut at: usize,
    accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
) -> Option<u32> {
    let mut node = &tables.nodes()[node as usize];
    loop {
        let stem = node.stem.as_ref().as_bytes();
        if !stem.is_empty() {
            at = segment::after(path, at, stem)?;
        }
        if at > path.len() {
            if let Some(found) = first(tables, node.exact, accept) {
                return Some(found);
            }
            // The path `/` ends at the root, and with a slash.
            if path.len() == 1
                && let Some(found) = first(tables, node.rest, accept)
            {
                return Some(found);
            }
            return first(tables, node.prefix, accept);
        }
        if node.has_alternatives() {
            return branch(tables, node, path, at, accept);
        }
        // One way on, and nothing to come back to: most nodes.
        if node.param == NONE {
            let (end, hash) = segment::scan(path, at);
            node = &tables.nodes()[node.literals.lookup(tables.edges(), &path[at..end], hash)? as usize];
            at = end + 1;
        } else {
            let end = segment::end(path, at);
            if end == at {
                return None;
            }
            node = &tables.nodes()[node.param as usize];
            at = end + 1;
        }
    }
}

/// Tries what may follow, in the order of precedence; there is a segment at `at`.
#[inline(never)]
fn branch<T: Tables + ?Sized>(
    tables: &T,
    node: &Node<T::Text>,
    path: &[u8],
    at: usize,
    accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
) -> Option<u32> {
    let (end, hash) = segment::scan(path, at);
    let (text, next) = (&path[at..end], end + 1);
    if let Some(child) = node.literals.lookup(tables.edges(), text, hash)
        && let Some(found) = descend(tables, child, path, next, accept)
    {
        return Some(found);
    }
    if node.uint != NONE
        && segment::is_uint(text)
        && let Some(found) = descend(tables, node.uint, path, next, accept)
    {
        return Some(found);
    }
    if node.uuid != NONE
        && segment::is_uuid(text)
        && let Some(found) = descend(tables, node.uuid, path, next, accept)
    {
        return Some(found);
    }
    if node.param != NONE
        && !text.is_empty()
        && let Some(found) = descend(tables, node.param, path, next, accept)
    {
        return Some(found);
    }
    first(tables, node.rest, accept).or_else(|| first(tables, node.prefix, accept))
}

#[inline(always)]
fn first(
    tables: &(impl Tables + ?Sized),
    span: Span,
    accept: &mut impl FnMut(u32, Option<Methods>) -> bool,
) -> Option<u32> {
    match span.read() {
        Spanned::One(number, methods) => accept(number, Some(methods)).then_some(number),
        Spanned::Run(_, 0) => None,
        Spanned::Run(start, len) => {
            first_of(&tables.candidates()[start as usize..(start + len) as usize], accept)
        }
    }
}

#[inline(never)]
fn first_of(numbers: &[u32], accept: &mut impl FnMut(u32, Option<Methods>) -> bool) -> Option<u32> {
    numbers.iter().copied().find(|&number| accept(number, None))
}
