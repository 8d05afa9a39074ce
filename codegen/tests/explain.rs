//! `castgate explain <request>`: who takes it, and why the others do not.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::explain::explain;
use castgate_codegen::table::Request;
use castgate_codegen::{Diagnostics, Source, Style, compile};

const CONFIG: &str = "\
upstreams:
  users: {backends: ['http://localhost:9001']}
routes:
  - {name: any, path: /, upstream: users}
  - {name: user, path: '/users/{id:uint}', upstream: users, strip_prefix: /users}
  - {name: get-user, path: '/users/{id:uint}', methods: [GET], upstream: users}
  - {name: canary, path: '/users/{id:uint}', methods: [GET], headers: {x-canary: '1'}, upstream: users}
  - {name: debug, path: '/users/{id:uint}', methods: [GET], query: {debug: 'on'}, upstream: users}
  - {name: me, path: /users/me, match: exact, respond: {status: 200}}
  - {name: api, host: api.example.com, path: /users, upstream: users, rewrite: /all}
  - {name: old, path: '/old/{*rest}', redirect: {to: '/new/{*rest}'}}
  - {name: wiki, path: /wiki, upstream: users, rewrite: '/w{request.path}?by={query.by}'}
  - {name: to, path: /to, redirect: {to: '/at/{client.ip}'}}
  - {name: posts, host: p.example.com, path: /posts, methods: [POST], upstream: users}
";

fn ask(line: &str, headers: &[&str]) -> String {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", CONFIG);
    let cast = compile(&mut source, &mut sink);
    assert!(sink.is_empty(), "{}", sink.render(&source, Style::Plain));
    let request = headers.iter().fold(Request::parse(line).unwrap(), |request, field| {
        let (name, value) = field.split_once(": ").unwrap();
        request.with_header(name, value)
    });
    explain(&cast.unwrap().model, &request, None, false).unwrap()
}

#[test]
fn the_winner_is_shown_with_all_it_does_and_the_others_with_their_reasons() {
    let expected = "\
GET /users/7?x=1

=> route `get-user`, gateway.yml:6
   matches    GET */users/{id:uint} (prefix)
   upstream   users (round-robin, 1 backend, line 2)
   forwards   GET /users/7?x=1
   timeout    60s
   idle       5m
   middleware none

Not taken, in the order in which routes of gateway.yml are tried:
   line 10   api     host: wants api.example.com, and the request has none
   line 9    me      path: segment 2 is `7`, not `me`
   line 7    canary  header: x-canary is missing, not `1`
   line 8    debug   query: debug is missing, not `on`
   line 5    user    outranked by `get-user` (line 6), which names its methods
   line 4    any     outranked by `get-user` (line 6), whose path is longer

4 other routes not shown; see --all
";
    assert_eq!(ask("GET /users/7?x=1", &[]), expected);
}

#[test]
fn of_several_limits_it_says_how_many() {
    let (mut source, mut sink) =
        (Source::new("gateway.yml", include_str!("pass/limit-lists.yml")), Diagnostics::new());
    let model = compile(&mut source, &mut sink).unwrap().model;
    let middleware = |path: &str| {
        let text = explain(&model, &Request::parse(&format!("GET {path}")).unwrap(), None, false).unwrap();
        let row = text.lines().find_map(|line| line.strip_prefix("   middleware "));
        row.unwrap().to_owned()
    };
    assert_eq!(middleware("/inherited"), "rate_limit (3 of them, line 4)");
    assert_eq!(middleware("/list/7"), "rate_limit (3 of them, line 13)");
    assert_eq!(middleware("/list-of-one"), "rate_limit (line 9)");
    assert_eq!(middleware("/off"), "none");
}

#[test]
fn headers_query_and_host_decide_as_they_do_at_run_time() {
    let winner = |line: &str, headers: &[&str]| {
        let text = ask(line, headers);
        let found = text.lines().find(|line| line.starts_with("=>")).unwrap();
        found.trim_start_matches("=> ").to_owned()
    };
    assert_eq!(winner("GET /users/7", &["X-Canary: 1"]), "route `canary`, gateway.yml:7");
    assert_eq!(winner("GET /users/7?debug=%6fn", &[]), "route `debug`, gateway.yml:8");
    assert_eq!(
        winner("GET /users/7?debug=off&debug=on", &[]),
        "route `get-user`, gateway.yml:6",
        "the first counts"
    );
    assert_eq!(winner("POST http://api.example.com:80/users/7", &[]), "route `api`, gateway.yml:10");
    assert_eq!(winner("PURGE /users/7", &[]), "route `user`, gateway.yml:5");
    assert_eq!(winner("GET /users/me", &[]), "route `me`, gateway.yml:9");
    assert_eq!(winner("GET /users/me/", &[]), "route `any`, gateway.yml:4");
    assert_eq!(
        winner("GET /livez", &[]),
        "answered by the gateway itself, ahead of all routes (see `admin`)"
    );
}

#[test]
fn what_is_forwarded_is_shown() {
    assert!(ask("POST /users/7/x?y=1", &[]).contains("   forwards   POST /7/x?y=1\n"));
    assert!(ask("GET http://api.example.com/users/7", &[]).contains("   forwards   GET /all\n"));
    assert!(ask("GET /old/a/b?c", &[]).contains("   redirects  308 to /new/a/b?c\n"));
    assert!(ask("GET /users/me", &[]).contains("   responds   200, 0 bytes\n"));
    assert!(ask("GET /wiki/a?by=b+c", &[]).contains("   forwards   GET /w/wiki/a?by=b%20c&by=b+c\n"));
    let lacks = "   refuses    400: it lacks a value of /w{request.path}?by={query.by}, or has one that cannot stand there\n";
    assert!(ask("GET /wiki/a", &[]).contains(lacks));
    assert!(
        ask("GET /to", &[]).contains("   redirects  308 to /at/{client.ip}\n"),
        "{}",
        ask("GET /to", &[])
    );
}
