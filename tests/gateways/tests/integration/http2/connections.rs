//! Connections of HTTP/2: how they begin, how they end, and that nothing is lost when they do.

use std::time::{Duration, Instant};

use castgate_test_support::{Closing, Gate, Message, RawClient, Reply, Request, let_pass};

use super::client::{connect, pause, request, run, until};
use crate::testbed::Testbed;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[test]
fn the_first_bytes_decide_wherever_they_are_cut() {
    let bed = Testbed::new("http2");
    // All that a client need send: its preface, no settings, and a request for `/own`.
    let head = [&[0x82, 0x86, 0x04, 4][..], b"/own", &[0x01, 1, b'a']].concat();
    let all =
        [PREFACE, &[0, 0, 0, 4, 0, 0, 0, 0, 0], &[0, 0, head.len() as u8, 1, 5, 0, 0, 0, 1], &head].concat();
    let mut clients: Vec<(RawClient, usize)> =
        (1..PREFACE.len() + 12).map(|cut| (bed.connect(), cut)).collect();
    clients.iter_mut().for_each(|(client, cut)| client.send(&all[..*cut]));
    // Time for the gateway to see the first parts alone.
    let_pass(Duration::from_millis(100));
    for (client, cut) in &mut clients {
        client.send(&all[*cut..]);
    }
    for (client, cut) in &mut clients {
        assert!(client.await_bytes(b"its own").is_ok(), "cut at {cut}");
    }
    // What begins like it and is not.
    for (text, status) in
        [("PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", 200), ("PRI * HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    {
        let mut client = bed.connect();
        client.send(&text[..2]);
        let_pass(Duration::from_millis(50));
        client.send(&text[2..]);
        assert_eq!(client.read_response().unwrap().status, status, "{text:?}");
    }
    // Who never says which is given as long as for any head.
    for (start, answered) in [(&PREFACE[..0], false), (&PREFACE[..7], true), (PREFACE, false)] {
        let (mut client, since) = (bed.connect(), Instant::now());
        client.send(start);
        if answered {
            assert_eq!(client.read_response().unwrap().status, 408);
        }
        client.await_close();
        assert!(since.elapsed() < Duration::from_secs(4), "{start:?}");
    }
    let mut left = bed.connect();
    left.send_and_finish(&PREFACE[..7]);
    left.await_close();
    assert_eq!(bed.get("/own").status, 200);
}

#[test]
fn an_idle_connection_ends_in_time_and_says_so() {
    let bed = Testbed::new("http2");
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        client.get("/own").await;
        let since = Instant::now();
        let ended = client.ended.await.unwrap();
        assert!(ended.is_ok(), "{ended:?}");
        assert!((Duration::from_millis(1500)..Duration::from_secs(4)).contains(&since.elapsed()));
    });
}

#[test]
fn a_gateway_that_stops_loses_no_request() {
    let mut bed = Testbed::new("http2");
    let gate = Gate::new();
    bed.a.set(Reply::gated(&gate, Message::new(200).body("done")));
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let mut waiting = Vec::new();
        for _ in 0..5 {
            waiting.push(client.begin(request("GET", "/", &[]), true).await.0);
        }
        until(|| (bed.a.count() == 5).then_some(())).await;
        bed.gateway.signal("TERM");
        // The client is told not to ask for more, and what it has asked for is answered.
        let mut told = client.requests.clone();
        while std::future::poll_fn(|cx| told.poll_ready(cx)).await.is_ok() {
            let Ok((answer, _)) = told.send_request(request("GET", "/own", &[]), true) else { break };
            assert!(answer.await.is_ok_and(|answer| answer.status() == 200));
        }
        gate.open();
        for answer in waiting {
            let answer = super::client::read(answer.await.unwrap()).await.unwrap();
            assert_eq!(answer.body, b"done");
        }
        assert!(client.ended.await.unwrap().is_ok());
    });
    assert_eq!(bed.gateway.exit_code(), 0);
}

#[test]
fn what_the_grace_does_not_last_for_is_cut_off_and_told() {
    let mut bed = Testbed::new("http2");
    bed.a.set(Reply::hang());
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let (answer, _) = client.begin(request("GET", "/hang", &[]), true).await;
        until(|| (bed.a.count() == 1).then_some(())).await;
        bed.gateway.signal("TERM");
        // Two signals at once would be one.
        while std::future::poll_fn(|cx| client.requests.poll_ready(cx)).await.is_ok() {
            pause(Duration::from_millis(5)).await;
        }
        bed.gateway.signal("TERM");
        assert_eq!(answer.await.unwrap().status(), 503);
    });
    bed.gateway.wait_exit(Duration::from_secs(5)).expect("it still runs");
    assert_eq!(bed.gateway.log_of("/hang").text("reason"), "shutdown");
}

#[test]
fn connections_get_old() {
    let bed = Testbed::new("http2_age");
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let begun = Instant::now();
        let mut answered = 0;
        while std::future::poll_fn(|cx| client.requests.poll_ready(cx)).await.is_ok() {
            let Ok((answer, _)) = client.requests.send_request(request("GET", "/", &[]), true) else { break };
            match answer.await {
                Ok(answer) => assert_eq!(answer.status(), 200),
                // It crossed the farewell, which says that nobody has looked at it (RFC 9113 section 6.8).
                Err(error) if error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR) => break,
                Err(error) => panic!("{error}"),
            }
            answered += 1;
            pause(Duration::from_millis(20)).await;
        }
        assert!(
            answered > 5 && begun.elapsed() >= Duration::from_millis(900),
            "{answered} in {:?}",
            begun.elapsed()
        );
        assert!(client.ended.await.unwrap().is_ok());
        assert_eq!(connect(bed.gateway.address()).await.get("/").await.status(), 200);
    });
    // HTTP/1.1 has its ages, too.
    let mut client = bed.connect();
    let_pass(Duration::from_secs(1));
    client.send_request(&Request::get("/"));
    assert!(!client.read_response().unwrap().keeps_alive());
    assert_eq!(client.await_close(), Closing::Closed);
}
