//! The scripted upstream does what it is told and remembers what it was sent.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use castgate_test_support::{
    BodyState, Closing, Gate, Message, RawClient, ReadError, Reply, Request, Step, Upstream,
};

fn client(upstream: &Upstream) -> RawClient {
    RawClient::connect(upstream.address())
}

#[test]
fn echoes_what_it_received_and_records_it() {
    let upstream = Upstream::echo();
    let mut client = client(&upstream);
    let response = client.call(&Request::post("/a?b=c", "hello").header("X-Two", "1").header("x-two", "2"));
    let json = response.json();
    assert_eq!((json["method"].as_str(), json["target"].as_str()), (Some("POST"), Some("/a?b=c")));
    assert_eq!(json["body"], "hello");
    assert_eq!(json["headers"][1], serde_json::json!(["X-Two", "1"]));
    let request = upstream.await_request(|r| r.target == "/a?b=c");
    assert_eq!(request.all("X-TWO"), ["1", "2"]);
    assert_eq!(request.lines[2], "x-two: 2");
    assert_eq!((request.state, request.connection), (BodyState::Complete, 0));
}

#[test]
fn keeps_a_connection_and_counts_new_ones() {
    let upstream = Upstream::start(Reply::text("same"));
    let mut first = client(&upstream);
    for _ in 0..3 {
        assert_eq!(first.get("/").text(), "same");
    }
    client(&upstream).get("/");
    let connections: Vec<_> = upstream.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1]);
    assert_eq!(upstream.connections(), 2);
}

#[test]
fn frames_a_body_in_every_way() {
    let text = "0123456789";
    let message = Message::new(200).body(text);
    for message in [message.clone(), message.clone().chunked(), message.until_close()] {
        let upstream = Upstream::start(message);
        assert_eq!(client(&upstream).get("/").text(), text);
    }
    let upstream = Upstream::start(Message::new(200).body(text).trailer("X-Sum", "45"));
    assert_eq!(client(&upstream).get("/").trailers, [("X-Sum".to_owned(), "45".to_owned())]);
}

#[test]
fn head_gets_no_body() {
    let upstream = Upstream::start(Message::new(200).body("0123456789"));
    let mut client = client(&upstream);
    for _ in 0..2 {
        let response = client.call(&Request::new("HEAD", "/"));
        assert_eq!((response.header("content-length"), response.body.len()), (Some("10"), 0));
    }
}

#[test]
fn fails_in_every_way() {
    let message = Message::new(200).body("0123456789");
    let cases = [
        (Reply::close(), ReadError::Closed),
        (Reply::reset(), ReadError::Closed),
        (Reply::half(&message, 4), ReadError::Truncated),
        (Reply::half(&message.clone().chunked(), 4), ReadError::Truncated),
        (Reply::raw("HTTP/1.1 200 OK\r\nConte"), ReadError::Truncated),
        (
            Reply(vec![Step::SendRaw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".into()), Step::Reset]),
            ReadError::Truncated,
        ),
    ];
    for (reply, expected) in cases {
        let upstream = Upstream::start(reply.clone());
        let error = client(&upstream).exchange(&Request::get("/")).unwrap_err();
        assert_eq!(error, expected, "{reply:?}");
    }
    let upstream = Upstream::start(Reply::raw("no such protocol\r\n\r\n"));
    let error = client(&upstream).exchange(&Request::get("/")).unwrap_err();
    assert!(matches!(error, ReadError::Malformed(_)), "{error}");
}

#[test]
fn hangs_until_the_client_goes() {
    let upstream = Upstream::start(Reply::hang());
    let mut client = client(&upstream);
    client.set_timeout(Duration::from_millis(50));
    assert_eq!(client.exchange(&Request::get("/")).unwrap_err(), ReadError::TimedOut);
    let connection = upstream.await_request(|_| true).connection;
    assert!(!upstream.closes_within(connection, Duration::ZERO));
    drop(client);
    upstream.await_disconnect(connection);
}

#[test]
fn waits_at_a_gate() {
    let gate = Gate::new();
    let upstream = Upstream::start(Reply::gated(&gate, Message::new(204)));
    let mut client = client(&upstream);
    client.send_request(&Request::get("/"));
    upstream.await_request(|_| true);
    gate.open();
    assert_eq!(client.read_response().unwrap().status, 204);
}

#[test]
fn drips() {
    let upstream = Upstream::start(Reply::drip(&Message::new(200).body("slow"), Duration::from_micros(100)));
    assert_eq!(client(&upstream).get("/").text(), "slow");
}

#[test]
fn answers_before_the_body_and_never_reads_it() {
    let upstream = Upstream::start(Reply::early(Message::new(413)));
    let mut client = client(&upstream);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin");
    assert_eq!(client.read_response().unwrap().status, 413);
    assert_eq!(upstream.await_request(|_| true).body, b"");
    assert_eq!(client.await_close(), Closing::Closed);
}

#[test]
fn closes_after_a_keep_alive_answer_when_told_to_lie() {
    let upstream = Upstream::start(Reply::lie(Message::new(200)));
    let mut client = client(&upstream);
    assert!(client.get("/").keeps_alive());
    assert_eq!(client.await_close(), Closing::Closed);
}

#[test]
fn changes_its_behaviour_between_requests_of_one_connection() {
    let upstream = Upstream::start(Reply::text("one"));
    let mut client = client(&upstream);
    assert_eq!(client.get("/").text(), "one");
    upstream.set(Reply::text("two"));
    assert_eq!(client.get("/").text(), "two");
    upstream.set_script(|request| Reply::text(&request.target));
    assert_eq!(client.get("/three").text(), "/three");
}

#[test]
fn refuses_while_stopped_and_comes_back_on_the_same_port() {
    let upstream = Upstream::echo();
    let mut before = client(&upstream);
    before.get("/");
    upstream.stop();
    assert_eq!(before.await_close(), Closing::Closed);
    assert!(TcpStream::connect(upstream.address()).is_err(), "a stopped upstream accepts");
    upstream.restart();
    assert_eq!(client(&upstream).get("/").status, 200);
    upstream.stop();
    upstream.stop();
}

#[test]
fn tells_probes_from_requests() {
    let upstream = Upstream::start(Reply::hang());
    let probe = Request::get("/").header("User-Agent", "castgate-health-check/0.1");
    assert_eq!(client(&upstream).call(&probe).status, 200);
    upstream.set_health(Message::new(503));
    assert_eq!(client(&upstream).call(&probe).status, 503);
    upstream.await_probes(2);
    assert_eq!((upstream.probes().len(), upstream.count()), (2, 0));
}

#[test]
fn shows_a_body_while_it_arrives_and_says_when_it_broke() {
    let upstream = Upstream::echo();
    let mut stream = TcpStream::connect(upstream.address()).unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf").unwrap();
    assert_eq!(upstream.await_request(|r| r.body == b"half").state, BodyState::Arriving);
    drop(stream);
    upstream.await_request(|r| r.state == BodyState::Broken(ReadError::Truncated));
}

#[test]
fn floods_only_as_fast_as_it_is_read() {
    let length = 64 << 20;
    let upstream = Upstream::start(Reply(vec![Step::SendRaw(head(length)), Step::Flood(length)]));
    let mut client = client(&upstream);
    client.send_request(&Request::get("/"));
    client.await_bytes(b"\r\n\r\n").unwrap();
    assert!(upstream.sent() < length, "the kernel took 64 MiB without a reader");
    assert_eq!(client.read_response().unwrap().body.len() as u64, length);
    assert_eq!(upstream.sent(), length);
}

fn head(length: u64) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes()
}

#[test]
fn stops_and_starts_while_other_processes_are_started() {
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                std::process::Command::new("true").status().unwrap();
            }
        });
        for _ in 0..100 {
            let upstream = Upstream::echo();
            upstream.stop();
            assert!(TcpStream::connect(upstream.address()).is_err(), "a stopped upstream accepts");
            upstream.restart();
            assert_eq!(client(&upstream).get("/").status, 200);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn takes_headers_of_the_proxy_protocol_and_nothing_without() {
    let upstream = Upstream::echo();
    upstream.take_proxy_headers();
    let binary = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\x02hi".to_vec();
    for (number, header) in [b"PROXY UNKNOWN\r\n".to_vec(), binary].into_iter().enumerate() {
        let mut client = client(&upstream);
        client.send(&header[..7]);
        client.send(&header[7..]);
        assert_eq!(client.get("/").json()["connection"], number);
        assert_eq!(upstream.proxy_header(number), Some(header));
    }
    assert_eq!(upstream.await_proxy_headers(2).len(), 2);
    let mut client = client(&upstream);
    client.send_request(&Request::get("/"));
    assert_eq!(client.await_close(), Closing::Closed);
    assert_eq!((upstream.count(), upstream.proxy_header(2)), (2, None));
}
