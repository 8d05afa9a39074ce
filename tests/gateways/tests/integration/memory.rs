//! What slow peers cost: whoever takes nothing, and whoever sends to one that takes nothing, holds a few reads here and no more. The rest
//! stays where it is.

use std::thread;

use castgate_test_support::{Gate, RawClient, Reply, Request, Step, standstill};

use crate::testbed::Testbed;
use crate::upgrades::{switching, websocket};

/// So many that what one of them holds stands out from what the process needs anyway.
const CROWD: usize = 32;
/// Of one; docs/operations.md says about 60 KiB of a slow reader.
const MOST: f64 = 128.0 * 1024.0;
/// Of one, more than all buffers on the way hold.
const FLOOD: u64 = 64 << 20;

/// So many clients that idle, of which each holds very little.
const IDLE: usize = 600;
/// Of one; docs/benchmarks.md says less than 1.5 KiB, counted with more of them.
const MOST_IDLE: f64 = 2.0 * 1024.0;

/// What each of a crowd costs that does this, in bytes, when nothing moves any more.
fn cost_of_each(
    bed: &Testbed,
    stalls: impl Fn() -> RawClient + Sync,
    moved: impl Fn(&Testbed) -> u64,
) -> f64 {
    let resident = || {
        standstill(|| moved(bed));
        bed.await_metrics(|_| true).value("process_resident_memory_bytes", &[]).unwrap()
    };
    // What is needed once is there.
    let first: Vec<RawClient> = (0..4).map(|_| stalls()).collect();
    let before = resident();
    let crowd: Vec<RawClient> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CROWD).map(|_| scope.spawn(&stalls)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let cost = (resident() - before) / crowd.len() as f64;
    drop(first);
    cost
}

#[test]
fn who_idles_holds_next_to_nothing() {
    let bed = Testbed::new("proxy");
    let idle = |count| -> Vec<RawClient> {
        let asks = |_| {
            let mut client = bed.connect();
            assert_eq!(client.get("/").status, 200);
            client
        };
        (0..count).map(asks).collect()
    };
    let resident =
        || bed.await_metrics(|_| true).value("process_resident_memory_bytes", &[]).expect("it is there");
    // What is needed once is there.
    let _first = idle(IDLE / 4);
    let before = resident();
    let _crowd = idle(IDLE);
    let cost = (resident() - before) / IDLE as f64;
    assert!(cost < MOST_IDLE, "{cost} bytes for each");
}

#[test]
fn who_takes_nothing_of_a_response_holds_little() {
    for chunked in [false, true] {
        let bed = Testbed::new("proxy");
        let (framing, size) = match chunked {
            false => (format!("Content-Length: {FLOOD}"), String::new()),
            true => ("Transfer-Encoding: chunked".to_owned(), format!("{FLOOD:x}\r\n")),
        };
        let head = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{size}");
        bed.a.set(Reply(vec![Step::SendRaw(head.into()), Step::Flood(FLOOD)]));
        let stalls = || {
            let mut client = bed.connect();
            client.send_request(&Request::get("/"));
            client.await_bytes(b"\r\n\r\n").unwrap();
            client
        };
        let cost = cost_of_each(&bed, stalls, |bed| bed.a.sent());
        assert!(cost < MOST, "{cost} bytes for each, chunked: {chunked}");
    }
}

#[test]
fn who_sends_to_a_backend_that_takes_nothing_holds_little() {
    for framing in [
        format!("Content-Length: {FLOOD}\r\n\r\n"),
        format!("Transfer-Encoding: chunked\r\n\r\n{FLOOD:x}\r\n"),
    ] {
        let bed = Testbed::new("proxy");
        bed.a.set(Reply(vec![Step::Pause(Gate::new())]));
        let stalls = || {
            let mut client = bed.connect();
            client.send(format!("POST / HTTP/1.1\r\nHost: a\r\n{framing}"));
            client.send_until_stuck([b'x'; 64 * 1024]);
            client
        };
        let cost = cost_of_each(&bed, stalls, |_| 0);
        assert!(cost < MOST, "{cost} bytes for each of {framing:?}");
    }
}

#[test]
fn who_takes_nothing_out_of_a_tunnel_holds_little() {
    let bed = Testbed::new("proxy");
    bed.a.set(switching(vec![Step::Flood(FLOOD)]));
    let stalls = || {
        let mut client = bed.connect();
        assert_eq!(client.call(&websocket("/")).status, 101);
        client
    };
    let cost = cost_of_each(&bed, stalls, |bed| bed.a.sent());
    assert!(cost < MOST, "{cost} bytes for each");
}
