//! What backends are told of a client in front of HTTP, by the PROXY protocol; and that a connection of which this was said is that client's
//! and nobody else's.

mod real;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use castgate_test_support::{BodyState, Gateway, RawClient, Reply, Request, Step, Upstream};

use crate::testbed::{Echoed, Testbed, launch};
use crate::upgrades::{switching, websocket};

/// As in `configs/proxy_headers.yml`.
const BALANCER: &str = "127.0.0.7";
const TRUSTED: &str = "127.0.0.9";
const CLIENT: &str = "127.0.0.5";

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const UNKNOWN: &[u8] = b"PROXY UNKNOWN\r\n";
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

/// A gateway in front of backends that want the header, probes' included.
fn testbed() -> Testbed {
    let [a, b, c] = [Upstream::echo(), Upstream::echo(), Upstream::echo()];
    [&a, &b, &c].into_iter().for_each(Upstream::take_proxy_headers);
    Testbed { gateway: launch("proxy_headers", [&a, &b, &c]).start(), a, b, c }
}

fn at(gateway: &Gateway) -> SocketAddr {
    gateway.addresses_of("plain", 3)[0]
}

fn from(local: &str, bed: &Testbed) -> RawClient {
    RawClient::connect_from(local.parse().unwrap(), at(&bed.gateway))
}

/// The number of the backend's connection by which a request has come.
fn connection(client: &mut RawClient, request: &Request) -> usize {
    usize::try_from(Echoed::of(&client.call(request)).number("connection")).unwrap()
}

/// What the backend was told in front of a request.
fn told(bed: &Testbed, client: &mut RawClient, request: &Request) -> Vec<u8> {
    let connection = connection(client, request);
    bed.a.proxy_header(connection).unwrap()
}

/// The header of either version that says this.
fn headers(source: SocketAddr, destination: SocketAddr) -> [Vec<u8>; 2] {
    let (family, byte) = if source.is_ipv4() { ("TCP4", 0x11) } else { ("TCP6", 0x21) };
    let octets = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let (from, to) = (source.port(), destination.port());
    let text = format!("PROXY {family} {} {} {from} {to}\r\n", source.ip(), destination.ip());
    let rest =
        [octets(source.ip()), octets(destination.ip()), [from.to_be_bytes(), to.to_be_bytes()].concat()]
            .concat();
    let length = u8::try_from(rest.len()).unwrap();
    [text.into_bytes(), [SIGNATURE, &[0x21, byte, 0, length], &rest].concat()]
}

fn both() -> [Request; 2] {
    ["/text", "/binary"].map(Request::get)
}

#[test]
fn a_connection_begins_with_both_ends_of_the_client_s() {
    let bed = testbed();
    for address in bed.gateway.addresses_of("plain", 3).into_iter().take(2) {
        let mut client = RawClient::connect(address);
        let expected = headers(client.local_address(), address);
        assert_eq!(both().map(|request| told(&bed, &mut client, &request)), expected);
    }
}

#[test]
fn what_a_balancer_says_goes_on() {
    let bed = testbed();
    let balanced = bed.gateway.addresses_of("balanced", 1)[0];
    for (source, destination) in
        [("198.51.100.7:40000", "192.0.2.1:443"), ("[2001:db8::7]:1", "[2001:db8::1]:65535")]
    {
        let said = headers(source.parse().unwrap(), destination.parse().unwrap());
        for header in &said {
            let mut client = RawClient::connect_from(BALANCER.parse().unwrap(), balanced);
            client.send(header);
            assert_eq!(both().map(|request| told(&bed, &mut client, &request)), said);
        }
    }
    // Of a connection of its own it has said nothing.
    let mut own = RawClient::connect_from(BALANCER.parse().unwrap(), balanced);
    own.send(LOCAL);
    let expected = headers(own.local_address(), balanced);
    assert_eq!(both().map(|request| told(&bed, &mut own, &request)), expected);
}

#[test]
fn who_comes_through_a_trusted_proxy_is_told_of_by_his_own_address() {
    let bed = testbed();
    let here = at(&bed.gateway);
    let forwarded = |request: Request, list: &str| request.header("X-Forwarded-For", list);
    let mut proxy = from(TRUSTED, &bed);
    let mut told_of = |list: &str| both().map(|request| told(&bed, &mut proxy, &forwarded(request, list)));
    // Of its port nobody knows.
    assert_eq!(told_of("203.0.113.1"), headers("203.0.113.1:0".parse().unwrap(), here));
    assert_eq!(told_of("6.6.6.6, 203.0.113.2, 127.0.0.9"), headers("203.0.113.2:0".parse().unwrap(), here));
    let mapped = format!("PROXY TCP6 2001:db8::5 ::ffff:7f00:1 0 {}\r\n", here.port());
    assert_eq!(told_of("2001:db8::5")[0], mapped.as_bytes());
    // Each of them has connections of its own, also behind the proxy's one.
    let mut by = |list: &str| connection(&mut proxy, &forwarded(Request::get("/text"), list));
    let (one, other) = (by("203.0.113.1"), by("203.0.113.2"));
    assert_ne!(one, other);
    assert_eq!((by("203.0.113.1"), by("203.0.113.2")), (one, other));
    let mut again = from(TRUSTED, &bed);
    assert_ne!(connection(&mut again, &forwarded(Request::get("/text"), "203.0.113.1")), one);
    // Nobody else is believed.
    let mut client = from(CLIENT, &bed);
    let expected = headers(client.local_address(), here);
    assert_eq!(both().map(|request| told(&bed, &mut client, &forwarded(request, "203.0.113.1"))), expected);
}

#[test]
fn of_who_has_no_address_nothing_is_said() {
    let (upstream, path) = (
        Upstream::echo(),
        std::env::temp_dir().join(format!("castgate-{}-proxy-headers.sock", std::process::id())),
    );
    upstream.take_proxy_headers();
    let gateway =
        launch("proxy_headers", [&upstream; 3]).env("SOCKET", format!("unix:{}", path.display())).start();
    gateway.wait_ready();
    let told = |client: &mut RawClient, request: &Request| {
        let connection = connection(client, request);
        (connection, upstream.proxy_header(connection).unwrap())
    };
    let mut client = RawClient::connect_unix(&path);
    let [(text, first), (_, second)] = both().map(|request| told(&mut client, &request));
    assert_eq!([&first[..], &second[..]], [UNKNOWN, LOCAL]);
    assert_eq!(told(&mut client, &Request::get("/text")).0, text);
    // It is not known to be the same one.
    assert_ne!(told(&mut RawClient::connect_unix(&path), &Request::get("/text")).0, text);
    // Who is trusted to say it says only whose it is.
    for (client_ip, destination) in [("203.0.113.1", "0.0.0.0:0"), ("2001:db8::1", "[::]:0")] {
        let expected = headers(SocketAddr::new(client_ip.parse().unwrap(), 0), destination.parse().unwrap());
        let forwarded = both().map(|request| request.header("X-Forwarded-For", client_ip));
        assert_eq!(forwarded.map(|request| told(&mut client, &request).1), expected);
    }
}

#[test]
fn a_connection_is_used_again_by_its_client_and_ends_with_it() {
    let bed = testbed();
    let (mut one, mut other) = (from(CLIENT, &bed), from(CLIENT, &bed));
    let request = Request::get("/binary");
    let (ours, theirs) = (connection(&mut one, &request), connection(&mut other, &request));
    assert_ne!(ours, theirs);
    for _ in 0..10 {
        assert_eq!(connection(&mut one, &request), ours);
        assert_eq!(connection(&mut other, &Request::post("/binary", "a body")), theirs);
    }
    // It would be kept for a minute.
    let local = one.local_address();
    one.reset();
    let left = Instant::now();
    // Somebody may come by the same address and port at once, and is not the same.
    let mut next = RawClient::connect_from_port(local, at(&bed.gateway));
    let again = connection(&mut next, &request);
    assert_ne!(again, ours);
    assert_eq!(bed.a.proxy_header(again), bed.a.proxy_header(ours));
    bed.a.await_disconnect(ours);
    assert!(left.elapsed() < Duration::from_secs(5), "{:?}", left.elapsed());
    assert_eq!(connection(&mut other, &request), theirs);
    assert_eq!(connection(&mut next, &request), again);
}

#[test]
fn of_many_clients_none_has_a_request_on_a_connection_of_another_s() {
    const CLIENTS: usize = 8;
    const REQUESTS: usize = 150;
    let bed = testbed();
    // Now and then one is closed: in good time, without a word, or when the next request comes.
    let count = AtomicUsize::new(0);
    bed.a.set_script(move |_| match count.fetch_add(1, Ordering::Relaxed) % 29 {
        9 => Reply(vec![Step::Echo, Step::Close]),
        19 => Reply(vec![Step::Reset]),
        28 => Reply(vec![Step::ReadBody, Step::Echo, Step::Close]),
        _ => Reply::echo(),
    });
    let ask = |name: usize| {
        let (mut client, mut answered) = (from(CLIENT, &bed), 0);
        let local = client.local_address();
        let own = headers(local, at(&bed.gateway));
        for number in 0..REQUESTS {
            let version = (number + name) % 2;
            let path = ["/text", "/binary"][version];
            let request = if number % 3 == 0 { Request::post(path, "a body") } else { Request::get(path) };
            let answer = client.call(&request);
            // A reset is not tried again where there is one backend.
            if answer.status == 200 {
                let by = usize::try_from(Echoed::of(&answer).number("connection")).unwrap();
                assert_eq!(bed.a.proxy_header(by).as_ref(), Some(&own[version]), "{local}");
                answered += 1;
            } else {
                assert_eq!(answer.status, 502);
            }
        }
        answered
    };
    let answered: Vec<usize> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..CLIENTS).map(|name| scope.spawn(move || ask(name))).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    assert!(answered.iter().all(|answered| *answered > REQUESTS / 2), "{answered:?}");
    // They were kept: a connection for each request would be told of as often.
    let connections = bed.a.connections();
    assert!(connections < CLIENTS * REQUESTS / 2, "{connections} connections");
}

#[test]
fn of_too_many_the_one_that_was_unused_longest_makes_way() {
    let bed = testbed();
    let mut clients: Vec<RawClient> = (0..3).map(|_| from(CLIENT, &bed)).collect();
    let request = Request::get("/few");
    let first: Vec<usize> = clients.iter_mut().map(|client| connection(client, &request)).collect();
    bed.a.await_disconnect(first[0]);
    assert_eq!(connection(&mut clients[2], &request), first[2]);
    assert_eq!(connection(&mut clients[1], &request), first[1]);
    assert!(!first.contains(&connection(&mut clients[0], &request)));
    // None may be kept.
    let mut none = || connection(&mut clients[0], &Request::get("/none"));
    assert_ne!(none(), none());
}

#[test]
fn a_tunnel_begins_with_it_too() {
    let bed = testbed();
    bed.a.set(switching(vec![Step::Mirror]));
    let mut client = from(CLIENT, &bed);
    assert_eq!(client.call(&websocket("/text")).status, 101);
    client.send("through");
    client.await_bytes(b"through").unwrap();
    let [expected, _] = headers(client.local_address(), at(&bed.gateway));
    assert_eq!(bed.a.await_proxy_headers(1), [expected]);
    client.finish();
    bed.a.await_request(|request| request.state == BodyState::Complete);
}

#[test]
fn an_address_of_a_name_is_told_too() {
    let bed = testbed();
    let mut client = from(CLIENT, &bed);
    let [expected, _] = headers(client.local_address(), at(&bed.gateway));
    assert_eq!(told(&bed, &mut client, &Request::get("/resolved")), expected);
}

#[test]
fn probes_are_the_gateway_s_own() {
    let Testbed { gateway, b, c, .. } = testbed();
    // In version 2 there is a word for it; in version 1 it is the connection itself that is told.
    assert_eq!(c.await_proxy_headers(1)[0], LOCAL);
    b.await_probes(1);
    let header = String::from_utf8(b.await_proxy_headers(1)[0].clone()).unwrap();
    let words: Vec<&str> = header.trim_end().split(' ').collect();
    let port = b.address().port().to_string();
    assert_eq!(
        [words[0], words[1], words[2], words[3], words[5]],
        ["PROXY", "TCP4", "127.0.0.1", "127.0.0.1", &port]
    );
    assert_ne!(words[4], "0");
    for path in ["/probed", "/reached"] {
        assert_eq!(gateway.get(path).status, 200);
    }
}
