//! Gateways of others, moved: a client walks every route and every refusal of three of them.

use castgate_test_support::{Message, RawClient, Reply, Request, Response};

use crate::testbed::{Echoed, KEYS, Testbed, assert_problem};

/// Whoever sends this says who the client is.
fn proxy(bed: &Testbed) -> RawClient {
    RawClient::connect_from("127.0.0.9".parse().unwrap(), bed.gateway.address())
}

/// A problem document of a gateway whose ids have a field of another name.
#[track_caller]
fn assert_refused(response: &Response, status: u16, reason: &str) {
    let json = response.json();
    assert_eq!((response.status, json["reason"].as_str()), (status, Some(reason)), "{json}");
    assert_eq!(json["request_id"].as_str(), response.header("x-correlation-id"));
}

fn shop(target: &str) -> Request {
    Request::get(target).host("shop.example.com")
}

#[test]
fn a_shop_behind_nginx_is_what_it_was() {
    let bed = Testbed::new("from_nginx");
    assert_eq!(bed.call(&shop("/alive")).text(), "ok");
    assert_eq!(bed.call(&shop("/alive/x")).status, 200, "an exact location is no prefix");
    // A location with a path behind proxy_pass, and the address of who asks.
    let response = bed.call(&shop("/api/v1/users?x=1").header("X-Real-IP", "6.6.6.6"));
    let echoed = Echoed::of(&response);
    assert_eq!((echoed.text("target"), echoed.all("x-real-ip")), ("/v1/users?x=1", vec!["127.0.0.1"]));
    assert_eq!(response.all("x-frame-options"), ["DENY"]);
    assert_eq!(bed.call(&shop("/apis")).header("retry-after"), None);
    for _ in 0..2 {
        assert_eq!(bed.call(&shop("/api")).status, 200);
    }
    let limited = bed.call(&shop("/api/v1/users"));
    assert_eq!((limited.status, limited.all("x-frame-options")), (429, vec!["DENY"]));
    assert!(limited.header("retry-after").is_some());
    // The office, however its path is spelled.
    let mut office = proxy(&bed);
    for path in ["/admin", "/admin/x", "/%61dmin", "/x/../admin"] {
        assert_problem(&bed.call(&shop(path)), 403, "ip_denied");
        let response = office.call(&shop(path).header("X-Forwarded-For", "10.1.2.3"));
        assert_eq!(response.status, 200, "{path}");
    }
    let response = bed.call(&shop("/blog/a/b?c=d"));
    assert_eq!(
        (response.status, response.header("location")),
        (301, Some("https://blog.example.com/a/b?c=d"))
    );
    // What may be sent, and where more.
    let upload = |path: &str, size| {
        let request = Request::new("PUT", path).host("shop.example.com").body(vec![b'x'; size]);
        bed.call(&request).status
    };
    assert_eq!([upload("/x", 5000), upload("/x", 6000)], [200, 413]);
    assert_eq!([upload("/uploads", 20_000), upload("/uploads", 21_000)], [200, 413]);
    // Pages: of the gateway, of the backend where it says so, of nobody who answers.
    assert_eq!(bed.call(&Request::get("/").host("other.example.com")).text(), "<h1>Gone</h1>");
    bed.a.set(Message::new(404).body("the backend's"));
    assert_eq!(bed.call(&shop("/nothing")).text(), "<h1>Gone</h1>");
    bed.a.set(Message::new(500).body("the backend's"));
    assert_eq!(bed.call(&shop("/broken")).text(), "the backend's");
    bed.a.stop();
    bed.b.set(Reply::text("the spare"));
    assert_eq!(bed.call(&shop("/")).text(), "the spare");
    bed.b.stop();
    let response = bed.call(&shop("/"));
    assert!(
        [502, 503].contains(&response.status) && response.text().starts_with("<h1>Sorry</h1>"),
        "{}",
        response.text()
    );
}

#[test]
fn services_behind_traefik_are_what_they_were() {
    let bed = Testbed::new("from_traefik");
    bed.c.set(Reply::text("beta"));
    let mut inside = proxy(&bed);
    let api =
        |target: &str| Request::get(target).host("api.example.com").header("X-Forwarded-For", "203.0.113.7");
    let response = inside.call(&api("/v1/users").header("X-Debug", "1"));
    let echoed = Echoed::of(&response);
    assert_eq!((echoed.text("target"), echoed.all("x-script-name")), ("/users", vec!["/v1"]));
    assert!(echoed.all("x-debug").is_empty());
    assert_eq!(echoed.all("host"), [bed.a.address().to_string()], "passHostHeader: false");
    assert_problem(&bed.call(&api("/v1/users")), 403, "ip_denied");
    assert_eq!(inside.call(&api("/v1/users").header("X-Beta", "1")).text(), "beta");
    assert_problem(&inside.call(&api("/v2/users")), 404, "no_route");
    // Hosts.
    let tenant = |method: &str| Request::new(method, "/").host("a.b.tenants.example.com");
    assert_eq!(bed.call(&tenant("GET")).status, 200);
    let response = bed.call(&tenant("POST"));
    assert_eq!((response.status, response.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(bed.call(&Request::get("/").host("tenants.example.com")).status, 404);
    let web = || bed.call(&Request::get("/").host("www.example.com")).status;
    assert_eq!([web(), web(), web()], [200, 200, 429]);
    // The breaker.
    bed.a.set(Message::new(503).body("down"));
    let mut answers = (0..8).map(|_| inside.call(&api("/v1/users")));
    let open = answers.find(|response| response.text() != "down").expect("the breaker opens");
    assert_problem(&open, 503, "circuit_open");
}

#[test]
fn endpoints_behind_krakend_are_what_they_were() {
    let bed = Testbed::new("from_krakend");
    let key = |request: Request| request.header("X-Key", KEYS[1]);
    let target = |request: Request| {
        let response = bed.call(&key(request).header("Cookie", "a=1"));
        let echoed = Echoed::of(&response);
        assert!(echoed.all("cookie").is_empty() && echoed.all("x-key").is_empty());
        echoed.text("target").to_owned()
    };
    assert_eq!(target(Request::get("/v1/users/42?x=1")), "/registered/42?x=1");
    assert_eq!(target(Request::get("/v1/users/42/orders/a%2Db")), "/by/a-b/of/42");
    assert_eq!(target(Request::new("DELETE", "/v1/users/42/orders/7")), "/by/7/of/42");
    assert_refused(&bed.get("/v1/users/42"), 401, "auth_missing");
    assert_refused(&bed.call(&Request::get("/v1/users/42").header("X-Key", "nobody's")), 401, "auth_invalid");
    for path in ["/v1/users/me", "/v1/users/42/", "/v1/users/42/orders/7/x", "/v1"] {
        assert_refused(&bed.call(&key(Request::get(path))), 404, "no_route");
    }
    assert_refused(&bed.call(&key(Request::new("PATCH", "/v1/users/42"))), 405, "method_not_allowed");
    // A limit for each user.
    let order = |user: &str, size| {
        bed.call(&key(Request::post(&format!("/v1/users/{user}/orders"), vec![b'x'; size]))).status
    };
    let statuses = [order("1", 10), order("1", 10), order("1", 10), order("2", 10), order("2", 2000)];
    assert_eq!(statuses, [200, 200, 429, 200, 413]);
    let response =
        bed.call(&Request::get("/v1/status").header("X-For", "\"}").header("X-Correlation-ID", "mine-1"));
    assert_eq!(
        (response.json()["for"].as_str(), response.header("x-correlation-id")),
        (Some("\"}"), Some("mine-1"))
    );
}
