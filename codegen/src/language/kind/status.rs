//! Statuses of responses.

use super::{ConfigPath, Constant, Cx, Kind, Shape, Tree, Value};
use crate::ast::{self, List};
use crate::codes;
use crate::diagnostic::quoted;
use crate::yaml::trap;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Some statuses with which a response may end, in any order, at least one: numbers, classes (`2xx`) and ranges
/// (`200-399`), none of them within another.
pub(crate) struct Statuses;

/// With which a response may end.
const FINAL: RangeInclusive<u16> = 200..=599;

/// With which one may begin: a later one counts.
const INTERIM: RangeInclusive<u16> = 100..=199;

/// Those which an entry stands for, if it is one.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
        let first = number(class)? * 100;
        return Some(first..=first + 99);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(number(first.trim_end())?..=number(last.trim_start())?)
}

/// At most three digits.
fn number(digits: &str) -> Option<u16> {
    let is_number = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// The runs of statuses that follow each other.
fn runs(statuses: &BTreeSet<u16>) -> Vec<RangeInclusive<u16>> {
    let mut runs: Vec<RangeInclusive<u16>> = Vec::new();
    for status in statuses {
        match runs.last_mut().filter(|run| run.end() + 1 == *status) {
            Some(run) => *run = *run.start()..=*status,
            None => runs.push(*status..=*status),
        }
    }
    runs
}

/// As it is written.
fn shown(run: &RangeInclusive<u16>) -> String {
    match (*run.start(), *run.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) if first % 100 == 0 && last == first + 99 => format!("{}xx", first / 100),
        (first, last) => format!("{first}-{last}"),
    }
}

fn refuse(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) {
    if !cx.is_literal(at, text) {
        return;
    }
    let code = &codes::IMPOSSIBLE_VALUE;
    match range(text) {
        Some(range) if INTERIM.contains(range.start()) => {
            let title = format!("no probe ends with the status {text}");
            let label = "an interim response comes before the one that counts; must be 200 to 599";
            cx.sink.error_at(code, at, title, label);
        }
        Some(range) if range.is_empty() => {
            let title = format!("{} is no range of statuses", quoted(text));
            let problem = cx.sink.error_at(code, at, title, "ends before it begins");
            let mend = shown(&(*range.end()..=*range.start()));
            if let Some(span) = cx.source.whole_span(at) {
                problem.suggest("the lower one first", span, mend);
            }
        }
        Some(_) => {
            cx.sink.error_at(code, at, format!("{text} is out of range"), "must be 200 to 599");
        }
        None => {
            if let Some(trap) = trap::number(text) {
                cx.sink.trap(&codes::YAML_TRAP, at, trap);
                return;
            }
            let title = format!("{} is no status", quoted(text));
            cx.sink.error_at(code, at, title, "expected a status, as `204`, or several: `2xx`, `200-399`");
        }
    }
}

impl Kind<BTreeSet<u16>> for Statuses {
    type Written = List<ast::Status>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<BTreeSet<u16>> {
        if written.is_empty() {
            let title = "no status would mean healthy";
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, "this list is empty");
        }
        let mut first: BTreeMap<u16, (ConfigPath, &str)> = BTreeMap::new();
        for (index, ast::Status(text)) in written.iter() {
            let (at, text) = (at.index(index), text.trim());
            let is_final = |range: &RangeInclusive<u16>| {
                !range.is_empty() && FINAL.contains(range.start()) && FINAL.contains(range.end())
            };
            let Some(mut range) = range(text).filter(is_final) else {
                refuse(cx, &at, text);
                continue;
            };
            if let Some((there, other)) = range.clone().find_map(|status| first.get(&status)) {
                let there = cx.source.value_span(there);
                let title = match *other == text {
                    true => format!("{} is in this list twice", quoted(text)),
                    false => format!("{} and {} overlap", quoted(text), quoted(other)),
                };
                let problem = cx.sink.error_at(&codes::DUPLICATE_KEY, &at, title, "once is enough");
                if let Some(there) = there {
                    problem.label(there, "first written here");
                }
                continue;
            }
            range.by_ref().for_each(|status| drop(first.insert(status, (at.clone(), text))));
        }
        (!first.is_empty()).then(|| first.into_keys().collect())
    }
    fn tree(&self, value: &BTreeSet<u16>) -> Tree {
        Tree::plains(runs(value).iter().map(shown))
    }
    fn shape(&self) -> Shape {
        let (least, most) = (u64::from(*FINAL.start()), u64::from(*FINAL.end()));
        let range = Shape::Pattern(r"^\s*[2-5][0-9]{2}\s*-\s*[2-5][0-9]{2}\s*$", "a range as `200-399`");
        let classes = Shape::Words(vec!["2xx", "3xx", "4xx", "5xx"]);
        Shape::list(Shape::AnyOf(vec![Shape::Number(least, most), classes, range]))
    }
}

impl Constant<BTreeSet<u16>> for Statuses {
    fn value(&self, value: &BTreeSet<u16>) -> Value {
        let run = |run: RangeInclusive<u16>| {
            let ends = [*run.start(), *run.end()].map(|status| Value::Number(status.into()));
            Value::Call("StatusRange::new", ends.to_vec())
        };
        Value::Slice(runs(value).into_iter().map(run).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_number_a_class_or_a_range() {
        for (text, first, last) in [
            ("204", 204, 204),
            ("2xx", 200, 299),
            ("3XX", 300, 399),
            ("200-399", 200, 399),
            ("200 - 204", 200, 204),
        ] {
            assert_eq!(range(text), Some(first..=last), "{text}");
        }
        for text in
            ["", "x", "xx", "2x", "2xxx", "-", "200-", "-200", "+200", "200-2xx", "2000", "20.5", "200,204"]
        {
            assert_eq!(range(text), None, "{text}");
        }
    }

    #[test]
    fn statuses_that_follow_each_other_are_written_as_one() {
        let shown = |statuses: &[RangeInclusive<u16>]| -> Vec<String> {
            runs(&statuses.iter().cloned().flatten().collect()).iter().map(shown).collect()
        };
        assert_eq!(shown(&[204..=204, 200..=200]), ["200", "204"]);
        assert_eq!(shown(&[200..=299, 401..=401]), ["2xx", "401"]);
        assert_eq!(shown(&[200..=299, 300..=399]), ["200-399"]);
        assert_eq!(shown(&[200..=200, 201..=201]), ["200-201"]);
    }
}
