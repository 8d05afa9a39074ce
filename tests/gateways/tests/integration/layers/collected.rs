//! Bodies of requests that a layer reads whole: who is asked for them, and what comes of those that are not whole.

use castgate_test_support::{BodyState, RawClient};

use super::{bed, layered};
use crate::testbed::{Testbed, assert_problem};

#[test]
fn a_body_that_was_read_whole_is_announced_anew() {
    let bed = bed();
    for request in [
        layered("POST", "/", "up-collect").body("pay"),
        layered("POST", "/", "up-collect").body("pay").chunked(),
        layered("POST", "/", "up-replay up-collect").body("pay"),
    ] {
        assert_eq!(bed.call(&request).status, 200);
        let received = bed.a.requests().pop().unwrap();
        assert_eq!(received.body, b"<pay>");
        assert_eq!(received.all("content-length"), ["5"]);
        assert_eq!(received.all("transfer-encoding"), [""; 0]);
    }
    // What is nothing to be read is here at once.
    assert_eq!(bed.call(&layered("GET", "/", "up-collect")).status, 200);
    assert_eq!(bed.a.requests().pop().unwrap().body, b"<>");
}

#[test]
fn a_body_is_read_whole_while_it_comes() {
    let bed = bed();
    let mut client = bed.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nX-Layer: up-collect\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in ["2\r\nfi", "\r\n3\r\nrst\r\n", "4\r\nla", "st\r\n0\r\n", "\r\n"] {
        client.send(piece);
    }
    assert_eq!(client.read_response().unwrap().status, 200);
    assert_eq!(bed.a.requests().pop().unwrap().body, b"<firstlast>");
}

#[test]
fn a_body_that_is_too_long_to_be_read_whole_is_a_413() {
    let bed = bed();
    for request in [
        layered("POST", "/uploads", "up-collect").body(vec![b'x'; 1025]),
        layered("POST", "/uploads", "up-collect").body(vec![b'x'; 1025]).chunked(),
        // By the route's own limit.
        layered("POST", "/fixed", "up-collect").body(vec![b'x'; 17]).chunked(),
    ] {
        assert_problem(&bed.call(&request), 413, "body_too_large");
    }
    assert_eq!(bed.a.count(), 0);
    let response = bed.call(&layered("POST", "/uploads", "up-collect").body(vec![b'x'; 1024]));
    assert_eq!(response.status, 200);
}

#[test]
fn a_client_that_stops_within_a_body_that_is_read_whole_is_answered_like_any_other() {
    let bed = bed();
    let head = "POST /stops HTTP/1.1\r\nHost: a\r\nX-Layer: up-collect\r\nContent-Length: 9\r\n\r\nfirst";
    let mut client = bed.connect();
    client.send(head);
    assert_problem(&client.read_response().unwrap(), 408, "request_timeout");
    let mut client = bed.connect();
    client.send_and_finish(head);
    assert_problem(&client.read_response().unwrap(), 400, "bad_request");
    let mut client = bed.connect();
    client.send(head.replace("/stops", "/leaves"));
    bed.await_metrics(|metrics| metrics.sum("gateway_http_requests_in_flight", &[]) == 1.0);
    client.reset();
    let line = bed.gateway.log_of("/leaves");
    assert_eq!((line.status(), line.text("reason")), (499, "client_closed"), "{}", line.raw);
    assert_eq!(bed.a.count(), 0, "nothing of it went on");
}

/// Says that it waits to be asked for a body of three bytes.
fn asks(bed: &Testbed, words: &str) -> RawClient {
    let mut client = bed.connect();
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: a\r\nX-Layer: {words}\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    ));
    client
}

#[test]
fn a_client_that_waits_is_asked_for_a_body_when_it_is_read_whole() {
    let bed = bed();
    let mut client = asks(&bed, "up-collect");
    assert!(client.read_head().unwrap().start_line.contains("100 Continue"));
    client.send("pay");
    let response = client.read_response().unwrap();
    assert_eq!((response.status, response.keeps_alive()), (200, true));
    let received = bed.a.requests().pop().unwrap();
    assert_eq!((received.header("expect"), &received.body[..]), (None, &b"<pay>"[..]));
}

#[test]
fn a_client_whose_body_nobody_reads_is_not_asked_for_it() {
    let bed = bed();
    let mut client = asks(&bed, "up-replace");
    let response = client.read_response().unwrap();
    assert_eq!((response.status, response.keeps_alive()), (200, false));
    assert!(response.interim.is_empty());
    let received = bed.a.requests().pop().unwrap();
    assert_eq!((received.header("expect"), &received.body[..]), (None, &b"another"[..]));
    // Nor is the backend asked by a filter that makes another body of it.
    let mut client = asks(&bed, "up-grow");
    assert!(client.read_head().unwrap().start_line.contains("100 Continue"));
    client.send("pay");
    assert_eq!(client.read_response().unwrap().status, 200);
    let received = bed.a.requests().pop().unwrap();
    assert_eq!((received.header("expect"), &received.body[..]), (Some("100-continue"), &b"PPAAYY"[..]));
}

#[test]
fn what_could_not_be_read_whole_is_not_sent_on_as_if_it_were() {
    let bed = bed();
    for request in [
        layered("POST", "/", "up-stubborn").body("too long"),
        layered("POST", "/", "up-stubborn").body("too long").chunked(),
    ] {
        assert_problem(&bed.call(&request), 413, "body_too_large");
    }
    assert!(bed.a.requests().iter().all(|received| received.state != BodyState::Complete));
}
