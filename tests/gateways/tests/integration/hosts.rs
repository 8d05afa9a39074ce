//! Hosts of routes: which of several patterns takes a request, and what a captured label is.

use castgate_test_support::Request;

use crate::testbed::{Echoed, Testbed};

#[test]
fn exact_hosts_go_before_a_label_and_that_before_wildcards() {
    let bed = Testbed::new("hosts");
    for (host, route) in [
        ("shop.example.com", "shop"),
        ("SHOP.Example.Com.:80", "shop"),
        ("eu.shop.example.com", "shop"),
        ("a.b.shop.example.com", "shop"),
        ("shop.example.org", "shop"),
        ("acme.example.com", "tenants"),
        ("acme.example.net:8443", "tenants"),
        ("a-1_b.example.com", "tenants"),
        // One label is one label, of those that a name can have.
        ("eu.acme.example.com", "below"),
        ("a!b.example.com", "below"),
        (&format!("{}.example.com", "a".repeat(63)), "tenants"),
        (&format!("{}.example.com", "a".repeat(64)), "below"),
        // The route of the exact name has another path.
        ("admin.example.com", "tenants"),
        ("example.com", ""),
        (".example.com", ""),
        ("example.net", ""),
        ("eu.acme.example.net", ""),
        ("acme.example.com.evil.example", ""),
    ] {
        let response = bed.call(&Request::get("/x").host(host));
        assert_eq!(bed.log_of(&response).text("route"), route, "{host}");
    }
    let response = bed.call(&Request::get("/admin").host("admin.example.com"));
    assert_eq!(response.text(), "admin");
}

#[test]
fn a_label_is_known_wherever_a_parameter_of_the_path_is() {
    let bed = Testbed::new("hosts");
    let call = |host: &str, target: &str| bed.call(&Request::get(target).host(host));
    let response = call("ACME.example.com:8080", "/x?q=1");
    let echoed = Echoed::of(&response);
    assert_eq!(echoed.text("target"), "/of/acme?q=1");
    assert_eq!(echoed.all("x-tenant"), ["<acme>"]);
    assert_eq!(Echoed::of(&call("b.example.net", "/")).text("target"), "/of/b");
    let response = call("Acme.example.com", "/moved/a%2Db?q");
    assert_eq!(
        (response.status, response.header("location")),
        (308, Some("https://new.example.com/acme/a-b?q"))
    );
    let response = call("a_b.example.com", "/told");
    assert_eq!(
        (response.text().as_str(), response.header("x-tenant")),
        (r#"{"tenant": "a_b"}"#, Some("a_b"))
    );
    // An absolute target says the host, whatever the field says (RFC 9112, section 3.2.2).
    let mut client = bed.connect();
    client.send("GET http://One.example.com/told HTTP/1.1\r\nHost: two.example.com\r\n\r\n");
    assert_eq!(client.read_response().unwrap().text(), r#"{"tenant": "one"}"#);
}

#[test]
fn a_label_keys_a_limit_and_a_list_is_one_route() {
    let bed = Testbed::new("hosts");
    let status = |host: &str| bed.call(&Request::get("/limited").host(host)).status;
    assert_eq!((status("a.example.com"), status("A.example.com")), (200, 429));
    assert_eq!((status("b.example.com"), status("a.example.net"), status("b.example.net")), (200, 429, 429));
    assert_eq!((status("a.example.org"), status("b.example.org"), status("a.example.org")), (200, 200, 429));
    let route = ("route", "limited-as-one");
    bed.await_metrics(|metrics| metrics.sum("gateway_http_requests_total", &[route]) == 3.0);
    let refused = bed.metrics().sum("gateway_http_requests_total", &[route, ("status", "429")]);
    assert_eq!(refused, 1.0);
}
