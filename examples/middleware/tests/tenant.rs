//! The gateway as it runs, in front of a shop that a test plays.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how a test says no")]

use castgate_test_support::{Gate, Gateway, Launch, Message, Metrics, Reply, Request, Step, Upstream};

fn gateway(shop: &Upstream) -> Gateway {
    Launch::new(env!("CARGO_BIN_EXE_middleware")).env("SHOP", shop.url()).with_admin().start()
}

fn page(text: &str) -> Message {
    Message::new(200).header("Content-Type", "text/html; charset=utf-8").header("ETag", "\"1\"").body(text)
}

fn of(tenant: &str) -> Request {
    Request::get("/welcome").header("X-Tenant", tenant).header("X-Zone", "moon")
}

#[test]
fn the_shop_is_told_where_its_tenant_is() {
    let shop = Upstream::echo();
    let gateway = gateway(&shop);
    for (tenant, zone) in [("north-star", "west"), ("blue-door", "east")] {
        assert_eq!(gateway.call(&of(tenant)).status, 200);
        let received = shop.requests().pop().unwrap();
        assert_eq!(received.all("x-zone"), [zone], "and not what the client says");
    }
}

#[test]
fn a_tenant_that_nobody_knows_is_refused_logged_and_counted() {
    let shop = Upstream::echo();
    let gateway = gateway(&shop);
    for request in [of("nobody"), Request::get("/welcome")] {
        let response = gateway.call(&request);
        assert_eq!(
            (response.status, response.header("content-type")),
            (403, Some("application/problem+json"))
        );
        assert_eq!(response.json()["reason"], "tenant_unknown");
        let id = response.header("x-request-id").unwrap().to_owned();
        assert_eq!(response.json()["request_id"], id.as_str());
        let line = gateway.log_line(|line| line.text("request_id") == id);
        assert_eq!((line.status(), line.text("reason")), (403, "tenant_unknown"));
    }
    assert_eq!(shop.count(), 0);
    gateway.poll_admin("/metrics", |response| {
        let metrics = Metrics::parse(&response.text());
        metrics.value("shop_tenant_unknown_total", &[("route", "shop")]) == Some(2.0)
    });
}

#[test]
fn a_page_has_the_name_of_its_tenant_in_all_places() {
    let shop = Upstream::echo();
    let gateway = gateway(&shop);
    for (text, wanted) in [
        ("<h1>{{tenant}}</h1>{{tenant}}", "<h1>north-star</h1>north-star"),
        ("{{{tenant}}}{{ten", "{north-star}{{ten"),
        ("", ""),
    ] {
        shop.set(page(text));
        let response = gateway.call(&of("north-star"));
        assert_eq!(response.text(), wanted);
        assert_eq!((response.header("content-length"), response.header("etag")), (None, None));
    }
    // What is no page stays as it is.
    shop.set(
        Message::new(200).header("Content-Type", "text/plain").header("ETag", "\"1\"").body("{{tenant}}"),
    );
    let response = gateway.call(&of("north-star"));
    assert_eq!((response.text().as_str(), response.header("etag")), ("{{tenant}}", Some("\"1\"")));
}

#[test]
fn a_place_may_be_cut_anywhere() {
    let shop = Upstream::echo();
    let gateway = gateway(&shop);
    for cut in 1.."a{{tenant}}b".len() {
        let gate = Gate::new();
        let (first, last) = "a{{tenant}}b".split_at(cut);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n";
        shop.set(Reply(vec![
            Step::SendRaw(format!("{head}{first}").into()),
            Step::Pause(gate.clone()),
            Step::SendRaw(last.into()),
        ]));
        let mut client = gateway.connect();
        client.send_request(&of("blue-door"));
        client.await_bytes(b"a").unwrap();
        gate.open();
        assert_eq!(client.read_response().unwrap().text(), "ablue-doorb", "{first} and {last}");
    }
}
