//! Finding a name in the table: what its first and its last eight bytes make picks at most one row, and the compiler has seen
//! to it that no two rows are in each other's way. Beginnings are few, and looked at only after that.

use super::table::{Known, NAMES, Names};

/// More than the names need, so that a multiplier without collisions is soon found.
const SLOTS: usize = 1024;

const MULTIPLIER: u64 = multiplier();

/// The row of [`ROWS`] that a whole name may be, or [`NOWHERE`].
static SLOT: [u8; SLOTS] = match slots(MULTIPLIER) {
    Some(slots) => slots,
    None => panic!("two names have one slot"),
};

const NOWHERE: u8 = u8::MAX;

const _: () = assert!(NAMES.len() < NOWHERE as usize);

/// A whole name, ready to be compared with.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Row {
    text: &'static [u8],
    ends: Ends,
    /// The bits of both that count: all but those that make a letter a capital.
    bits: Ends,
    class: Known,
}

/// Those of [`NAMES`] that are whole, in their places.
static ROWS: [Row; NAMES.len()] = {
    let row = Row { text: &[], ends: (0, 0), bits: (0, 0), class: Known::Other };
    let (mut rows, mut at) = ([row; NAMES.len()], 0);
    while at < NAMES.len() {
        if let (Names::Is(text), class) = NAMES[at] {
            let ends = ends(text.as_bytes());
            let bits = (significant(ends.0), significant(ends.1));
            rows[at] = Row { text: text.as_bytes(), ends, bits, class };
        }
        at += 1;
    }
    rows
};

/// The class of a name that is in the table as a whole.
#[inline(always)]
pub(super) fn whole(name: &[u8]) -> Option<Known> {
    let (first, last) = ends(name);
    let row = ROWS.get(usize::from(SLOT[slot((first, last), MULTIPLIER)]))?;
    let differ = (first ^ row.ends.0) & row.bits.0 | (last ^ row.ends.1) & row.bits.1;
    let is_same = differ == 0 && name.len() == row.text.len() && (name.len() <= 16 || is(name, row.text));
    is_same.then_some(row.class)
}

/// The class of a name that is not, of letters, digits and hyphens.
pub(super) fn by_beginning(name: &[u8]) -> Known {
    let (from, to) = BEGINNINGS.groups[usize::from(group(name))];
    let mut beginnings = BEGINNINGS.all[usize::from(from)..usize::from(to)].iter();
    let found = beginnings.find(|(text, _)| name.get(..text.len()).is_some_and(|start| is(start, text)));
    found.map_or(Known::Other, |(_, class)| *class)
}

/// The class of any name in lower case, found without haste.
pub(super) const fn plainly(name: &[u8]) -> Known {
    let (mut begins, mut row) = (None, 0);
    while row < NAMES.len() {
        match NAMES[row] {
            (Names::Is(text), class) if text.len() == name.len() && starts(name, text) => return class,
            (Names::Starts(text), class) if begins.is_none() && starts(name, text) => begins = Some(class),
            _ => {}
        }
        row += 1;
    }
    let mut place = 0;
    while place < name.len() {
        if !matches!(name[place], b'a'..=b'z' | b'0'..=b'9' | b'-') {
            return Known::Ambiguous;
        }
        place += 1;
    }
    match begins {
        Some(class) => class,
        None => Known::Other,
    }
}

const fn starts(name: &[u8], text: &str) -> bool {
    let (text, mut place) = (text.as_bytes(), 0);
    while place < text.len() {
        if place == name.len() || name[place] != text[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// The first and the last eight bytes of a name; of a shorter one all of it, twice.
type Ends = (u64, u64);

#[inline(always)]
const fn ends(name: &[u8]) -> Ends {
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    let all = match (name.first_chunk(), name.last_chunk(), name) {
        (Some(first), Some(last), _) => {
            u32::from_le_bytes(*first) as u64 | (u32::from_le_bytes(*last) as u64) << 32
        }
        (_, _, [a, b, c]) => u32::from_le_bytes([*a, *b, *c, 0]) as u64,
        (_, _, [a, b]) => u32::from_le_bytes([*a, *b, 0, 0]) as u64,
        _ => 0,
    };
    (all, all)
}

/// Where a name would be in [`SLOT`]; the same for any case.
#[inline(always)]
const fn slot((first, last): Ends, multiplier: u64) -> usize {
    let key = (first | CASE) ^ (last | CASE).rotate_left(21);
    (key.wrapping_mul(multiplier) >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}

/// Whether a name is a lower-case one of letters, digits and hyphens, but for its case.
#[inline]
fn is(name: &[u8], text: &[u8]) -> bool {
    if name.len() != text.len() {
        return false;
    }
    // Words that overlap, so that there is no rest to look at byte by byte.
    match name.len() {
        8.. => {
            let mut differ = difference(word(name.first_chunk()), word(text.first_chunk()))
                | difference(word(name.last_chunk()), word(text.last_chunk()));
            if name.len() > 16 {
                for (name, text) in name.as_chunks().0.iter().zip(text.as_chunks().0) {
                    differ |= difference(word(Some(name)), word(Some(text)));
                }
            }
            differ == 0
        }
        4..8 => {
            let halves = |from: &[u8]| half(from.first_chunk()) | half(from.last_chunk()) << 32;
            difference(halves(name), halves(text)) == 0
        }
        _ => name.eq_ignore_ascii_case(text),
    }
}

#[inline]
fn word(bytes: Option<&[u8; 8]>) -> u64 {
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[inline]
fn half(bytes: Option<&[u8; 4]>) -> u64 {
    bytes.map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)))
}

/// Where they differ in more than the bit that makes a letter of the text a capital: of what may stand in a text, letters
/// alone have 0x40 set.
#[inline]
const fn difference(name: u64, text: u64) -> u64 {
    (name ^ text) & significant(text)
}

/// The bits of a text that are the same whatever its case.
#[inline]
const fn significant(text: u64) -> u64 {
    !(text >> 1 & CASE)
}

const CASE: u64 = 0x2020_2020_2020_2020;

const fn multiplier() -> u64 {
    let mut multiplier = 0x9e37_79b9_7f4a_7c15;
    while slots(multiplier).is_none() {
        multiplier += 2;
    }
    multiplier
}

const fn slots(multiplier: u64) -> Option<[u8; SLOTS]> {
    let (mut slots, mut row) = ([NOWHERE; SLOTS], 0);
    while row < NAMES.len() {
        if let Names::Is(name) = NAMES[row].0 {
            let slot = slot(ends(name.as_bytes()), multiplier);
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

/// The beginnings, group by group.
struct Beginnings {
    all: [(&'static [u8], Known); BEGINNINGS_COUNT],
    /// Where each group is in all of them.
    groups: [(u8, u8); GROUPS],
}

static BEGINNINGS: Beginnings = {
    let nothing: &[u8] = &[];
    let (mut all, mut groups) = ([(nothing, Known::Other); BEGINNINGS_COUNT], [(0, 0); GROUPS]);
    let (mut count, mut of) = (0, 0);
    while of < GROUPS {
        let (from, mut row) = (count, 0);
        while row < NAMES.len() {
            if let (Names::Starts(text), class) = NAMES[row]
                && group(text.as_bytes()) as usize == of
            {
                all[count] = (text.as_bytes(), class);
                count += 1;
            }
            row += 1;
        }
        groups[of] = (from as u8, count as u8);
        of += 1;
    }
    Beginnings { all, groups }
};
