//! A failing upstream is left alone for a while, then asked once.

use std::thread;
use std::time::Duration;

use castgate_test_support::{
    Gate, Message, Metrics, RawClient, Received, Reply, Request, Response, Step, let_pass, poll,
};

use crate::testbed::{Testbed, assert_problem};

/// As in `configs/middleware.yml`, and a little more.
const OPEN: Duration = Duration::from_millis(1550);

fn state(bed: &Testbed, state: &str) {
    state_of(bed, "fragile", state);
}

fn state_of(bed: &Testbed, upstream: &str, state: &str) {
    let labels = [("upstream", upstream), ("state", state)];
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
    // A request that is let through is to be the one that leaves.
    let_pass(OPEN);
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

/// In `configs/crowd.yml` the upstream `guarded` has time enough to answer. A client that waits for longer than this, and leaves, has
/// been kept waiting for too long.
const TOO_LONG: Duration = Duration::from_millis(1100);

/// A response that is broken off in the middle of its body.
fn broken() -> Reply {
    Reply(vec![Step::SendRaw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".into()), Step::Close])
}

/// So many clients whose requests have come to the backend.
fn waiting(bed: &Testbed, count: usize) -> Vec<RawClient> {
    let send = |number| {
        let target = format!("/guarded/{number}");
        let mut client = bed.connect();
        client.send_request(&Request::get(&target));
        bed.b.await_request(|r| r.target == target);
        client
    };
    (0..count).map(send).collect()
}

/// Waits until the gateway has noticed that these requests are over.
fn await_over(bed: &Testbed, count: usize) {
    let ended = |m: &Metrics| m.sum("gateway_http_requests_total", &[("route", "guarded")]);
    bed.await_metrics(|m| ended(m) == count as f64);
}

#[test]
fn an_upstream_that_hangs_is_spared_though_its_clients_are_impatient() {
    let bed = Testbed::new("crowd");
    bed.b.set(Reply::hang());
    let clients = waiting(&bed, 4);
    let_pass(TOO_LONG);
    drop(clients);
    state_of(&bed, "guarded", "open");
    assert_problem(&bed.get("/guarded"), 503, "circuit_open");
}

#[test]
fn a_client_that_changes_its_mind_at_once_shows_nothing() {
    let bed = Testbed::new("crowd");
    bed.b.set(Reply::hang());
    for client in waiting(&bed, 5) {
        drop(client);
    }
    await_over(&bed, 5);
    bed.b.set(Reply::echo());
    assert_eq!(bed.get("/guarded").status, 200);
    state_of(&bed, "guarded", "closed");
}

#[test]
fn a_client_that_does_not_send_its_request_to_the_end_shows_nothing() {
    let bed = Testbed::new("crowd");
    bed.b.set(Reply::hang());
    let clients: Vec<RawClient> = (0..5)
        .map(|number| {
            let mut client = bed.connect();
            client
                .send(format!("POST /guarded/{number} HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"));
            bed.b.await_request(|r| r.target == format!("/guarded/{number}"));
            client
        })
        .collect();
    let_pass(TOO_LONG);
    drop(clients);
    await_over(&bed, 5);
    state_of(&bed, "guarded", "closed");
}

#[test]
fn the_time_that_an_upload_took_is_not_held_against_the_upstream() {
    let bed = Testbed::new("crowd");
    bed.b.set(Reply::hang());
    let uploads = (0..5).map(|number| {
        let mut client = bed.connect();
        client.send(format!("POST /guarded/{number} HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"));
        client
    });
    let uploads: Vec<RawClient> = uploads.collect();
    let_pass(TOO_LONG);
    for (number, mut client) in uploads.into_iter().enumerate() {
        client.send("other");
        let whole = |r: &Received| r.target == format!("/guarded/{number}") && r.body == b"halfother";
        bed.b.await_request(whole);
        drop(client);
    }
    await_over(&bed, 5);
    bed.b.set(Reply::echo());
    assert_eq!(bed.get("/guarded").status, 200);
    state_of(&bed, "guarded", "closed");
}

#[test]
fn an_answer_that_is_broken_off_is_a_failure_everywhere() {
    let bed = Testbed::new("crowd");
    bed.b.set(broken());
    for number in 0..4 {
        let path = format!("/guarded/{number}");
        let mut client = bed.connect();
        client.send_request(&Request::get(&path));
        assert!(client.read_response().is_err());
        assert_eq!(bed.gateway.log_of(&path).text("reason"), "upstream_reset");
    }
    state_of(&bed, "guarded", "open");
    let metrics = bed.metrics();
    let attempts = |status: &str| {
        metrics.sum("gateway_upstream_requests_total", &[("upstream", "guarded"), ("status", status)])
    };
    assert_eq!((attempts("200"), attempts("502")), (0.0, 4.0));
}

#[test]
fn a_trial_whose_answer_is_broken_off_opens_it_again() {
    let bed = Testbed::new("crowd");
    bed.b.set(Reply::reset());
    for _ in 0..4 {
        assert_eq!(bed.get("/guarded").status, 502);
    }
    bed.b.set(broken());
    poll(|| {
        let mut client = bed.connect();
        client.send_request(&Request::get("/guarded/trial"));
        match client.read_response() {
            Ok(response) => Err(format!("{} {}", response.status, response.text())),
            Err(_) => Ok(()),
        }
    });
    // At once, and not because of what was counted before.
    state_of(&bed, "guarded", "open");
    assert_problem(&bed.get("/guarded"), 503, "circuit_open");
}

#[test]
fn a_trial_that_streams_for_ever_keeps_nobody_out() {
    let bed = Testbed::new("crowd");
    bed.b.set(Reply::reset());
    for _ in 0..4 {
        assert_eq!(bed.get("/guarded").status, 502);
    }
    let gate = Gate::new();
    let stream = gate.clone();
    bed.b.set_script(move |request| match request.target.as_str() {
        "/guarded/stream" => Reply(vec![
            Step::SendRaw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n".into()),
            Step::Pause(stream.clone()),
        ]),
        _ => Reply::echo(),
    });
    let streaming = poll(|| {
        let mut client = bed.connect();
        client.send_request(&Request::get("/guarded/stream"));
        client.await_bytes(b"\r\n\r\n").map_err(|error| error.to_string())?;
        let head = client.read_head().map_err(|error| error.to_string())?;
        if head.start_line.contains("200") { Ok(client) } else { Err(head.start_line) }
    });
    assert_eq!(trial(&bed, "/guarded").status, 200);
    state_of(&bed, "guarded", "closed");
    drop(streaming);
    gate.open();
}

#[test]
fn a_client_that_leaves_in_the_middle_of_an_answer_had_one() {
    let bed = Testbed::new("crowd");
    let gate = Gate::new();
    bed.b.set(Reply(vec![
        Step::SendRaw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".into()),
        Step::Pause(gate.clone()),
    ]));
    for mut client in waiting(&bed, 5) {
        client.await_bytes(b"half").unwrap();
    }
    await_over(&bed, 5);
    state_of(&bed, "guarded", "closed");
    gate.open();
}
