//! Every limit bites with its own answer, and says so in the log.

use std::time::{Duration, Instant};

use castgate_test_support::{BodyState, Closing, ReadError, Reply, Request};

use crate::testbed::Testbed;

/// The answer has this status, and the log has a reason for it.
#[track_caller]
fn bites(bed: &Testbed, request: &Request, status: u16) {
    let mut client = bed.connect();
    let response = client.call(request);
    assert_eq!(response.status, status, "{}", response.text());
    let line = bed.gateway.log_line(|line| line.status() == u64::from(status));
    assert!(!["", "ok"].contains(&line.text("reason")), "{}", line.raw);
    let status = status.to_string();
    bed.await_metrics(|m| m.sum("gateway_http_requests_total", &[("status", &status)]) == 1.0);
}

#[test]
fn a_long_target_is_a_414() {
    let bed = Testbed::new("sizes");
    assert_eq!(bed.get(&format!("/{}", "x".repeat(1000))).status, 200);
    bites(&bed, &Request::get(&format!("/{}", "x".repeat(1100))), 414);
    assert_eq!(bed.a.count(), 1);
}

#[test]
fn a_long_query_is_a_414() {
    let bed = Testbed::new("sizes");
    bites(&bed, &Request::get(&format!("/?{}", "x".repeat(1100))), 414);
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn a_large_head_is_a_431() {
    let bed = Testbed::new("sizes");
    assert_eq!(bed.call(&Request::get("/").header("X", &"x".repeat(3500))).status, 200);
    bites(&bed, &Request::get("/").header("X", &"x".repeat(4200)), 431);
    assert_eq!(bed.a.count(), 1);
}

#[test]
fn a_huge_head_is_a_431_too() {
    let bed = Testbed::new("sizes");
    let request = (0..100).fold(Request::get("/"), |r, n| r.header(&format!("X-{n}"), &"x".repeat(5000)));
    bites(&bed, &request, 431);
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn many_fields_are_a_431() {
    let bed = Testbed::new("sizes");
    let with = |count| (1..count).fold(Request::get("/"), |r, n| r.header(&format!("X-{n}"), "x"));
    assert_eq!(bed.call(&with(20)).status, 200);
    bites(&bed, &with(21), 431);
    assert_eq!(bed.a.count(), 1);
}

#[test]
fn a_large_body_is_a_413() {
    let bed = Testbed::new("sizes");
    assert_eq!(bed.call(&Request::post("/", vec![b'x'; 2048])).status, 200);
    bites(&bed, &Request::post("/", vec![b'x'; 2049]), 413);
    assert_eq!(bed.a.count(), 1, "a body that says it is too large reached the backend");
}

#[test]
fn a_body_that_turns_out_too_large_is_never_completed() {
    let bed = Testbed::new("sizes");
    let response = bed.connect().exchange(&Request::post("/", vec![b'x'; 100_000]).chunked());
    match response {
        Ok(response) => assert_eq!(response.status, 413),
        Err(error) => assert!(matches!(error, ReadError::Closed | ReadError::Truncated), "{error}"),
    }
    assert!(bed.a.requests().iter().all(|request| request.state != BodyState::Complete));
    let line = bed.gateway.log_of("/");
    assert_ne!(line.text("reason"), "ok", "{}", line.raw);
}

/// Whether its length is announced, or it only turns out.
#[test]
fn a_route_has_a_limit_of_its_own() {
    let bed = Testbed::new("sizes");
    for (path, most) in [("/uploads", 64 * 1024), ("/bodiless", 0)] {
        for chunked in [false, true] {
            let body = |length| {
                let request = Request::post(path, vec![b'x'; length]);
                if chunked { request.chunked() } else { request }
            };
            let whole = |count: usize| {
                bed.a.requests().iter().filter(|r| r.state == BodyState::Complete).count() == count
            };
            let before = bed.a.requests().iter().filter(|r| r.state == BodyState::Complete).count();
            assert_eq!(bed.call(&body(most)).status, 200, "{path}");
            assert!(whole(before + 1));
            match bed.connect().exchange(&body(most + 1)) {
                Ok(response) => assert_eq!(response.status, 413, "{path}"),
                Err(error) => assert!(matches!(error, ReadError::Closed | ReadError::Truncated), "{error}"),
            }
            let line = bed.gateway.log_line(|line| line.status() == 413 && line.text("path") == path);
            assert_eq!(line.text("reason"), "body_too_large", "{}", line.raw);
            assert!(whole(before + 1), "a body that is too large was completed");
        }
    }
}

#[test]
fn a_route_without_an_upstream_has_a_limit_too() {
    let bed = Testbed::new("sizes");
    assert_eq!(bed.call(&Request::post("/fixed", vec![b'x'; 16])).status, 200);
    bites(&bed, &Request::post("/fixed", vec![b'x'; 17]), 413);
}

#[test]
fn a_route_may_have_no_limit() {
    let bed = Testbed::new("sizes");
    // To say all of it again would take the backend longer than to read it.
    bed.a.set(Reply::text("taken"));
    for request in [
        Request::post("/unbounded", vec![b'x'; 6 << 20]),
        Request::post("/unbounded", vec![b'x'; 6 << 20]).chunked(),
    ] {
        assert_eq!(bed.call(&request).status, 200);
    }
    assert!(bed.a.requests().iter().all(|request| request.state == BodyState::Complete));
}

#[test]
fn a_slow_head_is_not_awaited_for_ever() {
    let bed = Testbed::new("limits");
    let mut client = bed.connect();
    let started = Instant::now();
    client.send("GET /slow HTTP/1.1\r\nHost: a\r\nX-Half");
    match client.read_response() {
        Ok(response) => assert_eq!(response.status, 408),
        Err(error) => assert!(matches!(error, ReadError::Closed), "{error}"),
    }
    assert_eq!(client.await_close(), Closing::Closed);
    let waited = started.elapsed();
    assert!(waited >= Duration::from_millis(250) && waited < Duration::from_secs(3), "{waited:?}");
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn an_idle_connection_is_closed() {
    let bed = Testbed::new("limits");
    let mut client = bed.connect();
    assert_eq!(client.get("/").status, 200);
    let started = Instant::now();
    assert_eq!(client.await_close(), Closing::Closed);
    let waited = started.elapsed();
    assert!(waited >= Duration::from_millis(500) && waited < Duration::from_secs(4), "{waited:?}");
}

#[test]
fn a_connection_that_never_says_anything_is_closed() {
    let bed = Testbed::new("limits");
    assert_eq!(bed.connect().await_close(), Closing::Closed);
}
