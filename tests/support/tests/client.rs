//! The raw client tells a complete response from a truncated one, and reads strictly.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how a test says no")]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use castgate_test_support::{Closing, RawClient, ReadError, Request, Response};

/// A server that answers one connection with these bytes and closes.
fn answers(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        _ = stream.read(&mut request);
        stream.write_all(bytes).unwrap();
    });
    address
}

fn get(bytes: &'static [u8]) -> Result<Response, ReadError> {
    RawClient::connect(answers(bytes)).exchange(&Request::get("/"))
}

#[test]
fn keeps_the_headers_in_order_and_each_line_on_its_own() {
    let response = get(b"HTTP/1.1 200 OK\r\nB: 1\r\na:2 \r\nb: 3\r\nContent-Length: 0\r\n\r\n").unwrap();
    assert_eq!(response.all("b"), ["1", "3"]);
    assert_eq!(response.head.headers[1], ("a".to_owned(), "2".to_owned()));
    assert_eq!(response.head.lines[1], "a:2 ");
}

#[test]
fn a_short_body_is_a_truncation_and_never_a_response() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ] {
        assert_eq!(get(bytes).unwrap_err(), ReadError::Truncated);
    }
    assert_eq!(get(b"").unwrap_err(), ReadError::Closed);
}

#[test]
fn a_body_without_framing_ends_with_the_connection() {
    assert_eq!(get(b"HTTP/1.1 200 OK\r\n\r\nall of it").unwrap().text(), "all of it");
}

#[test]
fn ambiguous_framing_is_an_error() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nfour",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nfour",
        b"HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nfour",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ] {
        assert!(matches!(get(bytes).unwrap_err(), ReadError::Malformed(_)));
    }
}

#[test]
fn interim_responses_are_kept_apart() {
    let response =
        get(b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").unwrap();
    assert_eq!((response.status, response.interim.len()), (204, 1));
    assert_eq!(response.interim[0].header("link"), Some("a"));
}

#[test]
fn pipelined_responses_are_read_one_by_one() {
    let mut client = RawClient::connect(answers(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo",
    ));
    client.send_request(&Request::new("HEAD", "/"));
    client.send_request(&Request::get("/"));
    assert_eq!(client.read_response().unwrap().text(), "");
    assert_eq!(client.read_response().unwrap().text(), "two");
    assert_eq!(client.await_close(), Closing::Closed);
}

#[test]
fn a_silent_peer_is_a_timeout() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut client = RawClient::connect(listener.local_addr().unwrap());
    client.set_timeout(Duration::from_millis(20));
    assert_eq!(client.exchange(&Request::get("/")).unwrap_err(), ReadError::TimedOut);
    assert_eq!(client.await_close(), Closing::Open);
}

#[test]
fn bytes_after_a_response_are_noticed() {
    let mut client = RawClient::connect(answers(b"HTTP/1.1 204 No Content\r\n\r\nmore"));
    client.get("/");
    assert_eq!(client.await_close(), Closing::Sent(4));
}

#[test]
fn requests_are_written_as_described() {
    let request = Request::post("/a", "hi").header("X", "1").chunked();
    let expected = "POST /a HTTP/1.1\r\nHost: gateway.test\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    assert_eq!(String::from_utf8(request.bytes()).unwrap(), expected);
    let request = Request::get("*").host("b");
    assert_eq!(String::from_utf8(request.bytes()).unwrap(), "GET * HTTP/1.1\r\nHost: b\r\n\r\n");
}
