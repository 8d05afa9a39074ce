//! Who answers the preflight of a page, and what it is told.

use castgate_test_support::{RawClient, Request};

use crate::cross_origin::{
    APP, VARY_OF_PREFLIGHT, assert_allowed, assert_denied, from, preflight, preflight_from, said,
};
use crate::testbed::{Echoed, KEYS, Testbed, assert_problem};

#[test]
fn a_preflight_belongs_to_the_route_of_the_method_that_it_asks_for() {
    let bed = Testbed::new("cors");
    let response =
        bed.call(&preflight("/shop", "PUT").header("Access-Control-Request-Headers", "content-type"));
    assert_allowed(&response, APP, "PUT");
    assert_eq!(response.header("access-control-allow-headers"), Some("content-type, x-api-key, x-canary"));
    assert_eq!(response.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(response.header("access-control-max-age"), Some("600"));
    assert_eq!(response.header("access-control-expose-headers"), None);
    assert_eq!(response.all("vary"), [VARY_OF_PREFLIGHT]);
    assert_eq!(response.header("x-outside"), Some("1"));
    let line = bed.log_of(&response);
    let is_said = (line.text("route"), line.text("method"), line.status(), line.text("reason"));
    assert_eq!(is_said, ("shop", "OPTIONS", 204, "ok"));
    // DELETE is another route, with a policy of its own; PATCH one without.
    assert_denied(&bed.call(&preflight("/shop", "DELETE")));
    let admin = "https://admin.example.com";
    let response = bed.call(&preflight_from(admin, "/shop", "DELETE"));
    assert_allowed(&response, admin, "DELETE");
    assert_eq!(bed.log_of(&response).text("route"), "drop");
    assert_denied(&bed.call(&preflight_from(admin, "/shop", "PUT")));
    assert_eq!(bed.a.count(), 0);
    bed.await_metrics(|m| {
        let of = |route, status| [("route", route), ("method", "OPTIONS"), ("status", status)];
        m.sum("gateway_http_requests_total", &of("shop", "204")) == 1.0
            && m.sum("gateway_http_requests_total", &of("drop", "403")) == 1.0
            && m.sum("gateway_cors_denied_total", &[("route", "drop")]) == 1.0
            && m.sum("gateway_cors_denied_total", &[("route", "shop")]) == 1.0
    });
}

/// Else a route that lets pages in would speak for one beside it that does not.
#[test]
fn no_route_speaks_for_another() {
    let bed = Testbed::new("cors");
    // The OPTIONS route, which it comes to, has a policy that would allow PATCH.
    let response = bed.call(&preflight("/shop", "PATCH"));
    assert_denied(&response);
    assert_eq!(bed.log_of(&response).text("route"), "options");
    // Where no route takes OPTIONS it is a 405, as without an origin.
    let response = bed.call(&preflight("/guarded", "DELETE"));
    assert_eq!((response.status, response.header("allow")), (405, Some("GET, PUT")));
    // And on a route without a policy the backend answers.
    let response = bed.call(&preflight("/silent", "PUT"));
    assert_eq!(Echoed::of(&response).text("method"), "OPTIONS");
    assert_eq!(bed.a.count(), 1);
}

#[test]
fn an_options_that_is_no_preflight_goes_on() {
    let bed = Testbed::new("cors");
    for path in ["/shop", "/listed"] {
        let plain = Request::new("OPTIONS", path);
        let from = plain.clone().header("Origin", APP);
        let asks = plain.clone().header("Access-Control-Request-Method", "GET");
        for request in [plain, from.clone(), asks] {
            let response = bed.call(&request);
            assert_eq!(Echoed::of(&response).text("method"), "OPTIONS");
            assert_eq!(response.all("vary"), ["Origin"]);
        }
        assert_eq!(bed.call(&from).header("access-control-allow-origin"), Some(APP));
    }
    assert_eq!(bed.a.count(), 8);
    // A route that lists OPTIONS gets no preflight.
    assert_allowed(&bed.call(&preflight("/listed", "GET")), APP, "GET");
    assert_eq!(bed.a.count(), 8);
}

#[test]
fn what_is_no_preflight_of_a_browser_has_one_answer() {
    let bed = Testbed::new("cors");
    // The last route of all methods takes what no route names.
    for method in
        ["CONNECT", "TRACE", "TRACK", "track", "get", "GET, PUT", "GET PUT", "G\u{e9}T", "PROPFIND", ""]
    {
        assert_denied(&bed.call(&preflight("/gone", method)));
        let response = bed.call(&preflight("/guarded", method));
        assert_eq!(response.status, 405, "{method}");
    }
    assert_denied(&bed.call(&preflight("/gone", "GET").header("Access-Control-Request-Method", "GET")));
    for method in ["CONNECT", "TRACE", "TRACK", "GET, PUT", ""] {
        assert_denied(&bed.call(&preflight("/any", method)));
    }
    for fields in [
        "x-other",
        "content-type, x-other",
        "a b",
        "x-api-key;",
        "\u{e9}",
        "\"x-api-key\"",
        "*",
        "authorization",
    ] {
        assert_denied(&bed.call(&preflight("/shop", "GET").header("Access-Control-Request-Headers", fields)));
    }
    for fields in ["", ",", "Content-Type", "x-api-key , content-type,", "x-api-key,x-api-key"] {
        let request = preflight("/shop", "GET").header("Access-Control-Request-Headers", fields);
        assert_allowed(&bed.call(&request), APP, "GET");
    }
    let two = preflight("/shop", "GET")
        .header("Access-Control-Request-Headers", "x-api-key")
        .header("Access-Control-Request-Headers", "x-other");
    assert_denied(&bed.call(&two));
    let many = "x-api-key,".repeat(6_500);
    for path in ["/shop", "/any", "/open"] {
        assert_denied(&bed.call(&preflight(path, "GET").header("Access-Control-Request-Headers", &many)));
    }
    // A preflight with a body, and one that wants its own fields to end here.
    let body = preflight("/shop", "PUT").body("x");
    assert_allowed(&bed.call(&body), APP, "PUT");
    let hop = preflight("/shop", "PUT").header("Connection", "Origin, Access-Control-Request-Method");
    assert_allowed(&bed.call(&hop), APP, "PUT");
    let hop = from(APP, "/shop").header("Connection", "Origin");
    assert_eq!(bed.call(&hop).header("access-control-allow-origin"), Some(APP));
}

#[test]
fn no_limit_counts_a_preflight_and_no_auth_asks_it() {
    let bed = Testbed::new("cors");
    for _ in 0..9 {
        assert_allowed(&bed.call(&preflight("/guarded", "PUT")), APP, "PUT");
    }
    // What it announces is asked and counted.
    let key = from(APP, "/guarded").header("X-API-Key", KEYS[0]);
    assert_eq!(bed.call(&key).status, 200);
    // The filter of addresses, which stands outside, sees it, and says nothing to pages.
    let mut denied = RawClient::connect_from("127.0.0.2".parse().unwrap(), bed.gateway.address());
    let response = denied.call(&preflight("/guarded", "PUT"));
    assert_problem(&response, 403, "ip_denied");
    assert_eq!(said(&response), []);
}

#[test]
fn a_private_network_is_opened_where_it_is_written_and_asked_for() {
    let bed = Testbed::new("cors");
    const ALLOWS: &str = "access-control-allow-private-network";
    let asks = |path| preflight(path, "GET").header("Access-Control-Request-Private-Network", "true");
    let response = bed.call(&asks("/inside"));
    assert_allowed(&response, APP, "GET");
    assert_eq!(response.header(ALLOWS), Some("true"));
    let vary = format!("{VARY_OF_PREFLIGHT}, Access-Control-Request-Private-Network");
    assert_eq!(response.all("vary"), [vary.as_str()]);
    assert_eq!(bed.call(&preflight("/inside", "GET")).header(ALLOWS), None);
    assert_eq!(bed.call(&asks("/shop")).header(ALLOWS), None);
    assert_eq!(bed.call(&from(APP, "/inside")).header(ALLOWS), None);
}

#[test]
fn a_condition_on_a_field_holds_if_the_preflight_names_it() {
    let bed = Testbed::new("cors");
    let named = preflight("/canary", "GET").header("Access-Control-Request-Headers", "content-type,x-canary");
    let response = bed.call(&named);
    assert_allowed(&response, APP, "GET");
    assert_eq!(bed.log_of(&response).text("route"), "canary");
    // Or if it has the field itself.
    assert_eq!(
        bed.log_of(&bed.call(&preflight("/canary", "GET").header("X-Canary", "1"))).text("route"),
        "canary"
    );
    let response = bed.call(&preflight("/canary", "GET"));
    assert_denied(&response);
    assert_eq!(bed.log_of(&response).text("route"), "stable");
    let stable = "https://stable.example.com";
    assert_allowed(&bed.call(&preflight_from(stable, "/canary", "GET")), stable, "GET");
}
