//! A failing upstream is left alone for a while, then asked once.

use std::thread;
use std::time::Duration;

use castgate_test_support::{Gate, Message, Reply, Request, Response, poll};

use crate::testbed::{Testbed, assert_problem};

/// As in `configs/middleware.yml`, and a little more.
const OPEN: Duration = Duration::from_millis(450);

fn state(bed: &Testbed, state: &str) {
    let labels = [("upstream", "fragile"), ("state", state)];
    bed.await_metrics(|m| m.value("gateway_circuit_breaker_state", &labels) == Some(1.0));
}

/// The answer to the first request that is let through again.
fn trial(bed: &Testbed, target: &str) -> Response {
    poll(|| {
        let response = bed.get(target);
        if response.text().contains("circuit_open") { Err("open".to_owned()) } else { Ok(response) }
    })
}

/// Four failures, and it is open.
fn open(bed: &Testbed, failure: Reply) {
    bed.b.set(failure);
    for _ in 0..4 {
        assert!(bed.get("/fragile").status >= 500);
    }
    state(bed, "open");
}

#[test]
fn failures_open_it_and_the_upstream_is_left_alone() {
    let bed = Testbed::new("middleware");
    for failure in [Reply::reset(), Message::new(500).into()] {
        open(&bed, failure);
        let asked = bed.b.count();
        let response = bed.get("/fragile");
        assert_problem(&response, 503, "circuit_open");
        assert_eq!(bed.log_of(&response).text("reason"), "circuit_open");
        assert_eq!(bed.b.count(), asked);
        bed.b.set(Reply::echo());
        assert_eq!(trial(&bed, "/fragile").status, 200);
        state(&bed, "closed");
    }
}

#[test]
fn a_refused_connection_is_a_failure() {
    let bed = Testbed::new("middleware");
    bed.b.stop();
    for _ in 0..4 {
        assert_eq!(bed.get("/fragile").status, 502);
    }
    assert_problem(&bed.get("/fragile"), 503, "circuit_open");
}

#[test]
fn a_timeout_is_a_failure() {
    let bed = Testbed::new("middleware");
    bed.b.set(Reply::hang());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(bed.get("/fragile").status, 504));
        }
    });
    state(&bed, "open");
    assert_problem(&bed.get("/fragile"), 503, "circuit_open");
}

#[test]
fn what_the_client_got_wrong_is_no_failure() {
    let bed = Testbed::new("middleware");
    for status in [400, 404, 422] {
        bed.b.set(Message::new(status));
        for _ in 0..5 {
            assert_eq!(bed.get("/fragile").status, status);
        }
    }
    state(&bed, "closed");
}

#[test]
fn too_few_requests_say_nothing() {
    let bed = Testbed::new("middleware");
    bed.b.set(Reply::reset());
    for _ in 0..3 {
        assert_eq!(bed.get("/fragile").status, 502);
    }
    state(&bed, "closed");
    bed.b.set(Reply::echo());
    assert_eq!(bed.get("/fragile").status, 200);
}

#[test]
fn after_a_while_one_request_tries_it() {
    let bed = Testbed::new("middleware");
    open(&bed, Reply::reset());
    let gate = Gate::new();
    bed.b.set(Reply(vec![
        castgate_test_support::Step::Pause(gate.clone()),
        castgate_test_support::Step::Echo,
    ]));
    let asked = bed.b.count();
    thread::scope(|scope| {
        let probe = scope.spawn(|| trial(&bed, "/fragile/probe"));
        bed.b.await_request(|r| r.target == "/fragile/probe");
        state(&bed, "half_open");
        for _ in 0..3 {
            assert_problem(&bed.get("/fragile"), 503, "circuit_open");
        }
        assert_eq!(bed.b.count(), asked + 1);
        gate.open();
        assert_eq!(probe.join().unwrap().status, 200);
    });
    state(&bed, "closed");
    assert_eq!(bed.get("/fragile").status, 200);
}

#[test]
fn a_trial_that_fails_opens_it_again() {
    let bed = Testbed::new("middleware");
    open(&bed, Reply::reset());
    assert_eq!(trial(&bed, "/fragile").status, 502);
    let asked = bed.b.count();
    assert_problem(&bed.get("/fragile"), 503, "circuit_open");
    assert_eq!(bed.b.count(), asked);
    state(&bed, "open");
}

#[test]
fn a_trial_whose_client_leaves_does_not_block_it_for_ever() {
    let bed = Testbed::new("middleware");
    open(&bed, Reply::reset());
    let asked = bed.b.count();
    bed.b.set_script(|request| match request.target.as_str() {
        "/fragile/leaves" => Reply(vec![castgate_test_support::Step::Hang]),
        _ => Reply::echo(),
    });
    // Time itself is what is waited for: a request that is let through is the one that leaves.
    thread::sleep(OPEN);
    let mut leaves = bed.connect();
    leaves.send_request(&Request::get("/fragile/leaves"));
    let connection = bed.b.await_request(|r| r.target == "/fragile/leaves").connection;
    drop(leaves);
    bed.b.await_disconnect(connection);
    bed.gateway.poll_admin("/livez", |_| bed.get("/fragile").status == 200);
    assert!(bed.b.count() > asked);
}

#[test]
fn other_routes_do_not_suffer() {
    let bed = Testbed::new("middleware");
    open(&bed, Reply::reset());
    assert_eq!(bed.get("/public").status, 200);
}
