//! `castgate diff`: every difference in behaviour is seen, and nothing else is.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::diff::{Diff, diff, is_kind};
use castgate_codegen::model::Model;
use castgate_codegen::{Diagnostics, Source, Style, compile};
use std::process::{Command, Output};

const OLD: &str = "\
upstreams:
  users: {backends: ['http://localhost:9001']}
  orders: {backends: ['http://localhost:9002']}
middleware:
  auth: {api_keys: {keys: '${env:KEYS}'}}
routes:
  - {name: users, path: '/users/{id}', upstream: users}
  - {name: orders, path: /orders, upstream: orders, timeout: 5s, strip_prefix: /orders}
  - {name: canary, path: /orders, headers: {x-canary: '1'}, upstream: users}
  - {name: old, path: /old, redirect: {to: /new}}
  - {name: robots, path: /robots.txt, match: exact, respond: {body: x}}
";

fn model(text: &str) -> Model {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", text);
    let cast = compile(&mut source, &mut sink);
    assert!(!sink.has_errors(), "{}", sink.render(&source, Style::Plain));
    cast.unwrap().model
}

/// The config with one text in place of another.
fn changed(from: &str, to: &str) -> Diff {
    assert!(OLD.contains(from), "{from}");
    diff(&model(OLD), &model(&OLD.replace(from, to)))
}

fn kinds(from: &str, to: &str) -> Vec<String> {
    let diff = changed(from, to);
    assert!(diff.kinds().iter().all(|kind| is_kind(kind)));
    diff.kinds().into_iter().map(str::to_owned).collect()
}

#[test]
fn a_config_does_what_it_does() {
    for config in
        ["tests/pass/everything.yml", "tests/golden/hosts-and-params.yml", "tests/golden/everything.yml"]
    {
        let model = model(&std::fs::read_to_string(config).unwrap());
        let diff = diff(&model, &model);
        assert!(diff.is_empty() && diff.asked > 0, "{config}: {}", diff.text());
    }
}

#[test]
fn order_and_spelling_are_no_change() {
    let canary = "  - {name: canary, path: /orders, headers: {x-canary: '1'}, upstream: users}\n";
    let moved = OLD.replace(canary, "") + canary;
    assert!(diff(&model(OLD), &model(&moved)).is_empty());
    assert!(changed("timeout: 5s", "timeout: 5000ms").is_empty());
    assert!(
        changed("upstreams:", "server: {limits: {headers: 100}}\nupstreams:").is_empty(),
        "a default written out"
    );
}

#[test]
fn each_kind_of_change_is_seen() {
    assert_eq!(kinds("upstream: orders, timeout: 5s", "upstream: orders, timeout: 6s"), ["timeout-changed"]);
    assert_eq!(kinds("strip_prefix: /orders", "rewrite: /all"), ["forward-path-changed"]);
    assert_eq!(kinds("{to: /new}", "{to: /newer}"), ["redirect-changed"]);
    assert_eq!(kinds("{to: /new}", "{to: /new, status: 301}"), ["redirect-changed"]);
    assert_eq!(kinds("{body: x}", "{body: y}"), ["response-changed"]);
    assert_eq!(kinds("redirect: {to: /new}", "respond: {status: 410}"), ["target-changed"]);
    assert_eq!(kinds("name: users, path", "name: people, path"), ["route-changed"]);
    assert_eq!(
        kinds("upstream: orders, t", "upstream: orders, middleware: {auth: off}, t"),
        ["auth-removed"]
    );
    assert_eq!(kinds("'${env:KEYS}'", "'${env:OTHER_KEYS}'"), ["auth-changed"]);
    assert_eq!(kinds("middleware:\n", "middleware:\n  rate_limit: {rate: 5/s}\n"), ["rate-limit-added"]);
    assert_eq!(kinds("  - {name: old, path: /old, redirect: {to: /new}}\n", ""), ["route-removed"]);
    assert_eq!(kinds("localhost:9001", "localhost:9009"), ["backends-changed"]);
    assert_eq!(
        kinds("['http://localhost:9001']", "['http://localhost:9001'], strategy: random"),
        ["upstream-settings-changed"]
    );
    assert_eq!(kinds("upstreams:", "server: {limits: {headers: 50}}\nupstreams:"), ["server-changed"]);
    assert_eq!(kinds("upstreams:", "admin: {listen: 127.0.0.1:9}\nupstreams:"), ["admin-changed"]);
}

/// The new route takes requests from an old one only where they meet.
#[test]
fn a_route_that_takes_over_a_part_of_another_is_seen() {
    let route = |line: &str| format!("{line}\n  - {{name: old,");
    assert_eq!(
        kinds("  - {name: old,", &route("  - {name: me, path: '/users/{id:uint}', upstream: users}")),
        ["route-changed"]
    );
    let host = "  - {name: api, host: api.example.com, path: '/{any}/x', upstream: users}";
    assert!(kinds("  - {name: old,", &route(host)).contains(&"route-changed".to_owned()));
    let header = "  - {name: both, path: /orders, headers: {x-canary: '1', x-b: '2'}, upstream: orders}";
    assert!(kinds("  - {name: old,", &route(header)).contains(&"upstream-changed".to_owned()));
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
