//! What the generated table is made of: nodes, the hash tables of their literals, and the routes that end at them.

use super::{Methods, hash};

/// "No such node".
pub const NONE: u32 = u32::MAX;

/// Routes of the same host and path: one that asks for nothing but methods, as in most places, or a run of
/// `RouteIndex::candidates`.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The number of the one, or where the run starts.
    pub(super) start: u32,
    /// `Span::ONE` and the bits of the methods, or the length of the run.
    pub(super) len: u32,
}

impl Span {
    pub(super) const ONE: u32 = 1 << 31;

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
}

/// An open-addressed hash table: a power-of-two run of `RouteIndex::edges`, probed linearly.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub(super) start: u32,
    pub(super) mask: u32,
}

impl Table {
    /// A table without entries; it takes no room.
    pub const EMPTY: Self = Self { start: NONE, mask: 0 };

    /// The `slots` edges from `start`; `slots` is a power of two and at least one of them is empty.
    pub const fn new(start: u32, slots: u32) -> Self {
        assert!(slots.is_power_of_two());
        Self { start, mask: slots - 1 }
    }
}

/// A literal (a path segment, or a host) that leads to a node.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    pub(super) text: &'static str,
    pub(super) hash: u32,
    pub(super) node: u32,
}

impl Edge {
    /// An empty slot.
    pub const VACANT: Self = Self { text: "", hash: 0, node: NONE };

    /// `text` leads to `node`; its slot is `hash(text) & mask` or the next free one.
    pub const fn new(text: &'static str, node: u32) -> Self {
        Self { text, hash: hash(text.as_bytes()), node }
    }
}

/// A position in the trie: what may follow, in the order in which it is tried. One line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Node {
    /// Whole segments that stand in front of everything below, such as `api/v1`; they are compared at once.
    pub stem: &'static str,
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

impl Node {
    /// A node without children and routes.
    pub const LEAF: Self = Self {
        stem: "",
        literals: Table::EMPTY,
        uint: NONE,
        uuid: NONE,
        param: NONE,
        rest: Span::EMPTY,
        exact: Span::EMPTY,
        prefix: Span::EMPTY,
    };
}

const _: () = assert!(size_of::<Node>() == 64);

impl Node {
    /// Whether a segment may be taken in several ways, or left to a route that is satisfied already.
    #[inline]
    pub(super) fn has_alternatives(&self) -> bool {
        let ends = self.rest.len | self.prefix.len;
        ends != 0 || (self.uint & self.uuid) != NONE || (self.param != NONE && self.literals.start != NONE)
    }
}
