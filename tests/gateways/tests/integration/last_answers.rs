//! The last answer of a connection arrives whole, whatever its client still sends, and the connection stays no longer than its client.

use std::time::{Duration, Instant};

use castgate_test_support::{Closing, Gate, Message, RawClient, Reply, Request, Step, poll};

use crate::testbed::Testbed;

/// More than sockets hold of a client that reads little.
const SIZE: usize = 400 * 1024;

/// Takes little of an answer until all of it is out of the gateway's hands, says something then, and takes the rest. How much has come,
/// and whether the end of it was one in due form.
fn read_and_interrupt(bed: &Testbed, client: &mut RawClient, path: &str) -> (usize, bool) {
    let mut taken = client.discard(1024).unwrap();
    let is_logged =
        || bed.gateway.raw_log().iter().any(|line| line.contains(&format!("\"path\":\"{path}\"")));
    poll(|| {
        taken += client.discard(1024).unwrap();
        if is_logged() { Ok(()) } else { Err(format!("under way, with {taken} bytes taken")) }
    });
    assert!(taken < SIZE, "nothing was left on its way");
    client.send(Request::get("/next").bytes());
    loop {
        match client.discard(64 * 1024) {
            Ok(0) => break (taken, true),
            Ok(more) => taken += more,
            Err(_) => break (taken, false),
        }
    }
}

fn assert_whole(bed: &Testbed, client: &mut RawClient, path: &str) {
    let (taken, ended) = read_and_interrupt(bed, client, path);
    assert!(taken > SIZE && ended, "{path}: {taken} bytes, and an end in due form: {ended}");
    let line = bed.gateway.log_of(path);
    assert_eq!((line.text("reason"), &line.value["bytes_out"]), ("ok", &SIZE.into()), "{path}");
    assert_eq!(bed.a.count(), 1, "what comes behind the last answer is no request");
}

#[test]
fn the_last_answer_arrives_whole_whatever_its_client_sends_behind_it() {
    let whole = || Message::new(200).body(vec![b'x'; SIZE]);
    for (number, (request, answer)) in [
        ("HTTP/1.1\r\nHost: a\r\nConnection: close", whole()),
        ("HTTP/1.0\r\nHost: a", whole()),
        ("HTTP/1.0\r\nHost: a", whole().chunked()),
    ]
    .into_iter()
    .enumerate()
    {
        let bed = Testbed::new("proxy");
        bed.a.set(answer);
        let (mut client, path) = (bed.connect(), format!("/{number}"));
        client.shrink_receive_buffer();
        client.send(format!("GET {path} {request}\r\n\r\n"));
        assert_whole(&bed, &mut client, &path);
    }
}

#[test]
fn what_a_client_sends_while_the_last_answer_is_written_costs_nothing_of_it() {
    let bed = Testbed::new("proxy");
    bed.a.set(Message::new(200).body(vec![b'x'; SIZE]));
    let mut client = bed.connect();
    client.shrink_receive_buffer();
    client.send(Request::get("/early").header("Connection", "close").bytes());
    // It is being answered, and nobody reads what it sends.
    client.await_bytes(b"xxx").unwrap();
    client.send("and so on");
    let begun = client.take_buffered().len();
    let (taken, ended) = read_and_interrupt(&bed, &mut client, "/early");
    assert!(begun + taken > SIZE && ended, "{begun} and {taken} bytes, and an end in due form: {ended}");
    assert_eq!(bed.a.count(), 1, "what comes behind the last answer is no request");
}

#[test]
fn the_last_answer_of_a_drain_arrives_whole_too() {
    poll(|| {
        let mut bed = Testbed::new("crowd");
        let gate = Gate::new();
        let answer = Step::Send(Message::new(200).body(vec![b'x'; SIZE]));
        bed.a.set(Reply(vec![Step::Pause(gate.clone()), answer]));
        let mut client = bed.connect();
        client.shrink_receive_buffer();
        client.send(Request::get("/drained").bytes());
        bed.a.await_request(|request| request.target == "/drained");
        bed.gateway.signal("TERM");
        poll(|| match std::net::TcpStream::connect(bed.gateway.address()) {
            Ok(_) => Err("open to others".to_owned()),
            Err(_) => Ok(()),
        });
        gate.open();
        let head = client.read_head().unwrap();
        if head.header("connection") != Some("close") {
            return Err("not told to close".to_owned());
        }
        let begun = client.take_buffered().len();
        let answered = Instant::now();
        let (taken, ended) = read_and_interrupt(&bed, &mut client, "/drained");
        // What a drain waits for is half a second.
        if !ended && answered.elapsed() > Duration::from_millis(450) {
            return Err(format!("this machine is slow: {:?}", answered.elapsed()));
        }
        assert_eq!((begun + taken, ended), (SIZE, true), "the answer, and an end in due form");
        assert_eq!(bed.gateway.exit_code(), 0);
        Ok(())
    });
}

#[test]
fn a_connection_stays_no_longer_than_its_client_behind_the_last_answer() {
    let bed = Testbed::new("proxy");
    let open_now = |count: f64| {
        let asked = Instant::now();
        bed.await_metrics(|metrics| metrics.value("gateway_connections", &[]) == Some(count));
        asked.elapsed()
    };
    let mut clients: Vec<_> = (0..50).map(|_| bed.connect()).collect();
    for client in &mut clients {
        client.send_request(&Request::get("/").header("Connection", "close"));
    }
    for client in &mut clients {
        assert!(!client.read_response().unwrap().keeps_alive());
        assert_eq!(client.await_close(), Closing::Closed, "a client is told at once");
    }
    // They have not closed yet, and who does is seen to.
    open_now(50.0);
    clients.truncate(10);
    let waited = open_now(10.0);
    assert!(waited < Duration::from_secs(2), "{waited:?}");
    // Who never does is left.
    open_now(0.0);
}
