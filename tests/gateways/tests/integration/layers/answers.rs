//! Answers through filters: how long they are, when they leave, and how they break off.

use castgate_test_support::{Closing, Gate, Message, ReadError, Reply, Step};

use super::{bed, get, halves, layered};

#[test]
fn a_filtered_response_is_as_long_as_the_filter_makes_it() {
    let bed = bed();
    for chunked in [false, true] {
        let message = Message::new(200).body("readable");
        bed.a.set(if chunked { message.chunked() } else { message });
        for (words, wanted) in [
            ("grow", "RREEAADDAABBLLEE"),
            ("shrink", "rdbl"),
            ("gather", "readable"),
            ("shrink grow", "RRDDBBLL"),
            ("grow shrink gather hold", "[RRDDBBLL]"),
            ("", "readable"),
        ] {
            let mut client = bed.connect();
            for _ in 0..2 {
                let response = client.call(&layered("GET", "/", words));
                assert_eq!(response.text(), wanted, "{words}");
                let is_announced = response.header("content-length").is_some();
                assert_eq!(is_announced, words.is_empty() && !chunked, "{words}: {:?}", response.head);
                assert!(response.keeps_alive());
                // What the client's socket took, whatever the backend had sent.
                let line = bed.log_of(&response);
                assert_eq!(line.value["bytes_out"], wanted.len(), "{}", line.raw);
            }
        }
    }
}

#[test]
fn to_http_1_0_a_filtered_response_ends_with_its_connection() {
    let bed = bed();
    bed.a.set(Reply::text("readable"));
    let mut client = bed.connect();
    client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nX-Layer: shrink\r\n\r\n");
    let response = client.read_response().unwrap();
    assert_eq!((response.text().as_str(), response.keeps_alive()), ("rdbl", false));
    assert_eq!(client.await_close(), Closing::Closed);
}

#[test]
fn large_bodies_go_through_filters_as_fast_as_they_are_taken() {
    let bed = bed();
    bed.a.set(Message::new(200).body(vec![b'x'; 1 << 20]));
    let response = get(&bed, "grow grow");
    assert_eq!(response.body.len(), 4 << 20);
    assert!(response.body.iter().all(|&byte| byte == b'X'));
}

#[test]
fn a_filter_reads_no_faster_than_its_client() {
    const FLOOD: u64 = 64 << 20;
    let bed = bed();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {FLOOD}\r\n\r\n");
    bed.a.set(Reply(vec![Step::SendRaw(head.into()), Step::Flood(FLOOD)]));
    let mut client = bed.connect();
    client.shrink_receive_buffer();
    client.send_request(&layered("GET", "/", "grow shrink"));
    client.await_bytes(b"XXXX").unwrap();
    let taken = castgate_test_support::standstill(|| bed.a.sent());
    assert!(taken < FLOOD / 2, "{taken} bytes were taken for a client that reads nothing");
}

#[test]
fn a_filter_that_fails_breaks_the_response_off() {
    let bed = bed();
    for version in ["1.1", "1.0"] {
        let gate = Gate::new();
        let backend = Reply(vec![
            Step::SendRaw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst".into()),
            Step::Pause(gate.clone()),
            Step::SendRaw(b"last".into()),
        ]);
        bed.a.set(backend);
        let mut client = bed.connect();
        let target = format!("/{version}");
        client.send(format!("GET {target} HTTP/{version}\r\nHost: a\r\nX-Layer: half\r\n\r\n"));
        client.await_bytes(b"first").unwrap();
        gate.open();
        assert_eq!(client.read_response().unwrap_err(), ReadError::Truncated, "{version}");
        let line = bed.gateway.log_of(&target);
        assert_eq!((line.status(), line.text("reason")), (200, "half"), "{}", line.raw);
        assert_eq!(line.value["bytes_out"], 5, "{}", line.raw);
    }
    assert_eq!(halves(&bed), 2.0);
}

#[test]
fn a_response_that_is_here_at_once_breaks_off_behind_its_head() {
    let bed = bed();
    bed.a.set(Reply::text("firstlast"));
    for _ in 0..10 {
        let mut client = bed.connect();
        client.send_request(&layered("GET", "/", "half"));
        assert!(client.read_head().unwrap().start_line.ends_with("200 OK"));
        assert_eq!(client.read_rest(), b"");
    }
    assert_eq!(halves(&bed), 10.0);
}

#[test]
fn a_backend_that_breaks_off_is_no_end_for_a_filter() {
    let bed = bed();
    bed.a.set(Reply(vec![
        Step::SendRaw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst".into()),
        Step::Reset,
    ]));
    for words in ["grow", "gather", "hold gather"] {
        let mut client = bed.connect();
        client.send_request(&layered("GET", "/cut", words));
        assert_eq!(client.read_response().unwrap_err(), ReadError::Truncated, "{words}");
        assert_eq!(bed.gateway.log_of("/cut").text("reason"), "upstream_reset");
    }
}

#[test]
fn what_a_filter_holds_leaves_when_nothing_more_comes() {
    let bed = bed();
    let gate = Gate::new();
    bed.a.set(Reply(vec![
        Step::SendRaw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n".into()),
        Step::Pause(gate.clone()),
        Step::SendRaw(b"4\r\nlast\r\n0\r\n\r\n".into()),
    ]));
    let mut client = bed.connect();
    client.send_request(&layered("GET", "/", "hold shrink"));
    client.await_bytes(b"[frst]").unwrap();
    gate.open();
    assert_eq!(client.read_response().unwrap().text(), "[frst][lst]");
}

#[test]
fn no_filter_runs_where_there_is_no_body() {
    let bed = bed();
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304)] {
        bed.a.set(Message::new(status).body(if status == 200 { "readable" } else { "" }));
        let mut client = bed.connect();
        // Both would say something at the end.
        for _ in 0..2 {
            client.send_request(&layered(method, "/", "sum half grow"));
            let response = client.read_response().unwrap();
            assert_eq!((response.status, response.text().as_str()), (status, ""));
            assert_eq!(response.header("content-length"), None, "of another body: {:?}", response.head);
            assert_eq!(response.header("transfer-encoding"), None);
            assert_eq!(bed.log_of(&response).text("reason"), "ok");
        }
    }
}

/// RFC 9110 section 8.6: a length is that of the content that there would be, or is not said.
#[test]
fn what_a_backend_announces_is_said_only_of_its_own_body() {
    let bed = bed();
    let (length, chunks) = (|bytes| Some(("content-length", bytes)), Some(("transfer-encoding", "chunked")));
    for (method, status, words, said) in [
        ("GET", 200, "", length("8")),
        ("GET", 200, "drop", chunks),
        ("GET", 200, "empty", length("0")),
        ("HEAD", 200, "", length("8")),
        ("HEAD", 200, "drop", None),
        ("HEAD", 200, "empty", None),
        ("GET", 304, "", length("8")),
        ("GET", 304, "drop", None),
        ("GET", 304, "empty", None),
        ("HEAD", 304, "drop", None),
        // There is none behind it, whatever the layer makes of the status.
        ("GET", 304, "as-200", length("0")),
        ("HEAD", 200, "as-204", None),
        ("GET", 200, "as-304", None),
        ("GET", 200, "drop as-204", None),
    ] {
        let body = if method == "HEAD" || status == 304 { "" } else { "readable" };
        let head = format!("HTTP/1.1 {status} Said\r\nContent-Length: 8\r\n\r\n{body}");
        bed.a.set(Reply(vec![Step::SendRaw(head.into())]));
        let mut client = bed.connect();
        // What is not as it is said would be the beginning of the second answer.
        for _ in 0..2 {
            let response = client.call(&layered(method, "/", words));
            let framing = ["content-length", "transfer-encoding"]
                .into_iter()
                .find_map(|name| response.header(name).map(|value| (name, value)));
            assert_eq!(framing, said, "{method} {status} {words}");
            assert_eq!(
                response.text(),
                if words.is_empty() { body } else { "" },
                "{method} {status} {words}"
            );
            assert!(response.keeps_alive());
            assert_eq!(bed.log_of(&response).text("reason"), "ok");
        }
    }
}

#[test]
fn a_filter_says_what_is_behind_a_body_to_who_takes_it() {
    let bed = bed();
    bed.a.set(Reply::text("\u{1}\u{2}"));
    let mut client = bed.connect();
    let response = client.call(&layered("GET", "/", "sum").header("TE", "trailers"));
    assert_eq!(response.trailers, [("x-sum".to_owned(), "3".to_owned())], "and no content-length");
    let response = client.call(&layered("GET", "/", "sum"));
    assert_eq!((response.text().as_str(), response.trailers.len()), ("\u{1}\u{2}", 0));
}
