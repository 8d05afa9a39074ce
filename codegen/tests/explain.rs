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
  - {name: console, host: c.example.com, path: /console, upstream: users, upgrades: [Tcp, websocket]}
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

5 other routes not shown; see --all
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

/// The answer of this config, at this listener.
/// Only where it is not what holds everywhere.
#[test]
fn what_a_connection_may_switch_to_is_shown() {
    let upgrades = |line| ask(line, &[]).lines().find(|line| line.contains("upgrades ")).map(str::to_owned);
    assert_eq!(upgrades("GET http://c.example.com/console").as_deref(), Some("   upgrades   tcp, websocket"));
    assert_eq!(upgrades("GET /"), None);
}

fn ask_of(path: &str, request: &Request, listener: Option<&str>) -> Result<String, String> {
    let mut sink = Diagnostics::new();
    let mut source = Source::read(path, &mut sink);
    let cast = compile(&mut source, &mut sink);
    assert!(sink.is_empty(), "{}", sink.render(&source, Style::Plain));
    explain(&cast.unwrap().model, request, listener, false)
}

#[test]
fn each_listener_has_its_own_answer() {
    let ask =
        |listener| ask_of("tests/pass/named-listeners.yml", &Request::parse("GET /x").unwrap(), listener);
    let all = ask(None).unwrap();
    for answer in
        ["on public\n=> route `rest`", "on internal\n=> route `first`", "on same as public\n=> route `rest`"]
    {
        assert!(all.contains(answer), "{all}");
    }
    let public = ask(Some("public")).unwrap();
    assert!(public.contains("on public\n=> route `rest`") && !public.contains("`first`,"), "{public}");
    assert!(public.contains("  listener: is reached on internal only\n"), "{public}");
    let internal = ask(Some("internal")).unwrap();
    assert!(internal.contains("=> route `first`") && !internal.contains("\non public"), "{internal}");
    let unknown = ask(Some("nobody")).unwrap_err();
    assert!(unknown.starts_with("no listener `nobody`; listeners of this config: "), "{unknown}");
    assert!(unknown.contains("public") && unknown.contains("internal"), "{unknown}");
    // One without a name has all routes.
    let alone = ask_of("tests/pass/cors.yml", &Request::parse("GET /").unwrap(), Some("public")).unwrap_err();
    assert_eq!(alone, "no listener `public`; listeners of this config: none has a name");
}

#[test]
fn what_pages_of_other_origins_are_told_is_said() {
    let ask = |line: &str, headers: &[(&str, &str)]| {
        let request = Request::parse(line).unwrap();
        let request = headers.iter().fold(request, |request, (name, value)| request.with_header(name, value));
        ask_of("tests/pass/cors.yml", &request, None).unwrap()
    };
    let origin = ("Origin", "https://app.example.com");
    let announces = |method| ("Access-Control-Request-Method", method);
    let allowed = ask("GET /", &[origin]);
    assert!(allowed.contains("   the page   allowed: it may read the answer\n"), "{allowed}");
    let refused = ask("GET /", &[("Origin", "https://other.example.org")]);
    assert!(refused.contains("   the page   refused: its browser keeps the answer from it\n"), "{refused}");
    assert!(!ask("GET /", &[]).contains("the page") && !ask("GET /closed", &[origin]).contains("the page"));

    let preflight = ask("OPTIONS /", &[origin, announces("POST")]);
    assert!(preflight.contains("=> a preflight for route `/`, tests/pass/cors.yml:4\n"), "{preflight}");
    assert!(
        preflight.contains("   announces  POST\n   answers    204: the page may send it\n"),
        "{preflight}"
    );
    assert!(preflight.contains("   middleware cors (line 2)\n"), "{preflight}");
    let answer = |headers: &[(&str, &str)], path: &str| {
        let text = ask(&format!("OPTIONS {path}"), headers);
        let answer = text.lines().find_map(|line| line.strip_prefix("   answers    ")).map(str::to_owned);
        answer.unwrap_or(text)
    };
    assert_eq!(answer(&[origin, announces("PUT")], "/"), "403: not with this method");
    let fields = ("Access-Control-Request-Headers", "x-b");
    assert_eq!(answer(&[origin, announces("GET"), fields], "/"), "403: not with these header fields");
    let other = ("Origin", "https://other.example.org");
    assert_eq!(answer(&[other, announces("GET")], "/"), "403: no page of this origin may");
}

#[test]
fn a_filter_stands_before_the_answer_to_a_preflight() {
    let config = "\
server: {trusted_proxies: []}
middleware:
  ip_filter: {allow: [192.0.2.0/24]}
  cors: {origins: [https://a.example.com]}
routes: [{path: /, respond: {}}]
";
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", config);
    let cast = compile(&mut source, &mut sink);
    assert!(sink.is_empty(), "{}", sink.render(&source, Style::Plain));
    let model = cast.unwrap().model;
    let preflight = Request::parse("OPTIONS /").unwrap().with_header("origin", "https://a.example.com");
    let preflight = preflight.with_header("access-control-request-method", "GET");
    let ask = |client: &str| {
        explain(&model, &preflight.clone().from_client(client.parse().unwrap()), None, false).unwrap()
    };
    let inside = ask("192.0.2.1");
    assert!(
        inside.contains("   lets in    192.0.2.1\n   answers    204: the page may send it\n"),
        "{inside}"
    );
    let outside = ask("203.0.113.9");
    assert!(outside.contains("   refuses    203.0.113.9: 403 ip_denied (ip_filter, line 3)\n"), "{outside}");
    assert!(!outside.contains("answers"), "{outside}");
    let anybody = explain(&model, &preflight, None, false).unwrap();
    assert!(!anybody.contains("lets in") && anybody.contains("answers"), "{anybody}");
}

#[test]
fn a_listener_that_only_redirects_is_explained_as_its_route() {
    let request = Request::parse("GET http://a.test/x?y").unwrap();
    let plain = ask_of("tests/pass/listener-redirects.yml", &request, Some("plain")).unwrap();
    for line in [
        "on plain\n=> route `redirect @plain`, tests/pass/listener-redirects.yml:5\n   matches    * */ (prefix) @plain\n",
        "   redirects  308 to https://a.test/x?y\n",
        "   middleware none\n",
        "  listener: is not reached where every request is redirected\n",
    ] {
        assert!(plain.contains(line), "{plain}");
    }
}
