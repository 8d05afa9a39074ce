//! Listeners with route tables of their own.

use std::net::SocketAddr;

use castgate_test_support::{RawClient, Request, Response};

use crate::testbed::{Testbed, assert_problem};

/// Both addresses of a listener are it.
fn addresses(bed: &Testbed, listener: &str) -> Vec<SocketAddr> {
    bed.gateway.addresses_of(listener, if listener == "internal" { 2 } else { 1 })
}

fn body(address: SocketAddr, path: &str) -> String {
    let response = RawClient::connect(address).get(path);
    assert_eq!(response.status, 200, "{path}");
    response.text()
}

#[test]
fn each_listener_has_the_routes_that_name_it_and_those_that_name_none() {
    let bed = Testbed::new("listeners");
    for (listener, own, first) in
        [("public", "public", "unnamed"), ("twin", "public", "unnamed"), ("internal", "internal", "named")]
    {
        for address in addresses(&bed, listener) {
            assert_eq!(body(address, "/both"), "both", "{listener}");
            assert_eq!(body(address, "/own"), own, "{listener}");
            assert_eq!(body(address, "/first"), first, "{listener}");
        }
    }
}

#[test]
fn what_a_listener_does_not_have_is_404_there_and_405_names_none_of_it() {
    let bed = Testbed::new("listeners");
    let mut outside = RawClient::connect(addresses(&bed, "public")[0]);
    assert_problem(&outside.get("/ops"), 404, "no_route");
    let post = Request::post("/ops", b"");
    assert_problem(&outside.call(&post), 404, "no_route");
    let mut inside = RawClient::connect(addresses(&bed, "internal")[1]);
    assert_eq!(inside.get("/ops").text(), "ops");
    let refused = inside.call(&Request::new("DELETE", "/ops"));
    assert_problem(&refused, 405, "method_not_allowed");
    assert_eq!(refused.header("allow"), Some("GET, POST"));
}

#[test]
fn the_built_in_paths_are_on_every_listener() {
    let bed = Testbed::new("listeners");
    for listener in ["public", "internal", "twin", "plain", "old"] {
        for address in addresses(&bed, listener) {
            assert_eq!(RawClient::connect(address).get("/livez").status, 200, "{listener}");
        }
    }
}

#[test]
fn the_log_says_which_route_of_which_listener_it_was() {
    let bed = Testbed::new("listeners");
    for (listener, route) in [("public", "own"), ("internal", "inner")] {
        let response = RawClient::connect(addresses(&bed, listener)[0]).get("/own");
        assert_eq!(bed.log_of(&response).text("route"), route);
    }
}

#[test]
fn the_log_says_which_listener_it_was_if_it_is_told_to() {
    let bed = Testbed::new("listeners");
    for (listener, path, status) in
        [("public", "/both", 200), ("internal", "/ops", 200), ("twin", "/ops", 404), ("plain", "/ops", 308)]
    {
        let line = bed.log_of(&RawClient::connect(addresses(&bed, listener)[0]).get(path));
        assert_eq!((line.text("listener"), line.status()), (listener, status), "{}", line.raw);
        assert_eq!(line.fields().last(), Some(&"listener"));
    }
}

/// Status and place of a redirect, which has no body.
fn redirect(response: &Response) -> (u16, &str) {
    assert_eq!((response.text().as_str(), response.header("content-length")), ("", Some("0")));
    (response.status, response.header("location").unwrap_or_default())
}

#[test]
fn a_listener_that_only_redirects_sends_every_request_elsewhere() {
    let bed = Testbed::new("listeners");
    let mut plain = RawClient::connect(addresses(&bed, "plain")[0]);
    for (request, to) in [
        (Request::get("/").host("a.test"), "https://a.test/"),
        (Request::get("/both?q=1&q=%20").host("A.test:8080"), "https://a.test/both?q=1&q=%20"),
        (Request::new("DELETE", "/own").host("[::1]:80"), "https://[::1]/own"),
        (Request::post("/ops", b"a body".as_slice()).host("a.test"), "https://a.test/ops"),
        // What no route would let through is decided where it is sent.
        (Request::get("/a%2Fb;c=d/../e").host("a.test"), "https://a.test/e"),
        (Request::get("/a%2Fb;c=d").host("a.test"), "https://a.test/a%2Fb;c=d"),
        (Request::get("//evil.test/").host("a.test"), "https://a.test/evil.test/"),
        // Nobody in front is trusted.
        (Request::get("/x").host("a.test").header("X-Forwarded-Proto", "https"), "https://a.test/x"),
        (Request::get("/x").host("a.test").header("X-Forwarded-Host", "evil.test"), "https://a.test/x"),
    ] {
        assert_eq!(redirect(&plain.call(&request)), (308, to), "{request:?}");
    }
    let mut old = RawClient::connect(addresses(&bed, "old")[0]);
    let response = old.call(&Request::get("/x?q").host("a.test:81"));
    assert_eq!(redirect(&response), (301, "https://a.test:8443/old/x?q"));
}

#[test]
fn a_listener_that_only_redirects_refuses_what_every_listener_refuses() {
    let bed = Testbed::new("listeners");
    let plain = addresses(&bed, "plain")[0];
    let raw = |request: &str| {
        let mut client = RawClient::connect(plain);
        client.send(request);
        client.read_response().unwrap()
    };
    assert_problem(&raw("GET /x HTTP/1.0\r\n\r\n"), 400, "value_absent");
    assert_eq!(raw("GET /x HTTP/1.1\r\n\r\n").status, 400);
    assert_eq!(raw("GET /x HTTP/1.1\r\nHost: a.test/evil\r\n\r\n").status, 400);
    assert_eq!(raw("TRACE /x HTTP/1.1\r\nHost: a.test\r\n\r\n").status, 501);
    // The gateway's own paths go ahead of everything.
    assert_eq!(raw("GET /livez HTTP/1.1\r\nHost: a.test\r\n\r\n").status, 200);
}

#[test]
fn the_redirect_of_a_listener_is_a_route_in_logs_and_metrics() {
    let bed = Testbed::new("listeners");
    let response = RawClient::connect(addresses(&bed, "plain")[0]).get("/own");
    let line = bed.log_of(&response);
    assert_eq!((line.text("route"), line.status()), ("redirect @plain", 308));
    let labels = [("route", "redirect @plain"), ("status", "308")];
    bed.await_metrics(|metrics| metrics.sum("gateway_http_requests_total", &labels) == 1.0);
}
