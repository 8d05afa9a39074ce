//! After an answer that did not need the request's body the connection serves the next request, or the answer has said
//! that it closes. Head and body come in packets of their own, as most clients send them.

use std::time::Duration;

use castgate_test_support::{
    Closing, DEADLINE, Gate, Message, RawClient, Reply, Request, Response, Step, poll,
};

use crate::testbed::{KEYS, Testbed};

const SMALL: usize = 10;
const LARGE: usize = 100_000;

fn head(target: &str, framing: &str) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n")
}

/// A POST of so many bytes: first the head, then the body.
fn post(client: &mut RawClient, target: &str, length: usize) -> Response {
    client.send(head(target, &format!("Content-Length: {length}")));
    // Who closes early need not take all of it; the answer must be there all the same.
    _ = client.try_send(vec![b'x'; length]);
    client.read_response().unwrap_or_else(|error| panic!("no answer to {length} bytes for {target}: {error}"))
}

/// The connection serves a GET, whatever the answer.
#[track_caller]
fn serves_on(client: &mut RawClient, target: &str, response: &Response) {
    assert!(response.keeps_alive(), "{:?}", response.head);
    let next = client.exchange(&Request::get(target).header("X-API-Key", KEYS[0]));
    assert_eq!(next.map(|response| response.status), Ok(200), "after {:?}", response.head);
}

/// The connection closes, as the answer has said.
#[track_caller]
fn closes(client: &mut RawClient, response: &Response) {
    assert_eq!(response.header("connection"), Some("close"), "{:?}", response.head);
    client.finish();
    assert_eq!(client.await_close(), Closing::Closed);
}

#[test]
fn a_small_body_that_a_401_did_not_need_costs_no_connection() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    for _ in 0..100 {
        let response = post(&mut client, "/private", SMALL);
        assert_eq!(response.status, 401);
        serves_on(&mut client, "/private", &response);
    }
    assert!(bed.a.requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn a_large_body_that_a_401_did_not_need_is_answered_and_the_close_announced() {
    let bed = Testbed::new("middleware");
    for _ in 0..100 {
        let mut client = bed.connect();
        let response = post(&mut client, "/private", LARGE);
        assert_eq!(response.status, 401);
        closes(&mut client, &response);
    }
}

#[test]
fn every_local_answer_leaves_the_connection_fit() {
    let bed = Testbed::new("middleware");
    for (target, status) in [("/nowhere", 404), ("/moved", 307), ("/health", 405)] {
        let mut client = bed.connect();
        for _ in 0..10 {
            let response = post(&mut client, target, SMALL);
            assert_eq!(response.status, status, "{target}");
            serves_on(&mut client, "/public", &response);
        }
        let response = post(&mut client, target, LARGE);
        assert_eq!(response.status, status, "{target}");
        closes(&mut client, &response);
    }
    let mut client = bed.connect();
    for number in 0..6 {
        let response = post(&mut client, "/limited", SMALL);
        assert_eq!(response.status, if number < 3 { 200 } else { 429 });
        serves_on(&mut client, "/public", &response);
    }
}

#[test]
fn an_open_breaker_leaves_the_connection_fit() {
    let bed = Testbed::new("middleware");
    bed.b.set(Reply(vec![Step::Close]));
    let mut client = bed.connect();
    let open = poll(|| match post(&mut client, "/fragile", SMALL) {
        response if response.status == 503 => Ok(response),
        response => Err(format!("{}", response.status)),
    });
    serves_on(&mut client, "/public", &open);
}

#[test]
fn chunks_that_nobody_reads_are_read_away_if_they_are_few() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    for _ in 0..20 {
        client.send(head("/private", "Transfer-Encoding: chunked"));
        client.send("5\r\nhello\r\n");
        client.send("0\r\nX-Trailer: 1\r\n\r\n");
        let response = client.read_response().unwrap();
        assert_eq!(response.status, 401);
        serves_on(&mut client, "/private", &response);
    }
    client.send(head("/private", "Transfer-Encoding: chunked"));
    _ = client.try_send(format!("{LARGE:x}\r\n{}", "x".repeat(LARGE)));
    let response = client.read_response().unwrap();
    assert_eq!(response.status, 401);
    closes(&mut client, &response);
}

#[test]
fn a_body_that_was_not_asked_for_is_not_awaited() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    client.send(head("/private", "Content-Length: 10\r\nExpect: 100-continue"));
    let response = client.read_response().unwrap();
    assert_eq!((response.status, response.interim.len()), (401, 0));
    closes(&mut client, &response);
}

#[test]
fn a_body_that_does_not_come_is_not_awaited_for_long() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    client.set_timeout(DEADLINE / 2);
    client.send(head("/private", "Content-Length: 10"));
    let response = client.read_response().unwrap();
    assert_eq!(response.status, 401);
    closes(&mut client, &response);
}

#[test]
fn a_body_that_says_it_is_large_is_not_awaited_at_all() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    client.send(head("/private", &format!("Content-Length: {LARGE}")));
    let response = client.read_response().unwrap();
    assert_eq!(response.status, 401);
    closes(&mut client, &response);
    let line = bed.log_of(&response);
    assert!(line.value["duration_ms"].as_f64().is_some_and(|duration| duration < 1500.0), "{}", line.raw);
}

#[test]
fn a_connection_that_closes_says_so_at_once_and_still_takes_what_comes() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    client.set_timeout(Duration::from_secs(2));
    client.send(head("/private", &format!("Content-Length: {LARGE}")));
    assert_eq!(client.read_response().unwrap().status, 401);
    // Whoever reads to the end has all of the answer now, and has not said so.
    assert_eq!(client.await_close(), Closing::Closed);
    for _ in 0..LARGE / 1000 {
        client.send([b'x'; 1000]);
    }
    client.finish();
}

#[test]
fn a_malformed_rest_is_no_next_request() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    client.send(
        head("/private", "Transfer-Encoding: chunked") + "ZZ\r\n" + "GET /public HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    let response = client.read_response().unwrap();
    assert_eq!(response.status, 401);
    closes(&mut client, &response);
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn an_early_answer_of_the_backend_leaves_the_connection_fit_or_announces_its_end() {
    let bed = Testbed::new("proxy");
    bed.a.set_script(|request| match request.method.as_str() {
        "POST" => Reply(vec![Step::Send(Message::new(401).body("early")), Step::ReadBody]),
        _ => Reply::echo(),
    });
    let mut client = bed.connect();
    for number in 0..10 {
        let target = format!("/early/{number}");
        client.send(head(&target, &format!("Content-Length: {SMALL}")));
        bed.a.await_request(|request| request.target == target);
        client.send([b'x'; SMALL]);
        let response = client.read_response().unwrap();
        assert_eq!((response.status, response.text().as_str()), (401, "early"));
        serves_on(&mut client, "/", &response);
    }
    client.send(head("/early/large", &format!("Content-Length: {LARGE}")));
    bed.a.await_request(|request| request.target == "/early/large");
    let response = client.read_response().unwrap();
    assert_eq!((response.status, response.text().as_str()), (401, "early"));
    _ = client.try_send(vec![b'x'; LARGE]);
    closes(&mut client, &response);
}

#[test]
fn an_early_answer_that_goes_on_announces_the_end_of_the_connection() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    bed.a.set(Reply(vec![
        Step::SendRaw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n".into()),
        Step::Pause(gate.clone()),
        Step::SendRaw(b"0\r\n\r\n".into()),
        Step::Hang,
    ]));
    let mut client = bed.connect();
    client.send(head("/", &format!("Content-Length: {SMALL}")));
    client.await_bytes(b"first").unwrap();
    gate.open();
    let response = client.read_response().unwrap();
    closes(&mut client, &response);
}
