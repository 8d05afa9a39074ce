//! What is tried again, where, and what it counts as.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use castgate_test_support::{Received, Reply, Request, Step};

use crate::testbed::{Testbed, assert_problem};

/// How often a request was tried again, by reason.
fn retries(bed: &Testbed, reason: &str) -> f64 {
    bed.metrics().sum("gateway_retries_total", &[("route", "trio"), ("reason", reason)])
}

#[test]
fn a_new_connection_that_is_reset_costs_an_idempotent_request_nothing_if_there_is_another_backend() {
    for ending in [Step::Reset, Step::Close] {
        let bed = Testbed::new("backends");
        bed.b.set(Reply(vec![ending]));
        bed.a.set(Reply::text("up"));
        bed.c.set(Reply::text("up"));
        let mut client = bed.connect();
        for method in ["GET", "OPTIONS", "DELETE"].repeat(4) {
            assert_eq!(client.call(&Request::new(method, "/trio")).text(), "up", "{method}");
        }
        // Every third met the one that resets, and went on at once.
        assert_eq!(bed.b.count(), 4);
        let counted = bed.await_metrics(|m| m.sum("gateway_retries_total", &[("reason", "reset")]) == 4.0);
        assert_eq!(counted.sum("gateway_retries_total", &[]), 4.0);
    }
}

#[test]
fn a_reset_under_a_post_or_a_body_is_told_and_never_sent_twice() {
    let bed = Testbed::new("backends");
    for upstream in [&bed.a, &bed.b, &bed.c] {
        upstream.set(Reply(vec![Step::ReadBody, Step::Reset]));
    }
    let mut client = bed.connect();
    for (n, request) in [
        Request::post("/trio/0", ""),
        Request::post("/trio/1", "pay"),
        Request::new("PUT", "/trio/2").body("store"),
        Request::new("PATCH", "/trio/3"),
    ]
    .iter()
    .enumerate()
    {
        assert_problem(&client.call(request), 502, "upstream_reset");
        let target = format!("/trio/{n}");
        let arrived = [&bed.a, &bed.b, &bed.c].map(|upstream| upstream.requests());
        assert_eq!(arrived.iter().flatten().filter(|request| request.target == target).count(), 1);
    }
    assert_eq!(retries(&bed, "reset"), 0.0);
}

#[test]
fn a_reset_of_the_only_backend_is_told_and_is_no_retry() {
    let bed = Testbed::new("backends");
    bed.a.set(Reply(vec![Step::Reset]));
    let response = bed.get("/single");
    assert_problem(&response, 502, "upstream_reset");
    assert_eq!(bed.a.count(), 1);
    assert!(bed.log_of(&response).value.get("retries").is_none());
}

#[test]
fn an_answer_that_has_begun_is_not_asked_for_again() {
    let bed = Testbed::new("backends");
    for upstream in [&bed.a, &bed.b, &bed.c] {
        upstream.set(Reply(vec![Step::SendRaw("HTTP/1.1 200 OK\r\nX-".into()), Step::Reset]));
    }
    assert_problem(&bed.get("/trio"), 502, "upstream_reset");
    assert_eq!(bed.a.count() + bed.b.count() + bed.c.count(), 1);
}

/// Answers the first request of each connection, and closes at the second.
fn answers_once(text: &'static str) -> impl Fn(&Received) -> Reply + Send + Sync + 'static {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    move |request| match seen.lock().unwrap().insert(request.connection) {
        true => Reply::text(text),
        false => Reply(vec![Step::Close]),
    }
}

#[test]
fn a_retry_after_a_stale_connection_opens_a_new_one() {
    let bed = Testbed::new("backends");
    // As many kept connections as requests at a time, and every one of them will die under its second request.
    for _ in 0..3 {
        for upstream in [&bed.a, &bed.b, &bed.c] {
            upstream.set_script(answers_once("up"));
        }
        let mut clients: Vec<_> = (0..12).map(|_| bed.connect()).collect();
        for client in &mut clients {
            client.send_request(&Request::get("/trio"));
        }
        for client in &mut clients {
            assert_eq!(client.read_response().unwrap().text(), "up");
        }
        for client in &mut clients {
            assert_eq!(client.get("/trio").text(), "up");
        }
    }
    assert!(retries(&bed, "stale_connection") > 0.0);
}

#[test]
fn connections_that_all_turn_out_stale_do_not_use_the_budget_up() {
    let bed = Testbed::new("backends");
    // Every request but the first meets a connection that dies under it, and there is no other backend.
    bed.a.set_script(answers_once("up"));
    let mut client = bed.connect();
    for _ in 0..100 {
        assert_eq!(client.get("/single").text(), "up");
    }
    let stale = [("route", "single"), ("reason", "stale_connection")];
    bed.await_metrics(|m| m.sum("gateway_retries_total", &stale) == 99.0);
}

#[test]
fn the_dead_one_of_two_is_met_by_its_own_turns_alone() {
    let bed = Testbed::new("proxy");
    bed.name_backends();
    bed.b.stop();
    let mut client = bed.connect();
    for _ in 0..40 {
        assert_eq!(client.get("/pair").text(), "a");
    }
    let counted = bed.await_metrics(|m| m.sum("gateway_retries_total", &[("route", "pair")]) >= 20.0);
    assert_eq!(counted.sum("gateway_retries_total", &[]), 20.0);
}
