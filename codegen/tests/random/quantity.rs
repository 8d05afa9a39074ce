//! Quantities in all their spellings.

use super::Choices;
use super::yaml::Node;

/// In quotes or without.
fn spelled(choices: &mut Choices<'_>, number: &str, unit: &str) -> Node {
    let space = if choices.chance(5) { " " } else { "" };
    let text = format!("{number}{space}{unit}");
    if choices.chance(25) { Node::Text(text) } else { Node::Plain(text) }
}

/// A decimal fraction without zeros at its end.
fn decimal(number: u64, per: u64, digits: usize) -> String {
    let text = format!("{}.{:0digits$}", number / per, number % per);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A duration of so many milliseconds at least and at most.
pub(super) fn duration(choices: &mut Choices<'_>, from: u64, to: u64) -> Node {
    const NICE: [u64; 19] = [
        0,
        1,
        20,
        250,
        999,
        1000,
        1500,
        2000,
        2500,
        5000,
        10_000,
        45_000,
        60_000,
        90_000,
        120_000,
        3_600_000,
        5_400_000,
        86_400_000,
        366 * 86_400_000,
    ];
    let fitting: Vec<&u64> = NICE.iter().filter(|length| (from..=to).contains(*length)).collect();
    let length = if fitting.is_empty() { from } else { *choices.pick(&fitting) };
    let mut units = vec![(length.to_string(), "ms"), (decimal(length, 1000, 3), "s")];
    for (millis, unit) in [(60_000, "m"), (3_600_000, "h"), (86_400_000, "d")] {
        if length.is_multiple_of(millis) {
            units.push(((length / millis).to_string(), unit));
        } else if (length * 100).is_multiple_of(millis) {
            units.push((decimal(length * 100 / millis, 100, 2), unit));
        }
    }
    // Zeros which say nothing.
    if choices.chance(5) {
        units = vec![(format!("{length}.000"), "ms")];
    }
    let (number, unit) = units.swap_remove(choices.below(units.len()));
    spelled(choices, &number, unit)
}

/// A size of so many bytes at least and at most.
pub(super) fn size(choices: &mut Choices<'_>, from: u64, to: u64) -> Node {
    const NICE: [u64; 14] = [
        0,
        1,
        1000,
        1024,
        1536,
        8000,
        8192,
        32_768,
        1_000_000,
        1 << 20,
        16 << 20,
        1_000_000_000,
        1 << 30,
        1 << 40,
    ];
    let fitting: Vec<&u64> = NICE.iter().filter(|size| (from..=to).contains(*size)).collect();
    let size = if fitting.is_empty() { from } else { *choices.pick(&fitting) };
    let mut units = vec![(size.to_string(), "B")];
    for (bytes, unit) in [
        (1000, "KB"),
        (1_000_000, "MB"),
        (1_000_000_000, "GB"),
        (1 << 10, "KiB"),
        (1 << 20, "MiB"),
        (1 << 30, "GiB"),
    ] {
        if size.is_multiple_of(bytes) {
            units.push(((size / bytes).to_string(), unit));
        } else if (size * 10).is_multiple_of(bytes) {
            units.push((decimal(size * 10 / bytes, 10, 1), unit));
        }
    }
    let (number, unit) = units.swap_remove(choices.below(units.len()));
    spelled(choices, &number, unit)
}

pub(super) fn rate(choices: &mut Choices<'_>) -> Node {
    let spans = ["/s", "/m", "/h", "/d", "/15m", "/1s", "/250ms", "/1.5h", "/ 366d"];
    let (number, unit) = (choices.pick(&["1", "5", "100", "5000", "4294967295"]), choices.pick(&spans));
    spelled(choices, number, unit)
}

/// A share, which may have to be above nothing.
pub(super) fn percent(choices: &mut Choices<'_>, may_be_zero: bool) -> Node {
    let shares = ["0", "50", "20", "0.5", "0.01", "99.99", "100"];
    let number = choices.pick(&shares[usize::from(!may_be_zero)..]);
    spelled(choices, number, "%")
}

/// A number, of a few that are worth it, between two that are.
pub(super) fn number(choices: &mut Choices<'_>, from: u64, to: u64) -> Node {
    let number = match choices.below(4) {
        0 => from,
        1 => to,
        _ => from + (choices.below(40) as u64).min(to - from),
    };
    Node::plain(number)
}

pub(super) fn flag(choices: &mut Choices<'_>) -> Node {
    Node::plain(choices.pick(&["false", "true", "True", "FALSE"]))
}

/// One of the language's words, in quotes or without.
pub(super) fn word(choices: &mut Choices<'_>, words: &[&str]) -> Node {
    Node::text(choices.pick(words))
}
