//! Hash tables laid out as the runtime probes them: a power of two of slots, at most half of them taken, linear probing.

use super::hash::hash;
use crate::plan::{Edge, Table};

/// Appends the table of these entries to `edges`; `None` if there are none.
pub(super) fn append(edges: &mut Vec<Option<Edge>>, entries: &[(&str, u32)]) -> Option<Table> {
    reserve(edges, entries.len()).inspect(|table| fill(edges, *table, entries))
}

/// Appends an empty table with room for this many entries.
pub(super) fn reserve(edges: &mut Vec<Option<Edge>>, entries: usize) -> Option<Table> {
    if entries == 0 {
        return None;
    }
    // At least half stay vacant: a miss ends soon, and the search always ends.
    let slots = (2 * entries).next_power_of_two();
    let start = edges.len();
    edges.resize(start + slots, None);
    Some(Table { start: number(start), slots: number(slots) })
}

/// Fills an empty table.
///
/// Entries are placed in the order in which they come, so a sorted sequence gives the same table every time.
pub(super) fn fill(edges: &mut [Option<Edge>], table: Table, entries: &[(&str, u32)]) {
    let slots = table.slots as usize;
    let table = &mut edges[table.start as usize..][..slots];
    for (text, node) in entries {
        let mut slot = hash(text.as_bytes()) as usize & (slots - 1);
        while table[slot].is_some() {
            slot = (slot + 1) & (slots - 1);
        }
        table[slot] = Some(Edge { text: (*text).to_owned(), node: *node });
    }
}

/// Table positions are `u32`; a config of at most 4 MiB cannot exceed that.
pub(super) fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
