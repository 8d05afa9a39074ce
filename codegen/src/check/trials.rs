//! A test of the config that fails is an error, with what was expected, what is, and why.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::language::route::WrittenRoute;
use crate::model::{HeaderPredicate, Model, QueryPredicate, Route, Site, Target};
use crate::show;
use crate::source::ConfigPath;
use crate::table::{Answer, Miss, Table, TestOutcome};
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sites: &[Site<'_>], tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    // A test that names no listener may fail on several; the first says it.
    let mut told: BTreeSet<&ConfigPath> = BTreeSet::new();
    for (site, table) in sites.iter().zip(tables) {
        for outcome in table.run_tests().iter().filter(|outcome| !outcome.passed()) {
            if told.insert(&outcome.test.origin.path) {
                let on = if sites.len() > 1 { format!(" on {}", site.names()) } else { String::new() };
                report(model, table, outcome, &on, sink);
            }
        }
    }
}

fn report(model: &Model, table: &Table<'_>, outcome: &TestOutcome<'_>, on: &str, sink: &mut Reporter<'_>) {
    let TestOutcome { test, mismatches, .. } = outcome;
    let answer = table.ask(&test.request);
    let winner = match answer {
        Answer::Route(route) | Answer::Preflight(route, _) => Some(route),
        _ => None,
    };
    let expected = test.expect.route.as_deref().filter(|name| winner.is_none_or(|route| route.name != *name));
    let expected = expected.and_then(|name| model.routes.iter().find(|route| route.name == name));
    let request = quoted(&test.request.to_string()) + on;
    let title = match winner {
        _ if expected.is_none() => format!("a test fails: {request}"),
        Some(route) => format!("a test fails: {request} goes to route {}", quoted(&route.name)),
        None => format!("a test fails: {request} {}", fate(&answer)),
    };
    let (source, expect) = (sink.source, test.origin.path.key("expect"));
    let place = |route: &Route| {
        let key = if route.is_written() { WrittenRoute::path } else { WrittenRoute::redirect };
        source.value_span(&route.origin.path.key(key))
    };
    let problem = sink.error(&codes::TEST_FAILS, title);
    for mismatch in mismatches {
        let label = match &mismatch.actual {
            Some(actual) => format!("is {}", quoted(actual)),
            None => match winner.and_then(|route| table.refusal(route, &test.request)) {
                Some(refused) => refused.to_string(),
                None => nothing(&answer, mismatch.key, outcome.outcome.status),
            },
        };
        problem.label(source.value_span(&expect.key(mismatch.key)), label);
    }
    if let Some(route) = winner {
        problem.label(place(route), format!("{} takes the request", quoted(&route.name)));
    }
    if let Some(route) = expected {
        problem.label(place(route), why_not(route, table, outcome));
    }
    if test.listener.is_none() && !on.is_empty() {
        problem.help("without a `listener` a test has to hold on every one that has routes");
    }
}

/// What becomes of a request that no route takes.
fn fate(answer: &Answer<'_>) -> String {
    let fate = match answer {
        Answer::Route(_) | Answer::Preflight(..) => "goes to a route",
        Answer::Disputed(_, key) => {
            return format!("is answered with 400: its route refuses {}", key.what);
        }
        Answer::BuiltIn => "is answered by the gateway itself",
        Answer::NotAllowed(_) => "is answered with 405: its method is not served",
        Answer::NotFound => "is answered with 404: no route matches",
        Answer::NotImplemented => "is answered with 501: its method is never forwarded",
    };
    fate.to_owned()
}

fn unknown() -> String {
    "only a running gateway knows: an id, or the host, client or field that the test does not name".to_owned()
}

/// Why there is nothing to compare.
fn nothing(answer: &Answer<'_>, key: &str, status: Option<u16>) -> String {
    match (answer, key) {
        (Answer::Route(_), "forward_path" | "redirect_to" | "upstream") if status == Some(400) => {
            "the request lacks a value of the template, or has one that cannot stand there: 400".to_owned()
        }
        (Answer::Route(route), "forward_path") if route.forward().is_some() => unknown(),
        (Answer::Route(route), "redirect_to") if matches!(route.target, Target::Redirect(_)) => unknown(),
        (Answer::Route(_), "status") => "the backend decides the status".to_owned(),
        (Answer::Route(_), "cross_origin") => {
            "no page is told anything: the request has no `Origin`, or the route does not say".to_owned()
        }
        (Answer::Preflight(..), _) => "the gateway itself answers the preflight".to_owned(),
        (Answer::Route(_), "redirect_to") => "the route does not redirect".to_owned(),
        (Answer::Route(_), _) => "the route does not forward".to_owned(),
        (other, _) => format!("the request {}", fate(other)),
    }
}

fn why_not(route: &Route, table: &Table<'_>, outcome: &TestOutcome<'_>) -> String {
    if table.model().routes.iter().all(|other| other.name != route.name) {
        return format!("expected {}, but it {}", quoted(&route.name), show::reached(route));
    }
    let misses = route.misses(&outcome.test.request);
    if let (true, Answer::Disputed(_, key)) = (misses.is_empty(), table.ask(&outcome.test.request)) {
        return format!("the path has {}, and its route does not say `{}: keep`", key.what, key.key);
    }
    let Some(first) = misses.first() else {
        let is_built_in = matches!(table.ask(&outcome.test.request), Answer::BuiltIn);
        let first = if is_built_in { "the gateway itself" } else { "the other" };
        return format!("{} matches too, but {first} goes first", quoted(&route.name));
    };
    let miss = match first {
        Miss::Host => "its host does not match".to_owned(),
        Miss::Path => "its path does not match".to_owned(),
        Miss::Method => "it does not serve this method".to_owned(),
        Miss::Header(HeaderPredicate { name, value }) => {
            format!("it wants the header {}", quoted(&format!("{name}: {value}")))
        }
        Miss::Query(QueryPredicate { name, value }) => {
            format!("it wants the query parameter {}", quoted(&format!("{name}={value}")))
        }
    };
    format!("expected {}, but {miss}", quoted(&route.name))
}
