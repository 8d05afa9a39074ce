//! Every kind of bad config has a file in `ui/`, and beside it the report which it must produce, to the letter.
//!
//! `UPDATE=1 cargo test -p castgate-codegen --test ui` writes the reports anew; read the diff before committing it.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod configs;

use castgate_codegen::{Diagnostics, Source, Style, codes, compile};
use configs::configs;
use std::collections::BTreeSet;
use std::path::Path;

fn report(path: &str) -> (String, Vec<&'static str>) {
    let mut sink = Diagnostics::new();
    let mut source = Source::read(path, &mut sink);
    let result = compile(&mut source, &mut sink);
    assert_eq!(result.is_err(), sink.has_errors(), "{path}: failure and errors go together");
    let ids = sink.sorted().iter().map(|diagnostic| diagnostic.code.id).collect();
    (sink.render(&source, Style::Plain), ids)
}

#[test]
fn bad_configs_get_their_reports() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut failures = Vec::new();
    for config in configs("tests/ui") {
        let (actual, ids) = report(&config);
        assert!(!ids.is_empty(), "{config} has no problem");
        let expected_path = match config.split_once("/gateway.yml") {
            Some((directory, _)) => format!("{directory}.txt"),
            None => config.replace(".yml", ".txt"),
        };
        if update {
            std::fs::write(&expected_path, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if actual != expected {
            failures.push(format!("--- {expected_path}, expected\n{expected}\n+++ actual\n{actual}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn good_configs_have_no_problems() {
    for config in configs("tests/pass") {
        let (report, _) = report(&config);
        assert_eq!(report, "", "{config}");
    }
}

/// A code nobody can produce would be a promise in the catalogue which nobody keeps.
#[test]
fn every_code_has_a_config() {
    // The last two need a running gateway: tests/gateways of the workspace.
    let elsewhere = ["CG0001", "CG0002", "CG0602", "CG0603"];
    let mut seen: BTreeSet<&str> = elsewhere.into_iter().collect();
    for config in configs("tests/ui") {
        seen.extend(report(&config).1);
    }
    let missing: Vec<&str> = codes::ALL.iter().map(|code| code.id).filter(|id| !seen.contains(id)).collect();
    assert!(missing.is_empty(), "no config in tests/ui for {missing:?}");
}

#[test]
fn a_missing_file_is_a_report() {
    let (report, ids) = report("tests/ui/no-such-file.yml");
    assert_eq!(ids, ["CG0001"]);
    assert!(report.contains("tests/ui/no-such-file.yml"), "{report}");
}

#[test]
fn a_file_that_is_too_large_is_a_report() {
    let text = "# 0123456789012345678901234567890123456789\n".repeat(250_000);
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", text);
    assert!(compile(&mut source, &mut sink).is_err());
    let ids: Vec<&str> = sink.sorted().iter().map(|diagnostic| diagnostic.code.id).collect();
    assert_eq!(ids, ["CG0002"]);
}

#[test]
fn reports_never_show_where_the_machine_keeps_the_file() {
    let here = std::env::current_dir().unwrap();
    for config in configs("tests/ui") {
        assert!(!report(&config).0.contains(here.to_str().unwrap()), "{config}");
    }
    assert!(Path::new("tests/ui").is_relative());
}
