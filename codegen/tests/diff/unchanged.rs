//! What does the same is no change, however it is written.

use super::{OLD, changed, model};
use castgate_codegen::diff::diff;

#[test]
fn order_and_spelling_are_no_change() {
    let canary = "  - {name: canary, path: /orders, headers: {x-canary: '1'}, upstream: users}\n";
    let moved = OLD.replace(canary, "") + canary;
    assert!(diff(&model(OLD), &model(&moved)).is_empty());
    assert!(changed("timeout: 5s", "timeout: 5000ms").is_empty());
    let limits =
        |list: &str| model(&OLD.replace("middleware:\n", &format!("middleware:\n  rate_limit: {list}\n")));
    let (one, other) = ("{rate: 5/s}", "{rate: 50/m, key: 'header:x-a'}");
    let lists = [format!("[{one}, {other}]"), format!("[{other}, {one}]")];
    let of_lists = diff(&limits(&lists[0]), &limits(&lists[1]));
    assert!(of_lists.is_empty(), "{}", of_lists.text());
    assert!(
        changed("upstreams:", "server: {limits: {headers: 100}}\nupstreams:").is_empty(),
        "a default written out"
    );
}

#[test]
fn what_nobody_looks_at_is_no_change() {
    let base = OLD.replace("upstreams:\n", "server: {trusted_proxies: [10.0.0.0/8]}\nupstreams:\n");
    let base = base.replace("middleware:\n", "middleware:\n  response_headers: {set: {x-a: b}}\n");
    for (from, to) in [
        ("[10.0.0.0/8]", "[10.0.0.0/8, 10.1.0.0/16]"),
        (
            "  response_headers: {set: {x-a: b}}",
            "  request_headers: {}\n  response_headers: {set: {x-a: b}, remove: [X-A]}",
        ),
        ("['http://localhost:9001']", "['http://localhost:9001'], strategy: random"),
    ] {
        assert!(base.contains(from), "{from}");
        let diff = diff(&model(&base), &model(&base.replace(from, to)));
        assert!(diff.is_empty(), "{to}: {}", diff.text());
    }
    assert!(changed("middleware:\n", "middleware:\n  request_headers: {}\n").is_empty());
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
  response_headers: {set: {x-a: '1', x-b: '2'}, remove: [server, via]}
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
        ("rate_limit: {rate: 60/m, burst: 1}", "rate_limit: [{rate: 1/s}]"),
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

/// What another value makes count is not said to have changed.
#[test]
fn only_what_was_written_anew_is_told_of() {
    let config = |backends: &str, attempts: u8| {
        let upstream =
            format!("{{strategy: random, backends: [{backends}], retries: {{attempts: {attempts}}}}}");
        model(&format!("upstreams: {{a: {upstream}}}\nroutes: [{{path: /, upstream: a}}]\n"))
    };
    let diff = diff(&config("'http://a'", 0), &config("'http://a', 'http://b'", 2));
    let text = diff.text();
    assert!(text.contains("retries.attempts: 0 -> 2") && text.contains("backends"), "{text}");
    assert!(!text.contains("strategy") && !text.contains("budget"), "{text}");
}
