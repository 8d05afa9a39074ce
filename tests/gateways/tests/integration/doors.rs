//! The PROXY protocol in front of HTTP: whose connection it is, who may say so, and what comes of a header that is none.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use castgate_test_support::{Closing, RawClient, Request, Response, Upstream, let_pass, poll};

use crate::testbed::{Echoed, Testbed, assert_problem, launch};

/// As in `configs/doors.yml`.
const BALANCER: &str = "127.0.0.7";
const ELSEWHERE: &str = "127.0.0.8";
const TRUSTED: &str = "203.0.113.99";
const LIMIT: usize = 3;
const HANDSHAKE: Duration = Duration::from_secs(3);

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const REQUEST: &[u8] = b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n";

fn at(bed: &Testbed) -> SocketAddr {
    bed.gateway.addresses_of("balanced", 2)[0]
}

fn from(local: &str, bed: &Testbed) -> RawClient {
    RawClient::connect_from(local.parse().unwrap(), at(bed))
}

/// A header of either version that says that this is the client.
fn headers(client: &str) -> [Vec<u8>; 2] {
    match client.parse().unwrap() {
        IpAddr::V4(address) => [
            format!("PROXY TCP4 {address} 192.0.2.1 40000 443\r\n").into_bytes(),
            [SIGNATURE, b"\x21\x11\0\x0c", &address.octets(), &[192, 0, 2, 1, 0x9c, 0x40, 1, 0xbb]].concat(),
        ],
        IpAddr::V6(address) => [
            format!("PROXY TCP6 {address} 2001:db8::1 40000 443\r\n").into_bytes(),
            [SIGNATURE, b"\x21\x21\0\x24", &address.octets(), &[7; 16], &[0x9c, 0x40, 1, 0xbb]].concat(),
        ],
    }
}

/// One whose address the balancer says.
fn balanced(client: &str, bed: &Testbed) -> RawClient {
    let mut connection = from(BALANCER, bed);
    connection.send(&headers(client)[client.len() % 2]);
    connection
}

/// What the log and the backend know of whoever sent a request.
fn seen(bed: &Testbed, response: &Response) -> (String, String) {
    let forwarded = Echoed::of(response).all("x-forwarded-for").join("|");
    (bed.log_of(response).text("client_ip").to_owned(), forwarded)
}

fn both(address: &str) -> (String, String) {
    (address.to_owned(), address.to_owned())
}

/// Waits until so many were refused for this reason: they are counted when the connection is closed.
fn await_refused(bed: &Testbed, why: &str, count: f64) {
    bed.await_metrics(|metrics| {
        metrics.value("gateway_connections_refused_total", &[("reason", why)]) == Some(count)
    });
}

#[test]
fn wherever_a_header_is_cut_it_says_the_same_and_the_request_behind_it_is_whole() {
    let bed = Testbed::new("doors");
    let longest = [
        SIGNATURE,
        b"\x21\x11\0\x2c",
        &[198, 51, 100, 1, 192, 0, 2, 1, 0, 1, 0, 2],
        &[0x20, 0, 29],
        &[7; 29],
    ];
    let [of_ipv4, of_ipv4_binary] = headers("198.51.100.1");
    let [of_ipv6, of_ipv6_binary] = headers("2001:db8:1::1");
    let mut connections = Vec::new();
    for header in [of_ipv4, of_ipv4_binary, of_ipv6, of_ipv6_binary, longest.concat()] {
        // Also within the request.
        for cut in 1..header.len() + 3 {
            // Each is another client, or they would be too many.
            let mut own = header.clone();
            let number = (connections.len() % 250) as u8 + 1;
            let client = match header[0] {
                b'P' => String::from_utf8(header.clone()).unwrap().split(' ').nth(2).unwrap().to_owned(),
                _ if header[13] == 0x21 => "2001:db8:1::1".to_owned(),
                _ => "198.51.100.1".to_owned(),
            };
            let other: IpAddr = match client.parse().unwrap() {
                IpAddr::V4(_) => IpAddr::from([198, 51, 100, number]),
                IpAddr::V6(_) => format!("2001:db8:1:{number:x}::1").parse().unwrap(),
            };
            if header[0] == b'P' {
                let text = String::from_utf8(header.clone()).unwrap();
                own = text.replacen(&client, &other.to_string(), 1).into_bytes();
            } else {
                match other {
                    IpAddr::V4(address) => own[16..20].copy_from_slice(&address.octets()),
                    IpAddr::V6(address) => own[16..32].copy_from_slice(&address.octets()),
                }
            }
            let bytes = [&own[..], REQUEST].concat();
            let mut connection = from(BALANCER, &bed);
            connection.send(&bytes[..cut]);
            connections.push((connection, bytes[cut..].to_vec(), other.to_string()));
        }
    }
    // Time for the gateway to see the first parts alone.
    let_pass(Duration::from_millis(100));
    connections.iter_mut().for_each(|(connection, rest, _)| connection.send(rest));
    for (connection, rest, client) in &mut connections {
        let response =
            connection.read_response().unwrap_or_else(|error| panic!("{client}, {rest:?}: {error}"));
        assert_eq!(Echoed::of(&response).text("target"), "/plain");
        assert_eq!(seen(&bed, &response), both(client));
    }
    assert!(connections.len() > 200, "{}", connections.len());
}

#[test]
fn a_header_and_its_requests_in_one_packet() {
    let bed = Testbed::new("doors");
    for (header, client) in headers("198.51.100.9").into_iter().zip(["198.51.100.9"; 2]) {
        let mut connection = from(BALANCER, &bed);
        connection.send([&header[..], REQUEST, b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n"].concat());
        let answers = [connection.read_response().unwrap(), connection.read_response().unwrap()];
        let targets = answers.each_ref().map(|answer| Echoed::of(answer).text("target").to_owned());
        assert_eq!(targets, ["/plain", "/second"]);
        answers.iter().for_each(|answer| assert_eq!(seen(&bed, answer), both(client)));
        assert_eq!(connection.get("/third").status, 200);
    }
}

#[test]
fn nobody_else_says_who_he_is() {
    let bed = Testbed::new("doors");
    for header in headers("198.51.100.9") {
        let mut spoofing = from(ELSEWHERE, &bed);
        spoofing.send([&header[..], REQUEST].concat());
        // To HTTP it is no request.
        assert_eq!(spoofing.read_response().unwrap().status, 400);
        assert_eq!(spoofing.await_close(), Closing::Closed);
    }
    assert_eq!(bed.a.requests().len(), 0);
    let lines: Vec<String> = poll(|| match bed.gateway.raw_log() {
        lines if lines.len() == 2 => Ok(lines),
        lines => Err(format!("{} lines", lines.len())),
    });
    assert!(lines.iter().all(|line| line.contains("\"client_ip\":\"127.0.0.8\"")), "{lines:?}");
    // Without one he is served.
    let answer = from(ELSEWHERE, &bed).get("/");
    assert_eq!(seen(&bed, &answer), both(ELSEWHERE));
}

#[test]
fn a_balancer_s_own_connection_and_one_of_which_it_says_nothing_have_its_address() {
    let bed = Testbed::new("doors");
    let mut open = Vec::new();
    for header in [
        [SIGNATURE, b"\x20\x00\0\0"].concat(),
        [SIGNATURE, b"\x20\x11\0\x0c", &[9; 12]].concat(),
        [SIGNATURE, b"\x21\x00\0\x05", &[9; 5]].concat(),
        [SIGNATURE, b"\x21\x31\0\xd8", &[9; 216]].concat(),
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN ff::1 ff::2 1 2\r\n".to_vec(),
    ] {
        let mut connection = from(BALANCER, &bed);
        connection.send(header);
        let answer = connection.get("/");
        assert_eq!(seen(&bed, &answer), both(BALANCER));
        // They are many clients', and more than one may have.
        open.push(connection);
    }
    assert!(open.len() > LIMIT);
}

#[test]
fn the_address_is_the_peer_s_for_everything() {
    let bed = Testbed::new("doors");
    for client in ["198.51.100.20", "2001:db8::7"] {
        for header in headers(client) {
            let mut connection = from(BALANCER, &bed);
            connection.send(header);
            // Who says it is not trusted for what it forwards.
            let request = Request::get("/").header("X-Forwarded-For", "6.6.6.6");
            let answer = connection.call(&request);
            assert_eq!(seen(&bed, &answer), both(client));
        }
    }
    // One address of either family is one client's.
    let mut mapped = balanced("::ffff:198.51.100.20", &bed);
    assert_eq!(seen(&bed, &mapped.get("/")), both("198.51.100.20"));
    // A trusted proxy is known by it.
    let request = Request::get("/").header("X-Forwarded-For", "192.0.2.55");
    let answer = balanced(TRUSTED, &bed).call(&request);
    assert_eq!(seen(&bed, &answer), ("192.0.2.55".to_owned(), format!("192.0.2.55, {TRUSTED}")));
}

#[test]
fn filters_and_limits_go_by_the_address() {
    let bed = Testbed::new("doors");
    assert_problem(&balanced("198.51.100.30", &bed).get("/filtered"), 403, "ip_denied");
    assert_eq!(balanced("192.0.2.30", &bed).get("/filtered").status, 200);
    for client in ["192.0.2.31", "192.0.2.32"] {
        assert_eq!(balanced(client, &bed).get("/limited").status, 200);
        assert_eq!(balanced(client, &bed).get("/limited").status, 200);
        assert_problem(&balanced(client, &bed).get("/limited"), 429, "rate_limited");
    }
    let served = |client: &str| {
        let mut connection = balanced(client, &bed);
        assert_eq!(connection.get("/").status, 200);
        connection
    };
    let open: Vec<RawClient> = (0..LIMIT).map(|_| served("192.0.2.33")).collect();
    assert_eq!(balanced("192.0.2.33", &bed).await_close(), Closing::Closed);
    let others: Vec<RawClient> = (0..LIMIT).map(|_| served("192.0.2.34")).collect();
    bed.gateway.stderr_line(|line| line.contains("peer=192.0.2.33"));
    await_refused(&bed, "connections_per_client", 1.0);
    drop((open, others));
}

#[test]
fn what_is_no_header_closes_the_connection_and_reaches_nobody() {
    let bed = Testbed::new("doors");
    let mut long = [SIGNATURE, b"\x21\x11\x0f\xf1"].concat();
    long.extend([0; 64]);
    for (bytes, why, count) in [
        (REQUEST.to_vec(), "proxy_header_absent", 1.0),
        (b"\x16\x03\x01\x02\0\x01\0\x01".to_vec(), "proxy_header_absent", 2.0),
        (b"PROXY TCP4 198.51.100.1 192.0.2.1 1 65536\r\n".to_vec(), "proxy_header_malformed", 1.0),
        ([SIGNATURE, b"\x21\x11\0\x0b", &[9; 11]].concat(), "proxy_header_malformed", 2.0),
        (format!("PROXY UNKNOWN {}", "f".repeat(100)).into_bytes(), "proxy_header_too_long", 1.0),
        (long, "proxy_header_too_long", 2.0),
    ] {
        let mut connection = from(BALANCER, &bed);
        let _ = connection.try_send([&bytes[..], REQUEST].concat());
        assert_eq!(connection.await_close(), Closing::Closed, "{why}");
        await_refused(&bed, why, count);
        let reason = format!("reason=\"{why}\"");
        bed.gateway.stderr_line(|line| line.contains(&reason) && line.contains("peer=127.0.0.7"));
    }
    assert_eq!((bed.a.requests().len(), bed.gateway.raw_log().len()), (0, 0));
    // They are gone, and take nobody's room.
    bed.await_metrics(|metrics| metrics.value("gateway_connections", &[]) == Some(0.0));
}

#[test]
fn who_does_not_finish_a_header_is_not_waited_for() {
    let bed = Testbed::new("doors");
    let [text, binary] = headers("198.51.100.40");
    let begun = Instant::now();
    let mut stalled: Vec<RawClient> =
        [&text[..0], &text[..20], &text[..text.len() - 1], &binary[..binary.len() - 1]]
            .into_iter()
            .map(|part| {
                let mut connection = from(BALANCER, &bed);
                connection.send(part);
                connection
            })
            .collect();
    for connection in &mut stalled {
        assert_eq!(connection.await_close(), Closing::Closed);
    }
    assert!(begun.elapsed() >= HANDSHAKE, "{:?}", begun.elapsed());
    await_refused(&bed, "handshake_timeout", 4.0);
    bed.gateway.stderr_line(|line| line.contains("reason=\"handshake_timeout\""));
}

#[test]
fn whoever_only_looks_whether_somebody_listens_is_counted_and_not_told_of() {
    let bed = Testbed::new("doors");
    for part in [0, 10] {
        let mut connection = from(BALANCER, &bed);
        connection.send(&headers("198.51.100.41")[0][..part]);
    }
    await_refused(&bed, "handshake_ended", 2.0);
    assert!(!bed.gateway.stderr().contains("connections are refused"));
}

#[test]
fn a_socket_of_this_machine_has_a_door_too() {
    let (upstream, path) =
        (Upstream::echo(), std::env::temp_dir().join(format!("castgate-{}-doors.sock", std::process::id())));
    let gateway = launch("doors", [&upstream; 3]).env("SOCKET", format!("unix:{}", path.display())).start();
    for header in headers("2001:db8::9") {
        let mut connection = RawClient::connect_unix(&path);
        connection.send(header);
        let echoed = Echoed::of(&connection.get("/"));
        assert_eq!(echoed.all("x-forwarded-for"), ["2001:db8::9"]);
    }
    let mut own = RawClient::connect_unix(&path);
    own.send([SIGNATURE, b"\x20\x00\0\0"].concat());
    assert_eq!(Echoed::of(&own.get("/own")).all("x-forwarded-for"), Vec::<&str>::new());
    assert_eq!(gateway.log_of("/own").text("client_ip"), "unix");
}

/// It is a client only when the gateway has already told all its clients to end.
#[test]
fn a_header_that_comes_while_the_gateway_closes_brings_a_request_that_is_answered() {
    let mut bed = Testbed::new("doors");
    let [header, _] = headers("198.51.100.51");
    let mut late = from(BALANCER, &bed);
    late.send(&header[..20]);
    // It is on its way when the drain begins.
    bed.await_metrics(|metrics| metrics.value("gateway_connections", &[]) == Some(1.0));
    let begun = Instant::now();
    bed.gateway.signal("TERM");
    bed.gateway.stderr_line(|line| line.contains("draining"));
    late.send([&header[20..], REQUEST].concat());
    let answer = late.read_response().unwrap();
    assert_eq!((answer.status, answer.keeps_alive()), (200, false));
    assert_eq!(bed.gateway.exit_code(), 0);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_drain_does_not_wait_for_a_header_that_does_not_come() {
    let mut bed = Testbed::new("doors");
    let mut stalled = from(BALANCER, &bed);
    stalled.send(b"PROXY TCP4 ");
    let mut idle = balanced("198.51.100.50", &bed);
    assert_eq!(idle.get("/").status, 200);
    let begun = Instant::now();
    bed.gateway.signal("TERM");
    assert_eq!(bed.gateway.exit_code(), 0);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(stalled.await_close(), Closing::Closed);
}
