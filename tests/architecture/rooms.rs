//! The rooms of the runtime, and in which direction they know each other: docs/architecture.md has them in their order.

use super::{code, modules, read, sources};
use std::collections::BTreeSet;

/// The one circle. An exchange is served by a worker, which keeps the connections that its upstreams have open; a connection moves the
/// exchange's clock and reads its body, and what it streams is one of the kinds of a body; settings have the upstreams among them. What an
/// exchange may last is said by its route, which also says who carries a tunnel; and a tunnel is driven by the exchange's clock.
const TOGETHER: [&str; 7] = ["exchange", "route", "settings", "tunnel", "upgrade", "upstream", "worker"];

/// The rows of the document's table, the lowest first.
fn rows() -> Vec<Vec<String>> {
    let manual = read("docs/architecture.md");
    let (_, table) = manual.split_once("| rooms | what they have |\n|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let names = |row: &str| -> Vec<String> {
        row.split(" | ").next().unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    rows.map(names).collect()
}

/// The room that a file is in.
fn room(path: &str) -> &str {
    path["src/".len()..].split(['/', '.']).next().unwrap_or_default()
}

/// Unit tests may use whatever there is.
fn is_test(path: &str) -> bool {
    path.contains("/tests") || path == "src/upstream/testing.rs"
}

/// The sources of the library, but for those which put it together.
fn files() -> impl Iterator<Item = (String, String)> {
    sources("src").into_iter().filter(|(path, _)| !["src/lib.rs", "src/main.rs"].contains(&path.as_str()))
}

#[test]
fn every_room_has_its_place_in_the_document() {
    let told: Vec<String> = rows().concat();
    let told_once: BTreeSet<&str> = told.iter().map(String::as_str).collect();
    assert_eq!(told.len(), told_once.len(), "a room has two places: {told:?}");
    let files: Vec<String> = files().map(|(path, _)| path).collect();
    assert_eq!(told_once, files.iter().map(|path| room(path)).collect());
}

/// A room names those of the rows before its own, so that there can be no circle; and none beside it in its row.
#[test]
fn rooms_know_only_those_before_them() {
    let rows = rows();
    assert!(rows.iter().any(|row| row == &TOGETHER), "they have one row");
    let mut count = 0;
    for (path, source) in files().filter(|(path, _)| !is_test(path)) {
        let own = room(&path);
        let place = rows.iter().position(|row| row.iter().any(|name| name == own)).unwrap();
        for other in modules(&source).iter().filter(|other| *other != own) {
            let is_before = rows[..place].concat().contains(other);
            let is_together = [own, other].iter().all(|room| TOGETHER.contains(room));
            assert!(is_before || is_together, "{path} names `{other}`");
            count += 1;
        }
    }
    assert!(count > 300, "only {count} names of rooms were found");
}

/// One that is no more is to be taken off the list.
#[test]
fn the_circle_that_is_left_is_one() {
    let knows = |one: &str, other: &str| {
        let of_one = files().filter(|(path, _)| room(path) == one && !is_test(path));
        of_one.into_iter().any(|(_, source)| modules(&source).contains(other))
    };
    for one in TOGETHER {
        let (knows_some, is_known) = TOGETHER
            .iter()
            .filter(|other| **other != one)
            .fold((false, false), |(knows_some, is_known), other| {
                (knows_some || knows(one, other), is_known || knows(other, one))
            });
        assert!(knows_some && is_known, "{one} stands in a row of its own");
    }
}

/// Whatever is named by `crate::{a, b}` would be overlooked here.
#[test]
fn what_a_file_names_of_the_crate_is_found() {
    for (path, source) in files() {
        assert!(!code(&source).any(|line| line.contains("crate::{")), "{path}: a line for each room");
    }
}

/// Within the room of the exchange: what all of the request path uses knows little itself.
#[test]
fn the_parts_of_an_exchange_know_little() {
    for (part, known) in [
        ("age", &[][..]),
        ("clock", &["error", "route", "settings"]),
        ("message", &["error", "exchange", "fields", "tunnel", "upstream"]),
        ("problem", &["error"]),
        ("record", &["error", "exchange", "json", "observe", "upstream", "words"]),
        ("upload", &["error", "fields"]),
    ] {
        let is_of = |path: &str| {
            path == format!("src/exchange/{part}.rs") || path.starts_with(&format!("src/exchange/{part}/"))
        };
        for (path, source) in files().filter(|(path, _)| is_of(path) && !is_test(path)) {
            let others: Vec<_> =
                modules(&source).into_iter().filter(|name| !known.contains(&name.as_str())).collect();
            assert!(others.is_empty(), "{path} names {others:?}");
        }
    }
}
