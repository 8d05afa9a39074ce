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
        assert!(diff.is_empty() && diff.is_complete, "{config}: {}", diff.text());
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
        kinds("['http://localhost:9001']", "['http://localhost:9001'], keepalive: {max_idle: 7}"),
        ["upstream-settings-changed"]
    );
    assert_eq!(kinds("upstreams:", "server: {limits: {headers: 50}}\nupstreams:"), ["server-changed"]);
    assert_eq!(
        kinds("upstreams:", "admin: {listen: 127.0.0.1:9}\nupstreams:"),
        ["admin-changed", "built-in-removed"]
    );
}

#[test]
fn what_nobody_looks_at_is_no_change() {
    let base = OLD.replace("upstreams:\n", "server: {trusted_proxies: [10.0.0.0/8]}\nupstreams:\n");
    let base = base.replace("middleware:\n", "middleware:\n  headers: {response: {set: {x-a: b}}}\n");
    for (from, to) in [
        ("[10.0.0.0/8]", "[10.0.0.0/8, 10.1.0.0/16]"),
        ("response: {set: {x-a: b}}", "request: {}, response: {set: {x-a: b}, remove: [X-A]}"),
        ("['http://localhost:9001']", "['http://localhost:9001'], strategy: random"),
    ] {
        assert!(base.contains(from), "{from}");
        let diff = diff(&model(&base), &model(&base.replace(from, to)));
        assert!(diff.is_empty(), "{to}: {}", diff.text());
    }
    assert!(changed("middleware:\n", "middleware:\n  headers: {}\n").is_empty());
    let two = "['http://localhost:9001', 'http://localhost:9003']";
    let model_of = |rest: &str| model(&OLD.replace("['http://localhost:9001']", &format!("{two}{rest}")));
    let kinds = |old: &str, new: &str| diff(&model_of(old), &model_of(new)).sections.len();
    assert_eq!(kinds("", ", strategy: random"), 1);
    let (few, many) = (", retries: {attempts: 0, budget: 10%}", ", retries: {attempts: 0, budget: 50%}");
    assert_eq!(kinds(few, many), 0);
    assert_eq!(
        kinds(&few.replace("attempts: 0", "attempts: 1"), &many.replace("attempts: 0", "attempts: 1")),
        1
    );
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

/// What is different between two lists of routes, `auth` being required at the top level.
fn guarded(old: &str, new: &str) -> Vec<String> {
    let config = |routes: &str| {
        format!(
            "upstreams: {{u: {{backends: ['http://localhost:9001']}}}}\n\
             middleware: {{auth: {{api_keys: {{keys: '${{env:KEYS}}'}}}}}}\nroutes:\n  \
             - {{name: other, host: other.test, path: /, upstream: u}}\n{routes}"
        )
    };
    let diff = diff(&model(&config(old)), &model(&config(new)));
    diff.kinds().into_iter().map(str::to_owned).collect()
}

/// The other routes own every text that anybody would try first.
#[test]
fn removed_auth_is_seen_on_a_route_that_others_overlap() {
    for (route, others) in [
        ("path: '/v/{id:uint}', match: exact", &["path: /v/1, match: exact", "path: /v/2, match: exact"][..]),
        ("path: '/v/{id}', match: exact", &["path: /v/x, match: exact", "path: '/v/{n:uint}', match: exact"]),
        (
            "path: '/v/{id:uuid}', match: exact",
            &["path: /v/00000000-0000-0000-0000-000000000000, match: exact"],
        ),
        ("host: '*.a.com', path: /", &["host: x.a.com, path: /", "host: x1.a.com, path: /"]),
        ("path: /", &["host: localhost, path: /", "host: '*.com', path: /"]),
        (
            "path: /api",
            &["path: /api, match: exact", "path: '/api/{x}', match: exact", "path: /api/, match: exact"],
        ),
        ("path: '/f/{*rest}'", &["path: '/f/{x}', match: exact", "path: '/f/{x}/{y}', match: exact"]),
        ("path: '/{*rest}'", &["path: '/{x}', methods: [GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH]"]),
        ("path: /q", &["path: /q, query: {a: '1'}", "path: /q, methods: [GET]"]),
    ] {
        let others: String = others.iter().map(|other| format!("  - {{{other}, upstream: u}}\n")).collect();
        let of = |auth: &str| format!("  - {{name: guarded, {route}, upstream: u{auth}}}\n{others}");
        let kinds = guarded(&of(""), &of(", middleware: {auth: off}"));
        assert_eq!(kinds, ["auth-removed"], "{route} beside\n{others}");
    }
}

/// One route wins in several places, and in each it has another counterpart.
#[test]
fn every_piece_of_a_route_is_compared_with_what_takes_it_on_the_other_side() {
    // The new route owns all of the old one but for a corner, which goes to a third without auth.
    let old = "  - {name: all, path: '/{a}/{b}', upstream: u}\n";
    let new = "  - {name: all, path: '/{a}/{b:uint}', upstream: u}\n  \
               - {name: first, path: '/m/{b}', upstream: u}\n  \
               - {name: corner, path: '/m/k', host: a.com, headers: {x: '1'}, upstream: u, middleware: {auth: off}}\n";
    let kinds = guarded(old, new);
    assert_eq!(kinds, ["auth-removed", "route-changed", "route-removed"]);
    // What two changed routes have in common has counterparts that neither has alone.
    let old = "  - {name: one, path: '/{a}/k', match: exact, upstream: u}\n";
    let new = "  - {name: one, path: '/{a}/{b}', match: exact, upstream: u}\n  \
               - {name: two, path: '/m/{b}', match: exact, upstream: u, middleware: {auth: off}}\n";
    assert!(guarded(old, new).contains(&"auth-removed".to_owned()));
}

#[test]
fn swapped_parameters_are_seen() {
    let of = |target: &str| format!("  - {{name: r, path: '/{{a}}/{{b}}', match: exact, {target}}}\n");
    let kinds = |old: &str, new: &str| guarded(&of(old), &of(new));
    assert_eq!(
        kinds("upstream: u, rewrite: '/{a}/{b}'", "upstream: u, rewrite: '/{b}/{a}'"),
        ["forward-path-changed"]
    );
    assert_eq!(kinds("redirect: {to: '/to/{a}/{b}'}", "redirect: {to: '/to/{b}/{a}'}"), ["redirect-changed"]);
    assert_eq!(kinds("upstream: u", "upstream: u, rewrite: '/{a}/{b}'"), Vec::<String>::new());
    let of = |rewrite: &str| {
        format!("  - {{path: '/{{a:uint}}/{{b:uint}}/{{*c}}', upstream: u, rewrite: '{rewrite}'}}\n")
    };
    assert_eq!(guarded(&of("/{a}{b}/{*c}"), &of("/{b}{a}/{*c}")), ["forward-path-changed"]);
    assert_eq!(guarded(&of("/{a}1/{b}"), &of("/1{a}/{b}")), ["forward-path-changed"]);
}

const LIMITED: &str = "\
upstreams:
  u: {backends: ['http://localhost:9001']}
middleware:
  rate_limit: {rate: 5/s}
  request_id: {}
  access_log: {}
routes:
  - {name: a, path: /a, upstream: u}
  - {name: b, path: /b, upstream: u}
  - {name: c, path: /c, upstream: u}
";

fn kinds_of(old: &str, new: &str) -> Vec<String> {
    diff(&model(old), &model(new)).kinds().into_iter().map(str::to_owned).collect()
}

#[test]
fn state_that_is_no_longer_shared_is_seen() {
    let own = LIMITED.replace("/c, upstream: u}", "/c, upstream: u, middleware: {rate_limit: {}}}");
    assert_eq!(kinds_of(LIMITED, &own), ["rate-limit-changed"]);
    let diff = diff(&model(LIMITED), &model(&own));
    assert_eq!(diff.requests.len(), 1, "a and b still share theirs: {}", diff.text());
    assert!(diff.text().contains("rate-limit-changed state: shared with other routes -> its own"));
    // Its keys never change while it runs, so that nobody sees who else has them.
    let auth = |of_c: &str| {
        let keys = "auth: {api_keys: {keys: '${env:KEYS}'}}";
        LIMITED
            .replace("rate_limit: {rate: 5/s}", keys)
            .replace("/c, upstream: u", &format!("/c, upstream: u{of_c}"))
    };
    assert_eq!(kinds_of(&auth(""), &auth(", middleware: {auth: {}}")), Vec::<String>::new());
    // A new route shares what the others have: that is no change of theirs.
    let more = format!("{LIMITED}  - {{name: d, path: /d, upstream: u}}\n");
    assert_eq!(kinds_of(LIMITED, &more), ["route-added"]);
}

#[test]
fn the_log_and_the_id_of_unmatched_requests_are_compared() {
    let without = LIMITED.replace("  access_log: {}\n", "");
    let own = |config: &str| {
        config.replace("upstream: u}", "upstream: u, middleware: {access_log: {query: false}}}")
    };
    assert_eq!(kinds_of(&own(LIMITED), &own(&without)), ["access-log-removed"]);
    let other = LIMITED.replace("request_id: {}", "request_id: {header: x-id}");
    let own = |config: &str| {
        config.replace("upstream: u}", "upstream: u, middleware: {request_id: {header: x-own}}}")
    };
    let diff = diff(&model(&own(LIMITED)), &model(&own(&other)));
    assert!(
        diff.text().starts_with("GET http://localhost/x\n  no route\n  request-id-changed"),
        "{}",
        diff.text()
    );
    // Where every request has its route, there are still those that no gateway answers.
    let all = |config: &str| own(config).replace("path: /a,", "path: /,");
    assert_eq!(kinds_of(&all(LIMITED), &all(&other)), ["request-id-changed"]);
}

#[test]
fn an_upstream_that_is_renamed_and_changed_is_both() {
    let renamed = LIMITED.replace("  u:", "  v:").replace("upstream: u", "upstream: v");
    assert_eq!(kinds_of(LIMITED, &renamed), ["upstream-changed"]);
    let changed = renamed.replace(":9001']", ":9002'], keepalive: {max_idle: 7}");
    assert_eq!(
        kinds_of(LIMITED, &changed),
        ["backends-changed", "upstream-changed", "upstream-settings-changed"]
    );
    let inline = LIMITED.replace("/c, upstream: u}", "/c, backends: ['http://localhost:9002']}");
    assert_eq!(kinds_of(LIMITED, &inline), ["backends-changed"]);
}

#[test]
fn built_in_paths_that_become_public_are_seen() {
    let admin = format!("admin: {{listen: '127.0.0.1:9090'}}\n{LIMITED}");
    assert_eq!(kinds_of(&admin, LIMITED), ["admin-changed", "built-in-added"]);
    assert_eq!(kinds_of(LIMITED, &admin), ["admin-changed", "built-in-removed"]);
    // What a route guarded is answered by anybody now.
    let guarded = |config: &str| {
        config
            .replace("path: /a", "path: /")
            .replace("rate_limit: {rate: 5/s}", "auth: {api_keys: {keys: '${env:KEYS}'}}")
    };
    let kinds = kinds_of(&guarded(&admin), &guarded(LIMITED));
    assert!(
        ["auth-removed", "built-in-added"].iter().all(|kind| kinds.iter().any(|other| other == kind)),
        "{kinds:?}"
    );
}

#[test]
fn what_is_only_written_in_another_way_is_no_change() {
    const CONFIG: &str = "\
server:
  listen: ['0.0.0.0:8080', '[::]:8081']
  trusted_proxies: [10.0.0.0/8, '::1']
upstreams:
  a: {backends: ['http://a', {url: 'http://b', weight: 1}]}
middleware:
  auth: {api_keys: {keys: ['${env:A}', '${env:B}']}}
  rate_limit: {rate: 60/m, burst: 1}
  headers: {response: {set: {x-a: '1', x-b: '2'}, remove: [server, via]}}
routes:
  - {name: r, path: '/r/{a}', methods: [GET, POST], upstream: a, timeout: 90s}
  - {name: s, path: /s, backends: ['http://c']}
";
    for (from, to) in [
        ("'http://a'", "'http://A:80/'"),
        (
            "'http://a', {url: 'http://b', weight: 1}",
            "{url: 'http://a', weight: 2}, {url: 'http://b', weight: 2}",
        ),
        ("'http://a', {url: 'http://b', weight: 1}", "'http://b', 'http://a'"),
        ("['0.0.0.0:8080', '[::]:8081']", "['[::]:8081', '0.0.0.0:8080']"),
        ("[10.0.0.0/8, '::1']", "['::1', 10.0.0.0/8]"),
        ("['${env:A}', '${env:B}']", "['${env:B}', '${env:A}']"),
        ("rate: 60/m, burst: 1", "rate: 1/s"),
        ("{x-a: '1', x-b: '2'}", "{X-B: '2', X-A: '1'}"),
        ("[server, via]", "[Via, Server]"),
        ("[GET, POST]", "[POST, GET]"),
        ("'/r/{a}'", "'/r/{other}/'"),
        ("timeout: 90s", "timeout: 1.5m"),
        ("path: /s, backends: ['http://c']", "path: /s, upstream: c"),
        ("server:", "admin: {listen: '127.0.0.1:1'}\nserver:"),
    ] {
        assert!(CONFIG.contains(from), "{from}");
        let mut new = CONFIG.replace(from, to);
        if to.ends_with("upstream: c") {
            new = new.replace("upstreams:", "upstreams:\n  c: {backends: ['http://c:80']}");
        }
        let diff = diff(&model(CONFIG), &model(&new));
        assert_eq!(diff.is_empty(), !to.starts_with("admin"), "{from} as {to}: {}", diff.text());
    }
}

/// Unoptimised and on a busy machine; what is quadratic in all routes would take many minutes.
const LONG: std::time::Duration = std::time::Duration::from_secs(60);

#[test]
fn thousands_of_routes_are_compared_in_no_time() {
    let config = |rate: &str, host: &str| {
        let mut text = format!("middleware: {{rate_limit: {{rate: {rate}}}}}\nroutes:\n");
        for index in 0..2000 {
            let (a, b) = (index / 50, index % 50);
            text.push_str(&format!(
                "  - {{name: r{index}, path: '/s{a}/{{id}}/v{b}'{host}, respond: {{}}}}\n"
            ));
        }
        text + "  - {name: rest, path: /, respond: {}}\n"
    };
    let old = model(&config("5/s", ""));
    for (new, kinds) in [
        // Every route has its twin.
        (config("6/s", ""), &["rate-limit-changed"][..]),
        // None but the last has.
        (config("5/s", ", host: a.com"), &["route-changed"]),
    ] {
        let new = model(&new);
        let start = std::time::Instant::now();
        let diff = diff(&old, &new);
        assert!(diff.is_complete && start.elapsed() < LONG, "{:?}", start.elapsed());
        assert_eq!(diff.kinds().into_iter().collect::<Vec<_>>(), kinds);
        println!("{:?}", start.elapsed());
    }
}

/// Each of one half meets each of the other, and none of them is in both configs.
#[test]
fn routes_that_all_overlap_are_compared_in_bounded_time() {
    let config = |name: &str| {
        let one = |number| format!("  - {{path: '/{{x}}/{name}{number}', match: exact, respond: {{}}}}\n");
        let other = |number| format!("  - {{path: '/{name}{number}/{{x}}', match: exact, respond: {{}}}}\n");
        "routes:\n".to_owned() + &(0..80).map(|number| one(number) + &other(number)).collect::<String>()
    };
    let (old, new) = (model(&config("a")), model(&config("b")));
    let start = std::time::Instant::now();
    let diff = diff(&old, &new);
    assert!(diff.is_complete && start.elapsed() < LONG, "{:?}", start.elapsed());
    println!("{:?}", start.elapsed());
    assert!(["route-added", "route-removed", "route-changed"].iter().all(|kind| diff.kinds().contains(kind)));
}

#[test]
fn every_kind_of_change_is_in_the_manual() {
    let manual = std::fs::read_to_string("../docs/operations.md").unwrap();
    let help = String::from_utf8(castgate(&["diff", "--help"]).stdout).unwrap();
    for (kind, when) in castgate_codegen::diff::described() {
        assert!(
            manual.contains(&format!("| `{kind}` | {when} |")),
            "docs/operations.md has no `{kind}`: {when}"
        );
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
