//! Listeners with route tables of their own.

use std::net::SocketAddr;

use castgate_test_support::{RawClient, Request};

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
    for listener in ["public", "internal", "twin"] {
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
