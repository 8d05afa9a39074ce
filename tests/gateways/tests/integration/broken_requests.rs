//! A request that is not whole is never made whole: whatever is wrong with its body, whenever the backend answers, the
//! backend gets no complete message, and its connection is not used again.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use castgate_test_support::{
    BodyState, Closing, DEADLINE, Message, Metrics, ReadError, Reply, Request, Step, Upstream, poll,
};
use socket2::{Domain, Socket, Type};

use crate::testbed::{Testbed, assert_problem, launch};

/// How the client goes on after it has sent its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// It waits for its answer.
    Stay,
    /// It says in the same packet that nothing more will come (FIN), and waits.
    Finish,
    /// It resets.
    Reset,
}

/// A request with something wrong in its body.
#[derive(Clone, Debug)]
struct Flawed {
    framing: &'static str,
    body: Vec<u8>,
    then: Then,
    /// The status and the reason of the log; `None` where that depends on who was faster.
    logged: Option<(u16, &'static str)>,
    /// The client gets this status, if any answer.
    answered: Option<u16>,
}

impl Flawed {
    fn head(&self, target: &str) -> Vec<u8> {
        format!("POST {target} HTTP/1.1\r\nHost: a\r\n{}\r\n\r\n", self.framing).into_bytes()
    }
}

const CHUNKED: &str = "Transfer-Encoding: chunked";

/// Chunked bodies that are malformed at their beginning.
fn malformed_at_once() -> Vec<Vec<u8>> {
    let extension = format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(20 << 10)).into_bytes();
    [
        "ZZ\r\nabc\r\n",
        "-1\r\nabc\r\n0\r\n\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n",
        "10000000000000000\r\nabc\r\n0\r\n\r\n",
    ]
    .map(|body| body.as_bytes().to_vec())
    .into_iter()
    .chain([extension])
    .collect()
}

/// Chunked bodies that begin well.
fn malformed_later() -> Vec<Vec<u8>> {
    [
        "5\r\nhello\r\nZZ\r\nabc\r\n",
        "5\r\nhello\r\n-1\r\nabc\r\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r\n3\nabc\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nno colon\r\n\r\n",
        "5\r\nhello\r\n0\r\nBad Name: x\r\n\r\n",
        "5\r\nhello\r\n0\r\n\rX",
    ]
    .map(|body| body.as_bytes().to_vec())
    .to_vec()
}

fn malformed(body: Vec<u8>) -> Flawed {
    Flawed {
        framing: CHUNKED,
        body,
        then: Then::Stay,
        logged: Some((400, "bad_request")),
        answered: Some(400),
    }
}

/// The client has said nothing of the body when it goes.
fn left(framing: &'static str, then: Then) -> Flawed {
    let logged = (then == Then::Finish).then_some((499, "client_closed"));
    Flawed { framing, body: Vec::new(), then, logged, answered: None }
}

/// The client has said a part of the body, and then that this was all.
fn incomplete(framing: &'static str, body: &str) -> Flawed {
    Flawed {
        framing,
        body: body.into(),
        then: Then::Finish,
        logged: Some((400, "bad_request")),
        answered: Some(400),
    }
}

fn flawed() -> Vec<Flawed> {
    let mut all: Vec<Flawed> =
        malformed_at_once().into_iter().chain(malformed_later()).map(malformed).collect();
    for framing in ["Content-Length: 10", CHUNKED] {
        all.extend([Then::Finish, Then::Reset].map(|then| left(framing, then)));
    }
    all.push(incomplete("Content-Length: 10", "hello"));
    all.extend(["5\r\nhel", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n"].map(|body| incomplete(CHUNKED, body)));
    let reset = |framing, body: &str| Flawed { then: Then::Reset, logged: None, ..incomplete(framing, body) };
    all.extend([reset("Content-Length: 10", "hello"), reset(CHUNKED, "5\r\nhello\r\n")]);
    all
}

/// Sends a flawed request in one packet, holds the answer and the log against it, and gives the target.
#[track_caller]
fn send(bed: &Testbed, route: &str, number: usize, flaw: &Flawed) -> String {
    let target = format!("{route}/flawed/{number}");
    let mut client = bed.connect();
    let bytes = [flaw.head(&target), flaw.body.clone()].concat();
    match flaw.then {
        Then::Finish => client.send_and_finish(&bytes),
        Then::Stay | Then::Reset => client.send(&bytes),
    }
    if flaw.then == Then::Reset {
        client.reset();
        return target;
    }
    match (client.read_response(), flaw.answered) {
        (Ok(response), Some(status)) => {
            let (_, reason) = flaw.logged.expect("an answer without a reason");
            assert_problem(&response, status, reason);
            assert_eq!(response.header("connection"), Some("close"), "{flaw:?}");
        }
        (Err(ReadError::Closed), None) => {}
        (other, _) => panic!("{flaw:?}: {other:?}"),
    }
    assert_eq!(client.await_close(), Closing::Closed, "{flaw:?}");
    if let Some((status, reason)) = flaw.logged {
        let line = bed.gateway.log_of(&target);
        assert_eq!((line.status(), line.text("reason")), (u64::from(status), reason), "{flaw:?}");
    }
    target
}

/// Whole requests that would be eaten by a connection that still waits for a body; what they carry would be read
/// as a request.
fn probe(bed: &Testbed, route: &str) {
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for _ in 0..4 {
        let response = bed.call(&Request::post(&format!("{route}/whole"), smuggled));
        assert_eq!(response.status, 200, "{}", response.text());
    }
}

/// No broken request is complete, none shares its connection with a later one, and nothing is taken for a request
/// that is none.
#[track_caller]
fn nothing_was_completed(upstream: &Upstream) {
    let requests = upstream.requests();
    for (place, request) in requests.iter().enumerate() {
        assert!(request.target.contains("/flawed/") || request.target.ends_with("/whole"), "{request:#?}");
        if request.target.contains("/flawed/") {
            assert_ne!(request.state, BodyState::Complete, "{request:#?}");
            let again = requests[place + 1..].iter().find(|later| later.connection == request.connection);
            assert!(again.is_none(), "{again:#?} came on the connection of {request:#?}");
        }
    }
}

fn early() -> Reply {
    Reply(vec![Step::Send(Message::new(200).body("early")), Step::ReadBody])
}

fn late() -> Reply {
    Reply(vec![Step::ReadBody, Step::Send(Message::new(200).body("late"))])
}

/// Each flaw on fresh connections to the backend and on kept ones.
#[track_caller]
fn no_flaw_is_completed(reply: Reply) {
    let bed = Testbed::new("proxy");
    bed.a.set(reply);
    for (number, flaw) in flawed().iter().enumerate() {
        send(&bed, "", 2 * number, flaw);
        probe(&bed, "");
        send(&bed, "", 2 * number + 1, flaw);
        probe(&bed, "");
    }
    nothing_was_completed(&bed.a);
}

#[test]
fn a_broken_body_is_never_completed_towards_a_backend_that_answers_late() {
    no_flaw_is_completed(late());
}

#[test]
fn a_broken_body_is_never_completed_towards_a_backend_that_answers_early() {
    no_flaw_is_completed(early());
}

#[test]
fn a_backend_that_has_begun_to_answer_is_told_that_its_request_breaks_off() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply(vec![
        Step::SendRaw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n".into()),
        Step::ReadBody,
        Step::SendRaw(b"0\r\n\r\n".into()),
    ]));
    for (number, (rest, finishes)) in [("zz\r\nx\r\n", false), ("5\r\nhel", true)].into_iter().enumerate() {
        let target = format!("/flawed/{number}");
        let mut client = bed.connect();
        client.send(format!("POST {target} HTTP/1.1\r\nHost: a\r\n{CHUNKED}\r\n\r\n5\r\nhello\r\n"));
        client.await_bytes(b"first").unwrap();
        if finishes {
            client.send_and_finish(rest)
        } else {
            client.send(rest)
        }
        let line = bed.gateway.log_of(&target);
        assert_eq!((line.status(), line.text("reason")), (200, "bad_request"), "{rest:?}");
        // What has come of the answer is not all of it.
        assert!(client.read_response().is_err(), "{rest:?}");
    }
    nothing_was_completed(&bed.a);
}

#[test]
fn a_chunk_over_the_limit_is_a_413_and_never_left_out() {
    for reply in [early(), late()] {
        let bed = Testbed::new("sizes");
        bed.a.set(reply);
        let large = format!("bb8\r\n{}\r\n", "x".repeat(3000));
        for (number, body) in [
            format!("{large}3\r\nend\r\n0\r\n\r\n"),
            format!("3\r\none\r\n{large}3\r\nend\r\n0\r\n\r\n"),
            format!("{large}0\r\n\r\n"),
        ]
        .into_iter()
        .enumerate()
        {
            let flaw = Flawed {
                framing: CHUNKED,
                body: body.into_bytes(),
                then: Then::Stay,
                logged: Some((413, "body_too_large")),
                answered: Some(413),
            };
            send(&bed, "", number, &flaw);
            probe(&bed, "");
        }
        nothing_was_completed(&bed.a);
    }
}

#[test]
fn a_malformed_body_is_logged_and_counted_once() {
    let bed = Testbed::new("proxy");
    let flaws: Vec<Flawed> =
        malformed_at_once().into_iter().chain(malformed_later()).map(malformed).collect();
    let targets: Vec<String> =
        flaws.iter().enumerate().map(|(number, flaw)| send(&bed, "", number, flaw)).collect();
    let count = flaws.len() as f64;
    bed.await_metrics(|m| m.sum("gateway_http_requests_total", &[("status", "400")]) == count);
    let log = bed.gateway.raw_log();
    for target in &targets {
        let lines = log.iter().filter(|line| line.contains(&format!("\"{target}\""))).count();
        assert_eq!(lines, 1, "{target}: {log:#?}");
    }
    assert_eq!(log.len(), targets.len());
    // What a client breaks off is no answer of a backend's.
    let metrics = bed.metrics();
    assert_eq!(metrics.sum("gateway_upstream_requests_total", &[("status", "400")]), 0.0);
}

#[test]
fn a_request_with_the_end_of_its_connection_right_behind_it_is_served_or_logged() {
    let bed = Testbed::new("gate");
    for number in 0..100 {
        let target = format!("/fixed/{number}");
        let mut client = bed.connect();
        client.send_and_finish(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(client.read_response().unwrap().status, 200);
        assert_eq!(bed.gateway.log_of(&target).status(), 200);
    }
    for number in 0..50 {
        let mut client = bed.connect();
        let [first, second] = ["first", "second"].map(|word| format!("/fixed/{word}/{number}"));
        let pair = [&first, &second].map(|target| format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        client.send_and_finish(pair.concat());
        for target in [&first, &second] {
            assert_eq!(client.read_response().unwrap().status, 200);
            assert_eq!(bed.gateway.log_of(target).status(), 200);
        }
    }
}

#[test]
fn a_client_that_leaves_while_another_backend_is_tried_completes_nothing() {
    let bed = Testbed::new("proxy");
    bed.b.stop();
    for (number, flaw) in flawed().iter().enumerate() {
        send(&bed, "/pair", number, flaw);
    }
    bed.a.set(late());
    probe(&bed, "/pair");
    nothing_was_completed(&bed.a);
}

/// A listener whose queue is full: who connects must wait.
struct Crowded {
    listener: TcpListener,
    crowd: Vec<Socket>,
}

impl Crowded {
    fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let mut crowd = Vec::new();
        loop {
            let one = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            let inside = one.connect_timeout(&address.into(), Duration::from_millis(200)).is_ok();
            crowd.push(one);
            if !inside {
                return Self { listener, crowd };
            }
        }
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Lets everybody in, and gives what the gateway says before it closes.
    fn open(self) -> String {
        let strangers: Vec<_> =
            self.crowd.iter().filter_map(|one| one.local_addr().ok()?.as_socket()).collect();
        self.listener.set_nonblocking(true).unwrap();
        loop {
            let (mut stream, peer): (TcpStream, _) =
                poll(|| self.listener.accept().map_err(|error| format!("no connection: {error}")));
            if !strangers.contains(&peer) {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(DEADLINE)).unwrap();
                let mut bytes = Vec::new();
                // A reset ends it as well as a close.
                _ = stream.read_to_end(&mut bytes);
                return String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    }
}

#[test]
fn a_client_that_leaves_while_the_gateway_connects_completes_nothing() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    for framing in ["Content-Length: 10", CHUNKED] {
        let crowded = Crowded::new();
        let gateway = launch("proxy", [&a, &b, &c]).env("B", format!("http://{}", crowded.address())).start();
        let mut client = gateway.connect();
        client.send_and_finish(left(framing, Then::Finish).head("/once/flawed"));
        poll(|| {
            let metrics = Metrics::parse(&gateway.admin("/metrics").text());
            let inside = metrics.sum("gateway_http_requests_in_flight", &[]);
            if inside == 1.0 { Ok(()) } else { Err(format!("{inside} requests are in flight")) }
        });
        let said = crowded.open();
        let body = said.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        assert_eq!(body, "", "came after the head");
        let line = gateway.log_of("/once/flawed");
        assert_eq!((line.status(), line.text("reason")), (499, "client_closed"), "{}", line.raw);
    }
}

#[test]
fn the_status_of_a_client_that_left_is_never_sent() {
    let bed = Testbed::new("proxy");
    let flaws = flawed();
    for (number, flaw) in flaws.iter().enumerate().filter(|(_, flaw)| flaw.then == Then::Finish) {
        let mut client = bed.connect();
        client.send_and_finish([flaw.head(&format!("/{number}")), flaw.body.clone()].concat());
        let answer = String::from_utf8_lossy(&client.read_rest()).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{flaw:?}: {answer}");
    }
}
