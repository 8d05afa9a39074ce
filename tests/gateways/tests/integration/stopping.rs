//! What clients see of a gateway that stops: whoever has asked is answered, and is told to go elsewhere.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use castgate_test_support::{DEADLINE, Gate, Message, Reply, Request, Step};

use crate::testbed::{Testbed, assert_problem, launch};

#[test]
fn a_gateway_that_says_that_it_listens_can_be_asked_to_end() {
    let bed = Testbed::new("tunnels");
    for _ in 0..10 {
        let mut gateway = launch("tunnels", [&bed.a, &bed.b, &bed.c]).spawn();
        // Nothing is waited for but the line.
        gateway.stderr_line(|line| line.contains("listening"));
        gateway.signal("TERM");
        assert_eq!(gateway.exit_code(), 0);
    }
}

/// One request; whether its connection may carry another. `None` if it was closed unanswered.
fn ask(stream: &mut TcpStream) -> Option<bool> {
    stream.write_all(b"GET /short HTTP/1.1\r\nHost: gateway.test\r\n\r\n").ok()?;
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(count) => seen.extend_from_slice(&piece[..count]),
        }
        let text = String::from_utf8_lossy(&seen);
        if text.ends_with("the whole answer") {
            return Some(!text.to_ascii_lowercase().contains("connection: close"));
        }
    }
}

/// Asks until nobody listens any more, on each connection as often as it is told to. Who connects and is refused, or not
/// answered at all, has lost nothing.
fn keep_asking(
    address: SocketAddr,
    on_one: usize,
    answered: &AtomicUsize,
    lost: &AtomicUsize,
    over: &AtomicBool,
) {
    while !over.load(Ordering::Relaxed) {
        let mut stream = match TcpStream::connect_timeout(&address, Duration::from_secs(5)) {
            Ok(stream) => stream,
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::TimedOut) => {
                return;
            }
            Err(error) => panic!("cannot connect: {error}"),
        };
        stream.set_nodelay(true).unwrap();
        for _ in 0..on_one {
            match ask(&mut stream) {
                Some(again) => {
                    answered.fetch_add(1, Ordering::Relaxed);
                    if !again {
                        break;
                    }
                }
                None => {
                    lost.fetch_add(1, Ordering::Relaxed);
                    break;
                }
            }
        }
    }
}

#[test]
fn no_request_is_closed_unanswered_when_a_busy_gateway_stops() {
    for _ in 0..4 {
        let mut bed = Testbed::new("proxy");
        bed.a.set(Reply::text("the whole answer"));
        let address = bed.gateway.address();
        let (answered, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            for number in 0..12 {
                let on_one = if number < 8 { 1 } else { 1000 };
                let (answered, lost, over) = (&answered, &lost, &over);
                scope.spawn(move || keep_asking(address, on_one, answered, lost, over));
            }
            while answered.load(Ordering::Relaxed) < 300 {
                thread::yield_now();
            }
            bed.gateway.signal("TERM");
            assert_eq!(bed.gateway.exit_code(), 0);
            over.store(true, Ordering::Relaxed);
        });
        assert_eq!(lost.load(Ordering::Relaxed), 0, "of {}", answered.load(Ordering::Relaxed));
    }
}

#[test]
fn who_waits_in_the_queue_of_a_full_gateway_is_answered_when_it_stops() {
    let mut bed = Testbed::new("crowd");
    let gate = Gate::new();
    let waiting = gate.clone();
    bed.a.set_script(move |_| {
        Reply(vec![Step::ReadBody, Step::Pause(waiting.clone()), Step::Send(Message::new(200).body("done"))])
    });
    // As many as there may be are served, the others wait.
    let mut clients: Vec<_> = (0..24).map(|_| bed.connect()).collect();
    for client in &mut clients {
        client.send_request(&Request::post("/", "x"));
    }
    bed.await_metrics(|m| m.value("gateway_http_requests_in_flight", &[]) == Some(8.0));
    bed.gateway.signal("TERM");
    bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
    gate.open();
    for client in &mut clients {
        assert_eq!(client.read_response().unwrap().text(), "done");
    }
    assert_eq!(bed.gateway.exit_code(), 0);
}

#[test]
fn a_request_that_comes_just_after_its_connection_is_answered() {
    let attempt = || {
        let mut bed = Testbed::new("crowd");
        let started = Instant::now();
        let mut client = bed.connect();
        bed.await_metrics(|m| m.value("gateway_connections", &[]) == Some(1.0));
        bed.gateway.signal("TERM");
        bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
        client.send_request(&Request::get("/"));
        let response = client.read_response();
        if started.elapsed() > Duration::from_millis(450) {
            return Err(format!("this machine is slow: {:?}", started.elapsed()));
        }
        let response = response.unwrap();
        assert_eq!(response.status, 200);
        assert!(!response.keeps_alive());
        assert_eq!(bed.gateway.exit_code(), 0);
        Ok(())
    };
    castgate_test_support::poll(attempt);
}

#[test]
fn half_a_request_head_does_not_hold_the_drain() {
    let mut bed = Testbed::new("crowd");
    // One on a new connection, and one behind a whole request.
    let (mut new, mut old) = (bed.connect(), bed.connect());
    old.get("/");
    for client in [&mut new, &mut old] {
        client.send("GET / HTTP/1.1\r\nHo");
    }
    bed.await_metrics(|m| m.value("gateway_connections", &[]) == Some(2.0));
    let started = Instant::now();
    bed.gateway.signal("TERM");
    assert_eq!(bed.gateway.exit_code(), 0);
    // The grace period is 40 s, and so long is the patience for a head.
    assert!(started.elapsed() < DEADLINE, "{:?}", started.elapsed());
    assert_eq!(bed.gateway.log_line(|line| line.status() == 408).text("reason"), "request_timeout");
}

#[test]
fn what_is_cut_off_is_told_so() {
    let mut bed = Testbed::new("proxy");
    let gate = Gate::new();
    bed.a.set(Reply::hang());
    bed.b.set(Reply(vec![
        Step::SendRaw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".into()),
        Step::Pause(gate.clone()),
    ]));
    let (mut waiting, mut uploading, mut streaming) = (bed.connect(), bed.connect(), bed.connect());
    waiting.send_request(&Request::get("/waiting"));
    uploading.send("POST /uploading HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
    streaming.send_request(&Request::get("/once/streaming"));
    for path in ["/waiting", "/uploading"] {
        bed.a.await_request(|r| r.target == path);
    }
    streaming.await_bytes(b"half").unwrap();
    bed.gateway.signal("TERM");
    for client in [&mut waiting, &mut uploading] {
        let response = client.read_response().unwrap();
        assert_problem(&response, 503, "shutdown");
        assert!(!response.keeps_alive());
    }
    assert!(streaming.read_response().is_err(), "half a response is not a whole one");
    assert_eq!(bed.gateway.exit_code(), 1);
    for (path, status) in [("/waiting", 503), ("/uploading", 503), ("/once/streaming", 200)] {
        let line = bed.gateway.log_of(path);
        assert_eq!((line.text("reason"), line.status()), ("shutdown", status), "{path}");
    }
    let lines = bed.gateway.raw_log();
    assert_eq!(lines.len(), 3, "one line each: {lines:#?}");
    gate.open();
}

#[test]
fn a_gateway_survives_a_hangup() {
    let mut bed = Testbed::new("proxy");
    for _ in 0..2 {
        bed.gateway.signal("HUP");
        bed.gateway.stderr_line(|line| line.contains("SIGHUP"));
        assert_eq!(bed.get("/").status, 200);
    }
    bed.a.set(Message::new(204));
    bed.gateway.signal("TERM");
    assert_eq!(bed.gateway.exit_code(), 0);
}

#[test]
fn an_empty_level_is_no_level() {
    let bed = Testbed::new("proxy");
    let gateway = launch("proxy", [&bed.a, &bed.b, &bed.c]).env("RUST_LOG", "").start();
    gateway.stderr_line(|line| line.contains("INFO"));
}

#[test]
fn a_level_that_is_not_understood_is_told_of() {
    let bed = Testbed::new("proxy");
    let gateway = launch("proxy", [&bed.a, &bed.b, &bed.c]).env("RUST_LOG", "castgate=loudly").start();
    gateway.stderr_line(|line| line.contains("WARN") && line.contains("RUST_LOG"));
}

/// Whoever has its answer holds no drain, though it neither closes nor has said all that it was going to.
#[test]
fn a_client_that_was_answered_and_stays_holds_no_drain() {
    let too_large = "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nand so on";
    for (text, path, status) in [(too_large, "/large", 413), ("GET /half HTTP/1.1\r\nHo", "/half", 408)] {
        let mut bed = Testbed::new("proxy");
        let mut client = bed.connect();
        client.send(text);
        if status == 413 {
            assert_eq!(client.read_response().unwrap().status, status);
        } else {
            bed.await_metrics(|m| m.value("gateway_connections", &[]) == Some(1.0));
        }
        let started = Instant::now();
        bed.gateway.signal("TERM");
        assert_eq!(bed.gateway.exit_code(), 0, "nothing was cut off");
        // The grace period is 2 s.
        assert!(started.elapsed() < Duration::from_millis(1900), "{:?}", started.elapsed());
        assert_eq!(bed.gateway.log_of(path).status(), u64::from(status));
        if status == 408 {
            assert_eq!(client.read_response().unwrap().status, status);
        }
    }
}
