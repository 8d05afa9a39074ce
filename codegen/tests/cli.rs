//! The command line: exit codes, and what goes to which stream.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

fn castgate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_castgate")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn check_is_0_without_and_1_with_problems() {
    let good = castgate(&["check", "tests/pass/seed.yml"]);
    assert_eq!(good.status.code(), Some(0));
    assert_eq!(text(&good.stdout), "tests/pass/seed.yml: 1 route, 1 upstream, no problems\n");
    assert!(good.stderr.is_empty());

    let bad = castgate(&["check", "tests/ui/unknown-upstream.yml"]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(bad.stdout.is_empty());
    assert_eq!(
        text(&bad.stderr),
        include_str!("ui/unknown-upstream.txt"),
        "no colours where there is no terminal"
    );

    assert_eq!(castgate(&["check", "no-such.yml"]).status.code(), Some(3));
}

/// The command, with this on stdin.
fn castgate_reading(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_castgate"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who does not read to the end closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn a_config_comes_from_stdin_too() {
    let seed = std::fs::read("tests/pass/seed.yml").unwrap();
    let good = castgate_reading(&["check", "-"], &seed);
    assert_eq!(text(&good.stdout), "-: 1 route, 1 upstream, no problems\n");
    let bad =
        castgate_reading(&["check", "--format", "short", "-"], b"routes:\n  - {path: /, upstream: a}\n");
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(text(&bad.stdout), "-:2:25: error[CG0203]: unknown upstream `a`: no upstream of this name\n");
    let latin = castgate_reading(&["check", "--format", "short", "-"], b"# caf\xe9\n");
    assert!(text(&latin.stdout).starts_with("-:1:6: error[CG0003]"), "{}", text(&latin.stdout));
    let large = castgate_reading(&["check", "--format", "short", "-"], &vec![b'#'; 5 << 20]);
    assert!(text(&large.stdout).contains("error[CG0002]"), "{}", text(&large.stdout));
    // It may be a layer, and what it includes is looked for in the working directory.
    let layers = castgate_reading(&["check", "tests/pass/seed.yml:-"], b"server: {workers: 2}\n");
    assert_eq!(text(&layers.stdout), "tests/pass/seed.yml:-: 1 route, 1 upstream, no problems\n");
    let including = castgate_reading(&["check", "-"], b"include: tests/pass/seed.yml\n");
    assert_eq!(text(&including.stdout), "-: 1 route, 1 upstream, no problems\n");
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [&["chek"][..], &[], &["check", "--nope"], &["explain", "CG9999"], &["explain", "GET"]] {
        assert_eq!(castgate(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn routes_are_listed_in_the_order_in_which_they_take_a_request() {
    let output = castgate(&["routes", "tests/pass/everything.yml"]);
    assert_eq!(output.status.code(), Some(0));
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert!(lines[0].starts_with("HOST             PATH"), "{}", lines[0]);
    assert!(lines[1].starts_with("api.example.com  /api/v1"), "{}", lines[1]);
    assert!(lines[2].starts_with("*.example.com    /files/{*rest}"), "{}", lines[2]);
    assert!(lines[5].contains("301 /new/{id}"), "{}", lines[5]);
}

#[test]
fn routes_are_json_too() {
    let output = castgate(&["routes", "--format", "json", "tests/pass/everything.yml"]);
    let routes: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(routes[0]["name"], "users");
    assert_eq!(routes[0]["headers"], serde_json::json!([["x-canary", "1"]]));
    assert_eq!(routes[0]["middleware"][0], "request_id");
    assert_eq!(routes[1]["host"], "*.example.com");
}

#[test]
fn requests_are_explained() {
    let request = "GET http://api.example.com/api/v1/users?debug=true";
    let output =
        castgate(&["explain", request, "-H", "x-canary: 1", "--config", "tests/pass/everything.yml"]);
    assert_eq!(output.status.code(), Some(0));
    let text = text(&output.stdout);
    assert!(text.contains("=> route `users`, tests/pass/everything.yml:"), "{text}");
    assert!(
        text.contains("forwards   GET /users?debug=true, with the Host `shop.internal:8443`\n"),
        "{text}"
    );
    let arguments = ["explain", "/api/v1?debug=true", "-H", "Host: API.example.com:80", "-H", "x-canary:1"];
    let output = castgate(&[&arguments[..], &["--config", "tests/pass/everything.yml"]].concat());
    assert!(self::text(&output.stdout).contains("=> route `users`"), "a path is a GET, Host is the host");
    assert_eq!(castgate(&["explain", "/x", "--config", "tests/ui/tab.yml"]).status.code(), Some(1));
}

#[test]
fn a_client_that_a_filter_refuses_is_explained() {
    let explain = |client: &[&str]| {
        let arguments = [&["explain", "/few", "--config", "tests/pass/ip-filter.yml"], client].concat();
        castgate(&arguments)
    };
    let text = |client: &str| text(&explain(&["--client-ip", client]).stdout).to_owned();
    for client in ["10.9.8.1", "::ffff:10.9.8.1"] {
        let refused = text(client);
        assert!(refused.contains("=> route `/few`"), "{refused}");
        assert!(refused.contains("\n   refuses    10.9.8.1: 403 ip_denied (ip_filter, "), "{refused}");
        assert!(!refused.contains("responds"), "{refused}");
    }
    let taken = text("10.9.8.0");
    assert!(taken.contains("\n   lets in    10.9.8.0\n   responds   200"), "{taken}");
    let unasked = self::text(&explain(&[]).stdout).to_owned();
    assert!(!unasked.contains("lets in") && !unasked.contains("refuses"), "{unasked}");
    assert_eq!(explain(&["--client-ip", "10.9.8.0/24"]).status.code(), Some(2));
}

#[test]
fn the_normal_config_shows_defaults_and_no_secrets() {
    let output = castgate(&["config", "--origins", "tests/pass/everything.yml"]);
    assert_eq!(output.status.code(), Some(0));
    let text = text(&output.stdout);
    assert!(text.contains("        weight: 1  # default\n"), "{text}");
    assert!(text.contains("keys: [\"${env:API_KEYS}\", \"${file:/run/secrets/keys}\"]"), "{text}");
    // Of an entry of a list nothing comes from an entry of another one.
    let output = castgate(&["config", "--origins", "tests/pass/limit-lists.yml"]);
    let text = self::text(&output.stdout);
    for lines in [
        "        - rate: 5/s  # tests/pass/limit-lists.yml:14\n          burst: 5  # default\n          key: client_ip  # default\n",
        "        - rate: 50/m  # tests/pass/limit-lists.yml:15\n          burst: 50  # default\n          key: \"{id}\"  # tests/pass/limit-lists.yml:16\n",
        "      rate_limit:\n        rate: 5/s  # tests/pass/limit-lists.yml:9\n        burst: 5  # default\n",
    ] {
        assert!(text.contains(lines), "{lines}{text}");
    }
}

#[test]
fn report_counts_and_shows_who_may_do_what() {
    let output = castgate(&["report", "tests/pass/everything.yml"]);
    let text_of = |output: &Output| text(&output.stdout).to_owned();
    assert!(text_of(&output).starts_with(
        "listeners      3 (2 route tables)\nroutes         10\nupstreams      4 (7 backends)\nstacks         9\n"
    ));
    let markdown = castgate(&["report", "--access-matrix", "markdown", "tests/pass/everything.yml"]);
    let markdown = text_of(&markdown);
    assert!(
        markdown.lines().any(|line| line.starts_with("| /users/{id:uint} | ") && line.contains("| NONE |"))
    );
    let filtered = castgate(&["report", "--access-matrix", "markdown", "tests/pass/ip-filter.yml"]);
    let filtered = text_of(&filtered);
    let row = |route: &str| filtered.lines().find(|line| line.starts_with(&format!("| {route} |"))).unwrap();
    assert!(row("/").contains("192.0.2.1/32") && row("/open").contains("| all |"), "{filtered}");
    let limited = castgate(&["report", "--access-matrix", "markdown", "tests/pass/limit-lists.yml"]);
    let limited = text_of(&limited);
    let limits =
        |route: &str| limited.lines().find(|line| line.starts_with(&format!("| {route} |"))).unwrap();
    let several = "[{rate: 100/s, burst: 200, key: client_ip, max_keys: 65536}, {rate: 1000/m, ";
    assert!(limits("/inherited").contains(several) && limits("/off").contains("| none |"), "{limited}");
    assert!(limits("/list-of-one").contains("| {rate: 5/s, burst: 5, key: client_ip, "), "{limited}");
    let shared = castgate(&["report", "--access-matrix", "markdown", "tests/pass/cors.yml"]);
    let shared = text_of(&shared);
    assert!(shared.lines().next().unwrap().contains("| other origins |"), "{shared}");
    let origins =
        |route: &str| shared.lines().find(|line| line.starts_with(&format!("| {route} |"))).unwrap();
    assert!(origins("/").contains("| {origins: [\"https://app.example.com\", "), "{shared}");
    assert!(
        origins("/open").contains("| {origins: [\"\\*\"], ") && origins("/closed").contains("| not said |"),
        "{shared}"
    );
    let csv = castgate(&["report", "--access-matrix", "csv", "tests/pass/everything.yml"]);
    let csv = text_of(&csv);
    assert_eq!(csv.split("\r\n").count(), 12, "a heading, ten routes, and the end");
    assert!(
        csv.contains(
            ",api.example.com,/api/v1 +x-canary=1 ?debug=true @internal @public,\"GET,HEAD,POST\",users,"
        ),
        "{csv}"
    );
}

#[test]
fn explain_is_asked_for_a_listener() {
    let asked = |listener: &str| {
        castgate(&["explain", "GET /x", "--listener", listener, "--config", "tests/pass/named-listeners.yml"])
    };
    let internal = asked("internal");
    assert_eq!(internal.status.code(), Some(0));
    assert!(text(&internal.stdout).contains("\non internal\n=> route `first`"), "{internal:?}");
    let unknown = asked("nobody");
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    assert!(text(&unknown.stderr).starts_with("error: no listener `nobody`; "), "{unknown:?}");
}

#[test]
fn explain_says_more() {
    let output = castgate(&["explain", "cg0308"]);
    assert!(text(&output.stdout).starts_with("CG0308: ambiguous routes\n\n"));
}

#[test]
fn shells_and_man_get_what_they_need() {
    for shell in ["bash", "zsh", "fish"] {
        let output = castgate(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(
            text(&output.stdout).contains("castgate") && text(&output.stdout).contains("explain"),
            "{shell}"
        );
    }
    assert!(text(&castgate(&["man"]).stdout).contains(".TH castgate 1"));
    let check = castgate(&["man", "check"]);
    assert!(text(&check.stdout).contains(".TH castgate-check 1"), "{}", text(&check.stdout));
    assert_eq!(castgate(&["man", "no-such"]).status.code(), Some(2));
    let help = castgate(&["--help"]);
    assert!(text(&help.stdout).contains("Exit codes:"), "{}", text(&help.stdout));
}

/// What somebody gets who tries the language server by hand.
#[test]
fn a_language_server_without_an_editor_says_so() {
    let output = castgate_reading(&["lsp"], b"");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).starts_with("error: stdin ended before `initialize` came"), "{output:?}");
}

/// The README's table of commands leaves none out, and its report is a real one.
#[test]
fn the_readme_shows_the_command_as_it_is() {
    let readme = std::fs::read_to_string("../README.md").unwrap();
    let (_, table) = readme.split_once("\n| `castgate` | |\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let shown: BTreeSet<&str> =
        table.split('`').skip(1).step_by(2).filter_map(|shown| shown.split(' ').next()).collect();
    let help = castgate(&["--help"]);
    let (_, commands) = text(&help.stdout).split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let commands = commands.lines().filter_map(|line| line.split_whitespace().next());
    let hidden: Vec<&str> = commands.filter(|name| *name != "help" && !shown.contains(name)).collect();
    assert!(hidden.is_empty(), "the README does not tell of {hidden:?}");

    let (_, report) = readme.split_once("$ castgate check bad.yml\n").unwrap();
    let (report, _) = report.split_once("```").unwrap();
    let shown = report.replace("bad.yml", "tests/ui/readme.yml");
    assert_eq!(shown, include_str!("ui/readme.txt"));
}

#[test]
fn the_tests_of_a_config_are_run() {
    let output = castgate(&["test", "tests/pass/tests.yml"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stdout).ends_with(" tests passed\n") && text(&output.stdout).starts_with("ok  line ")
    );
    let failing = castgate(&["test", "tests/ui/failing-tests.yml"]);
    assert_eq!(failing.status.code(), Some(1));
    assert_eq!(text(&failing.stderr), include_str!("ui/failing-tests.txt"));
}
