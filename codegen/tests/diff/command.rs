//! The command: its statuses, its formats, its manual.

use super::OLD;
use std::process::{Command, Output};

/// `UPDATE=1 cargo test -p castgate-codegen --test diff` writes its table anew.
#[test]
fn every_kind_of_change_is_in_the_manual() {
    const MANUAL: &str = "../docs/operations.md";
    let manual = std::fs::read_to_string(MANUAL).unwrap();
    let (begin, end) = ("<!-- kinds of changes: begin -->\n", "<!-- kinds of changes: end -->\n");
    let (before, rest) = manual.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let kinds = castgate_codegen::diff::described();
    let rows = kinds.iter().map(|(kind, when)| format!("| `{kind}` | {when} |\n")).collect::<String>();
    let current = format!("{before}{begin}| kind | when |\n|---|---|\n{rows}{end}{after}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(MANUAL, &current).unwrap();
    } else {
        let command = "UPDATE=1 cargo test -p castgate-codegen --test diff";
        assert!(manual == current, "{MANUAL} is out of date: {command}");
    }
    let help = String::from_utf8(castgate(&["diff", "--help"]).stdout).unwrap();
    for (kind, _) in kinds {
        assert!(help.contains(&kind), "{help}");
    }
}

fn castgate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_castgate")).args(arguments).output().unwrap()
}

#[test]
fn the_command_fails_on_what_it_is_told_to() {
    let directory = std::env::temp_dir().join(format!("castgate-diff-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let (old, new) = (directory.join("old.yml"), directory.join("new.yml"));
    std::fs::write(&old, OLD).unwrap();
    std::fs::write(&new, OLD.replace("upstream: orders, t", "upstream: orders, middleware: {auth: off}, t"))
        .unwrap();
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let fine = castgate(&["diff", old, new, "--fail-on", "route-removed,rate-limit-removed"]);
    assert_eq!(fine.status.code(), Some(0));
    let text = String::from_utf8(fine.stdout).unwrap();
    assert!(text.contains("  route `orders` (line 8)"), "{text}");
    assert!(
        text.contains("  auth-removed: was {api_keys: {header: x-api-key, keys: [\"${env:KEYS}\"]}}\n"),
        "{text}"
    );
    assert_eq!(castgate(&["diff", old, new, "--fail-on", "auth-removed"]).status.code(), Some(1));
    assert_eq!(castgate(&["diff", old, new, "--fail-on", "auth-remved"]).status.code(), Some(2));
    assert_eq!(castgate(&["diff", old, "no-such.yml"]).status.code(), Some(3));
    let json = castgate(&["diff", old, new, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["kinds"], serde_json::json!(["auth-removed"]));
    assert_eq!(json["requests"][0]["old"]["name"], "orders");
    std::fs::remove_dir_all(directory).unwrap();
}
