//! What good configs mean: defaults, inheritance, precedence.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::middleware::RateLimitKey;
use castgate_codegen::model::{
    BackendUrl, Checks, Model, Part, PathChange, Piece, RequestText, Scope, Strategy, Target, Workers,
};
use castgate_codegen::{Diagnostics, Source, Style, compile};
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeSet;
use std::time::Duration;

fn model(text: &str) -> Model {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", text);
    let result = compile(&mut source, &mut sink);
    assert!(sink.is_empty(), "{}", sink.render(&source, Style::Plain));
    result.unwrap().model
}

#[test]
fn the_seed_has_the_defaults_of_the_reference() {
    let model = model(include_str!("pass/seed.yml"));
    assert_eq!(model.config_sha256.len(), 64);
    assert_eq!(model.server.listen[0].value.literal(), Some("0.0.0.0:8080"));
    assert_eq!(model.server.workers, Workers::Auto);
    assert_eq!(model.server.limits.header_bytes, 32 * 1024);
    assert_eq!(model.server.limits.body, Some(10 * 1024 * 1024));
    assert_eq!(model.server.timeouts.idle, Duration::from_secs(75));
    assert_eq!(model.server.drain.grace, Duration::from_secs(25));
    assert!(model.admin.is_none());
    let upstream = &model.upstreams[0];
    assert_eq!((upstream.name.as_str(), upstream.settings.strategy), ("/api/v1", Strategy::RoundRobin));
    let urls: Vec<&BackendUrl> = upstream.backends.iter().map(|backend| &backend.url).collect();
    assert!(matches!(urls[2], BackendUrl::Literal(url)
        if url.host_and_port() == Some(("localhost", 9003)) && url.text == "http://localhost:9003"));
    assert_eq!(upstream.backends[1].origin.line.line, 7);
    let Checks::Ask(health) = &upstream.checks else { panic!("{:?}", upstream.checks) };
    assert_eq!((health.path.as_str(), &health.expect), ("/", &BTreeSet::from([200])));
    assert_eq!((health.interval, health.timeout), (Duration::from_secs(5), Duration::from_secs(2)));
    let route = &model.routes[0];
    assert_eq!((route.name.as_str(), route.origin.line.line), ("/api/v1", 4));
    assert_eq!(route.timeout, Duration::from_secs(60));
    assert!(matches!(&route.target, Target::Forward(forward) if forward.path == PathChange::Keep));
}

#[test]
fn backends_are_connected_to_unless_something_is_written_about_checks() {
    let backends = "backends: ['http://a:1']";
    for (before, upstream, expected) in [
        ("", "", "connect 5"),
        ("", ", health_check: {}", "get 5"),
        ("", ", health_check: {interval: 7s}", "get 7"),
        ("", ", health_check: off", "off"),
        ("", ", health_check: {tcp: true, interval: 7s}", "connect 7"),
        ("", ", health_check: {tcp: false}", "get 5"),
        ("health_check_interval: 9s\n", ", health_check: {tcp: true}", "connect 9"),
        ("health_check_interval: 9s\n", "", "get 9"),
        ("health_check_interval: 9s\n", ", health_check: {interval: 7s}", "get 7"),
        ("health_check_interval: 9s\n", ", health_check: off", "off"),
    ] {
        let routes = "routes: [{path: /, upstream: u}]\n";
        let model = model(&format!("{before}upstreams:\n  u: {{{backends}{upstream}}}\n{routes}"));
        let shown = match &model.upstreams[0].checks {
            Checks::Off => "off".to_owned(),
            Checks::Connect(settings) => format!("connect {}", settings.interval.as_secs()),
            Checks::Ask(settings) => format!("get {}", settings.interval.as_secs()),
        };
        assert_eq!(shown, expected, "{before}{upstream}");
    }
    let in_place = model("routes: [{path: /, backends: ['http://a:1']}]\n");
    assert!(matches!(in_place.upstreams[0].checks, Checks::Connect(_)));
}

#[test]
fn inherited_policies_are_shared_and_own_ones_are_not() {
    let model = model(
        "middleware:
  request_id: {}
  rate_limit: {rate: 90/m, key: 'header:X-Tenant'}
  circuit_breaker: {window: 30s}
routes:
  - {path: /a, backends: ['http://localhost:1']}
  - {path: /b, backends: ['http://localhost:2']}
  - {path: /c, backends: ['http://localhost:3'], middleware: {rate_limit: {burst: 7}, circuit_breaker: {open: 1s}}}
  - {path: /d, respond: {}, middleware: {rate_limit: off, access_log: {}}}
",
    );
    let [a, b, c, d] = [0, 1, 2, 3].map(|index| model.routes[index].middleware);
    assert_eq!(a, b);
    assert_eq!(a.request_id, c.request_id);
    assert_ne!(a.rate_limit, c.rate_limit);
    let limit = |id: usize| &model.policies.rate_limit[id];
    let [inherited] = limit(0).settings.sections() else { panic!("one") };
    assert_eq!(inherited.burst, 90, "all of a minute may come at once");
    assert_eq!(limit(0).origin.scope, Scope::TopLevel);
    let own = limit(c.rate_limit.unwrap().index());
    let [section] = own.settings.sections() else { panic!("one") };
    assert_eq!((section.burst, section.rate), (7, inherited.rate));
    assert!(matches!(&section.key, RateLimitKey::Header(name) if name.as_str() == "x-tenant"));
    assert_eq!((own.origin.scope, own.origin.line.line), (Scope::Route(2), 8));
    let breaker = &model.policies.circuit_breaker[c.circuit_breaker.unwrap().index()].settings;
    assert_eq!((breaker.window, breaker.open), (Duration::from_secs(30), Duration::from_secs(1)));
    assert_eq!((d.rate_limit, d.circuit_breaker), (None, None));
    assert!(d.access_log.is_some() && a.access_log.is_none());
    assert_eq!(model.unmatched.request_id, a.request_id);
    assert!(model.unmatched.rate_limit.is_none() && model.unmatched.access_log.is_none());
}

#[test]
fn shares_have_no_common_divisor_and_backups_are_apart() {
    let model = model(
        "routes: [{path: /, backends: [
  {url: 'http://a', weight: 4}, {url: 'http://b', weight: 6}, {url: 'http://c', weight: 0},
  {url: 'http://d', weight: 9, backup: true}]}]",
    );
    let shares: Vec<u16> = model.upstreams[0].backends.iter().map(|backend| backend.share).collect();
    assert_eq!(shares, [2, 3, 0, 1]);
}

#[test]
fn late_values_keep_their_pieces_and_templates_their_segments() {
    let model = model(include_str!("pass/everything.yml"));
    let BackendUrl::Late(late) = &model.upstreams[0].backends[2].url else { panic!("not late") };
    assert_eq!(
        late.pieces[1],
        Piece::Env { name: "USERS_BACKUP".to_owned(), default: Some("localhost".to_owned()) }
    );
    let Target::Forward(forward) = &model.routes[1].target else { panic!("not forwarded") };
    assert_eq!(
        forward.path,
        PathChange::Rewrite(RequestText {
            parts: vec![
                Part::Late(Piece::Literal("/v2/".to_owned())),
                Part::Request(castgate_codegen::model::Source::Segment { name: "id".to_owned(), number: 1 }),
                Part::Late(Piece::Literal("/profile".to_owned())),
            ]
        })
    );
}

#[test]
fn more_specific_routes_go_first_whatever_their_order_in_the_file() {
    let model = model(
        "routes:
  - {name: '8', path: /, respond: {}}
  - {name: '7', path: /a, respond: {}}
  - {name: '6', path: /a, query: {q: '1'}, respond: {}}
  - {name: '5', path: /a, headers: {x-a: '1'}, respond: {}}
  - {name: '4', path: /a, methods: [GET, HEAD], respond: {}}
  - {name: '3', path: /a, match: exact, respond: {}}
  - {name: '2', path: '/{x}', host: '*.com', respond: {}}
  - {name: '1', path: '/{x}', host: '*.example.com', respond: {}}
  - {name: '0', path: '/{x}', host: a.example.com, respond: {}}
",
    );
    let mut routes: Vec<_> = model.routes.iter().collect();
    routes.sort_by(|a, b| a.precedence(b));
    let names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(names, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
}

/// What this thread has computed: who else is on the machine does not count.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

fn are_checked_in_no_time(text: &str) {
    let start = processor_time();
    assert_eq!(model(text).routes.len(), 10_000);
    let took = processor_time() - start;
    // Unoptimised; a quadratic pass would take minutes.
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn ten_thousand_routes_are_checked_in_no_time() {
    let mut text = String::from("upstreams: {u: {backends: ['http://localhost:1']}}\nroutes:\n");
    for index in 0..10_000 {
        let (a, b) = (index / 100, index % 100);
        text.push_str(&format!(
            "  - name: r{index}\n    path: /svc{a}/{{id}}/v{b}\n    methods: [GET, HEAD, POST]\n    upstream: u\n"
        ));
    }
    are_checked_in_no_time(&text);
}

#[test]
fn ten_thousand_routes_on_one_path_are_checked_in_no_time() {
    let mut text = String::from("routes:\n");
    for index in 0..10_000 {
        text.push_str(&format!("  - {{path: /, headers: {{x-tenant: t{index}}}, respond: {{}}}}\n"));
    }
    are_checked_in_no_time(&text);
}

/// Some hosts have the same routes, some have not; each tenth route captures.
#[test]
fn ten_thousand_routes_with_lists_of_hosts_are_checked_in_no_time() {
    let mut text = String::from("routes:\n");
    for index in 0..10_000 {
        let (a, b) = (index / 100, index % 100);
        let host = match index % 10 {
            0 => format!("\"{{tenant}}.s{a}.example.com\", \"{{tenant}}.s{a}.example.org\""),
            _ => format!(
                "s{a}.example.com, \"*.s{b}.example.com\", \"*.example.org\", any{}.example",
                index % 50
            ),
        };
        text.push_str(&format!(
            "  - {{host: [{host}], path: \"/v{a}/{{id}}/{b}\", respond: {{body: \"{{id}}\"}}}}\n"
        ));
    }
    are_checked_in_no_time(&text);
}

/// Each overlaps with each: the two of them that a third takes first are no tie, and nobody looks at all pairs.
#[test]
fn ten_thousand_routes_that_could_tie_are_checked_in_no_time() {
    let mut text = String::from(
        "routes:\n  - {path: \"/{*all}\", respond: {}}\n  - {path: /, match: exact, respond: {}}\n",
    );
    for index in 0..10_000 {
        text.push_str(&format!("  - {{path: /, headers: {{x-{index}: \"1\"}}, respond: {{}}}}\n"));
    }
    let start = processor_time();
    let mut sink = Diagnostics::new();
    assert!(compile(&mut Source::new("gateway.yml", text), &mut sink).is_err());
    let took = processor_time() - start;
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(
        sink.sorted().iter().any(|problem| problem.help.iter().any(|help| help.contains("so many routes")))
    );
}
