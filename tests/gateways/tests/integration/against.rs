//! `castgate test --against`: the tests of a config, sent to a gateway that runs.

use std::net::{SocketAddr, TcpListener};

use castgate_codegen::against::{self, Address, Answer, Outcome, Running, Unreachable, Why};
use castgate_codegen::model::Model;
use castgate_codegen::{Diagnostics, Source, Style, analyse};
use castgate_test_support::{Message, Reply};

use crate::testbed::{KEYS, Testbed};

/// The config of the testbed that the tests below are sent to.
const ROUTING: &str = "configs/routing.yml";

/// A config and what is wrong with it.
struct Config {
    source: Source,
    sink: Diagnostics,
    model: Model,
}

impl Config {
    #[track_caller]
    fn new(text: String) -> Self {
        let mut source = Source::new(ROUTING, text);
        let mut sink = Diagnostics::new();
        let Ok(model) = analyse(&mut source, &mut sink) else {
            panic!("{}", sink.render(&source, Style::Plain));
        };
        Self { source, sink, model }
    }

    /// The one that the gateway was cast from.
    #[track_caller]
    fn routing() -> Self {
        Self::new(std::fs::read_to_string(ROUTING).unwrap())
    }

    #[track_caller]
    fn run(&mut self, running: &Running) -> Result<Outcome<'_>, Unreachable> {
        against::run(&self.model, &self.source, running, &mut self.sink)
    }

    fn report(&self) -> String {
        self.sink.render(&self.source, Style::Plain)
    }

    fn codes(&self) -> Vec<&'static str> {
        self.sink.sorted().iter().map(|problem| problem.code.id).collect()
    }
}

fn running(address: SocketAddr) -> Running {
    let gateway: Address = format!("http://{address}").parse().unwrap();
    Running { admin: gateway.clone(), gateway, headers: Vec::new(), any_config: false }
}

/// What the gateway of a testbed answered to the test with this request.
#[track_caller]
fn answer(outcome: &Outcome<'_>, request: &str) -> Answer {
    let trial = outcome.trials.iter().find(|trial| trial.test.request.to_string() == request).unwrap();
    trial.answer.clone().unwrap().unwrap()
}

#[test]
fn the_tests_of_the_config_it_was_cast_from_pass() {
    let bed = Testbed::new("routing");
    let mut config = Config::routing();
    let outcome = config.run(&running(bed.gateway.address())).unwrap();
    let failed: Vec<_> = outcome.trials.iter().filter(|trial| trial.failed()).collect();
    assert!(failed.is_empty() && !outcome.is_other_config, "{failed:#?}");

    // What only a backend knows is never seen, and a test of nothing else is not sent.
    let unsent: Vec<_> = outcome.trials.iter().filter(|trial| trial.answer.is_none()).collect();
    assert_eq!(unsent.len(), 1);
    assert_eq!(unsent[0].test.request.to_string(), "GET /users/./x/../7?q=a+b");
    assert!(!unsent[0].passed());
    let unseen = outcome.trials.iter().flat_map(|trial| &trial.unseen);
    assert_eq!(unseen.filter(|unseen| unseen.key == "forward_path").count(), 3);

    // A route that asks for a key has taken the request; what is behind the key was not seen.
    let guarded = outcome.trials.iter().find(|trial| trial.test.request.path() == "/admin").unwrap();
    assert!(guarded.passed());
    assert_eq!(answer(&outcome, "GET /admin").reason.as_deref(), Some("auth_missing"));
    assert_eq!(
        (guarded.unseen[0].key, &guarded.unseen[0].why),
        ("upstream", &Why::Refused("auth_missing".to_owned()))
    );
    let head = outcome.trials.iter().find(|trial| trial.test.request.to_string() == "HEAD /admin").unwrap();
    assert_eq!(
        &head.unseen[0].why,
        &Why::Refused("401".to_owned()),
        "a HEAD has no document to read the reason in"
    );
    assert_eq!(answer(&outcome, "DELETE /orders").status, 405);
    assert!(config.sink.is_empty());
}

#[test]
fn requests_are_sent_as_they_are_written() {
    let bed = Testbed::new("routing");
    let mut config = Config::routing();
    let key = ("x-api-key".to_owned(), KEYS[0].to_owned());
    let outcome = config.run(&Running { headers: vec![key], ..running(bed.gateway.address()) }).unwrap();
    assert_eq!(answer(&outcome, "GET /admin").status, 200, "the key came along");
    assert_eq!(bed.gateway.log_of("/api/v1/y/z").text("route"), "api");
    bed.gateway.log_line(|line| line.text("path") == "/orders" && line.text("method") == "POST");
    let sent = bed.a.requests();
    let find = |target: &str| sent.iter().find(|request| request.target == target).unwrap();
    let hosts = find("/hosts?a=1&b=%20");
    assert_eq!(hosts.header("x-forwarded-host"), Some("api.example.com"));
    assert_eq!(find("/y/z?q=%2f&q").header("host"), Some(bed.gateway.address().to_string().as_str()));
    assert!(sent.iter().any(|request| request.header("x-canary") == Some("1")));
    assert!(sent.iter().any(|request| request.method == "PURGE"));
    assert!(sent.iter().all(|request| request.body.is_empty() && request.header("accept").is_none()));
}

#[test]
fn what_is_otherwise_is_reported_at_its_place() {
    let bed = Testbed::new("routing");
    let text = std::fs::read_to_string(ROUTING).unwrap();
    // Each of these changes a route and the test of it, so that the build has nothing to object to.
    let mut text = text
        .replace("{name: api_host, host: api.example.com,", "{name: api_name, host: api.example.com,")
        .replace("expect: {route: api_host,", "expect: {route: api_name,")
        .replace(
            "redirect: {to: \"/users/{id}\", status: 301}",
            "redirect: {to: \"/user/{id}\", status: 308}",
        )
        .replace("status: 301, redirect_to: \"/users/7", "status: 308, redirect_to: \"/user/7")
        .replace(
            "GET /nowhere, expect: {status: 404}",
            "GET /nowhere, expect: {route: nowhere, status: 204}",
        );
    text = text.replace(
        "  - {name: gone,",
        "  - {name: nowhere, path: /nowhere, respond: {status: 204}}\n  - {name: gone,",
    );
    let mut config = Config::new(text);
    let outcome = config.run(&Running { any_config: true, ..running(bed.gateway.address()) }).unwrap();
    assert!(outcome.is_other_config);
    assert_eq!(outcome.trials.iter().filter(|trial| trial.failed()).count(), 3);
    let report = config.report();
    assert_eq!(config.codes(), ["CG0602"; 3], "{report}");
    for part in [
        "error[CG0602]: a test fails against the running gateway: `GET http://api.example.com/hosts?a=1&b=%20` is \
         answered with 200\n",
        "expect: {route: api_name, ",
        "^^^^^^^^ the counter of `api_host` rose instead",
        "`GET /people/7?x=1` is answered with 301\n",
        "is `301`",
        "is `/users/7?x=1`",
        "`GET /nowhere` is answered with 404 (no_route)\n",
        "no route's counter rose",
        "is `404`",
        "error: 3 problems in configs/routing.yml; `castgate explain CG0602` says more",
    ] {
        assert!(report.contains(part), "{part:?} is not in\n{report}");
    }
}

#[test]
fn a_gateway_of_another_config_is_told_from_a_failing_test() {
    let bed = Testbed::new("routing");
    let text = std::fs::read_to_string(ROUTING).unwrap() + "# one more line\n";
    let mut config = Config::new(text);
    let outcome = config.run(&running(bed.gateway.address())).unwrap();
    assert!(outcome.is_other_config && outcome.trials.is_empty());
    assert_eq!(bed.a.count(), 0, "nothing was sent");
    let report = config.report();
    assert_eq!(config.codes(), ["CG0603"], "{report}");
    let health = bed.gateway.admin("/health").json();
    let theirs = health["build"]["config_sha256"].as_str().unwrap();
    assert!(report.contains(theirs) && report.contains(&config.model.config_sha256), "{report}");

    // Asked to, it sends them all the same.
    let mut config = Config::new(config.source.text().to_owned());
    let outcome = config.run(&Running { any_config: true, ..running(bed.gateway.address()) }).unwrap();
    assert!(outcome.is_other_config && outcome.trials.iter().all(|trial| !trial.failed()));
    assert!(config.sink.is_empty());
}

#[test]
fn metrics_may_be_on_another_port() {
    let bed = Testbed::new("proxy");
    let text = std::fs::read_to_string("configs/proxy.yml").unwrap()
        + "tests:\n  - {request: GET /pair/x, expect: {route: pair, upstream: pair}}\n\
           \x20 - {request: GET /once, expect: {route: once, upstream: once}}\n";
    let address = |address: SocketAddr| -> Address { format!("http://{address}").parse().unwrap() };
    let running = Running {
        gateway: address(bed.gateway.address()),
        admin: address(bed.gateway.admin_address()),
        headers: Vec::new(),
        any_config: true,
    };
    let mut config = Config::new(text.clone());
    let outcome = config.run(&running).unwrap();
    assert!(outcome.trials.iter().all(against::Trial::passed), "{:#?}", outcome.trials);

    // A backend that fails was asked all the same, and the route was right.
    bed.b.set(Message::new(500));
    bed.a.set(Reply::reset());
    let mut config = Config::new(text.clone());
    let outcome = config.run(&running).unwrap();
    assert!(outcome.trials.iter().all(against::Trial::passed), "{:#?}", outcome.trials);

    // On the gateway's own port /metrics is a path like any other here.
    let running = Running { admin: running.gateway.clone(), ..running };
    let error = Config::new(text).run(&running).unwrap_err().to_string();
    assert!(error.contains("/metrics"), "{error}");
}

#[test]
fn nobody_there_is_an_error_of_its_own() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut config = Config::routing();
    let error = config.run(&running(address)).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot ask http://{address}: ")), "{error}");
    assert!(config.sink.is_empty());
}
