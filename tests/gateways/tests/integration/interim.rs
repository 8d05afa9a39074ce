//! What comes ahead of a response and behind a body: interim responses (RFC 9110 section 15.2), the backend's consent to a body
//! (section 10.1.1), and trailers (section 6.5).

use std::time::{Duration, Instant};

use castgate_test_support::{BodyState, Gate, Message, Reply, Request, Step};

use crate::testbed::{Echoed, Testbed};

const HINTS: &str =
    "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\nConnection: X-Inner\r\nX-Inner: 1\r\n\r\n";

fn hinting(hints: usize) -> Reply {
    let hints = HINTS.repeat(hints).into();
    Reply(vec![Step::ReadBody, Step::SendRaw(hints), Step::Send(Message::new(200).body("it"))])
}

#[test]
fn early_hints_reach_a_client_that_knows_them() {
    let bed = Testbed::new("proxy");
    bed.a.set(hinting(2));
    let mut client = bed.connect();
    for _ in 0..2 {
        let response = client.get("/");
        assert_eq!((response.status, response.text().as_str()), (200, "it"));
        assert_eq!(response.interim.len(), 2);
        for hints in &response.interim {
            assert!(hints.start_line.starts_with("HTTP/1.1 103 "), "{hints:?}");
            // Names keep their case.
            assert_eq!(hints.headers, [("Link".to_owned(), "</style.css>".to_owned())]);
        }
    }
    client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    let response = client.read_response().unwrap();
    assert_eq!((response.text().as_str(), response.interim.len()), ("it", 0));
}

#[test]
fn early_hints_do_not_wait_for_the_response() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    bed.a.set(Reply(vec![
        Step::SendRaw(HINTS.into()),
        Step::Pause(gate.clone()),
        Step::Send(Message::new(200).body("it")),
    ]));
    let mut client = bed.connect();
    client.send_request(&Request::get("/"));
    let hints = client.read_head().unwrap();
    assert!(hints.start_line.starts_with("HTTP/1.1 103 "), "{hints:?}");
    gate.open();
    assert_eq!(client.read_response().unwrap().text(), "it");
}

#[test]
fn a_flood_of_interim_responses_is_not_handed_on() {
    let bed = Testbed::new("proxy");
    bed.a.set(hinting(5_000));
    let response = bed.get("/");
    assert_eq!((response.status, response.text().as_str()), (200, "it"));
    assert!((1..=32).contains(&response.interim.len()), "{}", response.interim.len());
}

/// How long a backend's word is waited for.
const CONSENT: Duration = Duration::from_secs(1);
const EXPECTING: &str = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";

#[test]
fn a_body_is_asked_for_when_the_backend_wants_it() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    bed.a.set(Reply(vec![
        Step::Pause(gate.clone()),
        Step::SendRaw(b"HTTP/1.1 100 Continue\r\n\r\n".into()),
        Step::ReadBody,
        Step::Echo,
    ]));
    let mut client = bed.connect();
    client.send(EXPECTING);
    bed.a.await_request(|request| request.all("expect") == ["100-continue"]);
    gate.open();
    let head = client.read_head().unwrap();
    assert!(head.start_line.starts_with("HTTP/1.1 100 "), "{head:?}");
    client.send("body");
    let response = client.read_response().unwrap();
    assert_eq!((Echoed::of(&response).text("body"), response.interim.len()), ("body", 0));
    assert_eq!(client.get("/next").status, 200);
}

/// The shortest of a few; others may use the machine meanwhile.
fn shortest(mut run: impl FnMut()) -> Duration {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap()
}

#[test]
fn consent_is_passed_on_at_once() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![
        Step::SendRaw(b"HTTP/1.1 100 Continue\r\n\r\n".into()),
        Step::ReadBody,
        Step::Echo,
    ]));
    let mut client = bed.connect();
    let took = shortest(|| {
        client.send(EXPECTING);
        let head = client.read_head().unwrap();
        assert!(head.start_line.starts_with("HTTP/1.1 100 "), "{head:?}");
        client.send("body");
        assert_eq!(Echoed::of(&client.read_response().unwrap()).text("body"), "body");
    });
    assert!(took < CONSENT / 2, "{took:?}");
}

#[test]
fn who_sends_its_body_unasked_does_not_wait_for_consent() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    let took = shortest(|| {
        client.send(format!("{EXPECTING}body"));
        let response = client.read_response().unwrap();
        assert_eq!((Echoed::of(&response).text("body"), response.interim.len()), ("body", 0));
    });
    assert!(took < CONSENT / 2, "with the head: {took:?}");
    let mut asked = 0;
    let took = shortest(|| {
        asked += 1;
        let target = format!("/{asked}");
        client.send(EXPECTING.replace("/ ", &format!("{target} ")));
        bed.a.await_request(|request| request.target == target && request.all("expect") == ["100-continue"]);
        client.send("body");
        let response = client.read_response().unwrap();
        assert_eq!((Echoed::of(&response).text("body"), response.interim.len()), ("body", 0));
    });
    assert!(took < CONSENT / 2, "behind it: {took:?}");
}

#[test]
fn a_backend_that_does_not_want_the_body_is_not_sent_it() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![Step::Send(Message::new(413).body("no"))]));
    let mut client = bed.connect();
    client.send(EXPECTING);
    let response = client.read_response().unwrap();
    assert_eq!((response.status, response.interim.len()), (413, 0));
    assert_eq!(response.header("connection"), Some("close"));
    bed.a.set(Reply::echo());
    assert_eq!(bed.get("/next").status, 200);
    let requests = bed.a.requests();
    assert!(requests[0].body.is_empty() && requests[0].state != BodyState::Complete, "{requests:#?}");
    assert_ne!(requests[0].connection, requests[1].connection, "its backend still waits for the body");
}

#[test]
fn a_backend_that_begins_to_answer_first_gets_what_comes_of_the_body() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![
        Step::SendRaw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n".into()),
        Step::ReadBody,
        Step::SendRaw(b"0\r\n\r\n".into()),
    ]));
    let mut client = bed.connect();
    client.send(EXPECTING);
    client.await_bytes(b"first").unwrap();
    client.send("body");
    let response = client.read_response().unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "first"));
    assert_eq!((response.interim.len(), response.header("connection")), (0, Some("close")));
    assert_eq!(bed.a.requests()[0].body, b"body");
}

#[test]
fn a_backend_that_says_nothing_gets_the_body_soon() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    client.send(EXPECTING);
    let head = client.read_head().unwrap();
    assert!(head.start_line.starts_with("HTTP/1.1 100 "), "{head:?}");
    client.send("body");
    assert_eq!(Echoed::of(&client.read_response().unwrap()).text("body"), "body");
}

#[test]
fn who_did_not_ask_is_not_told_to_continue() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![
        Step::ReadBody,
        Step::SendRaw(b"HTTP/1.1 100 Continue\r\n\r\n".into()),
        Step::Echo,
    ]));
    let response = bed.call(&Request::post("/", "body"));
    assert_eq!((Echoed::of(&response).text("body"), response.interim.len()), ("body", 0));
}

#[test]
fn trailers_of_a_request_arrive_where_they_decide_nothing() {
    let bed = Testbed::new("proxy");
    let response = bed.raw(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         2\r\nhi\r\n0\r\nContent-Digest: sha-256=:x:\r\nX-Tenant: spoofed\r\nAuthorization: spoofed\r\nX-Request-ID: spoofed\r\nX_Real_IP: spoofed\r\n\
         X-Forwarded-For: spoofed\r\nX-Authentik-Username: spoofed\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(Echoed::of(&response).text("body"), "hi");
    let requests = bed.a.requests();
    let trailers: Vec<_> = requests[0]
        .trailers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
        .collect();
    assert_eq!(trailers, [("content-digest".to_owned(), "sha-256=:x:")]);
}

#[test]
fn trailers_of_a_response_arrive_at_a_client_that_takes_them() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![
        Step::ReadBody,
        Step::SendRaw(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Checksum: 1\r\nSet-Cookie: a=b\r\n\r\n"
                .into(),
        ),
    ]));
    let mut client = bed.connect();
    let response = client.exchange(&Request::get("/").header("TE", "trailers")).unwrap();
    assert_eq!(response.text(), "hi");
    let names: Vec<_> =
        response.trailers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
    assert_eq!(names, [("x-checksum".to_owned(), "1")]);
    let response = client.get("/");
    assert_eq!((response.text().as_str(), response.trailers.len()), ("hi", 0));
    client.send("GET / HTTP/1.0\r\nHost: a\r\nTE: trailers\r\n\r\n");
    let response = client.read_response().unwrap();
    assert_eq!((response.text().as_str(), response.trailers.len()), ("hi", 0));
}

#[test]
fn trailers_are_asked_for_anew() {
    let bed = Testbed::new("proxy");
    let response =
        bed.call(&Request::get("/").header("TE", "gzip, trailers;q=0.5").header("Connection", "TE"));
    assert!(Echoed::of(&response).all("te").is_empty(), "no such coding is `trailers`");
    let response = bed.call(&Request::get("/").header("TE", "gzip, trailers").header("Connection", "TE"));
    let echoed = Echoed::of(&response);
    assert_eq!((echoed.all("te"), echoed.all("connection")), (vec!["trailers"], vec!["te"]));
}
