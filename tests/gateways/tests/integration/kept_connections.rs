//! Connections to backends that are kept, and how old they may be.

use std::collections::BTreeSet;
use std::time::Instant;

use castgate_test_support::{Gate, Message, RawClient, Reply, Request, Step, Upstream, let_pass, poll};

use crate::testbed::{Echoed, Testbed, launch};

#[test]
fn a_busy_connection_ends_at_its_age_and_nobody_notices() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let gateway = launch("panic", [&a, &b, &c]).spawn();
    let mut client = gateway.connect();
    let connections = |path: &str| -> BTreeSet<_> {
        let of = a.requests().into_iter().filter(|request| request.target == path);
        of.map(|request| request.connection).collect()
    };
    poll(|| {
        for path in ["/few", "/spared"] {
            assert_eq!(client.get(path).status, 200);
        }
        if connections("/few").len() < 4 { Err("they are as young as ever".to_owned()) } else { Ok(()) }
    });
    let ended = *connections("/few").first().expect("there was one");
    a.await_disconnect(ended);
    // The default is an hour.
    assert_eq!(connections("/spared").len(), 1);
}

#[test]
fn a_backend_says_how_long_it_keeps_a_connection() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![Step::Send(Message::new(200).header("Keep-Alive", "timeout=1, max=100"))]));
    let mut client = bed.connect();
    assert_eq!(client.get("/first").status, 200);
    let connection = bed.a.await_request(|r| r.target == "/first").connection;
    // The gateway ends it before the backend does, who would keep it for ever.
    bed.a.await_disconnect(connection);
    assert_eq!(client.get("/second").status, 200);
}

#[test]
fn what_may_not_be_sent_twice_is_sent_where_no_end_can_be_on_its_way() {
    let bed = Testbed::new("proxy");
    bed.a.set_script(|request| match request.target.as_str() {
        "/closes" => Reply(vec![Step::Send(Message::new(200)), Step::Close]),
        _ => Reply::echo(),
    });
    let mut client = bed.connect();
    let connection =
        |client: &mut RawClient, request: &Request| Echoed::of(&client.call(request)).number("connection");
    let before = Instant::now();
    assert_eq!(client.get("/closes").status, 200);
    let closed = bed.a.await_request(|r| r.target == "/closes").connection;
    bed.a.await_disconnect(closed);
    // It is found closed, after so long at the most.
    let first = connection(&mut client, &Request::post("/post", "body"));
    let closed_after = before.elapsed();
    assert_ne!(first, closed as u64);
    let_pass(closed_after);
    let second = connection(&mut client, &Request::post("/post", "body"));
    assert_ne!(second, first, "the backend has closed one that was unused for less");
    // Right after its last use it is good, and what may be sent twice is sent on any.
    assert_eq!(connection(&mut client, &Request::get("/get")), second);
    let_pass(closed_after);
    assert_eq!(connection(&mut client, &Request::get("/get")), second);
}

/// What nobody has asked for, and looks like an answer.
const STRAY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";

#[test]
fn what_comes_behind_an_answer_is_nobodys_answer() {
    let bed = Testbed::new("tunnels");
    let full = "x".repeat(24 * 1024 - 40);
    let answer = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let answers = [
        answer("whole").into_bytes(),
        // It fills what is read at a time, or goes beyond.
        answer(&full).into_bytes(),
        answer(&full.repeat(4)).into_bytes(),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n".to_vec(),
        b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 45\r\n\r\n".to_vec(),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        bed.a.set_script(move |request| match request.target.as_str() {
            "/asked" => Reply(vec![Step::SendRaw([&answer, STRAY].concat())]),
            _ => Reply::echo(),
        });
        let mut client = bed.connect();
        assert!(matches!(client.get("/asked").status, 200 | 204 | 304));
        let next = format!("/next-{number}");
        assert_eq!(Echoed::of(&client.get(&next)).text("target"), next);
    }
}

#[test]
fn what_comes_while_a_connection_is_kept_is_nobodys_answer() {
    // It has one worker, which looks at all that has come before it takes a request.
    let bed = Testbed::new("tunnels");
    for (number, stray) in [STRAY, b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"x"].into_iter().enumerate() {
        let gate = Gate::new();
        let wait = gate.clone();
        bed.a.set_script(move |request| match request.target.as_str() {
            "/asked" => Reply(vec![
                Step::Send(Message::new(200).body("whole")),
                Step::Pause(wait.clone()),
                Step::SendRaw(stray.to_vec()),
                Step::Flood(1),
            ]),
            _ => Reply::echo(),
        });
        let mut client = bed.connect();
        assert_eq!(client.get("/asked").text(), "whole");
        let sent = bed.a.sent();
        gate.open();
        poll(|| if bed.a.sent() > sent { Ok(()) } else { Err("nothing has come yet".to_owned()) });
        let next = format!("/next-{number}");
        assert_eq!(Echoed::of(&client.get(&next)).text("target"), next);
        assert_eq!(Echoed::of(&client.call(&Request::post(&next, "body"))).text("target"), next);
    }
}
