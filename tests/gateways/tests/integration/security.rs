//! Attacks that have worked on other gateways.

use std::time::Duration;

use castgate_test_support::{Closing, Message, Reply, Request};
use serde_json::Value;

use crate::testbed::{Echoed, KEYS, Testbed};

/// A request inside the body of another one. Whoever forgets to read a body serves it.
const INNER: &str = "GET /private/inner HTTP/1.1\r\nHost: a\r\nX-API-Key: first-key-0123456789\r\n\r\n";

/// After these bytes at most one answer comes, and the next one belongs to the next request: whatever comes, the inner
/// request is not served. The client does not end its side, because a gateway may drop everything when it does, and
/// then nothing is proved.
#[track_caller]
fn no_inner_request(bed: &Testbed, bytes: &str) {
    let marker = "/public/marker";
    let mut client = bed.connect();
    client.set_timeout(Duration::from_secs(1));
    client.send(bytes);
    // No answer is a good answer, too: some of these promise a body that never comes.
    if client.read_response().is_ok_and(|response| response.keeps_alive()) {
        let next = client.exchange(&Request::get(marker).header("Connection", "close"));
        if let Ok(response) = next {
            let target = serde_json::from_slice::<Value>(&response.body).map(|json| json["target"].clone());
            assert!(
                target.is_err() || target.is_ok_and(|t| t == marker),
                "{bytes:?}, then {}",
                response.text()
            );
        }
    }
    assert!(!matches!(client.await_close(), Closing::Sent(_)), "one answer too many to {bytes:?}");
    let targets: Vec<_> = bed.a.requests().into_iter().map(|r| r.target).collect();
    assert!(!targets.iter().any(|target| target.contains("inner")), "{bytes:?} became {targets:?}");
}

/// T1, the class of CVE-2025-4366.
#[test]
fn the_body_of_a_request_that_is_answered_here_never_becomes_a_request() {
    let bed = Testbed::new("middleware");
    for _ in 0..3 {
        bed.get("/limited");
    }
    for target in ["/private", "/nowhere", "/limited", "/moved", "/health", "/metrics", "/livez", "/%zz"] {
        let length = INNER.len();
        no_inner_request(
            &bed,
            &format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{INNER}"),
        );
        no_inner_request(
            &bed,
            &format!(
                "POST {target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{INNER}\r\n0\r\n\r\n"
            ),
        );
        no_inner_request(
            &bed,
            &format!("GET {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{INNER}"),
        );
    }
}

/// T1 again, with a backend that answers before it has read.
#[test]
fn the_body_of_a_request_that_is_answered_early_never_becomes_a_request() {
    let bed = Testbed::new("middleware");
    bed.a.set(Reply::early(Message::new(200)));
    no_inner_request(
        &bed,
        &format!("POST /public HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{INNER}", INNER.len()),
    );
}

/// T2, the class of CVE-2026-2833.
#[test]
fn bytes_behind_a_refused_upgrade_are_a_request_like_any_other() {
    let bed = Testbed::new("middleware");
    bed.a.set(Reply::text("no upgrade"));
    for upgrade in ["websocket", "h2c", "x", "TLS/1.0"] {
        let mut client = bed.connect();
        client.send(format!(
            "GET /public HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\n\r\n\
             GET /private/behind HTTP/1.1\r\nHost: a\r\n\r\n"
        ));
        let first = client.read_response().unwrap();
        assert!(matches!(first.status, 200 | 400 | 426 | 501), "{upgrade}: {}", first.status);
        if let Ok(second) = client.read_response() {
            assert_eq!(second.status, 401, "{upgrade}: the second request was not asked for its key");
        }
    }
    assert!(bed.a.requests().iter().all(|request| request.target == "/public"));
    let asked: Vec<_> =
        bed.a.requests().iter().map(|request| request.header("upgrade").map(str::to_owned)).collect();
    assert!(asked.iter().flatten().all(|upgrade| upgrade == "websocket"), "{asked:?}");
}

/// T2, the class of CVE-2024-23326: what the backend says does not turn the connection into a tunnel.
#[test]
fn an_answer_that_pretends_to_upgrade_opens_no_tunnel() {
    let bed = Testbed::new("middleware");
    for head in ["HTTP/1.1 200 OK", "HTTP/1.1 101 Switching Protocols"] {
        bed.a.set(Reply::raw(format!(
            "{head}\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\npoison"
        )));
        let mut client = bed.connect();
        client.send("GET /public HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let rest = client.read_rest();
        assert!(!String::from_utf8_lossy(&rest).contains("poison"));
    }
}

/// T3, the class of CVE-2026-2835.
#[test]
fn ambiguous_framing_is_never_forwarded() {
    let bed = Testbed::new("middleware");
    let inner = INNER;
    let length = INNER.len();
    for framing in [
        "Transfer-Encoding: identity, chunked".to_owned(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity".to_owned(),
        "Transfer-Encoding: chunked, identity".to_owned(),
        "Transfer-Encoding : chunked".to_owned(),
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked".to_owned(),
        "Content-Length: +0".to_owned(),
        "Content-Length: 0, 0".to_owned(),
        format!("Content-Length: 0\r\nContent-Length: {length}"),
    ] {
        for version in ["1.1", "1.0"] {
            no_inner_request(
                &bed,
                &format!("POST /public HTTP/{version}\r\nHost: a\r\n{framing}\r\n\r\n0\r\n\r\n{inner}"),
            );
        }
    }
    no_inner_request(
        &bed,
        &format!("POST /public HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
    );
    assert_eq!(bed.a.count(), 0, "{:#?}", bed.a.requests());
}

/// T3: both lengths, in both orders. Chunked counts, the other one is taken away, the connection ends.
#[test]
fn two_lengths_end_the_connection() {
    let bed = Testbed::new("middleware");
    for framing in
        ["Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5"]
    {
        no_inner_request(
            &bed,
            &format!("POST /public HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n0\r\n\r\n{INNER}"),
        );
    }
    for request in bed.a.requests() {
        assert!(request.header("content-length").is_none_or(|length| length == "0"), "{request:#?}");
    }
}

/// T9: sizes that overflow.
#[test]
fn chunk_sizes_do_not_overflow() {
    let bed = Testbed::new("middleware");
    for size in [
        "FFFFFFFFFFFFFFFF",
        "FFFFFFFFFFFFFFFE",
        "FFFFFFFFFFFFFFFF0",
        "8000000000000000",
        "10000000000000000",
        "-1",
        "0x5",
        "",
    ] {
        no_inner_request(
            &bed,
            &format!(
                "POST /public HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{INNER}"
            ),
        );
    }
    assert_eq!(bed.get("/livez").status, 200);
}

/// T17, the class of CVE-2026-29054: for each field that the gateway adds, the backend sees the gateway's, once.
#[test]
fn a_client_cannot_speak_for_the_gateway() {
    let bed = Testbed::new("proxy");
    for name in
        ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-ID", "Forwarded", "X-Real-IP"]
    {
        let underscored = name.replace('-', "_");
        let variants = [
            Request::get("/").header(name, "spoofed"),
            Request::get("/").header(&name.to_lowercase(), "spoofed"),
            Request::get("/").header(&name.to_uppercase(), "spoofed"),
            Request::get("/").header(name, "spoofed").header(name, "spoofed"),
            Request::get("/").header(name, "spoofed").header("Connection", name),
            Request::get("/").header("Connection", &format!("keep-alive, {}", name.to_lowercase())),
            Request::get("/").header(&underscored, "spoofed"),
        ];
        let expected = bed.a.count();
        for request in &variants {
            let response = bed.call(request);
            // A nominated or an underscored field may also be refused outright.
            assert!(matches!(response.status, 200 | 400), "{request:?}: {}", response.status);
        }
        for request in &bed.a.requests()[expected..] {
            assert!(request.all(name).len() <= 1, "{request:#?}");
            let spoofed = request.headers.iter().any(|(field, value)| {
                field.replace('_', "-").eq_ignore_ascii_case(name) && value.contains("spoofed")
            });
            assert!(!spoofed, "{request:#?}");
        }
        let plain = bed.call(&Request::get("/"));
        let added = Echoed::of(&plain).all(name).len();
        for request in &bed.a.requests()[expected..] {
            assert_eq!(request.all(name).len(), added, "{name} can be taken away: {request:#?}");
        }
    }
}

/// T17: trailers are no way around it.
#[test]
fn a_trailer_cannot_speak_for_the_gateway() {
    let bed = Testbed::new("proxy");
    let response = bed.raw(
        "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: X-Forwarded-For\r\n\r\n\
         2\r\nhi\r\n0\r\nX-Forwarded-For: spoofed\r\nAuthorization: spoofed\r\nHost: spoofed\r\nContent-Length: 0\r\n\r\n",
    );
    assert!(matches!(response.status, 200 | 400), "{}", response.status);
    for request in bed.a.requests() {
        let fields = request.headers.iter().chain(&request.trailers);
        assert!(fields.into_iter().all(|(_, value)| value != "spoofed"), "{request:#?}");
    }
}

/// T19, the class of CVE-2026-71324.
#[test]
fn a_connect_poisons_nobody() {
    let bed = Testbed::new("middleware");
    let authority = bed.a.address();
    for head in [
        format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n"),
        "CONNECT /public HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        format!("CONNECT {authority} HTTP/1.0\r\n\r\n"),
        format!(
            "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: {}\r\n\r\n",
            INNER.len()
        ),
    ] {
        let mut client = bed.connect();
        client.send(format!("{head}{INNER}"));
        let response = client.read_response().unwrap();
        assert!(response.status >= 400, "CONNECT answers {}", response.status);
        let target = format!("/public/{}", bed.a.count());
        let response = bed.get(&target);
        assert_eq!(Echoed::of(&response).text("target"), target);
    }
    assert!(bed.a.requests().iter().all(|request| request.method == "GET"));
}

/// A fragment is never part of a request: it is cut off or refused.
#[test]
fn a_fragment_reaches_nobody() {
    let bed = Testbed::new("middleware");
    for target in ["/public#/../private", "/public?q#f"] {
        let response = bed.raw(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(matches!(response.status, 200 | 400), "{}", response.status);
    }
    assert!(bed.a.requests().iter().all(|request| !request.target.contains('#')));
}

/// A key is compared as a whole, and its owner's requests look like anybody else's in the log.
#[test]
fn a_good_key_leaves_no_trace() {
    let bed = Testbed::new("middleware");
    let response = bed.call(&Request::get("/private/trace").header("X-API-Key", KEYS[0]));
    assert_eq!(response.status, 200);
    let line = bed.gateway.log_of("/private/trace");
    assert!(!line.raw.contains(KEYS[0]) && !bed.gateway.stderr().contains(KEYS[0]));
    assert!(!bed.gateway.admin("/metrics").text().contains(KEYS[0]));
}
