//! Characters that stand in no URL and that clients send all the same: they go on escaped, in one spelling with those who
//! escape them; and targets that are no path.

use castgate_test_support::Request;

use crate::testbed::{Echoed, Testbed, assert_problem};

#[test]
fn what_clients_send_raw_goes_on_escaped() {
    let bed = Testbed::new("gate");
    for (sent, arrives) in [
        ("/plain/a[0]|b^c", "/plain/a%5B0%5D%7Cb%5Ec"),
        ("/plain/{\"k\":\"v\"}", "/plain/%7B%22k%22:%22v%22%7D"),
        ("/plain/%5b[%5B", "/plain/%5B%5B%5B"),
        ("/plain/{../../x", "/plain/x"),
        ("/plain/%257B%7B", "/plain/%257B%7B"),
        // A query is nobody's path: it goes on as it came.
        ("/plain?a[]=1|2&b={^}", "/plain?a[]=1|2&b={^}"),
        ("/plain/[?a[]=%5b", "/plain/%5B?a[]=%5b"),
    ] {
        let response = bed.get(sent);
        assert_eq!(Echoed::of(&response).text("target"), arrives, "{sent}");
        let path = arrives.split('?').next().unwrap();
        assert_eq!(bed.log_of(&response).text("path"), path, "the log has what was forwarded");
    }
    let response = bed.get("/homes/{a}|b");
    assert_eq!(response.header("location"), Some("/people/%7Ba%7D%7Cb"));
}

/// Some take a backslash for a slash; angle brackets and backticks no parser of targets lets through.
#[test]
fn what_has_more_than_one_reading_or_none_is_refused() {
    let bed = Testbed::new("gate");
    for target in [
        "/plain/a\\b",
        "/plain/[\\..\\x",
        "/plain/a<b",
        "/plain/a>b",
        "/plain/a`b",
        "/plain/[%zz",
        "/plain/[%00",
    ] {
        assert_eq!(bed.get(target).status, 400, "{target}");
    }
    assert_eq!(bed.a.count(), 0, "something went on: {:#?}", bed.a.requests());
}

/// Escaping makes three bytes of one: what is too long then is too long.
#[test]
fn a_path_is_not_longer_than_its_limit_when_it_is_escaped() {
    let bed = Testbed::new("sizes");
    let limit = 1024;
    let short = format!("/{}", "[".repeat(limit / 3 - 1));
    assert_ne!(bed.get(&short).status, 414);
    let long = format!("/{}", "[".repeat(limit / 3 + 1));
    assert_problem(&bed.get(&long), 414, "uri_too_long");
}

#[test]
fn the_gateway_answers_what_is_asked_of_itself() {
    let bed = Testbed::new("gate");
    let response = bed.call(&Request::new("OPTIONS", "*").header("X-Request-ID", "mine"));
    assert_eq!((response.status, response.text().as_str()), (204, ""));
    assert_eq!(response.header("allow"), Some("GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"));
    let line = bed.log_of(&response);
    assert_eq!((line.text("route"), line.text("path"), line.text("reason")), ("", "*", "ok"));
    for method in ["GET", "HEAD", "POST", "PATCH", "PROPFIND"] {
        assert_eq!(bed.call(&Request::new(method, "*")).status, 400, "{method} *");
    }
    for target in ["*?", "*?a=b", "*a", "**"] {
        assert_ne!(bed.call(&Request::new("OPTIONS", target)).status, 204, "{target}");
    }
    assert_eq!(bed.a.count(), 0, "something went on: {:#?}", bed.a.requests());
}
