//! What is no good request is refused, counted and logged, and never reaches a backend.

use castgate_test_support::{Closing, LogLine, RawClient};

use crate::testbed::{Testbed, assert_problem};

/// Sends each request on a connection of its own; one of `statuses` must come back, with a line in the log and a
/// count, and nothing may reach the backend.
#[track_caller]
fn refused(statuses: &[u16], closes: bool, requests: &[&str]) {
    let bed = Testbed::new("proxy");
    for (before, request) in requests.iter().enumerate() {
        let mut client = bed.connect();
        client.send(latin1(request));
        let response = match client.read_response() {
            Ok(response) => response,
            Err(error) => panic!("no answer to {request:?}: {error}"),
        };
        assert!(statuses.contains(&response.status), "{request:?} answers {}", response.status);
        if closes {
            assert_eq!(client.await_close(), Closing::Closed, "after {request:?}");
        }
        let line = bed.gateway.log_line(counts(before + 1));
        assert_eq!(line.status(), u64::from(response.status), "{request:?}: {}", line.raw);
        let reason = line.text("reason");
        assert!(!reason.is_empty() && reason != "ok", "{request:?}: {}", line.raw);
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{request:?}");
        let problem = response.json();
        assert_eq!(problem["reason"], reason, "{request:?}");
        assert_eq!(problem["request_id"], line.text("request_id"), "{request:?}: {}", line.raw);
        let total = (before + 1) as f64;
        bed.await_metrics(|m| m.sum("gateway_http_requests_total", &[]) == total);
    }
    assert_eq!(bed.a.count(), 0, "{:#?}", bed.a.requests());
    assert_eq!(bed.gateway.raw_log().len(), requests.len());
}

/// Accepts the line of this number.
fn counts(number: usize) -> impl Fn(&LogLine) -> bool {
    let seen = std::cell::Cell::new(0);
    move |_| {
        seen.set(seen.get() + 1);
        seen.get() == number
    }
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

#[test]
fn a_request_has_exactly_one_good_host() {
    refused(
        &[400],
        false,
        &[
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a#b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \u{e9}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: %61\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n",
            "GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://a/ HTTP/1.1\r\n\r\n",
            "GET http://a%2eb/ HTTP/1.1\r\nHost: a\r\n\r\n",
        ],
    );
}

/// What is wrong with these is wrong whatever they ask for.
const BAD_HEADS: [(&str, u16); 7] = [
    ("HTTP/1.1\r\n\r\n", 400),
    ("HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    ("HTTP/1.1\r\nHost: a\r\nConnection: X-Forwarded-For\r\n\r\n", 400),
    ("HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n", 400),
    ("HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", 413),
];

#[test]
fn the_built_in_paths_ask_of_a_request_what_all_others_do() {
    let bed = Testbed::new("middleware");
    let mut count = 0;
    for path in ["/health", "/livez", "/readyz", "/metrics", "/public"] {
        for (head, status) in BAD_HEADS {
            let mut client = bed.connect();
            client.send(format!("GET {path} {head}"));
            let response = client.read_response().unwrap();
            assert_eq!(response.status, status, "GET {path} {head:?}");
            assert_eq!(client.await_close(), Closing::Closed);
            count += 1;
            assert_eq!(bed.gateway.log_line(counts(count)).status(), u64::from(status));
        }
        let response = bed.raw(format!("GET {path} HTTP/1.0\r\n\r\n"));
        assert!(matches!(response.status, 200 | 503), "HTTP/1.0 has no Host: {}", response.status);
        count += usize::from(path == "/public");
    }
    bed.gateway.log_line(counts(count));
    assert_eq!(bed.gateway.raw_log().len(), count, "a good request for a built-in path has no line");
}

#[test]
fn the_admin_listener_asks_of_a_request_what_all_others_do() {
    let bed = Testbed::new("proxy");
    for path in ["/health", "/livez", "/readyz", "/metrics", "/nowhere"] {
        for (head, status) in BAD_HEADS.into_iter().filter(|(_, status)| *status != 413) {
            let mut client = RawClient::connect(bed.gateway.admin_address());
            client.send(format!("GET {path} {head}"));
            let response = client.read_response().unwrap();
            assert_eq!(response.status, status, "GET {path} {head:?}");
            assert_eq!(client.await_close(), Closing::Closed);
        }
    }
    assert!(bed.gateway.raw_log().is_empty());
}

#[test]
fn a_broken_line_is_refused_when_it_has_come_and_not_when_time_is_up() {
    // It has one worker: what comes in pieces is read in pieces, before it answers another.
    let bed = Testbed::new("tunnels");
    for broken in
        ["Bad Header: x\r\n", "Host: a\r\nHost: b\r\n\r\n", ": empty\r\n", "X: a\0b\r\n", " folded\r\nX"]
    {
        let mut client = bed.connect();
        for piece in ["GET / HT", "TP/1.1\r\nX-One: 1\r\n", "X-Two: 2\r\nX-", "Three: 3\r\n", broken] {
            client.send(piece);
            assert_eq!(bed.get("/fixed").status, 200);
        }
        assert_problem(&client.read_response().unwrap(), 400, "bad_request");
    }
}

#[test]
fn a_start_line_is_a_start_line() {
    refused(
        &[400, 501, 505],
        true,
        &[
            "garbage\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n",
            "GET\r\n\r\n",
            "GET /\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1 extra\r\nHost: a\r\n\r\n",
            "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
            "GET / http/1.1\r\nHost: a\r\n\r\n",
            "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        ],
    );
}

#[test]
fn a_target_has_the_form_its_method_asks_for() {
    refused(
        &[400, 421],
        false,
        &[
            "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        ],
    );
}

#[test]
fn header_lines_are_header_lines() {
    refused(
        &[400],
        true,
        &[
            "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n",
            "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: nul\u{0}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: bare\rcr\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX\u{e9}: y\r\n\r\n",
        ],
    );
}

#[test]
fn a_path_has_one_meaning_or_none() {
    refused(
        &[400],
        false,
        &[
            "GET /% HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a%5Cb HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a%5cb HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a\u{e9}b HTTP/1.1\r\nHost: a\r\n\r\n",
        ],
    );
}

#[test]
fn the_length_of_a_body_has_one_meaning_or_none() {
    refused(
        &[400, 501],
        true,
        &[
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nhello",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
        ],
    );
}

#[test]
fn chunked_is_the_only_transfer_coding() {
    let body = "0\r\n\r\n";
    let requests = [
        "gzip, chunked",
        "chunked, chunked",
        "chunked, gzip",
        "identity",
        "identity, chunked",
        "gzip",
        "xchunked",
        "chunked;q=1",
        "chunked\r\nTransfer-Encoding: chunked",
        "gzip\r\nTransfer-Encoding: chunked",
        "\u{b}chunked",
        "\"chunked\"",
    ]
    .map(|coding| format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n{body}"));
    refused(&[400, 501], true, &requests.each_ref().map(String::as_str));
    let bed = Testbed::new("proxy");
    let status = |coding: &str| {
        let mut client = bed.connect();
        client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n{body}"));
        client.read_response().unwrap().status
    };
    // RFC 9112 section 6.3: where the body ends is known if `chunked` is the last one, and only then.
    assert_eq!((status("gzip, chunked"), status("gzip")), (501, 400));
}

#[test]
fn methods_that_no_gateway_forwards_are_refused() {
    refused(
        &[400, 405, 501],
        false,
        &[
            "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
            "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
            "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n",
        ],
    );
}

#[test]
fn nominating_an_end_to_end_field_is_refused_or_does_nothing() {
    let bed = Testbed::new("proxy");
    for name in ["host", "authorization", "content-length", "x-forwarded-for", "x-request-id", "cookie"] {
        let response = bed.raw(format!(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: close, {name}\r\nAuthorization: b\r\nCookie: c=d\r\nContent-Length: 2\r\n\r\nhi"
        ));
        if response.status == 400 {
            continue;
        }
        let request = bed.a.requests().pop().unwrap();
        assert!(!request.all(name).is_empty(), "{name} was taken away by the client");
        assert_eq!(request.body, b"hi");
    }
}

#[test]
fn a_refusal_is_whole_although_the_request_is_not_read() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    // More than the kernel holds back: a careless close would reset the connection and take the answer with it.
    let mut bytes = b"POST /%zz HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n".to_vec();
    bytes.resize(bytes.len() + (1 << 20), b'x');
    _ = client.try_send(bytes);
    assert_eq!(client.read_response().unwrap().status, 400);
}
