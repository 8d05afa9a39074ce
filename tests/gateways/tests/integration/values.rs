//! Values of the request in header fields: what they are, and that a client never gets out of the field it is put into.

use castgate_test_support::{RawClient, Request};

use crate::testbed::{Echoed, Testbed, launch};

#[test]
fn a_backend_is_told_what_the_config_names_of_a_request() {
    let bed = Testbed::new("values");
    let request = Request::get("/told/42/%61%c3%a9/x/y%20z?q=a+b%2F&q=2")
        .host("Shop.Example.com.:8443")
        .header("X-Old", "renamed")
        .header("X-New", "forged")
        .header("X-Real-IP", "6.6.6.6")
        .header("X-Url", "forged")
        .header("Cookie", "other=1; session=abc")
        .header("Cookie", "session=second")
        .header("X-Tag", "client")
        .header("X-Tag-More", "more");
    let response = bed.call(&request);
    let echoed = Echoed::of(&response);
    for (name, expected) in [
        ("x-real-ip", vec!["127.0.0.1"]),
        ("x-url", vec!["http://shop.example.com:8443/told/42/a%C3%A9/x/y%20z"]),
        ("x-id", vec!["42"]),
        ("x-rest", vec!["[a%C3%A9][x/y%20z]"]),
        ("x-new", vec!["renamed"]),
        ("x-old", vec![]),
        ("x-cookie", vec!["abc"]),
        ("x-both", vec!["abc.a+b%2F"]),
        ("x-from", vec!["127.0.0.1"]),
        ("x-text", vec!["{\"a\": 1} ${env:X} 5$"]),
        ("x-tag", vec!["client", "more"]),
    ] {
        assert_eq!(echoed.all(name), expected, "{name}");
    }
}

#[test]
fn a_value_that_is_absent_takes_the_field_with_it() {
    let bed = Testbed::new("values");
    // A part that is not there is enough; nobody untrusted says who the client is.
    let request = Request::get("/told/1/a/b?q=1")
        .header("X-Cookie", "mine")
        .header("X-Both", "mine")
        .header("X-New", "mine")
        .header("X-Spoof", "mine")
        .header("X-Forwarded-User", "root")
        .header("X-Tag", "kept");
    let response = bed.call(&request);
    let echoed = Echoed::of(&response);
    for name in ["x-cookie", "x-both", "x-new", "x-spoof"] {
        assert_eq!(echoed.all(name), [""; 0], "{name}");
    }
    assert_eq!(echoed.all("x-tag"), ["kept"]);
    assert_eq!(response.all("x-query"), ["1"]);
    assert_eq!(bed.get("/said").all("x-query"), [""; 0]);
    // Empty is there.
    let response = bed.call(&Request::get("/told/1/a/b?q").header("Cookie", "session="));
    assert_eq!(Echoed::of(&response).all("x-both"), ["."]);
}

#[test]
fn every_answer_knows_the_request_that_it_is_for() {
    let bed = Testbed::new("values");
    let request = |target| Request::get(target).host("A.example").header("X-Request-ID", "id-1");
    let response = bed.call(&request("/said"));
    assert_eq!(response.all("x-host"), ["a.example"]);
    assert_eq!(response.all("x-seen"), ["GET /said"]);
    assert_eq!(response.all("x-trace"), ["west/id-1"]);
    // No route, and no path that could be one.
    let response = bed.call(&request("/nothing?q=7"));
    assert_eq!(
        (response.status, response.all("x-seen"), response.all("x-query")),
        (404, vec!["GET /nothing"], vec!["7"])
    );
    let response = bed.call(&request("/a%zz"));
    assert_eq!((response.status, response.all("x-seen")), (400, vec!["GET /a%zz"]));
    let gateway = launch("values", [&bed.a, &bed.b, &bed.c]).env("ZONE", "east").start();
    assert_eq!(gateway.call(&request("/said")).all("x-trace"), ["east/id-1"]);
}

#[test]
fn a_trusted_proxy_says_how_the_client_came() {
    let bed = Testbed::new("values");
    let request = Request::get("/told/1/a/b")
        .host("a.example")
        .header("X-Forwarded-Proto", "HTTPS")
        .header("X-Forwarded-For", "192.0.2.7")
        .header("X-Forwarded-User", "alice");
    let mut proxy = RawClient::connect_from("127.0.0.9".parse().unwrap(), bed.gateway.address());
    let response = proxy.call(&request);
    let echoed = Echoed::of(&response);
    assert_eq!(echoed.all("x-url"), ["https://a.example:443/told/1/a/b"]);
    assert_eq!(echoed.all("x-real-ip"), ["192.0.2.7"]);
    assert_eq!(echoed.all("x-spoof"), ["alice"]);
    // From anybody it is only said.
    let response = bed.call(&request);
    assert_eq!(Echoed::of(&response).all("x-url"), ["http://a.example:80/told/1/a/b"]);
}

#[test]
fn nothing_gets_out_of_its_field() {
    let bed = Testbed::new("values");
    // What ends a line ends the request at the gate, or is escaped where it came from.
    for bytes in ["a\rX-Evil: 1", "a\0b", "a\nX-Evil: 1"] {
        let response = bed.raw(format!("GET /told/1/a/b HTTP/1.1\r\nHost: a\r\nX-Old: {bytes}\r\n\r\n"));
        // A lone line feed ends a line for hyper, so that the field is one of the client's own.
        if response.status == 200 {
            assert_eq!(Echoed::of(&response).all("x-new"), ["a"], "{bytes:?}");
        }
        assert!(response.header("x-evil").is_none(), "{bytes:?}");
    }
    for (target, expected) in [
        ("/said?q=%0D%0AX-Evil:%201", "%0D%0AX-Evil:%201"),
        ("/said?q=%00%ff\"'<>", "%00%ff\"'<>"),
        ("/said?q=a%", "a%"),
    ] {
        let response = bed.raw(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
        if response.status == 200 {
            assert_eq!(response.all("x-query"), [expected], "{target}");
        }
        assert!(response.header("x-evil").is_none(), "{target}");
    }
    // Other bytes than ASCII are a field's own, tabs as well.
    let response = bed.raw(b"GET /told/1/a/b HTTP/1.1\r\nHost: a\r\nX-Old: \xc3\xa9\t\xff\r\n\r\n");
    assert_eq!(response.status, 200);
    let long = "y".repeat(64 * 1024);
    let request = Request::get("/told/1/a/b?q=1").header("X-Old", &long);
    let response = bed.call(&request.header("Cookie", &format!("session={long}")));
    let echoed = Echoed::of(&response);
    assert_eq!((echoed.all("x-new"), echoed.all("x-cookie")), (vec![long.as_str()], vec![long.as_str()]));
    assert_eq!(echoed.all("x-both"), [format!("{long}.1")]);
}

#[test]
fn a_limit_counts_by_what_values_stand_for() {
    let bed = Testbed::new("values");
    let status = |target: &str| bed.get(target).status;
    assert_eq!(status("/limited/a?k=bc"), 204);
    // The same, however it is written.
    for same in ["/limited/a?k=bc", "/limited/%61?k=%62c&k=x", "/limited/a;x=1?k=b%63"] {
        assert_eq!(status(same), 429, "{same}");
    }
    // Others, also those that only look the same when put together.
    for other in ["/limited/ab?k=c", "/limited/a?k=b", "/limited/a?k=b+c", "/limited/a%2Cb?k="] {
        assert_eq!(status(other), 204, "{other}");
    }
    assert_eq!(status("/limited/a,b?k="), 429);
    // Without a value all are counted together.
    assert_eq!((status("/limited/x"), status("/limited/y")), (204, 429));
    let with = |cookie: &str| bed.call(&Request::get("/counted").header("Cookie", cookie)).status;
    assert_eq!((with("c=1"), with("c=2"), with("c=1"), with("d=1"), with("e=1")), (204, 204, 429, 204, 429));
}

#[test]
fn a_body_escapes_what_its_type_asks_for() {
    let bed = Testbed::new("values");
    let said = |target: &str, said: &str| bed.call(&Request::get(target).header("X-Said", said));
    let document = said("/json/007?q=%22", "a\"}\\, <b>").json();
    assert_eq!(document["of"]["said"], "a\"}\\, <b>");
    assert_eq!(
        (&document["n"], &document["q"], &document["text"]),
        (&"007".into(), &"%22".into(), &"{n}".into())
    );
    assert_eq!(bed.get("/json/1").json()["of"]["said"], "", "what is absent is empty");
    let page = said("/page", "\"><script>'&");
    assert_eq!(page.text(), "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">127.0.0.1</p>");
    assert_eq!(page.header("content-type"), Some("text/html"));
    assert_eq!(said("/plain", "<x>").text(), "GET <x>!");
    let long = "\"".repeat(64 * 1024);
    assert_eq!(said("/json/1", &long).json()["of"]["said"], long.as_str());
}
