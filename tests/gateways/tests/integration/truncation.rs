//! A response that is cut must look cut, also where its end is the end of the connection: to HTTP/1.0 clients.

use castgate_test_support::{Closing, Gate, Message, RawClient, ReadError, Reply, Request, Step};

use crate::testbed::Testbed;

fn ask(bed: &Testbed, target: &str) -> RawClient {
    let mut client = bed.connect();
    client.send(format!("GET {target} HTTP/1.0\r\nHost: a\r\n\r\n"));
    client
}

/// The backend sends `first`, and when the gate opens, `then`.
fn in_two(first: &str, gate: &Gate, then: Step) -> Reply {
    Reply(vec![Step::ReadBody, Step::SendRaw(first.into()), Step::Pause(gate.clone()), then])
}

const CHUNKS: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";

#[test]
fn a_truncated_response_is_reset_towards_http_1_0() {
    let bed = Testbed::new("proxy");
    for (number, (first, then)) in [
        (CHUNKS, Step::Reset),
        (CHUNKS, Step::Close),
        (CHUNKS, Step::SendRaw(b"zz\r\nno size\r\n".into())),
        (CHUNKS, Step::SendRaw(b"5\r\nwordsX".into())),
        ("HTTP/1.1 200 OK\r\n\r\nfirst", Step::Reset),
    ]
    .into_iter()
    .enumerate()
    {
        let gate = Gate::new();
        bed.a.set(in_two(first, &gate, then.clone()));
        let target = format!("/{number}");
        let mut client = ask(&bed, &target);
        client.await_bytes(b"first").unwrap();
        gate.open();
        assert_eq!(client.read_response().unwrap_err(), ReadError::Truncated, "{first:?}, {then:?}");
        let line = bed.gateway.log_of(&target);
        assert!(!["", "ok"].contains(&line.text("reason")), "{}", line.raw);
    }
}

#[test]
fn what_came_before_a_response_was_cut_arrives() {
    let bed = Testbed::new("proxy");
    for (head, body) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "abc"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n"),
    ] {
        let answer = format!("{head}{body}");
        bed.a.set(Reply(vec![Step::ReadBody, Step::SendRaw(answer.into_bytes()), Step::Close]));
        for _ in 0..30 {
            let mut client = bed.connect();
            client.send_request(&Request::get("/"));
            assert!(client.read_head().expect("a head").start_line.ends_with("200 OK"));
            let rest = client.read_rest();
            assert!(String::from_utf8_lossy(&rest).contains(if body.is_empty() { "" } else { "abc" }));
        }
    }
}

#[test]
fn a_response_that_a_stopping_gateway_cuts_is_reset_towards_http_1_0() {
    let mut bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![Step::ReadBody, Step::SendRaw(CHUNKS.into()), Step::Hang]));
    let mut client = ask(&bed, "/");
    client.await_bytes(b"first").unwrap();
    bed.gateway.signal("TERM");
    assert_eq!(client.read_response().unwrap_err(), ReadError::Truncated);
    bed.gateway.exit_code();
}

#[test]
fn a_whole_response_ends_in_due_form_towards_http_1_0() {
    let bed = Testbed::new("proxy");
    for (first, then) in [
        (CHUNKS, Step::SendRaw(b"0\r\n\r\n".into())),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nfirst", Step::Close),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst", Step::Close),
    ] {
        let gate = Gate::new();
        bed.a.set(in_two(first, &gate, then));
        let mut client = bed.connect();
        client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
        client.await_bytes(b"first").unwrap();
        gate.open();
        let response = client.read_response().unwrap();
        assert_eq!(response.text(), "first", "{first:?}");
        if response.header("content-length").is_some() {
            continue;
        }
        assert!(!response.keeps_alive(), "its end is the end of the connection: {first:?}");
        assert_eq!(client.await_close(), Closing::Closed);
    }
}

#[test]
fn a_large_response_arrives_whole_over_http_1_0() {
    let bed = Testbed::new("proxy");
    let body = vec![b'x'; 8 << 20];
    bed.a.set(Message::new(200).body(body.clone()).chunked());
    assert_eq!(ask(&bed, "/").read_response().unwrap().body.len(), body.len());
    assert_eq!(bed.call(&Request::get("/")).body.len(), body.len());
}
