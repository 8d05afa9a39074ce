//! Finding a name in the table: what its length, its first byte and its last four make picks at most one row, and the
//! compiler has seen to it that no two rows are in each other's way. Beginnings are few, and looked at only after that.

use super::table::{Known, NAMES, Names};

/// More than the names need, so that a multiplier without collisions is soon found.
const SLOTS: usize = 1024;

const MULTIPLIER: u32 = multiplier();

/// The row of [`NAMES`] that a whole name may be, or [`NOWHERE`].
static SLOT: [u8; SLOTS] = match slots(MULTIPLIER) {
    Some(slots) => slots,
    None => panic!("two names have one slot"),
};

const NOWHERE: u8 = u8::MAX;

const _: () = assert!(NAMES.len() < NOWHERE as usize);

/// The class of a name, whatever its case.
#[inline]
pub(super) fn class(name: &[u8]) -> Known {
    match NAMES.get(usize::from(SLOT[slot(name, MULTIPLIER)])) {
        Some((Names::Is(text), class)) if is(name, text.as_bytes()) => *class,
        _ => class_of_many(name),
    }
}

/// The class of a name that is not in the table as a whole.
fn class_of_many(name: &[u8]) -> Known {
    if name.iter().any(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-') {
        return Known::Ambiguous;
    }
    let (beginnings, places) = &BEGINNINGS;
    let (from, to) = places[usize::from(group(name))];
    let mut group = beginnings[usize::from(from)..usize::from(to)].iter();
    let found = group.find(|(text, _)| name.get(..text.len()).is_some_and(|start| is(start, text)));
    found.map_or(Known::Other, |(_, class)| *class)
}

/// Where a name would be in [`SLOT`]; the same for any case.
#[inline]
const fn slot(name: &[u8], multiplier: u32) -> usize {
    let (first, last) = match name {
        [first, .., a, b, c, d] => (*first, u32::from_le_bytes([*a, *b, *c, *d])),
        [a, b, c, d] => (*a, u32::from_le_bytes([*a, *b, *c, *d])),
        [a, b, c] => (*a, u32::from_le_bytes([*a, *b, *c, 0])),
        [a, b] => (*a, u32::from_le_bytes([*a, *b, 0, 0])),
        _ => return 0,
    };
    let key = (last | 0x2020_2020) ^ ((first | 0x20) as u32) << 19 ^ (name.len() as u32) << 11;
    (key.wrapping_mul(multiplier) >> (u32::BITS - SLOTS.trailing_zeros())) as usize
}

/// Whether a name is a lower-case one of letters, digits and hyphens, but for its case.
#[inline]
fn is(name: &[u8], text: &[u8]) -> bool {
    if name.len() != text.len() {
        return false;
    }
    // Words that overlap, so that there is no rest to look at byte by byte.
    if let (Some(name_end), Some(text_end)) = (name.last_chunk::<8>(), text.last_chunk::<8>()) {
        let mut differ = difference(u64::from_le_bytes(*name_end), u64::from_le_bytes(*text_end));
        for (name, text) in name.as_chunks::<8>().0.iter().zip(text.as_chunks::<8>().0) {
            differ |= difference(u64::from_le_bytes(*name), u64::from_le_bytes(*text));
        }
        return differ == 0;
    }
    match (name, text) {
        ([a, b, c, d, ..], [e, f, g, h, ..]) => {
            let half = |from: &[u8], [a, b, c, d]: [u8; 4]| match from {
                [.., e, f, g, h] => u64::from_le_bytes([a, b, c, d, *e, *f, *g, *h]),
                _ => 0,
            };
            difference(half(name, [*a, *b, *c, *d]), half(text, [*e, *f, *g, *h])) == 0
        }
        _ => name.eq_ignore_ascii_case(text),
    }
}

/// Where they differ in more than the bit that makes a letter of the text a capital: of what may stand in a text, letters
/// alone have 0x40 set.
#[inline]
const fn difference(name: u64, text: u64) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    (name ^ text) & !(text >> 1 & CASE)
}

const fn multiplier() -> u32 {
    let mut multiplier = 0x9e37_79b1;
    while slots(multiplier).is_none() {
        multiplier += 2;
    }
    multiplier
}

const fn slots(multiplier: u32) -> Option<[u8; SLOTS]> {
    let (mut slots, mut row) = ([NOWHERE; SLOTS], 0);
    while row < NAMES.len() {
        if let Names::Is(name) = NAMES[row].0 {
            let slot = slot(name.as_bytes(), multiplier);
            if slots[slot] != NOWHERE {
                return None;
            }
            slots[slot] = row as u8;
        }
        row += 1;
    }
    Some(slots)
}

/// What only names with one beginning have in common, whatever their case; of names in `x-` it is the third letter.
const fn group(name: &[u8]) -> u8 {
    match name {
        [b'x' | b'X', b'-', third, ..] => 32 | *third & 31,
        [first, ..] => *first & 31,
        [] => 0,
    }
}

const GROUPS: usize = 64;

const BEGINNINGS_COUNT: usize = {
    let (mut count, mut row) = (0, 0);
    while row < NAMES.len() {
        count += matches!(NAMES[row].0, Names::Starts(_)) as usize;
        row += 1;
    }
    count
};

/// The beginnings, group by group, and where in them each group is.
static BEGINNINGS: ([(&[u8], Known); BEGINNINGS_COUNT], [(u8, u8); GROUPS]) = {
    let nothing: &[u8] = &[];
    let mut beginnings = [(nothing, Known::Other); BEGINNINGS_COUNT];
    let (mut places, mut count, mut of) = ([(0, 0); GROUPS], 0, 0);
    while of < GROUPS {
        let (from, mut row) = (count, 0);
        while row < NAMES.len() {
            if let (Names::Starts(text), class) = NAMES[row]
                && group(text.as_bytes()) as usize == of
            {
                beginnings[count] = (text.as_bytes(), class);
                count += 1;
            }
            row += 1;
        }
        places[of] = (from as u8, count as u8);
        of += 1;
    }
    (beginnings, places)
};
