//! TLS towards clients: who gets which certificate, who is refused, and that what is spoken behind it is the same HTTP.

mod authority;
mod client;
mod reload;

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use castgate_test_support::{Closing, RawClient, Reply, Request, Step, Upstream};
use rustls::HandshakeKind;

use self::authority::{Authority, Files};
use self::client::{Client, Terms};
use crate::testbed::{Echoed, Testbed, launch};

/// As in `configs/tls.yml`.
const HANDSHAKE: Duration = Duration::from_secs(2);
const BALANCER: &str = "127.0.0.7";

/// A gateway with certificates of this test's own.
struct Bed {
    bed: Testbed,
    files: Files,
}

impl Bed {
    fn new() -> Self {
        let files = Files::new();
        let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
        let gateway = launch("tls", [&a, &b, &c]).env("TLS", files.path()).start();
        Self { bed: Testbed { gateway, a, b, c }, files }
    }

    fn at(&self, listener: &str) -> SocketAddr {
        self.bed.gateway.addresses_of(listener, 1)[0]
    }

    fn terms(&self) -> Terms {
        Terms::trusting(&self.files.ca)
    }

    /// A connection to a listener that asks for this name.
    fn connect(&self, listener: &str, name: &str) -> Client {
        self.terms().connect(self.at(listener), name).unwrap()
    }

    fn await_refused(&self, why: &str, count: f64) {
        self.bed.await_metrics(|metrics| {
            metrics.value("gateway_connections_refused_total", &[("reason", why)]) == Some(count)
        });
    }
}

#[test]
fn each_name_gets_its_certificate_and_whoever_asks_for_no_known_one_the_first() {
    let bed = Bed::new();
    for (asked, found) in [
        ("shop.test", "shop.test"),
        ("SHOP.test", "shop.test"),
        ("api.test", "api.test"),
        ("a.api.test", "api.test"),
        ("elsewhere.test", "shop.test"),
        ("a.b.api.test", "shop.test"),
        ("127.0.0.1", "shop.test"),
    ] {
        let shown = bed.terms().whoever().connect(bed.at("secure"), asked).unwrap().shown();
        assert_eq!(shown, bed.files.der(found), "{asked}");
    }
}

#[test]
fn requests_are_served_as_without_it() {
    let bed = Bed::new();
    let mut client = bed.connect("secure", "shop.test");
    assert_eq!(client.version(), "TLSv1_3");
    assert_eq!(client.protocol().as_deref(), Some("http/1.1"));
    for number in 0..3 {
        let response = client.call(&Request::get(&format!("/{number}")).host("shop.test"));
        let echoed = Echoed::of(&response);
        assert_eq!(echoed.text("target"), format!("/{number}"));
        assert_eq!(echoed.all("x-forwarded-proto"), ["https"]);
        assert_eq!(echoed.all("x-forwarded-for"), ["127.0.0.1"]);
        assert_eq!(bed.bed.log_of(&response).status(), 200);
    }
    let mut get = |target: &str| client.call(&Request::get(target).host("shop.test")).text();
    assert_eq!(get("/scheme"), "https 443");
    assert_eq!(get("/only"), "by TLS");
    // Also by the whole URL, which has to be of this scheme.
    assert_eq!(get("https://shop.test/scheme"), "https 443");
    let other = client.call(&Request::get("http://shop.test/scheme").host("shop.test"));
    assert_eq!(other.status, 400);
}

#[test]
fn bodies_are_whole_both_ways_and_of_any_size() {
    let bed = Bed::new();
    let mut client = bed.connect("secure", "shop.test");
    for size in [0, 1, 16_383, 16_384, 16_385, 100_000, 3_000_000] {
        let body: Vec<u8> = (0..size).map(|place| ((place * 31) >> 4) as u8).collect();
        bed.bed.a.set(Reply::text(&"x".repeat(size)));
        for request in [Request::post("/up", body.clone()), Request::post("/up", body.clone()).chunked()] {
            let response = client.call(&request.host("shop.test"));
            assert_eq!((response.status, response.body.len()), (200, size));
            let got = bed.bed.a.await_request(|request| request.body.len() == size);
            assert!(got.body == body, "{size}");
        }
    }
}

#[test]
fn an_answer_ends_in_due_form_and_a_cut_one_does_not() {
    let bed = Bed::new();
    let mut client = bed.connect("secure", "shop.test");
    client.send(b"GET /a HTTP/1.0\r\nHost: shop.test\r\n\r\n");
    assert!(client.read_to_end().is_ok());
    // A body that ends with its connection, and is cut: to who speaks HTTP/1.0 only the missing end tells it.
    let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n";
    bed.bed.a.set(Reply(vec![Step::ReadBody, Step::SendRaw(chunks.to_vec()), Step::Reset]));
    let mut client = bed.connect("secure", "shop.test");
    client.send(b"GET /a HTTP/1.0\r\nHost: shop.test\r\n\r\n");
    let cut = client.read_to_end().unwrap_err().kind();
    assert!(matches!(cut, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset), "{cut:?}");
}

#[test]
fn a_body_that_ends_without_word_is_never_completed() {
    let bed = Bed::new();
    let mut client = bed.connect("secure", "shop.test");
    client.send(b"POST /a HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    bed.bed.a.await_connections(1);
    // The connection ends, and TLS has said nothing of it.
    client.cut();
    bed.bed.a.await_disconnect(0);
    bed.bed.gateway.log_line(|line| line.text("path") == "/a" && line.text("reason") == "client_closed");
}

#[test]
fn a_host_that_no_certificate_has_is_another_s() {
    let bed = Bed::new();
    let mut client = bed.connect("secure", "shop.test");
    for (host, status) in [
        ("shop.test", 200),
        ("SHOP.test:8443", 200),
        ("api.test", 200),
        ("b.api.test", 200),
        ("127.0.0.1", 200),
        ("elsewhere.test", 421),
        ("a.b.api.test", 421),
        ("127.0.0.2", 421),
        ("shop.test.", 200),
    ] {
        let response = client.call(&Request::get("/a").host(host));
        assert_eq!(response.status, status, "{host}: {}", response.text());
        if status == 421 {
            assert_eq!(bed.bed.log_of(&response).text("reason"), "misdirected");
        }
    }
}

#[test]
fn strict_names_and_versions_refuse_everybody_else() {
    let bed = Bed::new();
    bed.connect("strict", "shop.test");
    for name in ["elsewhere.test", "127.0.0.1"] {
        assert!(bed.terms().whoever().connect(bed.at("strict"), name).is_err(), "{name}");
    }
    bed.await_refused("tls_unknown_name", 2.0);
    assert!(bed.terms().old().connect(bed.at("strict"), "shop.test").is_err());
    bed.await_refused("tls_handshake", 1.0);
    assert_eq!(bed.terms().old().connect(bed.at("secure"), "shop.test").unwrap().version(), "TLSv1_2");
    let stranger = Authority::new("stranger");
    assert!(Terms::trusting(&stranger).connect(bed.at("secure"), "shop.test").is_err());
    bed.await_refused("tls_alert", 1.0);
}

#[test]
fn clients_show_certificates_where_they_have_to() {
    let bed = Bed::new();
    let stranger = Authority::new("stranger");
    let good = bed.terms().showing(&bed.files.clients, "billing");
    let bad = || bed.terms().showing(&stranger, "billing");
    for (listener, without) in [("clients", false), ("optional", true)] {
        let at = bed.at(listener);
        let answers = |terms: Terms| {
            let mut client = terms.connect(at, "shop.test").ok()?;
            client.try_call(&Request::get("/a").host("shop.test")).map(|response| response.status)
        };
        assert_eq!(answers(good.clone()), Some(200), "{listener}");
        assert_eq!(answers(bad()), None, "{listener}");
        assert_eq!(answers(bed.terms()), without.then_some(200), "{listener}");
    }
    bed.await_refused("tls_client_certificate", 3.0);
}

#[test]
fn tickets_are_good_at_their_listener_and_nowhere_else() {
    let bed = Bed::new();
    for terms in [bed.terms(), bed.terms().old()] {
        let kind = |listener: &str| {
            let mut client = terms.connect(bed.at(listener), "shop.test").unwrap();
            // Tickets come behind the handshake.
            client.call(&Request::get("/a").host("shop.test"));
            client.kind()
        };
        assert_eq!(kind("secure"), HandshakeKind::Full);
        assert_eq!(kind("secure"), HandshakeKind::Resumed);
        // The same certificate, and other rules.
        assert_eq!(kind("balanced"), HandshakeKind::Full);
        assert_eq!(kind("optional"), HandshakeKind::Full);
        assert_eq!(kind("optional"), HandshakeKind::Resumed);
    }
    let terms = bed.terms();
    let mut client = terms.connect(bed.at("secure"), "shop.test").unwrap();
    client.call(&Request::get("/a").host("shop.test"));
    let refused = terms.connect(bed.at("clients"), "shop.test").ok().and_then(|mut client| {
        client.try_call(&Request::get("/a").host("shop.test")).map(|response| response.status)
    });
    assert_eq!(refused, None, "a ticket of another listener stands for no certificate");
}

#[test]
fn plain_http_is_told_so() {
    let bed = Bed::new();
    let body = vec![b'x'; 40_000];
    for request in [Request::get("/a"), Request::post("/a", body), Request::new("OPTIONS", "*")] {
        let mut client = RawClient::connect(bed.at("secure"));
        client.send(request.bytes());
        let response = client.read_response().unwrap();
        assert_eq!(response.status, 400);
        assert_eq!(response.json()["reason"], "plain_http");
        client.finish();
        assert_eq!(client.await_close(), Closing::Closed);
    }
    bed.await_refused("plain_http", 3.0);
    bed.bed.gateway.stderr_line(|line| line.contains("plain_http") && line.contains("secure"));
}

#[test]
fn a_handshake_that_stops_anywhere_ends_in_time_and_one_that_drips_is_one() {
    let bed = Bed::new();
    let hello = bed.terms().hello("shop.test");
    let begun = Instant::now();
    let mut stalled: Vec<RawClient> = [0, 1, 5, hello.len() / 2, hello.len() - 1, hello.len()]
        .into_iter()
        .map(|sent| {
            let mut client = RawClient::connect(bed.at("secure"));
            client.send(&hello[..sent]);
            client
        })
        .collect();
    // A record for each byte of the message, and a packet for each record.
    let mut dripping = RawClient::connect(bed.at("secure"));
    let records = hello[5..].iter().map(|byte| [0x16, 3, 1, 0, 1, *byte]);
    records.for_each(|record| dripping.send(record));
    dripping.await_bytes(&[0x16, 3, 3]).unwrap();
    for client in &mut stalled {
        client.read_rest();
        assert!(begun.elapsed() < HANDSHAKE + Duration::from_secs(3));
    }
    assert!(begun.elapsed() >= HANDSHAKE);
    bed.await_refused("handshake_timeout", 7.0);
    // Alerts and what is no record, in the middle of it.
    for bytes in
        [&b"\x15\x03\x01\0\x02\x01\0"[..], b"\x15\x03\x01\0\x02\x02\x28", b"\x16\x03\x01\xff\xff", b"\0\0\0"]
    {
        let mut client = RawClient::connect(bed.at("secure"));
        client.send(bytes);
        client.finish();
        client.read_rest();
    }
    assert_eq!(bed.connect("secure", "shop.test").call(&Request::get("/a").host("shop.test")).status, 200);
}

#[test]
fn who_says_whose_connection_it_is_says_so_in_front_of_it() {
    let bed = Bed::new();
    let terms = bed.terms();
    let header = b"PROXY TCP4 198.51.100.1 192.0.2.1 40000 443\r\n";
    let mut client = terms.connect_behind(BALANCER, header, bed.at("balanced"), "shop.test").unwrap();
    let response = client.call(&Request::get("/a").host("shop.test"));
    assert_eq!(Echoed::of(&response).all("x-forwarded-for"), ["198.51.100.1"]);
    assert_eq!(Echoed::of(&response).all("x-forwarded-proto"), ["https"]);
    // Within TLS it is no header, and without it there is no TLS.
    assert!(terms.connect_behind(BALANCER, b"", bed.at("balanced"), "shop.test").is_err());
    bed.await_refused("proxy_header_absent", 1.0);
}

#[test]
fn a_client_that_takes_nothing_is_left() {
    let bed = Bed::new();
    bed.bed.a.set(Reply::text(&"x".repeat(20_000_000)));
    let mut stuck = bed.connect("secure", "shop.test");
    stuck.send(b"GET /stuck HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    bed.bed.gateway.log_line(|line| line.text("path") == "/stuck" && line.text("reason") == "write_timeout");
}

#[test]
fn a_stop_finishes_what_is_under_way() {
    let mut bed = Bed::new();
    let mut client = bed.connect("secure", "shop.test");
    assert_eq!(client.call(&Request::get("/a").host("shop.test")).status, 200);
    // Somebody shakes hands meanwhile.
    let mut half = RawClient::connect(bed.at("secure"));
    half.send(&bed.terms().hello("shop.test")[..40]);
    bed.bed.gateway.signal("TERM");
    assert!(client.read_to_end().is_ok(), "an idle connection ends in due form");
    assert_eq!(bed.bed.gateway.exit_code(), 0);
}

#[test]
fn curl_and_openssl_agree() {
    let bed = Bed::new();
    let ca = bed.files.path_of("ca.pem");
    let at = bed.at("secure");
    if let Some(curl) = castgate_test_support::require_program("curl") {
        let resolve = format!("shop.test:{}:127.0.0.1", at.port());
        let url = format!("https://shop.test:{}/scheme", at.port());
        let said = std::process::Command::new(curl)
            .args(["--silent", "--show-error", "--cacert", &ca, "--resolve", &resolve, &url])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert_eq!(text, format!("https {}", at.port()), "{said:?}");
    }
    if let Some(openssl) = castgate_test_support::require_program("openssl") {
        let mut session = std::process::Command::new(openssl)
            .args(["s_client", "-connect", &at.to_string(), "-servername", "api.test", "-CAfile", &ca])
            .args(["-verify_return_error", "-quiet", "-no_ign_eof"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let request = b"GET /only HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n";
        session.stdin.as_mut().unwrap().write_all(request).unwrap();
        let mut answer = String::new();
        session.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
        session.wait().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("by TLS"), "{answer}");
    }
}
