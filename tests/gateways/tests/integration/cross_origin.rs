//! What pages of other origins are told, and who answers their preflights.

use castgate_test_support::{Message, RawClient, Reply, Request, Response};

use crate::testbed::{Echoed, KEYS, Testbed, assert_problem};

const APP: &str = "https://app.example.com";
const VARY_OF_PREFLIGHT: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// A preflight of a page of the first origin of the config.
fn preflight(path: &str, method: &str) -> Request {
    preflight_from(APP, path, method)
}

fn preflight_from(origin: &str, path: &str, method: &str) -> Request {
    Request::new("OPTIONS", path).header("Origin", origin).header("Access-Control-Request-Method", method)
}

fn from(origin: &str, path: &str) -> Request {
    Request::get(path).header("Origin", origin)
}

/// All that a response says to pages of other origins, in the order of the names.
fn said(response: &Response) -> Vec<(String, String)> {
    let headers =
        response.head.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    let mut said: Vec<_> = headers.filter(|(name, _)| name.starts_with("access-control")).collect();
    said.sort();
    said
}

/// A preflight that was let through.
#[track_caller]
fn assert_allowed(response: &Response, origin: &str, method: &str) {
    assert_eq!(response.status, 204, "{}", response.text());
    assert_eq!(response.header("access-control-allow-origin"), Some(origin));
    assert_eq!(response.header("access-control-allow-methods"), Some(method));
    assert!(response.body.is_empty() && response.keeps_alive());
}

/// A preflight that was refused: nothing is said, and caches know on what it depends.
#[track_caller]
fn assert_denied(response: &Response) {
    assert_problem(response, 403, "cors_denied");
    assert_eq!(said(response), []);
    assert_eq!(response.all("vary"), [VARY_OF_PREFLIGHT]);
    assert!(response.keeps_alive());
}

#[test]
fn a_page_that_may_is_told_so_and_what_a_backend_says_is_not() {
    let bed = Testbed::new("cors");
    let claims = Message::new(200)
        .header("Access-Control-Allow-Origin", "*")
        .header("access-control-allow-origin", "https://evil.com")
        .header("Access-Control-Allow-Credentials", "false")
        .header("Access-Control-Allow-Methods", "DELETE")
        .header("Access-Control-Max-Age", "1")
        .header("Access-Control-Allow-Private-Network", "true")
        .header("Vary", "Accept-Encoding");
    bed.a.set(Reply::from(claims));
    let response = bed.call(&from(APP, "/shop"));
    let expected = [
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-origin", APP),
        ("access-control-expose-headers", "retry-after, x-request-id"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(said(&response), expected);
    assert_eq!(response.all("vary"), ["Accept-Encoding", "Origin"]);
    assert_eq!((response.status, response.header("x-outside")), (200, Some("1")));
    // A page that may not gets the same answer, of which its browser shows it nothing; so does who is no page.
    for request in [from("https://evil.com", "/shop"), Request::get("/shop")] {
        let response = bed.call(&request);
        assert_eq!((response.status, said(&response)), (200, vec![]));
        assert_eq!(response.all("vary"), ["Accept-Encoding", "Origin"]);
    }
    // Where nothing is said, the backend's word stands.
    let response = bed.call(&from(APP, "/silent"));
    assert_eq!(response.all("access-control-allow-origin"), ["*", "https://evil.com"]);
    assert_eq!(response.all("vary"), ["Accept-Encoding"]);
}

#[test]
fn what_varies_already_is_not_said_twice() {
    let bed = Testbed::new("cors");
    for (vary, expected) in [
        ("Origin", &["Origin"][..]),
        ("accept, ORIGIN", &["accept, ORIGIN"]),
        ("*", &["*"]),
        ("X-Origin", &["X-Origin", "Origin"]),
    ] {
        bed.a.set(Reply::from(Message::new(200).header("Vary", vary)));
        assert_eq!(bed.call(&from(APP, "/shop")).all("vary"), expected);
    }
}

#[test]
fn only_the_very_origin_is_let_in() {
    let bed = Testbed::new("cors");
    for origin in [
        APP,
        "https://app.example.com:8443",
        "https://[::1]:8443",
        "https://a.example.org",
        "https://a.b-c.example.org",
        "capacitor://localhost",
    ] {
        let response = bed.call(&from(origin, "/shop"));
        assert_eq!(response.header("access-control-allow-origin"), Some(origin));
        assert_allowed(&bed.call(&preflight_from(origin, "/shop", "PUT")), origin, "PUT");
    }
    for origin in [
        "null",
        "*",
        "https://App.example.com",
        "HTTPS://app.example.com",
        "https://app.example.com/",
        "https://app.example.com.",
        "https://app.example.com:443",
        "https://app.example.com:84430",
        "https://app.example.com.evil.com",
        "https://evil.com/app.example.com",
        "https://evil.com#https://app.example.com",
        "https://app.example.com@evil.com",
        "https://user:pass@app.example.com",
        "https://evil-app.example.com",
        "https://[::1]",
        "https://[0:0::1]:8443",
        "https://example.org",
        "https://.example.org",
        "https://evilexample.org",
        "https://evil-example.org",
        "https://a.example.org.evil.com",
        "https://a.example.org:443",
        "https://A.example.org",
        "http://a.example.org",
        "https://evil.com/.example.org",
        "https://evil.com?.example.org",
        "https://user@.example.org",
        "https://*.example.org",
        "https://app.example.com https://a.example.org",
        "https://app.example.com, https://a.example.org",
        "app.example.com",
        "",
        &format!("https://{}.example.org", "a".repeat(64)),
        &format!("https://{}example.org", "a.".repeat(20_000)),
    ] {
        let response = bed.call(&from(origin, "/shop"));
        assert_eq!((response.status, said(&response)), (200, vec![]), "{origin}");
        assert_denied(&bed.call(&preflight_from(origin, "/shop", "PUT")));
    }
    // Two are nobody.
    let twice = from(APP, "/shop").header("Origin", APP);
    assert_eq!(said(&bed.call(&twice)), []);
    assert_denied(&bed.call(&preflight("/shop", "PUT").header("Origin", APP)));
    // A line break ends the field, and a bare one the request.
    let mut client = bed.connect();
    client.send(b"GET /shop HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example.com\rX: y\r\n\r\n");
    assert_eq!(client.read_response().unwrap().status, 400);
}

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

/// A browser would hide the error from the page otherwise, and call it one of CORS.
#[test]
fn a_page_can_read_the_errors_of_the_gateway() {
    let bed = Testbed::new("cors");
    let is_readable = |response: &Response| {
        assert_eq!(response.header("access-control-allow-origin"), Some(APP), "{}", response.text());
        assert_eq!(response.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(response.header("access-control-expose-headers"), Some("retry-after, x-request-id"));
        assert_eq!(response.all("vary"), ["Origin"]);
        assert_eq!(response.header("x-outside"), Some("1"));
    };
    let denied = bed.call(&from(APP, "/guarded"));
    assert_problem(&denied, 401, "auth_missing");
    is_readable(&denied);
    assert_eq!(bed.call(&from(APP, "/once")).status, 200);
    let limited = bed.call(&from(APP, "/once"));
    assert_problem(&limited, 429, "rate_limited");
    is_readable(&limited);
    let gone = bed.call(&from(APP, "/gone"));
    assert_problem(&gone, 502, "connect_error");
    is_readable(&gone);
    // A body that says that it is too long, one that turns out so, and on routes without a backend.
    for path in ["/shop", "/fixed", "/moved"] {
        let large = Request::post(path, vec![b'x'; 2000]).header("Origin", APP);
        let response = bed.call(&large);
        assert_problem(&response, 413, "body_too_large");
        is_readable(&response);
    }
    assert_eq!(bed.a.count(), 1);
    let large = Request::post("/shop", vec![b'x'; 2000]).chunked().header("Origin", APP);
    let response = bed.call(&large);
    assert_problem(&response, 413, "body_too_large");
    is_readable(&response);
    // What no route takes has none of this.
    let nowhere = bed.call(&from(APP, "/nowhere"));
    assert_problem(&nowhere, 404, "no_route");
    assert_eq!(said(&nowhere), []);
}

#[test]
fn who_shares_with_everybody_depends_on_nobody() {
    let bed = Testbed::new("cors");
    for request in [from("https://any.where", "/open"), from("null", "/open"), Request::get("/open")] {
        let response = bed.call(&request);
        let expected = [("access-control-allow-origin", "*"), ("access-control-expose-headers", "*")];
        assert_eq!(said(&response), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(response.header("vary"), None);
    }
    let request =
        preflight_from("null", "/open", "PROPFIND").header("Access-Control-Request-Headers", "x-a, x-b");
    let response = bed.call(&request);
    assert_allowed(&response, "*", "PROPFIND");
    assert_eq!(response.header("access-control-allow-headers"), Some("x-a, x-b"));
    assert_eq!(response.header("access-control-allow-credentials"), None);
    assert_denied(
        &bed.call(&preflight("/open", "GET").header("Access-Control-Request-Headers", "authorization")),
    );
}

/// To a browser with credentials an asterisk would be the name of a field.
#[test]
fn all_methods_and_fields_are_named_to_pages_with_credentials() {
    let bed = Testbed::new("cors");
    let request = preflight("/any", "PATCH")
        .header("Access-Control-Request-Headers", "authorization,x-a")
        .header("Access-Control-Request-Headers", "x-b");
    let response = bed.call(&request);
    assert_allowed(&response, APP, "PATCH");
    assert_eq!(response.all("access-control-allow-headers"), ["authorization,x-a", "x-b"]);
    assert_eq!(response.header("access-control-allow-credentials"), Some("true"));
}

#[test]
fn null_is_let_in_where_it_is_written() {
    let bed = Testbed::new("cors");
    assert_eq!(bed.call(&from("null", "/sandbox")).header("access-control-allow-origin"), Some("null"));
    assert_allowed(&bed.call(&preflight_from("null", "/sandbox", "GET")), "null", "GET");
    assert_eq!(said(&bed.call(&from(APP, "/sandbox"))), []);
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

#[test]
fn what_needs_no_backend_speaks_to_pages_too() {
    let bed = Testbed::new("cors");
    for (path, status) in [("/fixed", 200), ("/moved", 308)] {
        let response = bed.call(&from(APP, path));
        assert_eq!((response.status, response.header("access-control-allow-origin")), (status, Some(APP)));
        assert_allowed(&bed.call(&preflight(path, "GET")), APP, "GET");
    }
}
