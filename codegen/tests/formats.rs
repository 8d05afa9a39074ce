//! What `castgate check` writes for other programs.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod configs;

use serde_json::Value;
use std::process::{Command, Output};

const BAD: &str = "tests/ui/unknown-upstream.yml";

fn check(format: &str, file: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_castgate"));
    command.args(["check", "--format", format, file]).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn json_has_an_object_a_line_with_both_ends_of_each_span() {
    let output = check("json", BAD);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let objects: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2);
    let first = &objects[0];
    assert_eq!(first["code"], "CG0203");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["message"], "unknown upstream `userz`");
    assert_eq!(first["file"], BAD);
    assert_eq!(first["span"]["start"], serde_json::json!({"line": 5, "column": 26, "byte": 135}));
    assert_eq!(first["span"]["end"], serde_json::json!({"line": 5, "column": 31, "byte": 140}));
    assert_eq!(first["labels"][0]["text"], "no upstream of this name");
    assert_eq!(first["edits"][0]["replacement"], "users");
    assert_eq!(objects[1]["help"][0], "known are `orders`, `users`");

    let good = check("json", "tests/pass/seed.yml");
    assert_eq!((good.status.code(), good.stdout.len()), (Some(0), 0));
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let output = check("sarif", BAD);
    assert_eq!(output.status.code(), Some(1));
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(run["tool"]["driver"]["name"], "castgate");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let rule = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], BAD);
        for key in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][key].as_u64().unwrap() >= 1, "{key}");
        }
    }
    let replacement = &results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "users");

    let good: Value = serde_json::from_slice(&check("sarif", "tests/pass/seed.yml").stdout).unwrap();
    assert_eq!(good["runs"][0]["results"], serde_json::json!([]), "a log without results is still a log");
}

#[test]
fn github_gets_a_command_a_problem_on_one_line_each() {
    let output = check("github", BAD);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(
        lines[0],
        "::error file=tests/ui/unknown-upstream.yml,line=5,endLine=5,col=26,endColumn=31,\
         title=CG0203%3A unknown upstream::unknown upstream `userz`%0Aline 5: no upstream of this name"
    );
    assert!(lines[1].ends_with("%0Ahelp: known are `orders`, `users`"), "{}", lines[1]);
}

#[test]
fn every_place_names_its_file() {
    let gateway = "tests/ui/include-across/gateway.yml";
    let routes = "tests/ui/include-across/routes.yml";
    let output = check("json", gateway);
    let first: Value = serde_json::from_str(text(&output.stdout).lines().next().unwrap()).unwrap();
    assert_eq!((&first["code"], &first["file"]), (&"CG0207".into(), &routes.into()));
    let [here, there] = [&first["labels"][0]["span"], &first["labels"][1]["span"]];
    assert_eq!((&here["file"], &here["start"]["line"]), (&routes.into(), &3.into()));
    assert_eq!((&there["file"], &there["start"]["line"]), (&gateway.into(), &5.into()));
    // Bytes count from the beginning of the file.
    let text_of = |span: &Value| {
        let file = std::fs::read_to_string(span["file"].as_str().unwrap()).unwrap();
        let at = |end: &str| span[end]["byte"].as_u64().unwrap() as usize;
        file[at("start")..at("end")].to_owned()
    };
    assert_eq!((text_of(here), text_of(there)), ("users".to_owned(), "users".to_owned()));

    let log: Value = serde_json::from_slice(&check("sarif", gateway).stdout).unwrap();
    let result = &log["runs"][0]["results"][0];
    let place = |location: &Value| location["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(place(&result["locations"][0]), routes);
    assert_eq!(place(&result["relatedLocations"][0]), gateway);

    let output = check("github", gateway);
    let line = text(&output.stdout).lines().next().unwrap();
    assert!(line.starts_with(&format!("::error file={routes},line=3,")), "{line}");
    assert!(line.ends_with(&format!("%0A{gateway}, line 5: first used here")), "{line}");
}

/// As rust-analyzer reads them, for its check's override command.
#[test]
fn cargo_s_messages_have_their_spans_in_the_config() {
    let output = check("cargo", BAD);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let messages: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [first, second, finished] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!(
        (&first["reason"], &second["reason"]),
        (&"compiler-message".into(), &"compiler-message".into())
    );
    assert_eq!(*finished, serde_json::json!({"reason": "build-finished", "success": false}));
    for key in ["package_id", "manifest_path", "target", "message"] {
        assert!(!first[key].is_null(), "{key}");
    }
    for key in ["kind", "crate_types", "name", "src_path", "edition", "doc", "doctest", "test"] {
        assert!(!first["target"][key].is_null(), "{key}");
    }
    let message = &first["message"];
    assert_eq!(message["message"], "unknown upstream `userz`");
    assert_eq!((&message["level"], &message["code"]["code"]), (&"error".into(), &"CG0203".into()));
    let span = &message["spans"][0];
    assert_eq!((&span["file_name"], &span["is_primary"]), (&BAD.into(), &true.into()));
    let place = ["line_start", "column_start", "line_end", "column_end", "byte_start", "byte_end"];
    assert_eq!(place.map(|key| span[key].as_u64().unwrap()), [5, 26, 5, 31, 135, 140]);
    let line = &span["text"][0];
    let (from, to) = (line["highlight_start"].as_u64().unwrap(), line["highlight_end"].as_u64().unwrap());
    assert_eq!(&line["text"].as_str().unwrap()[from as usize - 1..to as usize - 1], "userz");
    let mend = &message["children"][0];
    assert_eq!(
        (&mend["level"], &mend["spans"][0]["suggested_replacement"]),
        (&"help".into(), &"users".into())
    );
    assert!(message["rendered"].as_str().unwrap().starts_with("error[CG0203]: unknown upstream"));

    let good = check("cargo", "tests/pass/seed.yml");
    assert_eq!(text(&good.stdout), "{\"reason\":\"build-finished\",\"success\":true}\n");
}

#[test]
fn short_reports_are_a_line_each() {
    let output = check("short", BAD);
    assert_eq!(output.status.code(), Some(1));
    let first = text(&output.stdout).lines().next().unwrap();
    let expected = "tests/ui/unknown-upstream.yml:5:26: error[CG0203]: unknown upstream `userz`: no upstream of this name";
    assert_eq!(first, expected);
    assert_eq!(
        text(&check("short", "tests/ui/empty.yml").stdout),
        "tests/ui/empty.yml: error[CG0004]: the config is empty\n"
    );
}

/// Every bad config, so that no odd place (none at all, beyond the end, in the middle of a character) is a panic.
#[test]
fn every_problem_there_is_can_be_written_in_every_format() {
    for format in ["json", "sarif", "github", "cargo", "short"] {
        for config in configs::configs("tests/ui") {
            let output = check(format, &config);
            // 0 where there are only warnings.
            assert!(matches!(output.status.code(), Some(0 | 1)), "{format} {config}");
            assert!(!output.stdout.is_empty(), "{format} {config}");
            assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
        }
    }
}

#[test]
fn colours_obey_the_environment_and_the_flag() {
    let colours = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_castgate"));
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            command.env_remove(name);
        }
        command.arg("check").args(arguments).arg(BAD).envs(environment.iter().copied());
        text(&command.output().unwrap().stderr).contains('\u{1b}')
    };
    assert!(!colours(&[], &[]), "no terminal");
    assert!(!colours(&[], &[("CI", "true")]), "a log is no terminal");
    assert!(colours(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colours(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!colours(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(colours(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!colours(&["--color=never"], &[("CLICOLOR_FORCE", "1")]));
}
