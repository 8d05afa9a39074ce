//! `castgate diff`: every difference in behaviour is seen, and nothing else is.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod command;
mod listeners;
mod loosened;
mod overlaps;
mod parameters;
mod scale;
mod unchanged;

use castgate_codegen::diff::{Diff, diff, is_kind};
use castgate_codegen::model::Model;
use castgate_codegen::source::Disk;
use castgate_codegen::{Diagnostics, Source, Style, compile};

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
    // Beside the goldens, for the files that they name.
    let disk = Disk::at("tests/golden").with_open("gateway.yml", text);
    let mut source = Source::read_with("gateway.yml", disk, &mut sink);
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
fn addresses_networks_and_edits_are_compared_by_what_they_do() {
    let server = |server: &str, rest: &str| model(&format!("server: {{{server}}}\n{rest}{OLD}"));
    let networks = |networks: &str| server(&format!("trusted_proxies: [{networks}]"), "");
    let listen = |listen: &str| server(&format!("listen: [{listen}]"), "");
    let admin = |listen: &str| server("", &format!("admin: {{listen: '{listen}'}}\n"));
    let backend = |url: &str| model(&OLD.replace("http://localhost:9001", url));
    let headers = |edits: &str| {
        model(&OLD.replace("middleware:\n", &format!("middleware:\n  request_headers: {{{edits}}}\n")))
    };
    for (old, new) in [
        (networks("10.0.0.0/9, 10.128.0.0/9"), networks("10.0.0.0/8")),
        (networks("'fd00::/9', 10.0.0.1, 'fd80::/9'"), networks("'fd00::/8', 10.0.0.1")),
        (networks("10.0.0.0/9, 10.128.0.0/10, 10.192.0.0/10"), networks("10.0.0.0/8")),
        (listen("'[::1]:80'"), listen("'[0:0::1]:80'")),
        (listen("'${env:L:-[::1]:80}'"), listen("'${env:L:-[0:0::1]:80}'")),
        (admin("[fd00::1]:90"), admin("[FD00:0:0::1]:90")),
        (backend("${env:B:-http://a}"), backend("${env:B:-http://A:80/}")),
        (backend("http://[::1]:9"), backend("http://[0::1]:9/")),
        (backend("unix:/run/a"), backend("unix:/run//./a")),
        (backend("${env:B:-unix:/run/a}"), backend("${env:B:-unix:/run//a}")),
        (listen("'unix:/run/a'"), listen("'unix:/./run/a'")),
        (headers("remove: [x-a], add: {X-A: b}"), headers("set: {x-a: b}")),
        (headers("remove: [x-a, x-b], set: {x-b: c}"), headers("set: {x-b: c}, remove: [X-A]")),
    ] {
        let diff = diff(&old, &new);
        assert!(diff.is_empty(), "{}", diff.text());
    }
    for (old, new, kind) in [
        (networks("10.0.0.0/9, 10.128.0.0/10"), networks("10.0.0.0/8"), "server-changed"),
        (networks("10.0.0.0/9, 11.0.0.0/9"), networks("10.0.0.0/8"), "server-changed"),
        (listen("'${env:L:-[::1]:80}'"), listen("'${env:L:-[::2]:80}'"), "server-changed"),
        (admin("[fd00::1]:90"), admin("[fd00::1]:91"), "admin-changed"),
        (backend("${env:B:-http://a}"), backend("${env:B:-http://a:81/}"), "backends-changed"),
        (backend("unix:/run/a"), backend("unix:/run/A"), "backends-changed"),
        (backend("unix:/localhost"), backend("http://localhost"), "backends-changed"),
        (backend("unix:/run/a"), backend("unix:${env:B:-/run/a}"), "backends-changed"),
        (listen("'unix:/run/a'"), listen("'unix:/run/../a'"), "server-changed"),
        (headers("add: {x-a: b}"), headers("set: {x-a: b}"), "request-headers-changed"),
        (headers("remove: [x-a], add: {x-a: b}"), headers("set: {x-a: c}"), "request-headers-changed"),
        (
            headers("set: {x-a: b}, add: {x-a: c}"),
            headers("set: {x-a: c}, add: {x-a: b}"),
            "request-headers-changed",
        ),
    ] {
        let diff = diff(&old, &new);
        assert_eq!(diff.kinds().into_iter().collect::<Vec<_>>(), [kind], "{}", diff.text());
    }
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
    let text = changed("http://localhost:9001", "unix:/run/users.sock").text();
    assert!(text.contains("-> [{url: \"unix:/run/users.sock\""), "{text}");
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
fn redirects_and_prefixes_are_compared_by_where_they_lead() {
    let old = OLD;
    let of = |path: &str, redirect: &str| {
        model(&format!("{old}  - {{name: parts, path: '{path}', redirect: {{{redirect}}}}}\n"))
    };
    let forwarded = |path: &str, keys: &str| {
        model(&format!("{old}  - {{name: parts, path: '{path}', upstream: users, {keys}}}\n"))
    };
    for (old, new) in [
        (of("/p", "prefix: /n"), of("/p", "prefix: /n/")),
        (of("/p", "host: a.test, scheme: https"), of("/p", "scheme: https, host: A.test, port: 443")),
        (of("/p/{*r}", "prefix: /n"), of("/p/{*r}", "to: '/n/{*r}'")),
        (forwarded("/p", "strip_prefix: /p, add_prefix: /n"), forwarded("/p", "rewrite: {prefix: /n}")),
        (forwarded("/p/{*r}", "rewrite: '/n/{*r}'"), forwarded("/p/{*r}", "rewrite: {prefix: /n}")),
        (forwarded("/p", "strip_prefix: /p"), forwarded("/p", "rewrite: {prefix: /}")),
        (forwarded("/p", "add_prefix: /n"), forwarded("/p", "rewrite: '/n{request.path}'")),
        (of("/p/{*r}", "to: '/n/p/{*r}?a={query.b}'"), of("/p/{*r}", "to: '/n{request.path}?a={query.b}'")),
    ] {
        let diff = diff(&old, &new);
        assert!(diff.is_empty(), "{}", diff.text());
    }
    for (old, new, shown) in [
        (of("/p", "scheme: https"), of("/p", "host: b.test"), "https://localhost/p -> http://b.test/p"),
        (of("/p", "host: a.test"), of("/p", "host: b.test"), "http://a.test/p -> http://b.test/p"),
        // Of http without a port both are the same.
        (
            of("/p", "host: a.test"),
            of("/p", "host: a.test, scheme: http"),
            "https://a.test/p -> http://a.test/p",
        ),
        (
            of("/p", "host: a.test"),
            of("/p", "host: a.test, port: 80"),
            "https://a.test/p -> https://a.test:80/p",
        ),
        (
            of("/p", "host: a.test, port: 8080"),
            of("/p", "host: a.test"),
            "http://a.test:8080/p -> http://a.test/p",
        ),
        (of("/p", "prefix: /n"), of("/p", "prefix: /"), "/n -> /"),
        (of("/p", "prefix: /n"), of("/p", "to: /n"), "/n/ -> /n"),
        (of("/p", "to: '/n/{query.a}'"), of("/p", "to: '/n/{query.b}'"), "/n/{query.a} -> /n/{query.b}"),
        (of("/p", "to: '/n?a={client.ip}'"), of("/p", "to: /n"), "/n?a={client.ip} -> /n"),
    ] {
        let diff = diff(&old, &new);
        assert!(diff.text().contains(&format!("redirect-changed: {shown}\n")), "{}", diff.text());
    }
    let diff = diff(&forwarded("/p", "strip_prefix: /p"), &forwarded("/p", "add_prefix: /n"));
    assert!(diff.text().contains("forward-path-changed: / -> /n/p\n"), "{}", diff.text());
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
