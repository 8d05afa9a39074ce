//! Each limit of time begins and ends where the manual says, and no pause is taken for another.

use std::thread;
use std::time::{Duration, Instant};

use castgate_test_support::{DEADLINE, Message, RawClient, ReadError, Reply, Request, Step, let_pass};

use crate::testbed::{Testbed, assert_problem};

/// Longer than any limit on a head or a pause in `limits.yml`.
const LONG: Duration = Duration::from_secs(2);

/// Short enough to be no pause there, and long enough not to be a matter of scheduling.
const BEAT: Duration = Duration::from_millis(100);

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A chunked response that sends a byte with every beat, and ends after `time`.
fn beating(time: Duration) -> Reply {
    let beats = usize::try_from(time.as_millis() / BEAT.as_millis()).unwrap();
    let mut steps = vec![Step::ReadBody, Step::SendRaw(CHUNKED.into())];
    for _ in 0..beats {
        steps.extend([Step::SendRaw(b"1\r\n.\r".into()), Step::Drip(b"\n".into(), BEAT)]);
    }
    steps.push(Step::SendRaw(b"0\r\n\r\n".into()));
    Reply(steps)
}

/// A chunked response that begins, and says no more.
fn stalling() -> Reply {
    Reply(vec![Step::ReadBody, Step::SendRaw(format!("{CHUNKED}5\r\nbegin\r\n").into()), Step::Hang])
}

/// A response without end, in chunks of 512 bytes.
fn endless() -> Reply {
    let chunk = format!("200\r\n{}\r\n", "x".repeat(512));
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    Reply(vec![Step::ReadBody, Step::SendRaw(head.into()), Step::Repeat(chunk.into())])
}

#[test]
fn a_response_may_take_longer_than_any_limit_on_its_head() {
    let bed = Testbed::new("limits");
    bed.a.set(beating(LONG));
    bed.b.set(beating(LONG));
    // The route's timeout, and the upstream's.
    for target in ["/brief/events", "/hasty/events"] {
        let response = bed.get(target);
        assert_eq!(response.body.len() as u128, LONG.as_millis() / BEAT.as_millis(), "{target}");
        assert_eq!(bed.log_of(&response).text("reason"), "ok", "{target}");
    }
}

#[test]
fn a_pause_in_a_response_is_bounded_by_the_routes_idle() {
    let bed = Testbed::new("limits");
    bed.a.set(stalling());
    let started = Instant::now();
    let mut client = bed.connect();
    assert_eq!(client.exchange(&Request::get("/pauses")).unwrap_err(), ReadError::Truncated);
    assert!(started.elapsed() >= Duration::from_millis(700), "too early: {:?}", started.elapsed());
    assert_eq!(bed.gateway.log_of("/pauses").text("reason"), "upstream_timeout");
    bed.a.await_disconnect(bed.a.requests()[0].connection);
}

#[test]
fn pauses_in_a_response_add_up_to_nothing() {
    let bed = Testbed::new("limits");
    bed.a.set(beating(LONG));
    assert_eq!(bed.get("/pauses").body.len() as u128, LONG.as_millis() / BEAT.as_millis());
}

/// Sends a chunked body, a byte with every beat, and its end.
fn upload(client: &mut RawClient, target: &str, time: Duration) {
    client.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    let started = Instant::now();
    while started.elapsed() < time {
        client.send("1\r\n.\r\n");
        let_pass(BEAT);
    }
    client.send("0\r\n\r\n");
}

#[test]
fn an_upload_may_take_longer_than_any_limit_on_its_answer() {
    let bed = Testbed::new("limits");
    for target in ["/brief/upload", "/hasty/upload"] {
        let mut client = bed.connect();
        upload(&mut client, target, LONG);
        assert_eq!(client.read_response().unwrap().status, 200, "{target}");
        assert_eq!(bed.gateway.log_of(target).text("reason"), "ok");
    }
}

#[test]
fn a_backend_that_takes_an_upload_slowly_but_steadily_is_not_late() {
    // More than all buffers on the way hold; its upstream allows 300 ms for an answer.
    const SIZE: usize = 12 << 20;
    let bed = Testbed::new("proxy");
    bed.c.set(Reply(vec![Step::SipBody(Duration::from_millis(8), 8 << 20), Step::Send(Message::new(200))]));
    let response = bed.call(&Request::post("/hasty", vec![b'x'; SIZE]));
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(bed.c.requests()[0].body.len(), SIZE);
}

#[test]
fn the_time_for_an_answer_begins_with_the_end_of_the_upload() {
    let bed = Testbed::new("limits");
    bed.a.set(Reply::hang());
    let mut client = bed.connect();
    upload(&mut client, "/brief/upload", LONG);
    let sent = Instant::now();
    assert_problem(&client.read_response().unwrap(), 504, "upstream_timeout");
    assert!(sent.elapsed() >= Duration::from_millis(400), "too early: {:?}", sent.elapsed());
}

#[test]
fn a_client_that_stops_sending_its_body_is_a_408() {
    let bed = Testbed::new("limits");
    let mut client = bed.connect();
    client.send("POST /stops HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nbegin");
    assert_problem(&client.read_response().unwrap(), 408, "request_timeout");
    assert_eq!(bed.gateway.log_of("/stops").status(), 408);
}

#[test]
fn an_exchange_may_not_take_longer_than_its_total() {
    let bed = Testbed::new("limits");
    // Before the head of the response: each byte of the upload would move any limit but this one.
    bed.a.set(Reply::hang());
    let mut client = bed.connect();
    client.send("POST /whole/late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.set_timeout(BEAT);
    while client.await_bytes(b"\r\n\r\n").is_err() {
        client.send("1\r\n.\r\n");
    }
    client.set_timeout(DEADLINE);
    assert_problem(&client.read_response().unwrap(), 504, "total_timeout");
    // And after it.
    bed.a.set(beating(5 * LONG));
    let mut client = bed.connect();
    assert_eq!(client.exchange(&Request::get("/whole/flow")).unwrap_err(), ReadError::Truncated);
    let line = bed.gateway.log_of("/whole/flow");
    assert_eq!((line.status(), line.text("reason")), (200, "total_timeout"), "{}", line.raw);
}

#[test]
fn a_download_at_full_speed_ends_with_its_total_too() {
    let bed = Testbed::new("limits");
    bed.a.set(endless());
    let mut client = bed.connect();
    client.send_request(&Request::get("/whole/flood"));
    while client.discard(usize::MAX).unwrap_or(0) > 0 {}
    assert_eq!(bed.gateway.log_of("/whole/flood").text("reason"), "total_timeout");
}

#[test]
fn a_steady_slow_reader_gets_all_of_its_response() {
    // More than all buffers on the way hold, and at this pace several times as long as any limit here.
    const SIZE: usize = 8 << 20;
    let bed = Testbed::new("limits");
    bed.a.set(Message::new(200).body(vec![b'x'; SIZE]));
    let mut client = bed.connect();
    client.shrink_receive_buffer();
    client.send_request(&Request::get("/pauses"));
    let mut taken = 0;
    while taken < SIZE {
        match client.discard(16 * 1024).unwrap() {
            0 => panic!("cut after {taken} bytes"),
            more => taken += more,
        }
        let_pass(Duration::from_millis(10));
    }
    assert_eq!(bed.gateway.log_of("/pauses").text("reason"), "ok");
}

#[test]
fn a_client_that_takes_nothing_is_left() {
    let bed = Testbed::new("limits");
    bed.a.set(endless());
    let mut client = bed.connect();
    client.shrink_receive_buffer();
    client.send_request(&Request::get("/pauses"));
    let line = bed.gateway.log_of("/pauses");
    assert_eq!((line.status(), line.text("reason")), (200, "write_timeout"), "{}", line.raw);
    bed.a.await_disconnect(bed.a.requests()[0].connection);
}

#[test]
fn a_connection_that_has_streamed_for_long_is_used_again() {
    let bed = Testbed::new("limits");
    bed.b.set_script(|request| match request.target.as_str() {
        "/hasty/long" => beating(LONG),
        _ => Reply::echo(),
    });
    let mut client = bed.connect();
    // Longer than the upstream's `keepalive.idle`, but none of it was idle.
    client.get("/hasty/long");
    client.get("/hasty/next");
    let connections: Vec<usize> = bed.b.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0]);
}

#[test]
fn a_client_that_stops_reading_in_the_middle_of_a_fast_download_is_left() {
    let bed = Testbed::new("limits");
    bed.a.set(endless());
    // At full speed while the timer fires: what the connection's task may do at a time is used up. A few at a time,
    // so that they do have full speed, and often, because it takes some luck.
    let mut left = Vec::new();
    for batch in 0..10 {
        let readers = (0..6).map(|number| {
            let mut client = bed.connect();
            thread::spawn(move || {
                client.send_request(&Request::get(&format!("/{batch}/{number}")));
                let started = Instant::now();
                while started.elapsed() < Duration::from_millis(500) {
                    client.discard(usize::MAX).unwrap();
                }
                client
            })
        });
        let readers: Vec<_> = readers.collect();
        left.extend(readers.into_iter().map(|reader| reader.join().unwrap()));
    }
    for (batch, number) in (0..10).flat_map(|batch| (0..6).map(move |number| (batch, number))) {
        let line = bed.gateway.log_of(&format!("/{batch}/{number}"));
        assert_eq!(line.text("reason"), "write_timeout", "{}", line.raw);
    }
}
