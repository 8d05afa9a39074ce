//! Starting, refusing to start, and stopping without losing a request.

use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use castgate_test_support::{Closing, DEADLINE, Gate, Launch, Message, RawClient, Reply, Request, Upstream};

use crate::testbed::{Testbed, launch};

/// The exit code of a configuration that cannot be used.
const EX_CONFIG: i32 = 78;

#[test]
fn a_signal_lets_requests_in_flight_finish() {
    for signal in ["TERM", "INT"] {
        let mut bed = Testbed::new("proxy");
        let gate = Gate::new();
        bed.a.set(Reply::gated(&gate, Message::new(200).body("finished")));
        let mut client = bed.connect();
        client.send_request(&Request::get("/in-flight"));
        bed.a.await_request(|r| r.target == "/in-flight");
        bed.gateway.signal(signal);
        bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
        gate.open();
        let response = client.read_response().unwrap();
        assert_eq!(response.text(), "finished");
        assert!(!response.keeps_alive(), "a draining gateway says Connection: close");
        assert_eq!(client.await_close(), Closing::Closed);
        assert_eq!(bed.gateway.exit_code(), 0, "after {signal}");
        assert_eq!(bed.gateway.log_of("/in-flight").text("reason"), "ok");
    }
}

#[test]
fn an_idle_gateway_stops_at_once() {
    let mut bed = Testbed::new("proxy");
    let mut idle = bed.connect();
    idle.get("/");
    let started = Instant::now();
    bed.gateway.signal("TERM");
    assert_eq!(bed.gateway.exit_code(), 0);
    // The grace period is 2 s, and an idle connection is nothing to wait for.
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
    assert_eq!(idle.await_close(), Closing::Closed);
}

#[test]
fn a_stopped_gateway_accepts_nothing() {
    let mut bed = Testbed::new("proxy");
    let address = bed.gateway.address();
    bed.gateway.signal("TERM");
    assert_eq!(bed.gateway.exit_code(), 0);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn what_outlives_the_grace_period_is_cut() {
    let mut bed = Testbed::new("proxy");
    bed.a.set(Reply::hang());
    let mut client = bed.connect();
    client.send_request(&Request::get("/hangs"));
    bed.a.await_request(|r| r.target == "/hangs");
    let started = Instant::now();
    bed.gateway.signal("TERM");
    let status = bed.gateway.wait_exit(DEADLINE).expect("a hanging request keeps the gateway for ever");
    assert_eq!(status.code(), Some(1), "requests were cut off: {status}");
    assert_eq!(bed.gateway.log_of("/hangs").text("reason"), "shutdown");
    assert!(
        started.elapsed() >= Duration::from_millis(1500),
        "the grace period is 2 s: {:?}",
        started.elapsed()
    );
}

#[test]
fn a_second_signal_does_not_wait() {
    let mut bed = Testbed::new("proxy");
    bed.a.set(Reply::hang());
    let mut client = bed.connect();
    client.send_request(&Request::get("/hangs"));
    bed.a.await_request(|r| r.target == "/hangs");
    bed.gateway.signal("TERM");
    bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
    let started = Instant::now();
    bed.gateway.signal("TERM");
    assert_eq!(bed.gateway.exit_code(), 1);
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
    assert_eq!(bed.gateway.log_of("/hangs").text("reason"), "shutdown");
}

#[test]
fn a_streaming_response_is_finished_too() {
    let mut bed = Testbed::new("proxy");
    let gate = Gate::new();
    bed.a.set(Reply(vec![
        castgate_test_support::Step::SendRaw(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n".into(),
        ),
        castgate_test_support::Step::Pause(gate.clone()),
        castgate_test_support::Step::SendRaw(b"4\r\nlast\r\n0\r\n\r\n".into()),
    ]));
    let mut client = bed.connect();
    client.send_request(&Request::get("/"));
    client.await_bytes(b"first").unwrap();
    bed.gateway.signal("TERM");
    bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
    gate.open();
    assert_eq!(client.read_response().unwrap().text(), "firstlast");
    assert_eq!(bed.gateway.exit_code(), 0);
}

#[test]
fn every_missing_value_is_reported_at_once() {
    let binary = env!("CARGO_BIN_EXE_gateways");
    let mut gateway = Launch::new(binary).arg("proxy").spawn();
    assert_eq!(gateway.exit_code(), EX_CONFIG);
    let stderr = gateway.stderr();
    for name in ["A", "B", "C"] {
        let said = stderr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name);
        assert!(said, "{name} is not reported:\n{stderr}");
    }
    assert_eq!(gateway.raw_log(), Vec::<String>::new());
}

#[test]
fn a_value_that_makes_no_sense_is_reported() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let good = launch("middleware", [&a, &b, &c]);
    for (name, value) in [
        ("A", "not a url"),
        ("A", "ftp://127.0.0.1:1"),
        ("A", ""),
        ("LISTEN", "nowhere"),
        ("LISTEN", "127.0.0.1:99999"),
        ("API_KEYS", ""),
    ] {
        let mut gateway = good.clone().env(name, value).spawn();
        assert_eq!(gateway.exit_code(), EX_CONFIG, "{name}={value:?}:\n{}", gateway.stderr());
        assert!(gateway.stderr().contains(name), "{name} is not named:\n{}", gateway.stderr());
    }
}

#[test]
fn a_backend_that_is_the_gateway_itself_is_refused() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut gateway = launch("middleware", [&a, &b, &c])
        .env("LISTEN", format!("0.0.0.0:{}", free.port()))
        .env("A", format!("http://localhost:{}", free.port()))
        .spawn();
    assert_eq!(gateway.exit_code(), EX_CONFIG);
    assert!(gateway.stderr().contains("it is the gateway itself"), "{}", gateway.stderr());
}

#[test]
fn a_secret_is_never_shown_in_a_complaint() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let mut gateway = launch("middleware", [&a, &b, &c])
        .env("API_KEYS", "hidden-key-0123456789,hidden\u{7f}")
        .env("LISTEN", "nowhere")
        .spawn();
    assert_eq!(gateway.exit_code(), EX_CONFIG);
    assert!(!gateway.stderr().contains("hidden"), "{}", gateway.stderr());
}

#[test]
fn a_taken_port_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    for name in ["LISTEN", "ADMIN"] {
        let mut gateway = launch("proxy", [&a, &b, &c]).env(name, address.as_str()).spawn();
        assert_eq!(gateway.exit_code(), EX_CONFIG, "{name}");
        assert!(gateway.stderr().contains(&address), "{}", gateway.stderr());
    }
}

#[test]
fn a_gateway_listens_on_every_address_of_both_families() {
    let Ok(six) = TcpListener::bind("[::]:0") else { return eprintln!("skipped: no IPv6 here") };
    let port = six.local_addr().unwrap().port();
    drop(six);
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let gateway = launch("crowd", [&a, &b, &c])
        .env("LISTEN", format!("0.0.0.0:{port}"))
        .env("ALSO", format!("[::]:{port}"))
        .start();
    for address in ["127.0.0.1", "[::1]"] {
        let mut client = RawClient::connect(format!("{address}:{port}").parse().unwrap());
        assert_eq!(client.get("/").status, 200, "{address}");
    }
    drop(gateway);
}

#[test]
fn two_gateways_do_not_share_a_port_by_accident() {
    let bed = Testbed::new("proxy");
    let address = bed.gateway.address().to_string();
    let mut second = launch("proxy", [&bed.a, &bed.b, &bed.c]).env("LISTEN", address).spawn();
    assert_eq!(second.exit_code(), EX_CONFIG);
    assert_eq!(bed.get("/").status, 200);
}
