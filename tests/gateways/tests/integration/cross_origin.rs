//! What pages of other origins are told of a route's answers.

use castgate_test_support::{Message, Reply, Request, Response};

use crate::testbed::{Testbed, assert_problem};

pub(crate) const APP: &str = "https://app.example.com";
pub(crate) const VARY_OF_PREFLIGHT: &str =
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// A preflight of a page of the first origin of the config.
pub(crate) fn preflight(path: &str, method: &str) -> Request {
    preflight_from(APP, path, method)
}

pub(crate) fn preflight_from(origin: &str, path: &str, method: &str) -> Request {
    Request::new("OPTIONS", path).header("Origin", origin).header("Access-Control-Request-Method", method)
}

pub(crate) fn from(origin: &str, path: &str) -> Request {
    Request::get(path).header("Origin", origin)
}

/// All that a response says to pages of other origins, in the order of the names.
pub(crate) fn said(response: &Response) -> Vec<(String, String)> {
    let headers =
        response.head.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    let mut said: Vec<_> = headers.filter(|(name, _)| name.starts_with("access-control")).collect();
    said.sort();
    said
}

/// A preflight that was let through.
#[track_caller]
pub(crate) fn assert_allowed(response: &Response, origin: &str, method: &str) {
    assert_eq!(response.status, 204, "{}", response.text());
    assert_eq!(response.header("access-control-allow-origin"), Some(origin));
    assert_eq!(response.header("access-control-allow-methods"), Some(method));
    assert!(response.body.is_empty() && response.keeps_alive());
}

/// A preflight that was refused: nothing is said, and caches know on what it depends.
#[track_caller]
pub(crate) fn assert_denied(response: &Response) {
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
fn what_needs_no_backend_speaks_to_pages_too() {
    let bed = Testbed::new("cors");
    for (path, status) in [("/fixed", 200), ("/moved", 308)] {
        let response = bed.call(&from(APP, path));
        assert_eq!((response.status, response.header("access-control-allow-origin")), (status, Some(APP)));
        assert_allowed(&bed.call(&preflight(path, "GET")), APP, "GET");
    }
}
