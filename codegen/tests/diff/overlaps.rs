//! Routes that take requests from each other: what is compared is what takes a request on either side.

use super::{kinds, model};
use castgate_codegen::diff::diff;

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
