//! What is asked to switch to another protocol, and who agrees (RFC 9110 section 7.8): a connection is a tunnel only behind the 101
//! that was asked for, and everything else is HTTP, whatever it looks like.

use castgate_test_support::{BodyState, Gate, Message, RawClient, Reply, Request, Response, Step};

use crate::testbed::{Echoed, KEYS, Testbed, assert_problem};

/// The head of a backend's answer that switches to a WebSocket.
pub(crate) const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A backend that switches, and then does this.
pub(crate) fn switching(then: Vec<Step>) -> Reply {
    Reply([Step::ReadBody, Step::SendRaw(SWITCHING.into())].into_iter().chain(then).collect())
}

/// A request for a WebSocket.
pub(crate) fn websocket(target: &str) -> Request {
    Request::get(target)
        .header("Connection", "keep-alive, Upgrade")
        .header("Upgrade", "WebSocket")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Sec-WebSocket-Version", "13")
}

/// A connection that has switched, with the answer that said so.
#[track_caller]
pub(crate) fn open(bed: &Testbed, target: &str) -> (RawClient, Response) {
    let mut client = bed.connect();
    let response = client.call(&websocket(target));
    assert_eq!(response.status, 101, "{}", response.text());
    (client, response)
}

#[test]
fn an_upgrade_is_asked_for_anew_and_agreed_to_anew() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Mirror]));
    let mut client = bed.connect();
    let request = websocket("/").header("TE", "trailers").header("Keep-Alive", "timeout=5");
    let response = client.call(&request.header("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"));
    let sent = &bed.a.requests()[0];
    assert_eq!((sent.all("connection"), sent.all("upgrade")), (vec!["Upgrade"], vec!["websocket"]));
    assert_eq!(sent.header("sec-websocket-key"), Some("dGhlIHNhbXBsZSBub25jZQ=="));
    for name in ["te", "keep-alive", "http2-settings", "content-length", "transfer-encoding"] {
        assert_eq!(sent.header(name), None, "{name}");
    }
    assert_eq!(response.head.start_line, "HTTP/1.1 101 Switching Protocols");
    assert_eq!((response.all("connection"), response.all("upgrade")), (vec!["Upgrade"], vec!["websocket"]));
    assert_eq!(response.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    for name in ["content-length", "transfer-encoding", "date", "keep-alive"] {
        assert_eq!(response.header(name), None, "{name}");
    }
    client.send("through");
    client.await_bytes(b"through").unwrap();
}

#[test]
fn what_is_not_allowed_is_taken_out_and_answered_in_http() {
    let bed = Testbed::new("tunnels");
    let mut client = bed.connect();
    let upgrade = |target: &str, to: &str| {
        Request::get(target).header("Connection", "Upgrade, HTTP2-Settings").header("Upgrade", to)
    };
    let mut plain = |request: Request| {
        let response = client.call(&request.header("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"));
        let echoed = Echoed::of(&response);
        for name in ["connection", "upgrade", "http2-settings"] {
            assert!(echoed.all(name).is_empty(), "{name}");
        }
        assert!(response.keeps_alive());
    };
    for to in ["h2c", "h2c, HTTP/2.0", "TLS/1.0", "tcp", "websocket/13", "websocketx", ""] {
        plain(upgrade("/", to));
    }
    plain(upgrade("/off", "websocket"));
    // Only a GET without a body begins a WebSocket.
    plain(Request::new("POST", "/").header("Connection", "Upgrade").header("Upgrade", "websocket"));
    plain(upgrade("/", "websocket").body("body"));
    // Whoever does not say that it is meant for this hop has passed it on.
    plain(Request::get("/").header("Upgrade", "websocket"));
    let fixed = client.call(&websocket("/fixed"));
    assert_eq!((fixed.status, fixed.text().as_str()), (200, "fixed"));
    let old = "GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert!(Echoed::of(&bed.raw(old)).all("upgrade").is_empty());
    let admin = RawClient::connect(bed.gateway.admin_address()).call(&websocket("/health"));
    assert_eq!(admin.status, 200);
}

#[test]
fn of_several_the_first_that_may_be_had_is_asked_for() {
    let bed = Testbed::new("tunnels");
    bed.a.set(Reply(vec![
        Step::ReadBody,
        Step::SendRaw(b"HTTP/1.1 101 Fine\r\nConnection: upgrade\r\nUpgrade: NAME/2\r\n\r\n".into()),
        Step::Mirror,
    ]));
    let mut client = bed.connect();
    // Other protocols begin as they like.
    let request = Request::post("/console", "a body");
    let response =
        client.call(&request.header("Connection", "upgrade").header("Upgrade", "h2c, name/2, tcp"));
    assert_eq!((response.status, response.all("upgrade")), (101, vec!["name/2"]));
    client.send("and more");
    client.await_bytes(b"and more").unwrap();
    let sent = bed.a.await_request(|request| request.body == b"a bodyand more");
    assert_eq!(sent.all("upgrade"), ["name/2"]);
}

#[test]
fn bytes_behind_either_head_go_along() {
    let bed = Testbed::new("tunnels");
    let mut first = SWITCHING.as_bytes().to_vec();
    first.extend_from_slice(b"the backend's first words");
    bed.a.set(Reply(vec![Step::SendRaw(first), Step::Mirror]));
    let mut client = bed.connect();
    // They look like a request, which they are not.
    let early = b"GET /private HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut bytes = websocket("/").bytes();
    bytes.extend_from_slice(early);
    client.send(bytes);
    assert_eq!(client.read_response().unwrap().status, 101);
    client.await_bytes(b"the backend's first words").unwrap();
    client.await_bytes(early).unwrap();
    bed.a.await_request(|request| request.body == early);
    assert_eq!(bed.a.count(), 1);
}

#[test]
fn what_comes_before_the_101_waits_for_it() {
    let bed = Testbed::new("tunnels");
    let gate = Gate::new();
    bed.a.set(Reply(vec![Step::Pause(gate.clone()), Step::SendRaw(SWITCHING.into()), Step::Mirror]));
    let mut client = bed.connect();
    client.send_request(&websocket("/"));
    bed.a.await_request(|_| true);
    client.send("early");
    gate.open();
    assert_eq!(client.read_response().unwrap().status, 101);
    client.await_bytes(b"early").unwrap();
}

/// Answers that are no 101, whatever they say.
fn refusals() -> Vec<Message> {
    let pretending =
        |status| Message::new(status).header("Connection", "Upgrade").header("Upgrade", "websocket");
    vec![
        Message::new(200).body("plain"),
        pretending(200).body("pretending"),
        pretending(426).header("Sec-WebSocket-Version", "13").body("not this version"),
        pretending(204),
        Message::new(403).body("no").chunked(),
        Message::new(500),
    ]
}

#[test]
fn any_other_answer_is_a_response_and_what_is_behind_the_request_is_one() {
    let bed = Testbed::new("tunnels");
    for refusal in refusals() {
        bed.a.set(refusal.clone());
        let mut client = bed.connect();
        // Nobody gets past the guard of what would stand in a tunnel.
        let mut bytes = websocket("/").bytes();
        bytes.extend_from_slice(b"GET /private HTTP/1.1\r\nHost: a\r\n\r\n");
        bytes.extend_from_slice(b"GET /fixed HTTP/1.1\r\nHost: a\r\n\r\n");
        client.send(bytes);
        let response = client.read_response().unwrap();
        assert!(refusal.head().starts_with(format!("HTTP/1.1 {}", response.status).as_bytes()));
        // Only a 426 has to say what is required (RFC 9110 section 15.5.22).
        let required =
            if response.status == 426 { (vec!["websocket"], vec!["Upgrade"]) } else { (vec![], vec![]) };
        assert_eq!((response.all("upgrade"), response.all("connection")), required, "{:?}", response.head);
        assert_problem(&client.read_response().unwrap(), 401, "auth_missing");
        assert_eq!(client.read_response().unwrap().text(), "fixed");
        assert_eq!(client.get("/fixed").text(), "fixed");
    }
    assert!(bed.a.requests().iter().all(|request| request.target == "/"));
    // The backend's connection has carried HTTP only, and goes on to.
    assert_eq!(bed.a.connections(), 1);
}

#[test]
fn who_has_not_asked_learns_what_is_required() {
    let bed = Testbed::new("tunnels");
    bed.a.set(Message::new(426).header("Connection", "upgrade").header("Upgrade", "TLS/1.3, name/2"));
    let mut client = bed.connect();
    for target in ["/", "/off"] {
        let response = client.get(target);
        assert_eq!((response.status, response.all("upgrade")), (426, vec!["TLS/1.3, name/2"]));
        assert_eq!(response.all("connection"), ["Upgrade"]);
    }
    let last = client.call(&Request::get("/").header("Connection", "close"));
    assert_eq!(
        (last.all("upgrade"), last.all("connection")),
        (vec!["TLS/1.3, name/2"], vec!["Upgrade", "close"])
    );
}

#[test]
fn a_101_that_was_not_asked_for_is_a_502() {
    let bed = Testbed::new("tunnels");
    let heads = [
        "",
        "Connection: Upgrade\r\n",
        "Upgrade: websocket\r\n",
        "Connection: keep-alive\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: h2c\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: name/2\r\n",
    ];
    let good = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    let mut cases: Vec<(Request, &str, &str)> =
        heads.iter().map(|head| (websocket("/"), "HTTP/1.1", *head)).collect();
    let unasked = [Request::get("/"), websocket("/off"), Request::post("/", "x"), Request::new("HEAD", "/")];
    cases.extend(unasked.map(|request| (request, "HTTP/1.1", good)));
    // A backend that speaks HTTP/1.0 knows no upgrade.
    cases.push((websocket("/"), "HTTP/1.0", good));
    for (request, version, head) in &cases {
        let poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
        bed.a.set(Reply(vec![
            Step::ReadBody,
            Step::SendRaw(format!("{version} 101 Switching Protocols\r\n{head}\r\n{poison}").into()),
            Step::Take,
        ]));
        let mut client = bed.connect();
        let response = client.call(request);
        assert_eq!(response.status, 502, "{version} {head:?}");
        let log = bed.log_of(&response);
        assert_eq!((log.text("reason"), log.status()), ("upstream_protocol", 502), "{head:?}");
        assert!(response.header("upgrade").is_none());
        let connection = bed.a.requests().last().unwrap().connection;
        bed.a.await_disconnect(connection);
        bed.a.set(Reply::text("clean"));
        assert_eq!(client.get("/").text(), "clean");
    }
    let metrics = bed.metrics();
    assert_eq!(metrics.sum("gateway_upstream_requests_total", &[("status", "502")]), cases.len() as f64);
    assert_eq!(metrics.sum("gateway_tunnels", &[]), 0.0);
}

#[test]
fn nobody_switches_before_the_whole_request_is_out() {
    let bed = Testbed::new("tunnels");
    let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    bed.a.set(Reply(vec![Step::SendRaw(head.into()), Step::Take]));
    let mut client = bed.connect();
    client.send(
        "POST /console HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 10\r\n\r\nhalf",
    );
    let response = client.read_response().unwrap();
    assert_problem(&response, 502, "upstream_protocol");
    let sent = bed.a.await_request(|request| request.state != BodyState::Arriving);
    assert_eq!(sent.body, b"half");
}

#[test]
fn interim_responses_come_before_the_101() {
    let bed = Testbed::new("tunnels");
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    bed.a.set(Reply(vec![Step::SendRaw(format!("{hints}{SWITCHING}").into()), Step::Mirror]));
    let (_, response) = open(&bed, "/");
    assert_eq!(response.interim.len(), 1);
}

#[test]
fn nothing_is_tried_again_that_may_have_begun() {
    // That a kept connection is closed when a request comes is nobody's fault, and the request is tried again on another, but for one
    // that may have begun to act.
    for (request, status, attempts) in [(Request::get("/"), 200, 2), (websocket("/"), 502, 1)] {
        let bed = Testbed::new("tunnels");
        bed.a.set_script(|request| match (request.connection, request.target.as_str()) {
            (0, "/first") => Reply::text("kept"),
            (0, _) => Reply::close(),
            _ => Reply::text("again"),
        });
        assert_eq!(bed.get("/first").text(), "kept");
        assert_eq!(bed.call(&request).status, status);
        assert_eq!(bed.a.count(), 1 + attempts);
        assert_eq!(bed.a.requests()[1].connection, 0);
    }
}

#[test]
fn a_connection_that_has_switched_serves_nobody_else() {
    let bed = Testbed::new("tunnels");
    assert_eq!(bed.get("/").status, 200);
    bed.a.set(switching(vec![Step::Mirror]));
    let (mut client, _) = open(&bed, "/");
    bed.a.set(Reply::text("plain"));
    assert_eq!(bed.get("/").text(), "plain");
    client.finish();
    assert!(!client.await_reset());
    bed.a.await_disconnect(0);
    assert_eq!(bed.get("/").text(), "plain");
    let connections: Vec<usize> = bed.a.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 1, 1], "the tunnel had the first one");
}

#[test]
fn layers_stand_before_a_tunnel_as_before_any_answer() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Mirror]));
    assert_problem(&bed.call(&websocket("/private")), 401, "auth_missing");
    let request = websocket("/private").header("X-API-Key", KEYS[0]);
    assert_eq!(bed.connect().call(&request).status, 101);
    drop(open(&bed, "/limited"));
    assert_problem(&bed.call(&websocket("/limited")), 429, "rate_limited");
    let shown = bed.connect().call(&websocket("/shown").header("Origin", "https://app.example.com"));
    assert_eq!(shown.status, 101);
    assert_eq!(shown.header("access-control-allow-origin"), Some("https://app.example.com"));
    assert_eq!(shown.header("x-served-by"), Some("castgate"));
    assert_eq!(bed.a.count(), 3);
}

#[test]
fn to_a_breaker_a_101_is_a_success_whatever_becomes_of_the_tunnel() {
    let bed = Testbed::new("tunnels");
    bed.c.set(switching(vec![Step::Reset]));
    for _ in 0..6 {
        let (mut client, _) = open(&bed, "/fragile");
        assert!(client.await_reset());
    }
    bed.c.set(Reply::text("fine"));
    assert_eq!(bed.get("/fragile").text(), "fine");
}

#[test]
fn a_tunnel_is_in_flight_for_as_long_as_it_is_open() {
    let bed = Testbed::new("tunnels");
    let named = |name: &str| {
        let head = SWITCHING.replacen("\r\n", &format!("\r\nX-Backend: {name}\r\n"), 1);
        Reply(vec![Step::SendRaw(head.into()), Step::Mirror])
    };
    bed.a.set(named("a"));
    bed.b.set(named("b"));
    let tunnels: Vec<(RawClient, Response)> = (0..4).map(|_| open(&bed, "/least")).collect();
    assert_eq!((bed.a.count(), bed.b.count()), (2, 2));
    bed.name_backends();
    let (of_a, of_b): (Vec<_>, Vec<_>) =
        tunnels.into_iter().partition(|(_, response)| response.header("x-backend") == Some("a"));
    drop(of_a);
    bed.await_metrics(|metrics| metrics.sum("gateway_tunnels", &[]) == 2.0);
    assert_eq!(bed.answers("/least", 4), "aaaa");
    drop(of_b);
    bed.await_metrics(|metrics| metrics.sum("gateway_tunnels", &[]) == 0.0);
}
