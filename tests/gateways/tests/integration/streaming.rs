//! Nothing is held back: bodies flow as they come, no faster than they are taken, and end when somebody leaves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use castgate_test_support::{
    BodyState, Closing, DEADLINE, Gate, Message, RawClient, Reply, Request, Step, standstill,
};

use crate::testbed::{Echoed, Testbed};

/// More than all kernel buffers on the way take together, and less than a patient test minds.
const FLOOD: u64 = 64 << 20;

#[test]
fn a_response_is_passed_on_while_it_is_made() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    bed.a.set(Reply(vec![
        Step::ReadBody,
        Step::SendRaw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n".into()),
        Step::Pause(gate.clone()),
        Step::SendRaw(b"4\r\nlast\r\n0\r\n\r\n".into()),
    ]));
    let mut client = bed.connect();
    client.send_request(&Request::get("/"));
    client.await_bytes(b"first").unwrap();
    gate.open();
    assert_eq!(client.read_response().unwrap().text(), "firstlast");
}

#[test]
fn the_head_of_a_response_does_not_wait_for_its_body() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    let whole = Message::new(200).body("later");
    let (head, body) = (whole.head(), b"later".to_vec());
    bed.a.set(Reply(vec![Step::SendRaw(head), Step::Pause(gate.clone()), Step::SendRaw(body)]));
    let mut client = bed.connect();
    client.send_request(&Request::get("/"));
    client.await_bytes(b"\r\n\r\n").unwrap();
    gate.open();
    assert_eq!(client.read_response().unwrap().text(), "later");
}

#[test]
fn a_request_is_passed_on_while_it_arrives() {
    let bed = Testbed::new("proxy");
    for (head, first, last) in [
        ("Content-Length: 9", "first", "last"),
        ("Transfer-Encoding: chunked", "5\r\nfirst\r\n", "4\r\nlast\r\n0\r\n\r\n"),
    ] {
        let mut client = bed.connect();
        client.send(format!("POST /up HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{first}"));
        bed.a.await_request(|r| r.body == b"first" && r.state == BodyState::Arriving);
        client.send(last);
        assert_eq!(client.read_response().unwrap().status, 200);
        bed.a.await_request(|r| r.body == b"firstlast" && r.state == BodyState::Complete);
    }
}

#[test]
fn a_slow_reader_slows_the_backend_down() {
    let bed = Testbed::new("proxy");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {FLOOD}\r\n\r\n");
    bed.a.set(Reply(vec![Step::SendRaw(head.into()), Step::Flood(FLOOD)]));
    let mut client = bed.connect();
    client.shrink_receive_buffer();
    client.send_request(&Request::get("/"));
    client.await_bytes(b"\r\n\r\n").unwrap();
    let taken = standstill(|| bed.a.sent());
    assert!(taken < FLOOD / 2, "{taken} bytes were taken for a client that reads nothing");
    assert_eq!(client.read_response().unwrap().body.len() as u64, FLOOD);
}

#[test]
fn a_slow_backend_slows_the_client_down() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    bed.a.set(Reply(vec![Step::Pause(gate.clone()), Step::ReadBody, Step::Send(Message::new(200))]));
    let mut client = bed.connect();
    let sent = AtomicU64::new(0);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {FLOOD}\r\n\r\n"));
            let piece = vec![b'x'; 64 << 10];
            while sent.load(Ordering::Relaxed) < FLOOD {
                client.send(&piece);
                sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
            client.read_response().unwrap().status
        });
        let taken = standstill(|| sent.load(Ordering::Relaxed));
        gate.open();
        assert_eq!(writer.join().unwrap(), 200);
        assert!(taken < FLOOD / 2, "{taken} bytes were taken for a backend that reads nothing");
    });
    assert_eq!(bed.a.requests()[0].body.len() as u64, FLOOD);
}

#[test]
fn a_client_that_leaves_takes_its_upstream_request_with_it() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply::hang());
    let mut leaves = bed.connect();
    leaves.send_request(&Request::get("/leaves"));
    let connection = bed.a.await_request(|r| r.target == "/leaves").connection;
    drop(leaves);
    bed.a.await_disconnect(connection);
    assert_eq!(bed.gateway.log_of("/leaves").text("reason"), "client_closed");

    let mut resets = bed.connect();
    resets.send_request(&Request::get("/resets"));
    let connection = bed.a.await_request(|r| r.target == "/resets").connection;
    resets.reset();
    bed.a.await_disconnect(connection);
    assert_eq!(bed.gateway.log_of("/resets").text("reason"), "client_closed");
}

/// By a reset, or by a FIN.
fn leave(client: RawClient, resets: bool) {
    if resets { client.reset() } else { drop(client) }
}

/// Of a backend that does not answer.
fn left_soon(bed: &Testbed, target: &str) -> String {
    let line = bed.gateway.log_of(target);
    assert!(line.value["duration_ms"].as_f64().unwrap() < 4000.0, "{line:?}");
    line.text("reason").to_owned()
}

#[test]
fn a_client_is_seen_to_leave_behind_its_next_request() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply::hang());
    for (number, behind) in ["GET /next HTTP/1.1\r\nHost: a\r\n\r\n", "GET /ne", "\r\n"].iter().enumerate() {
        for resets in [false, true] {
            let target = format!("/{number}-{resets}");
            let mut client = bed.connect();
            client.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n{behind}"));
            let connection = bed.a.await_request(|r| r.target == target).connection;
            leave(client, resets);
            bed.a.await_disconnect(connection);
            assert_eq!(left_soon(&bed, &target), "client_closed");
        }
    }
}

#[test]
fn a_client_is_seen_to_leave_behind_a_request_that_it_has_sent_later() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply::hang());
    for resets in [false, true] {
        let target = format!("/{resets}");
        let mut client = bed.connect();
        client.send_request(&Request::get(&target));
        let connection = bed.a.await_request(|r| r.target == target).connection;
        client.send_request(&Request::get("/next"));
        // A worker that answers what comes after it has read it.
        for _ in 0..8 {
            let mut another = bed.connect();
            another.send("GET / HTTP/1.1\r\n\r\n");
            assert_eq!(another.read_response().unwrap().status, 400);
        }
        leave(client, resets);
        bed.a.await_disconnect(connection);
        assert_eq!(left_soon(&bed, &target), "client_closed");
    }
}

#[test]
fn a_client_is_seen_to_leave_while_the_backend_takes_nothing() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![Step::Pause(Gate::new())]));
    let upload = |target: &str| {
        let mut client = bed.connect();
        client.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"));
        bed.a.await_request(|r| r.target == target);
        client.send_until_stuck(vec![b'x'; 64 * 1024]);
        client
    };
    upload("/resets").reset();
    assert_eq!(left_soon(&bed, "/resets"), "client_closed");
}

#[test]
fn what_a_client_sends_ahead_is_not_lost_when_it_is_looked_after() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    let waiting = gate.clone();
    bed.a.set_script(move |request| match request.target.as_str() {
        "/first" => Reply(vec![Step::Pause(waiting.clone()), Step::Echo]),
        _ => Reply::echo(),
    });
    let mut client = bed.connect();
    client.send_request(&Request::get("/first"));
    bed.a.await_request(|r| r.target == "/first");
    // More than is read ahead, in pieces.
    let body = "x".repeat(100_000);
    for _ in 0..3 {
        client.send_request(&Request::post("/next", body.clone()));
    }
    gate.open();
    assert_eq!(client.read_response().unwrap().status, 200);
    for _ in 0..3 {
        assert_eq!(Echoed::of(&client.read_response().unwrap()).text("body"), body);
    }
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_response_stops_it() {
    let bed = Testbed::new("proxy");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {FLOOD}\r\n\r\n");
    bed.a.set(Reply(vec![Step::SendRaw(head.into()), Step::Flood(FLOOD)]));
    let mut client = bed.connect();
    client.shrink_receive_buffer();
    client.send_request(&Request::get("/leaves"));
    client.await_bytes(b"\r\n\r\n").unwrap();
    client.reset();
    let connection = bed.a.await_request(|r| r.target == "/leaves").connection;
    bed.a.await_disconnect(connection);
    assert_eq!(bed.gateway.log_of("/leaves").text("reason"), "client_closed");
}

#[test]
fn a_broken_upload_is_never_completed() {
    let bed = Testbed::new("proxy");
    for head in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let before = bed.a.count();
        let mut client = bed.connect();
        client.send(format!("POST /{before} HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n5\r\nbegin\r\n"));
        let target = format!("/{before}");
        let request = bed.a.await_request(|r| r.target == target);
        client.reset();
        bed.a.await_disconnect(request.connection);
        let request = bed.a.await_request(|r| r.target == target);
        assert!(matches!(request.state, BodyState::Broken(_)), "{:?}", request.state);
    }
}

#[test]
fn an_early_answer_to_a_large_upload_arrives() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply::early(Message::new(413).body("too large for me")));
    let mut client = bed.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 67108864\r\n\r\n");
    // As much as is taken: whoever answered early may stop reading.
    let piece = vec![b'x'; 64 << 10];
    for _ in 0..16 {
        if client.try_send(&piece).is_err() {
            break;
        }
    }
    let response = client.read_response().unwrap();
    assert_eq!((response.status, response.text().as_str()), (413, "too large for me"));
}

#[test]
fn a_dripping_response_arrives_whole() {
    let bed = Testbed::new("proxy");
    let message = Message::new(200).body("drop by drop").chunked();
    bed.a.set(Reply::drip(&message, Duration::from_millis(1)));
    assert_eq!(bed.get("/").text(), "drop by drop");
}

#[test]
fn a_half_closed_client_is_either_answered_or_left() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    client.set_timeout(DEADLINE / 2);
    client.send_request(&Request::get("/half"));
    client.finish();
    match client.read_response() {
        Ok(response) => assert_eq!(response.status, 200),
        Err(error) => assert_eq!(error, castgate_test_support::ReadError::Closed),
    }
    assert_eq!(client.await_close(), Closing::Closed);
}

/// Its request was not whole, so that it is read for the sake of the backend and not to see whether it is there.
#[test]
fn a_client_that_leaves_in_its_own_request_stops_an_answer_that_has_begun() {
    let bed = Testbed::new("proxy");
    let begun = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    bed.a.set(Reply(vec![Step::SendRaw(begun.into()), Step::Hang]));
    let mut client = bed.connect();
    client.send("POST /leaves HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nbegin");
    client.await_bytes(b"first").unwrap();
    let connection = bed.a.await_request(|r| r.target == "/leaves").connection;
    client.reset();
    bed.a.await_disconnect(connection);
    let line = bed.gateway.log_of("/leaves");
    assert_eq!((line.status(), line.text("reason")), (200, "client_closed"));
}

#[test]
fn a_request_goes_on_while_nobody_reads_its_answer() {
    const ANSWER: u64 = 512 << 10;
    let bed = Testbed::new("proxy");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {ANSWER}\r\n\r\n");
    bed.a.set(Reply(vec![Step::SendRaw(head.into()), Step::Flood(ANSWER), Step::ReadBody]));
    let mut client = bed.connect();
    client.shrink_receive_buffer();
    client.send(format!("POST /both HTTP/1.1\r\nHost: a\r\nContent-Length: {FLOOD}\r\n\r\n"));
    bed.a.await_request(|r| r.target == "/both");
    // The gateway has all that its client's socket takes before the rest of the request comes.
    standstill(|| bed.a.sent());
    let piece = vec![b'x'; 64 << 10];
    for _ in 0..FLOOD / piece.len() as u64 {
        client.send(&piece);
    }
    bed.a.await_request(|r| r.target == "/both" && r.state == BodyState::Complete);
    assert_eq!(client.read_response().unwrap().body.len() as u64, ANSWER);
    assert_eq!(bed.gateway.log_of("/both").text("reason"), "ok");
}
