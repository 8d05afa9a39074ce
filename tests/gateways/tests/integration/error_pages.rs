//! Pages in the place of errors: the gateway's own, and those of backends that a page is for.

use std::time::Duration;

use castgate_test_support::{Message, Metrics, Reply, Request, poll};

use crate::testbed::{Testbed, assert_problem};

const NOT_HERE: &str = include_str!("../../configs/pages/404.html");

#[test]
fn an_error_of_the_gateway_gets_its_page_and_keeps_its_status() {
    let bed = Testbed::new("pages");
    let mut client = bed.connect();
    let response = client.get("/nothing");
    assert_eq!((response.status, response.text().as_str()), (404, NOT_HERE));
    assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(response.header("content-length"), Some(NOT_HERE.len().to_string().as_str()));
    // Those outside of it see the page as any other answer, and nothing about a problem stays untrue.
    assert_eq!(response.all("x-content-type-options"), ["nosniff"]);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let line = bed.log_of(&response);
    assert_eq!((line.text("reason"), line.status()), ("no_route", 404));
    assert!(response.keeps_alive());
    assert_eq!(client.get("/fixed").text(), "as it says", "a fixed response is no error");
}

#[test]
fn head_has_the_length_of_the_page_and_no_body() {
    let bed = Testbed::new("pages");
    let mut client = bed.connect();
    for _ in 0..2 {
        let response = client.call(&Request::new("HEAD", "/nothing"));
        assert_eq!((response.status, response.body.len()), (404, 0));
        assert_eq!(response.header("content-length"), Some(NOT_HERE.len().to_string().as_str()));
    }
    bed.a.set(Message::new(404).header("ETag", "\"a\"").body("a body of another length"));
    let response = client.call(&Request::new("HEAD", "/all"));
    assert_eq!((response.status, response.body.len()), (404, 0));
    assert_eq!((response.header("content-length"), response.header("etag")), (Some("7"), None));
    assert_eq!(client.get("/all").text(), "nothing");
}

#[test]
fn what_says_something_of_the_status_stays() {
    let bed = Testbed::new("pages");
    let response = bed.get("/posts");
    assert_eq!((response.status, response.header("allow")), (405, Some("POST")));
    assert!(response.text().starts_with("<p class=\"GET\">/posts "), "{}", response.text());
    let response = bed.get("/private");
    assert_eq!(response.status, 401);
    assert!(response.header("www-authenticate").is_some());
    bed.get("/limited");
    let response = bed.get("/limited");
    assert_eq!(response.status, 429);
    assert!(response.header("retry-after").is_some_and(|wait| wait.parse::<u32>().unwrap() > 3000));
    assert_eq!(bed.log_of(&response).text("reason"), "rate_limited");
}

#[test]
fn an_error_without_a_page_stays_a_problem_document() {
    let bed = Testbed::new("pages");
    assert_problem(&bed.get("/plain"), 401, "auth_missing");
    bed.a.stop();
    assert_problem(&bed.get("/own"), 502, "connect_error");
}

#[test]
fn a_client_does_not_get_out_of_its_place_in_a_page() {
    let bed = Testbed::new("pages");
    let request = Request::get("/posts/%3Cscript%3E'?q=1")
        .host("Shop.Example:8443")
        .header("X-Name", "<script>\"'&")
        .header("Cookie", "a=1; c=<b>")
        .header("X-Request-ID", "id-1");
    let response = bed.call(&request);
    assert_eq!(
        response.text(),
        "<p class=\"GET\">/posts/%3Cscript%3E&#39; &lt;script&gt;&quot;&#39;&amp; &lt;b&gt; \
         http://shop.example:8443 id-1</p>"
    );
    let response =
        bed.call(&Request::get("/gone").header("X-Name", "\"}, \\ \t").header("X-Request-ID", "id-2"));
    assert_eq!((response.status, response.header("content-type")), (502, Some("application/json")));
    let json = response.json();
    assert_eq!((json["id"].as_str(), json["of"].as_str()), (Some("id-2"), Some("\"}, \\")));
    // What was not sent is nothing.
    let response = bed.get("/gone");
    assert_eq!(response.json()["of"], "");
}

#[test]
fn a_request_that_is_refused_early_has_its_page_too() {
    let bed = Testbed::new("pages");
    let response = bed.get("/a%zz");
    assert_eq!((response.status, response.keeps_alive()), (400, false));
    assert!(response.text().starts_with("<p class=\"GET\">/a%zz "), "{}", response.text());
    let response = bed.call(&Request::post("/own", vec![b'x'; 2000]));
    assert_eq!((response.status, response.keeps_alive()), (413, false));
    assert!(response.text().starts_with("<p class=\"POST\">/own "), "{}", response.text());
}

#[test]
fn an_answer_of_a_backend_is_replaced_only_where_the_page_is_for_backends() {
    let bed = Testbed::new("pages");
    bed.a.set(
        Message::new(503)
            .header("Content-Type", "application/json")
            .header("Content-Encoding", "gzip")
            .header("Content-Language", "de")
            .header("Content-Disposition", "attachment")
            .header("ETag", "\"a\"")
            .header("Last-Modified", "Tue, 01 Sep 2026 10:00:00 GMT")
            .header("Accept-Ranges", "bytes")
            .header("Retry-After", "7")
            .header("Set-Cookie", "a=1")
            .header("Cache-Control", "max-age=1")
            .body("not what a client gets"),
    );
    let response = bed.get("/own");
    assert_eq!((response.status, response.text().as_str()), (503, "not what a client gets"));
    let response = bed.call(&Request::get("/all").header("X-Request-ID", "id-3"));
    assert_eq!((response.status, response.text().as_str()), (503, "sorry id-3"));
    assert_eq!(response.all("content-type"), ["text/plain; charset=utf-8"]);
    for gone in [
        "content-encoding",
        "content-language",
        "content-disposition",
        "etag",
        "last-modified",
        "accept-ranges",
    ] {
        assert_eq!(response.header(gone), None, "{gone}");
    }
    for (kept, value) in [("retry-after", "7"), ("set-cookie", "a=1"), ("cache-control", "max-age=1")] {
        assert_eq!(response.header(kept), Some(value), "{kept}");
    }
    let line = bed.log_of(&response);
    assert_eq!((line.text("reason"), line.status()), ("ok", 503));
    // A page without bytes has no type; and 418 is for no backend.
    bed.a.set(Message::new(418).body("tea"));
    assert_eq!(bed.get("/all").text(), "tea");
    bed.a.set(Message::new(200).body("fine"));
    assert_eq!(bed.get("/all").text(), "fine");
}

#[test]
fn a_backend_s_connection_is_kept_if_the_body_has_come_and_closed_if_not() {
    let bed = Testbed::new("pages");
    let mut client = bed.connect();
    bed.a.set(Message::new(404).body("a short body"));
    for _ in 0..3 {
        assert_eq!(client.get("/all").text(), "nothing");
    }
    assert_eq!(bed.a.connections(), 1, "a body that came with its head costs no connection");
    // Nobody waits for one that has not come.
    bed.a.set(Reply::drip(&Message::new(500).body(vec![b'x'; 10_000]), Duration::from_millis(5)));
    assert_eq!(client.get("/all").status, 500);
    bed.a.await_disconnect(0);
    // Nor reads a large one for the sake of a connection.
    bed.a.set(Message::new(503).body(vec![b'x'; 10_000_000]));
    assert_eq!(client.get("/all").status, 503);
    bed.a.await_disconnect(1);
    bed.a.set(Message::new(200).body("well again"));
    assert_eq!(client.get("/all").text(), "well again");
    // Every attempt is counted with the status that it had.
    let count = |metrics: &Metrics, status: &str| {
        metrics.sum("gateway_upstream_requests_total", &[("upstream", "main"), ("status", status)])
    };
    poll(|| {
        let metrics = bed.metrics();
        let counts = (count(&metrics, "404"), count(&metrics, "500"), count(&metrics, "503"));
        if counts == (3.0, 1.0, 1.0) { Ok(()) } else { Err(format!("{counts:?}")) }
    });
}
