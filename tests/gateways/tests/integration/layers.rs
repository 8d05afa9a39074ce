//! What layers written by hand do with bodies (`tests/gateways/src/layers.rs`): filters, a body that is read whole, one that is sent
//! again.

use castgate_test_support::{
    BodyState, Closing, Gate, Message, RawClient, ReadError, Reply, Request, Response, Step, Upstream,
};

use crate::testbed::{Testbed, assert_problem};
use crate::upgrades::switching;

fn bed() -> Testbed {
    Testbed::new("layers")
}

fn layered(method: &str, target: &str, words: &str) -> Request {
    Request::new(method, target).header("X-Layer", words)
}

/// A `GET` whose answer these layers filter.
fn get(bed: &Testbed, words: &str) -> Response {
    bed.call(&layered("GET", "/", words))
}

/// How often a body broke off.
fn halves(bed: &Testbed) -> f64 {
    bed.metrics().sum("gateway_half_total", &[("route", "echo")])
}

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

#[test]
fn a_request_is_filtered_while_it_comes() {
    let bed = bed();
    let mut client = bed.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nX-Layer: up-hold up-grow\r\nContent-Length: 9\r\n\r\nfirst");
    bed.a.await_request(|r| r.body == b"[[FFIIRRSSTT]]" && r.state == BodyState::Arriving);
    client.send("last");
    assert_eq!(client.read_response().unwrap().status, 200);
    let received = bed.a.requests().pop().unwrap();
    assert_eq!(received.body, b"[[FFIIRRSSTT]][[LLAASSTT]]");
    assert_eq!(
        (received.header("content-length"), received.header("transfer-encoding")),
        (None, Some("chunked"))
    );
}

#[test]
fn where_there_is_no_request_body_a_filter_makes_none() {
    let bed = bed();
    assert_eq!(get(&bed, "up-grow up-half up-replay").status, 200);
    let received = bed.a.requests().pop().unwrap();
    assert_eq!((received.header("transfer-encoding"), received.body.len()), (None, 0));
}

#[test]
fn a_filter_that_fails_refuses_the_request() {
    let bed = bed();
    bed.a.set(Reply(vec![Step::ReadBody, Step::Echo]));
    let response = bed.call(&layered("POST", "/", "up-half").body("firstlast"));
    assert_problem(&response, 422, "half");
    assert_eq!(bed.log_of(&response).text("reason"), "half");
    // Not before some of it has gone on.
    let mut client = bed.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nX-Layer: up-half\r\nContent-Length: 9\r\n\r\nfirst");
    bed.a.await_request(|received| received.body == b"first");
    client.send("last");
    assert_problem(&client.read_response().unwrap(), 422, "half");
    bed.a.await_request(|received| !matches!(received.state, BodyState::Arriving | BodyState::Complete));
    assert_eq!((halves(&bed), bed.a.count()), (2.0, 1));
}

#[test]
fn what_a_layer_refuses_is_answered_by_the_end_of_the_stack() {
    let bed = bed();
    for route in ["/", "/fixed"] {
        let response = bed.call(&layered("GET", route, "up-refuse"));
        assert_problem(&response, 422, "half");
        let line = bed.log_of(&response);
        assert_eq!((line.status(), line.text("reason")), (422, "half"), "{}", line.raw);
    }
    assert_eq!((halves(&bed), bed.a.count()), (1.0, 0));
}

#[test]
fn a_layer_cannot_say_that_a_connection_has_switched_nor_answer_with_what_is_no_answer() {
    let bed = bed();
    let hop = |words: &str| {
        layered("GET", "/", words).header("Connection", "Upgrade").header("Upgrade", "websocket")
    };
    for (request, has_switched, wanted) in [
        (layered("GET", "/", "as-101"), false, 500),
        (layered("GET", "/", "as-103"), false, 500),
        (hop("as-101"), false, 500),
        (hop("as-103"), true, 500),
        (hop("as-204"), true, 204),
        (hop("as-403"), true, 403),
    ] {
        bed.a.set(if has_switched { switching(vec![Step::Take]) } else { Reply::text("plain") });
        let mut client = bed.connect();
        let response = client.call(&request);
        assert_eq!(response.status, wanted);
        if wanted == 500 {
            // The layer that gives ids is behind this one.
            assert_eq!(response.json()["reason"], "internal");
        } else {
            assert!(response.text().is_empty(), "{}", response.text());
        }
        // The backend is in its tunnel alone, and is told so; the client is still served.
        if has_switched {
            bed.a.await_request(|request| matches!(request.state, BodyState::Broken(_)));
        }
        assert!(client.call(&layered("GET", "/fixed", "")).keeps_alive(), "{wanted}");
    }
    assert_eq!(bed.metrics().sum("gateway_tunnels", &[]), 0.0);
}

/// Of the two backends the one that is asked first resets the connection when it has read so much; the other one answers.
fn reset_first(bed: &Testbed, bytes: usize) -> impl Fn() -> Vec<(String, BodyState)> + use<'_> {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    for upstream in [&bed.b, &bed.c] {
        let asked = asked.clone();
        upstream.set_script(move |_| match asked.swap(true, std::sync::atomic::Ordering::SeqCst) {
            false if bytes == 0 => Reply(vec![Step::Reset]),
            false => Reply(vec![Step::ReadBody, Step::Reset]),
            true => Reply(vec![Step::ReadBody, Step::Send(Message::new(200).body("stored"))]),
        });
    }
    || {
        let of = |upstream: &Upstream| {
            upstream.requests().into_iter().map(|r| (String::from_utf8(r.body).unwrap(), r.state))
        };
        of(&bed.b).chain(of(&bed.c)).collect()
    }
}

#[test]
fn a_body_that_is_kept_is_sent_again_to_another_backend() {
    for (words, chunked) in
        [("up-replay", false), ("up-replay", true), ("up-grow up-replay", false), ("up-collect", false)]
    {
        let bed = bed();
        let arrived = reset_first(&bed, 1);
        let request = layered("PUT", "/pair", words).body("pay");
        let response = bed.call(&if chunked { request.chunked() } else { request });
        assert_eq!(response.text(), "stored", "{words}");
        let wanted = match words {
            "up-collect" => "<pay>",
            "up-replay" => "pay",
            _ => "PPAAYY",
        };
        assert_eq!(
            arrived(),
            [(wanted.to_owned(), BodyState::Complete), (wanted.to_owned(), BodyState::Complete)]
        );
        let counted = [("route", "pair"), ("reason", "reset")];
        assert_eq!(bed.metrics().sum("gateway_retries_total", &counted), 1.0);
        assert_eq!(bed.log_of(&response).value["retries"], 1);
    }
}

#[test]
fn what_is_not_kept_whole_or_not_idempotent_is_sent_once() {
    for request in [
        layered("PUT", "/pair", "").body("pay"),
        layered("POST", "/pair", "up-replay").body("pay"),
        layered("PUT", "/pair", "up-replay").body(vec![b'x'; 1025]),
        layered("PUT", "/pair", "up-replay").body(vec![b'x'; 1025]).chunked(),
        layered("PUT", "/pair", "up-replay up-grow").body("pay"),
    ] {
        let bed = bed();
        let arrived = reset_first(&bed, 1);
        assert_problem(&bed.call(&request), 502, "upstream_reset");
        assert_eq!(arrived().len(), 1);
        assert_eq!(bed.metrics().sum("gateway_retries_total", &[]), 0.0);
    }
}

#[test]
fn a_body_that_still_comes_goes_on_to_the_next_backend_behind_what_was_kept() {
    let bed = bed();
    let arrived = reset_first(&bed, 0);
    let mut client = bed.connect();
    client.send("PUT /pair HTTP/1.1\r\nHost: a\r\nX-Layer: up-replay\r\nContent-Length: 9\r\n\r\nfirst");
    // The one that answers has what the other one was sent.
    let has_first = |upstream: &Upstream| upstream.requests().iter().any(|r| r.body == b"first");
    castgate_test_support::poll(|| match has_first(&bed.b) || has_first(&bed.c) {
        true => Ok(()),
        false => Err(format!("{:?}", arrived())),
    });
    client.send("last");
    assert_eq!(client.read_response().unwrap().text(), "stored");
    assert!(arrived().contains(&("firstlast".to_owned(), BodyState::Complete)), "{:?}", arrived());
}

#[test]
fn a_kept_body_survives_a_connection_that_was_stale() {
    let bed = bed();
    let seen = std::sync::Mutex::new(std::collections::BTreeSet::new());
    bed.a.set_script(move |request| match seen.lock().unwrap().insert(request.connection) {
        true => Reply(vec![Step::ReadBody, Step::Echo]),
        false => Reply(vec![Step::ReadBody, Step::Close]),
    });
    let mut client = bed.connect();
    for round in 0..5 {
        let response = client.call(&layered("PUT", "/", "up-replay").body("pay"));
        assert_eq!((response.status, &response.json()["body"]), (200, &"pay".into()), "{round}");
    }
}
