//! What the matcher walks: nodes, the hash tables of their literals, and the routes that end at them. `T` is a text: a
//! `&'static str` in a gateway, a `String` while it is compiled.

use crate::methods::Methods;
use crate::segment::{self, hash};

/// "No such node".
pub const NONE: u32 = u32::MAX;

/// Routes of the same host and path: one that asks for nothing but methods, as in most places, or a run of the
/// candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The number of the one, or where the run starts.
    pub(crate) start: u32,
    /// `Span::ONE` and the bits of the methods, or the length of the run.
    len: u32,
}

/// What a [`Span`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spanned {
    /// This route alone, which takes these methods and has no other conditions.
    One(u32, Methods),
    /// So many candidates, perhaps none, from there.
    Run(u32, u32),
}

impl Span {
    const ONE: u32 = 1 << 31;

    /// No candidates.
    pub const EMPTY: Self = Self { start: 0, len: 0 };

    /// This route alone. It takes these methods and has no other conditions: a look-up need not read it.
    pub const fn one(number: u32, methods: Methods) -> Self {
        Self { start: number, len: Self::ONE | methods.bits() as u32 }
    }

    /// `len` candidates from `start`.
    pub const fn new(start: u32, len: u32) -> Self {
        assert!(len < Self::ONE);
        Self { start, len }
    }

    /// Whether nothing ends there.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// What it says.
    #[inline(always)]
    pub const fn read(self) -> Spanned {
        if self.len & Self::ONE != 0 {
            return Spanned::One(self.start, Methods::from_bits(self.len as u16));
        }
        Spanned::Run(self.start, self.len)
    }
}

/// An open-addressed hash table: a power-of-two run of edges, at most half of them taken, probed linearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    pub(crate) start: u32,
    mask: u32,
}

impl Table {
    /// A table without entries; it takes no room.
    pub const EMPTY: Self = Self { start: NONE, mask: 0 };

    /// The `slots` edges from `start`; `slots` is a power of two and at least one of them is empty.
    pub const fn new(start: u32, slots: u32) -> Self {
        assert!(slots.is_power_of_two());
        Self { start, mask: slots - 1 }
    }

    /// Where it starts and how many slots it has; `None` if it has no entries.
    pub fn place(self) -> Option<(u32, u32)> {
        (self.start != NONE).then(|| (self.start, self.mask + 1))
    }

    /// Appends an empty table with room for this many entries.
    pub fn reserve<T: Clone + Default>(edges: &mut Vec<Edge<T>>, entries: usize) -> Self {
        if entries == 0 {
            return Self::EMPTY;
        }
        // At least half stay vacant: a miss ends soon, and the search always ends.
        let (start, slots) = (edges.len(), (2 * entries).next_power_of_two());
        edges.resize(start + slots, Edge { text: T::default(), hash: 0, node: NONE });
        Self::new(number(start), number(slots))
    }

    /// Appends the table of these entries.
    pub fn append<T: AsRef<str> + Clone + Default>(edges: &mut Vec<Edge<T>>, entries: Vec<(T, u32)>) -> Self {
        let table = Self::reserve(edges, entries.len());
        table.fill(edges, entries);
        table
    }

    /// Fills an empty table. Entries are placed in the order in which they come, so a sorted sequence gives the same
    /// table every time.
    pub fn fill<T: AsRef<str>>(self, edges: &mut [Edge<T>], entries: impl IntoIterator<Item = (T, u32)>) {
        for (text, node) in entries {
            let hash = hash(text.as_ref().as_bytes());
            let mut slot = hash & self.mask;
            while !edges[(self.start + slot) as usize].is_vacant() {
                slot = (slot + 1) & self.mask;
            }
            edges[(self.start + slot) as usize] = Edge { text, hash, node };
        }
    }

    /// The node that `text`, of this hash, leads to.
    #[inline]
    pub(crate) fn lookup<T: AsRef<str>>(self, edges: &[Edge<T>], text: &[u8], hash: u32) -> Option<u32> {
        if self.start == NONE {
            return None;
        }
        let mut slot = hash & self.mask;
        loop {
            let edge = &edges[(self.start + slot) as usize];
            if edge.node == NONE {
                return None;
            }
            if edge.hash == hash && segment::same(edge.text.as_ref().as_bytes(), text) {
                return Some(edge.node);
            }
            slot = (slot + 1) & self.mask;
        }
    }
}

/// A number in the tables. A config of at most 4 MiB has fewer.
pub fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(NONE)
}

/// A literal (a path segment, or a host) that leads to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge<T> {
    text: T,
    hash: u32,
    node: u32,
}

impl Edge<&'static str> {
    /// An empty slot.
    pub const VACANT: Self = Self { text: "", hash: 0, node: NONE };

    /// `text` leads to `node`; its slot is `hash(text) & mask` or the next free one.
    pub const fn new(text: &'static str, node: u32) -> Self {
        Self { text, hash: hash(text.as_bytes()), node }
    }
}

impl<T> Edge<T> {
    /// Whether nothing is there.
    pub fn is_vacant(&self) -> bool {
        self.node == NONE
    }

    /// The text, and the node that it leads to.
    pub fn read(&self) -> Option<(&T, u32)> {
        (!self.is_vacant()).then_some((&self.text, self.node))
    }
}

/// A position in the trie: what may follow, in the order in which it is tried. One line of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Node<T> {
    /// Whole segments that stand in front of everything below, such as `api/v1`; they are compared at once.
    pub stem: T,
    /// Literal segments.
    pub literals: Table,
    /// `{name:uint}`.
    pub uint: u32,
    /// `{name:uuid}`.
    pub uuid: u32,
    /// `{name}`.
    pub param: u32,
    /// Routes that end here in `{*rest}`.
    pub rest: Span,
    /// Routes that match exactly here.
    pub exact: Span,
    /// Routes of which this is the prefix.
    pub prefix: Span,
}

const _: () = assert!(size_of::<Node<&str>>() == 64);

impl Node<&'static str> {
    /// A node without children and routes.
    pub const LEAF: Self = Self::after("");
}

impl<T> Node<T> {
    /// A leaf behind this stem.
    pub const fn after(stem: T) -> Self {
        Self {
            stem,
            literals: Table::EMPTY,
            uint: NONE,
            uuid: NONE,
            param: NONE,
            rest: Span::EMPTY,
            exact: Span::EMPTY,
            prefix: Span::EMPTY,
        }
    }

    /// Whether a segment may be taken in several ways, or left to a route that is satisfied already.
    #[inline]
    pub(crate) fn has_alternatives(&self) -> bool {
        let ends = self.rest.len | self.prefix.len;
        ends != 0 || (self.uint & self.uuid) != NONE || (self.param != NONE && self.literals.start != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_laid_out_is_found_and_nothing_else(
            texts in prop::collection::btree_map("[a-c]{0,3}|[a-z]{7,17}", 0u32..9, 0..99),
            others in prop::collection::vec("[a-c]{0,3}|[a-z]{7,17}", 20),
        ) {
            let mut edges = vec![Edge { text: String::new(), hash: 0, node: NONE }; 3];
            let table = Table::reserve(&mut edges, texts.len());
            table.fill(&mut edges, texts.clone());
            let (start, slots) = table.place().unwrap_or((3, 0));
            prop_assert!(start == 3 && edges.len() == (start + slots) as usize);
            prop_assert!(2 * texts.len() <= slots as usize);
            for text in texts.keys().chain(&others) {
                let found = table.lookup(&edges, text.as_bytes(), hash(text.as_bytes()));
                prop_assert_eq!(found, texts.get(text).copied());
            }
        }
    }
}
