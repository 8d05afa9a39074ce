//! Clients of HTTP/2 that want to wear the gateway out: each is sent away in bounded time and memory, and nobody else is slowed.

use std::time::{Duration, Instant};

use castgate_test_support::{RawClient, Reply};

use crate::testbed::Testbed;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// What a gateway may grow by over one of them.
const MOST: f64 = 16.0 * 1024.0 * 1024.0;
/// How long it may last.
const SOON: Duration = Duration::from_secs(10);

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET /` of `http://a`, without END_STREAM unless `flags` have it.
fn ask(stream: u32, flags: u8) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | flags, stream, &[0x82, 0x86, 0x84, 0x01, 1, b'a'])
}

fn begin(bed: &Testbed) -> RawClient {
    let mut client = bed.connect();
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    client.send(frame(SETTINGS, 0, 0, b""));
    client
}

/// Sends pieces of an attack until the gateway has had enough; says what it was told in the end. Meanwhile an honest client is answered.
#[track_caller]
fn attack(name: &str, reply: Reply, pieces: impl Iterator<Item = Vec<u8>>) {
    let bed = Testbed::new("http2");
    bed.a.set(reply);
    let resident = || bed.await_metrics(|_| true).value("process_resident_memory_bytes", &[]).unwrap();
    let before = resident();
    let (mut client, since) = (begin(&bed), Instant::now());
    for (number, piece) in pieces.enumerate() {
        if client.try_send(&piece).is_err() {
            break;
        }
        if number % 1000 == 0 {
            assert_eq!(bed.get("/own").status, 200, "{name}");
        }
        assert!(since.elapsed() < SOON, "{name} goes on after {number} pieces");
    }
    // What it is told may be lost if it has sent on, but not that it is over.
    client.read_rest();
    assert!(since.elapsed() < SOON, "{name} lasted {:?}", since.elapsed());
    assert_eq!(bed.get("/own").status, 200, "{name}");
    let grown = resident() - before;
    assert!(grown < MOST, "{name}: {grown} bytes more");
    bed.await_metrics(|metrics| metrics.sum("gateway_http_requests_in_flight", &[]) == 0.0);
}

/// Streams of a client, one after the other.
fn streams(most: u32) -> impl Iterator<Item = u32> {
    (0..most).map(|number| 2 * number + 1)
}

#[test]
fn requests_that_are_given_up_at_once() {
    // CVE-2023-44487, before anybody looks at them, and behind that.
    let reset = |stream| frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
    attack(
        "many at a time",
        Reply::hang(),
        streams(100_000).map(|stream| [ask(stream, END_STREAM), reset(stream)].concat()),
    );
    attack(
        "one after the other",
        Reply::hang(),
        streams(100_000).flat_map(|stream| {
            castgate_test_support::let_pass(Duration::from_millis(2));
            [ask(stream, END_STREAM), reset(stream)]
        }),
    );
}

#[test]
fn requests_that_are_broken_so_that_the_gateway_gives_them_up() {
    // CVE-2025-8671.
    attack(
        "a window that does not grow",
        Reply::hang(),
        streams(100_000).map(|stream| [ask(stream, 0), frame(WINDOW_UPDATE, 0, stream, &[0; 4])].concat()),
    );
    attack(
        "a window that grows beyond all there is",
        Reply::hang(),
        streams(100_000).map(|stream| {
            [ask(stream, 0), frame(WINDOW_UPDATE, 0, stream, &[0x7f, 0xff, 0xff, 0xff])].concat()
        }),
    );
}

#[test]
fn frames_that_bring_nothing() {
    let many = 0..1_000_000;
    attack("PING", Reply::echo(), many.clone().map(|_| frame(PING, 0, 0, &[7; 8]).repeat(16)));
    attack("SETTINGS", Reply::echo(), many.clone().map(|_| frame(SETTINGS, 0, 0, b"").repeat(16)));
    attack(
        "PRIORITY",
        Reply::echo(),
        many.clone().map(|_| frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 1]).repeat(16)),
    );
    attack("unknown frames", Reply::echo(), many.clone().map(|_| frame(250, 0, 0, b"").repeat(16)));
    attack("windows", Reply::echo(), many.map(|_| frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]).repeat(16)));
}

#[test]
fn data_that_is_none() {
    let open = std::iter::once(ask(1, 0));
    attack(
        "empty DATA",
        Reply::hang(),
        open.chain((0..1_000_000).map(|_| frame(DATA, 0, 1, b"").repeat(16))),
    );
}

#[test]
fn heads_without_an_end() {
    // CVE-2024-27316.
    let open = || std::iter::once(frame(HEADERS, 0, 1, &[0x82, 0x86, 0x84, 0x01, 1, b'a']));
    let field = [&[0x00, 1, b'x', 100][..], &[b'y'; 100]].concat();
    attack(
        "CONTINUATION",
        Reply::hang(),
        open().chain((0..1_000_000).map(|_| frame(CONTINUATION, 0, 1, &field))),
    );
    attack(
        "empty CONTINUATION",
        Reply::hang(),
        open().chain((0..1_000_000).map(|_| frame(CONTINUATION, 0, 1, b""))),
    );
    // A byte for each four thousand: one field in the table, and then its number again and again (CVE-2026-49975).
    let long = [&[0x40, 1, b'x', 0x7f, 0xa1, 0x1e][..], &[b'y'; 4000]].concat();
    let bomb = move |stream| {
        let head = [&[0x82, 0x86, 0x84, 0x01, 1, b'a'][..], &long, &[0xbe; 8000]].concat();
        frame(HEADERS, END_HEADERS, stream, &head)
    };
    attack("a bomb", Reply::hang(), streams(100_000).map(bomb));
}

#[test]
fn heads_that_are_malformed() {
    let bed = Testbed::new("http2");
    let mut client = begin(&bed);
    let start = [0x82, 0x86, 0x84, 0x01, 1, b'a'];
    let field = |name: &str, value: &str| {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        [&[0, name.len() as u8], name, &[value.len() as u8], value].concat()
    };
    let heads = [
        [&start[..], &field("te", "gzip")].concat(),
        [&start[..], &field("connection", "close")].concat(),
        [&start[..], &field("transfer-encoding", "chunked")].concat(),
        [&start[..], &field("upgrade", "websocket")].concat(),
        [&start[..], &field("keep-alive", "timeout=5")].concat(),
        [&start[..], &field("content-length", "1, 1")].concat(),
        // Pseudo-fields twice, missing, behind others, and of a response.
        [&start[..], &[0x82]].concat(),
        start[1..].to_vec(),
        [&start[..2], &field("x", "y"), &start[2..]].concat(),
        [&start[..], &[0x88]].concat(),
        [&start[..], &field(":protocol", "websocket")].concat(),
    ];
    for (stream, head) in streams(1000).zip(&heads) {
        client.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, head));
        let reset = frame(RST_STREAM, 0, stream, &[0, 0, 0, 1]);
        assert!(client.await_bytes(&reset).is_ok(), "{head:?}");
    }
    // None of them was its connection's end.
    client.send(ask(99, END_STREAM));
    bed.a.await_request(|received| received.target == "/");
    // What breaks the table of fields is, and so is a name in capitals.
    for (name, value) in [("x", "a\r\nb"), ("x", "a\nb"), ("x", "a\0b"), ("X-A", "b")] {
        let mut client = begin(&bed);
        client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &[&start[..], &field(name, value)].concat()));
        client.read_rest();
    }
    assert_eq!(bed.a.count(), 1);
}

#[test]
fn windows_that_stay_shut() {
    // Nothing may be sent on any stream; small heads ask for large answers.
    let shut = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    let bed = Testbed::new("http2");
    let flood = 8 << 20;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {flood}\r\n\r\n");
    bed.a.set(Reply(vec![
        castgate_test_support::Step::SendRaw(head.into()),
        castgate_test_support::Step::Flood(flood),
    ]));
    let resident = || bed.await_metrics(|_| true).value("process_resident_memory_bytes", &[]).unwrap();
    let before = resident();
    let mut client = begin(&bed);
    client.send(&shut);
    streams(20).for_each(|stream| client.send(ask(stream, END_STREAM)));
    let since = Instant::now();
    // Each is given up, and in the end the connection, which nothing moves on any more.
    client.read_rest();
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    assert!(resident() - before < MOST);
    let line = bed.gateway.log_line(|line| line.text("path") == "/");
    assert_eq!(line.text("reason"), "write_timeout");
    // Nor may anybody leave what waits for it in the socket, although its windows are open.
    let mut deaf = begin(&bed);
    deaf.shrink_receive_buffer();
    deaf.send(frame(SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff]));
    deaf.send(frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0, 0, 0]));
    streams(20).for_each(|stream| deaf.send(ask(stream, END_STREAM)));
    bed.await_metrics(|metrics| metrics.sum("gateway_connections", &[]) == 0.0);
}
