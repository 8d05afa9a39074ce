//! Forwarding: what arrives is what was sent, but for what an intermediary has to change.

use castgate_test_support::{Closing, Message, RawClient, Reply, Request};

use crate::testbed::{Echoed, Testbed, assert_problem, launch};

#[test]
fn connections_are_kept_alive_on_both_sides() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    for n in 0..4 {
        let response = client.call(&Request::post(&format!("/{n}"), "body"));
        assert!(response.keeps_alive());
    }
    let connections: Vec<_> = bed.a.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, vec![connections[0]; 4]);
}

#[test]
fn method_target_and_body_arrive_as_they_were_sent() {
    let bed = Testbed::new("proxy");
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let request = Request::new(method, "/a/b-c_d~e.f/@:!$&'()*+,;=?x=%2F&y=c+d&&z").body("the body");
        let echoed = bed.call(&request);
        let echoed = Echoed::of(&echoed);
        assert_eq!(echoed.text("method"), method);
        assert_eq!(echoed.text("target"), "/a/b-c_d~e.f/@:!$&'()*+,;=?x=%2F&y=c+d&&z");
        assert_eq!((echoed.text("version"), echoed.text("body")), ("HTTP/1.1", "the body"));
    }
}

#[test]
fn options_goes_no_further_than_it_says() {
    let bed = Testbed::new("proxy");
    let options = |said: &str| bed.call(&Request::new("OPTIONS", "/").header("Max-Forwards", said));
    for (said, next) in [("1", "0"), ("10", "9"), ("99999999999", "4294967294")] {
        assert_eq!(Echoed::of(&options(said)).all("max-forwards"), [next]);
    }
    let forwarded = bed.a.count();
    let (own, whole) = (options("0"), bed.call(&Request::new("OPTIONS", "*")));
    assert_eq!((own.status, own.header("allow")), (204, whole.header("allow")));
    assert!(own.header("allow").is_some());
    assert_problem(&options("one"), 400, "bad_request");
    assert_eq!(bed.a.count(), forwarded);
    // Of any other method it means nothing.
    let response = bed.call(&Request::get("/").header("Max-Forwards", "0"));
    assert_eq!(Echoed::of(&response).all("max-forwards"), ["0"]);
}

#[test]
fn unknown_fields_pass_in_order_and_are_not_merged() {
    let bed = Testbed::new("proxy");
    let request =
        Request::get("/").header("X-List", "one").header("X-Other", "caf\u{e9}").header("x-list", "two");
    let response = bed.call(&request);
    let echoed = Echoed::of(&response);
    assert_eq!(echoed.all("x-list"), ["one", "two"]);
    assert_eq!(echoed.all("x-other"), ["caf\u{e9}"]);

    bed.a.set(Message::new(200).header("Set-Cookie", "a=1").header("X-Of", "A").header("Set-Cookie", "b=2"));
    let response = bed.get("/");
    assert_eq!(response.all("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(response.header("x-of"), Some("A"));
}

#[test]
fn hop_by_hop_fields_of_a_request_end_here() {
    let bed = Testbed::new("proxy");
    let response = bed.call(
        &Request::get("/")
            .header("Connection", "keep-alive, X-Private")
            .header("Connection", "x-second")
            .header("X-Private", "1")
            .header("X-Second", "1")
            .header("Keep-Alive", "timeout=5")
            .header("Proxy-Connection", "keep-alive")
            .header("TE", "gzip")
            .header("Upgrade", "nothing"),
    );
    let echoed = Echoed::of(&response);
    for name in ["x-private", "x-second", "keep-alive", "proxy-connection", "te", "upgrade"] {
        assert!(echoed.all(name).is_empty(), "{name} was forwarded");
    }
    assert!(!echoed.all("connection").iter().any(|value| value.to_ascii_lowercase().contains("x-")));
}

#[test]
fn hop_by_hop_fields_of_a_response_end_here() {
    let bed = Testbed::new("proxy");
    bed.a.set(
        Message::new(200)
            .header("Connection", "keep-alive, X-Inner")
            .header("X-Inner", "1")
            .header("Keep-Alive", "timeout=5")
            .header("Proxy-Connection", "keep-alive")
            .header("X-Outer", "1"),
    );
    let response = bed.get("/");
    for name in ["x-inner", "keep-alive", "proxy-connection"] {
        assert_eq!(response.header(name), None, "{name} was forwarded");
    }
    assert_eq!(response.header("x-outer"), Some("1"));
}

#[test]
fn a_backend_that_closes_does_not_close_the_client() {
    let bed = Testbed::new("proxy");
    bed.a.set(Message::new(200).body("last words").until_close());
    let mut client = bed.connect();
    for _ in 0..3 {
        let response = client.get("/");
        assert_eq!(response.text(), "last words");
        assert!(response.keeps_alive());
    }
}

#[test]
fn a_client_that_closes_does_not_close_the_backend() {
    let bed = Testbed::new("proxy");
    // Fewer connections than requests: a worker keeps its own, so two requests prove nothing on two workers.
    for _ in 0..12 {
        let mut client = bed.connect();
        let response = client.call(&Request::get("/").header("Connection", "close"));
        assert_eq!(response.status, 200);
        assert!(!response.keeps_alive(), "no Connection: close in the last response");
        assert_eq!(client.await_close(), Closing::Closed);
    }
    assert!(bed.a.connections() < 12, "{} connections for 12 requests", bed.a.connections());
}

#[test]
fn the_client_is_told_to_the_backend_and_its_claims_are_not() {
    let bed = Testbed::new("proxy");
    let request = Request::get("/")
        .host("shop.example")
        .header("X-Forwarded-For", "203.0.113.7")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "evil.example")
        .header("Forwarded", "for=203.0.113.7;proto=https");
    let response = bed.call(&request);
    let echoed = Echoed::of(&response);
    assert_eq!(echoed.all("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(echoed.all("x-forwarded-proto"), ["http"]);
    assert_eq!(echoed.all("x-forwarded-host"), ["shop.example"]);
    assert!(echoed.all("forwarded").iter().all(|value| !value.contains("203.0.113.7")));
}

#[test]
fn a_trusted_proxy_is_believed_and_appended() {
    let bed = Testbed::new("middleware");
    let trusted = "127.0.0.9".parse().unwrap();
    let mut client = RawClient::connect_from(trusted, bed.gateway.address());
    let request = Request::get("/public").header("X-Forwarded-For", "203.0.113.7");
    let response = client.call(&request);
    let forwarded = Echoed::of(&response).all("x-forwarded-for").join(", ");
    assert_eq!(forwarded, "203.0.113.7, 127.0.0.9");
    assert_eq!(bed.log_of(&response).text("client_ip"), "203.0.113.7");
    // The right-most address that is not trusted is the client; what stands left of it is anybody's claim.
    let request = Request::get("/public").header("X-Forwarded-For", "10.0.0.1, 203.0.113.8, 127.0.0.9");
    let response = client.call(&request);
    assert_eq!(bed.log_of(&response).text("client_ip"), "203.0.113.8");
}

#[test]
fn the_host_is_the_clients_unless_the_config_says_backend() {
    let bed = Testbed::new("proxy");
    let response = bed.call(&Request::get("/").host("shop.example:8080"));
    assert_eq!(Echoed::of(&response).all("host"), ["shop.example:8080"]);
    let response = bed.call(&Request::get("/named").host("shop.example:8080"));
    assert_eq!(Echoed::of(&response).all("host"), [bed.a.address().to_string()]);
    for request in [
        Request::get("/literal").host("shop.example:8080"),
        Request::get("http://other.example:8080/literal").host("shop.example:8080"),
    ] {
        let echoed = Echoed::of(&bed.call(&request));
        assert_eq!(echoed.all("host"), ["shop.internal:8443"]);
        assert!(echoed.all("x-forwarded-host")[0].ends_with(".example:8080"), "what the client asked for");
    }
    // HTTP/1.0 knows requests without Host.
    let response = bed.raw("GET /literal HTTP/1.0\r\n\r\n");
    assert_eq!(Echoed::of(&response).all("host"), ["shop.internal:8443"]);
}

#[test]
fn an_absolute_target_replaces_the_host() {
    let bed = Testbed::new("proxy");
    let response = bed.call(&Request::get("http://right.example/path?q").host("wrong.example"));
    let echoed = Echoed::of(&response);
    assert_eq!((echoed.text("target"), echoed.all("host")), ("/path?q", vec!["right.example"]));
}

#[test]
fn head_keeps_the_length_and_has_no_body() {
    let bed = Testbed::new("proxy");
    bed.a.set(Message::new(200).body("0123456789"));
    let mut client = bed.connect();
    for _ in 0..2 {
        let response = client.call(&Request::new("HEAD", "/"));
        assert_eq!((response.header("content-length"), response.body.len()), (Some("10"), 0));
        assert_eq!(client.get("/").text(), "0123456789");
    }
    assert_eq!(bed.a.requests()[0].method, "HEAD");
}

#[test]
fn responses_without_a_body_have_none() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    for status in [204, 304] {
        bed.a.set(Message::new(status).header("ETag", "\"v1\""));
        let response = client.get("/");
        assert_eq!((response.status, response.header("etag")), (status, Some("\"v1\"")));
        assert_eq!(response.header("transfer-encoding"), None);
    }
    bed.a.set(Reply::text("in step"));
    assert_eq!(client.get("/").text(), "in step");
}

#[test]
fn chunked_bodies_pass_both_ways() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    let response = client.call(&Request::post("/", "in chunks").chunked());
    let echoed = Echoed::of(&response);
    assert_eq!(echoed.text("body"), "in chunks");
    assert_eq!((echoed.all("transfer-encoding"), echoed.all("content-length").len()), (vec!["chunked"], 0));

    bed.a.set(Message::new(200).body("out in chunks").chunked());
    let response = client.get("/");
    assert_eq!(response.text(), "out in chunks");
    assert_eq!(response.header("transfer-encoding"), Some("chunked"));
    assert_eq!(client.get("/").text(), "out in chunks");
}

#[test]
fn a_get_with_a_body_keeps_it() {
    let bed = Testbed::new("proxy");
    for request in [Request::get("/").body("asked"), Request::get("/").body("asked").chunked()] {
        let response = bed.call(&request);
        assert_eq!(Echoed::of(&response).text("body"), "asked");
    }
}

#[test]
fn large_bodies_pass_both_ways() {
    let bed = Testbed::new("proxy");
    let body: Vec<u8> = (0..8_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    bed.a.set(Message::new(200).body(body.clone()));
    let response = bed.call(&Request::post("/", body.clone()));
    assert!(response.body == body, "the response body changed on its way");
    assert!(bed.a.requests()[0].body == body, "the request body changed on its way");
}

#[test]
fn continue_is_sent_before_the_body_is_awaited() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    let head = client.read_head().unwrap();
    assert!(head.start_line.contains(" 100"), "{}", head.start_line);
    client.send("body");
    let response = client.read_response().unwrap();
    assert_eq!(Echoed::of(&response).text("body"), "body");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    let requests = [Request::get("/1"), Request::post("/2", "two"), Request::get("/3")];
    client.send(requests.iter().flat_map(Request::bytes).collect::<Vec<_>>());
    for target in ["/1", "/2", "/3"] {
        let response = client.read_response().unwrap();
        assert_eq!(Echoed::of(&response).text("target"), target);
    }
}

#[test]
fn an_old_client_gets_a_body_it_can_read() {
    let bed = Testbed::new("proxy");
    bed.a.set(Message::new(200).body("for everyone").chunked());
    let mut client = bed.connect();
    client.send("GET /old HTTP/1.0\r\nHost: a\r\n\r\n");
    let response = client.read_response().unwrap();
    assert_eq!(response.text(), "for everyone");
    assert_eq!(response.header("transfer-encoding"), None);
    assert_eq!(client.await_close(), Closing::Closed);
    assert_eq!(bed.a.requests()[0].version, "HTTP/1.1");
}

#[test]
fn a_forwarded_response_has_a_date() {
    let bed = Testbed::new("proxy");
    assert_eq!(bed.get("/").all("date").len(), 1);
    bed.a.set(Message::new(200).header("Date", "Tue, 15 Nov 1994 08:12:31 GMT"));
    assert_eq!(bed.get("/").all("date"), ["Tue, 15 Nov 1994 08:12:31 GMT"]);
}

#[test]
fn requests_say_which_gateway_they_came_through() {
    let bed = Testbed::new("proxy");
    let response = bed.call(&Request::get("/").header("Via", "1.1 edge"));
    let via = Echoed::of(&response).all("via").join(", ");
    assert!(via.starts_with("1.1 edge, 1.1 "), "Via: {via:?}");
}

#[test]
fn many_clients_at_once_each_get_their_own_answer() {
    let bed = Testbed::new("proxy");
    std::thread::scope(|scope| {
        for client in 0..16 {
            let bed = &bed;
            scope.spawn(move || {
                let mut connection = bed.connect();
                for n in 0..25 {
                    let target = format!("/{client}/{n}");
                    let response = connection.call(&Request::post(&target, target.as_str()));
                    let echoed = Echoed::of(&response);
                    assert_eq!(
                        (echoed.text("target"), echoed.text("body")),
                        (target.as_str(), target.as_str())
                    );
                }
            });
        }
    });
}

#[test]
fn a_backend_can_be_named_instead_of_numbered() {
    let bed = Testbed::new("proxy");
    let url = format!("http://localhost:{}", bed.a.address().port());
    let gateway = launch("proxy", [&bed.a, &bed.b, &bed.c]).env("A", url).start();
    assert_eq!(gateway.get("/").status, 200);
}
