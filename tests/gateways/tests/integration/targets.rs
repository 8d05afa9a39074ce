//! Values of the request in what a backend is asked and in where a redirect leads: what they are, and that a client never gets out
//! of the part of the URL that they stand in.

use castgate_test_support::{RawClient, Request, Response};

use crate::testbed::{Echoed, Testbed, assert_problem};

fn location(response: &Response) -> (u16, &str) {
    (response.status, response.header("location").unwrap_or_default())
}

fn of(values: (&str, &str, &str)) -> Request {
    let (page, tenant, cookie) = values;
    Request::get(&format!("/segments/7?page={page}"))
        .header("X-Tenant", tenant)
        .header("Cookie", &format!("c={cookie}"))
}

#[test]
fn a_backend_is_asked_for_what_the_config_makes_of_a_request() {
    let bed = Testbed::new("targets");
    for (target, asked) in [
        ("/whole/a%20b/../c;x", None),
        ("/whole/a%20b?x=1", Some("/base/whole/a%20b?from=127.0.0.1&x=1")),
        ("/whole", Some("/base/whole?from=127.0.0.1")),
        ("/rest/a%20b/c%26d", Some("/file?name=a%20b/c%26d")),
        ("/rest/a+b/", Some("/file?name=a%2Bb/")),
        ("/fixed", Some("/x?a=1")),
        ("/fixed?", Some("/x?a=1&")),
        ("/fixed?b=2", Some("/x?a=1&b=2")),
        ("/set/x", Some("/west")),
        ("/kept?v=a%2Fb%5Cc%3Bd", Some("/k/a%2Fb%5Cc%3Bd/x?v=a%2Fb%5Cc%3Bd")),
    ] {
        let response = bed.get(target);
        let Some(asked) = asked else {
            assert_problem(&response, 400, "bad_request");
            continue;
        };
        assert_eq!(Echoed::of(&response).text("target"), asked, "{target}");
        // All but the backend see what the client has asked.
        let path = target.split('?').next().unwrap();
        assert_eq!(response.all("x-path"), [path]);
        assert_eq!(bed.log_of(&response).text("path"), path);
    }
    let response = bed.call(&of(("a+b%2Bc", "acme:1", "x=y")));
    assert_eq!(Echoed::of(&response).text("target"), "/t-acme:1/a%20b+c/7/x=y?page=a+b%2Bc");
    let search = Request::get("/search/a%20b;c?p=1%26admin=1%3D%23&p=2").header("Cookie", "c=+&#");
    assert_problem(&bed.call(&search), 400, "bad_request");
    let search = Request::get("/search/a%20b&c=d?p=1%26admin=1%3D%23&p=2").header("Cookie", "c=+&#");
    assert_eq!(
        Echoed::of(&bed.call(&search)).text("target"),
        "/find?q=a%20b%26c%3Dd&p=1%26admin%3D1%3D%23&path=/search/a%2520b%26c%3Dd&c=%2B%26%23&p=1%26admin=1%3D%23&p=2"
    );
}

#[test]
fn a_redirect_leads_to_what_the_config_makes_of_a_request() {
    let bed = Testbed::new("targets");
    for (host, target, leads_to) in [
        (
            "a.example",
            "/login/a%20b?q=x%26y",
            "https://login.example.com/in?next=/login/a%2520b&q=x%26y&q=x%26y",
        ),
        ("a.example", "/go?next=a+b", "/to/a%20b?next=a+b"),
        ("Shop.Example.org:81", "/a/b?c", "https://shop.example.org:8443/a/b?c"),
        ("a.b.example.net.", "/", "https://a.b.example.net:8443/"),
        ("Acme.example.com", "/x%20y", "https://acme.new.example.org/of/acme/x%20y"),
        ("way.example.org:81", "/x", "http://www.way.example.org:81?from=way.example.org"),
        ("way.example.org", "/x?a=b", "http://www.way.example.org:80?from=way.example.org&a=b"),
    ] {
        let response = bed.call(&Request::get(target).host(host));
        let status = if target.starts_with("/login") { 302 } else { 308 };
        assert_eq!(location(&response), (status, leads_to), "{host} {target}");
    }
    let mut proxy = RawClient::connect_from("127.0.0.9".parse().unwrap(), bed.gateway.address());
    let secure = Request::get("/").host("way.example.org").header("X-Forwarded-Proto", "https");
    assert_eq!(location(&proxy.call(&secure)).1, "https://www.way.example.org:443?from=way.example.org");
    let traced = bed.call(&Request::get("/traced").header("X-Request-ID", "id-1"));
    assert_eq!(location(&traced).1, "/by/GET/id-1");
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn who_lacks_a_value_is_told_so_and_no_backend_is_asked() {
    let bed = Testbed::new("targets");
    for request in [
        Request::get("/segments/7?page=1").header("X-Tenant", "a"),
        Request::get("/segments/7?page=1").header("Cookie", "c=1"),
        Request::get("/segments/7").header("Cookie", "c=1").header("X-Tenant", "a"),
        // Nothing is no segment.
        of(("", "a", "1")),
        of(("1", "a", "")),
        Request::get("/kept?v"),
        Request::get("/go?nex=1"),
        Request::get("/go?next="),
        Request::get("/login"),
    ] {
        let response = bed.call(&request);
        assert_problem(&response, 400, "value_absent");
        assert_eq!(bed.log_of(&response).text("reason"), "value_absent");
    }
    assert_problem(&bed.raw("GET /segments/7?page=1 HTTP/1.0\r\n\r\n"), 400, "value_absent");
    assert_eq!(bed.a.count(), 0);
    // In a query nothing is a value.
    assert_eq!(location(&bed.get("/login?q=")).1, "https://login.example.com/in?next=/login&q=&q=");
}

/// What a client may send in the hope that it means something else elsewhere.
const HOSTILE: [&str; 26] = [
    "..",
    ".",
    "%2e%2e",
    "../..",
    "..%2f..%2fadmin",
    "/evil.example",
    "//evil.example",
    "\\evil.example",
    "/\\evil.example",
    "a/b",
    "a;admin=1",
    "..;",
    ";",
    "a?x=1",
    "a#x",
    "a&admin=1",
    "a=b&c",
    "@evil.example",
    "https://evil.example/",
    "a b",
    "a\"b'<c>",
    "a\u{e9}\u{202e}b",
    "a%b%zz%",
    "{id}${env:X}%[src]",
    "a\r\nSet-Cookie: x=1",
    "a\0b",
];

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn nothing_gets_out_of_its_part_of_a_url() {
    let bed = Testbed::new("targets");
    for value in HOSTILE {
        let query = escaped(value);
        let response = bed.get(&format!("/go?next={query}"));
        match response.status {
            308 => {
                let leads_to = response.header("location").unwrap();
                let path = leads_to.strip_suffix(&format!("?next={query}")).unwrap();
                let segment = path.strip_prefix("/to/").unwrap();
                assert!(
                    segment.bytes().all(|byte| byte.is_ascii_graphic() && !b"/\\?#;\"<>".contains(&byte)),
                    "{path}"
                );
                assert!(!matches!(segment, "." | ".."), "{path}");
            }
            status => {
                assert_eq!(status, 400, "{value:?}");
                assert_eq!(response.header("location"), None);
            }
        }
        assert_eq!(response.header("set-cookie"), None);
        let response = bed.get(&format!("/login?q={query}"));
        let leads_to = response.header("location").unwrap();
        let (own, _) = leads_to.split_once("&q=").unwrap().1.split_once("&q=").unwrap();
        assert!(leads_to.starts_with("https://login.example.com/in?next=/login&q="), "{leads_to}");
        assert!(own.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%/".contains(&byte)), "{own}");
        for target in [format!("/segments/7?page={query}"), format!("/kept?v={query}")] {
            let request = Request::get(&target).header("X-Tenant", "t").header("Cookie", "c=1");
            let response = bed.call(&request);
            if response.status != 200 {
                assert_problem(&response, 400, "bad_request");
                continue;
            }
            let asked = Echoed::of(&response).text("target").to_owned();
            let (path, kept) = asked.split_once('?').unwrap();
            assert_eq!(format!("?{kept}"), target[target.find('?').unwrap()..]);
            let segments: Vec<&str> = path.split('/').collect();
            let expected = if target.starts_with("/kept") { 4 } else { 5 };
            assert_eq!(segments.len(), expected, "{value:?}: {asked}");
            assert!(
                !segments.iter().any(|segment| matches!(*segment, "." | "..") || segment.contains(';')),
                "{asked}"
            );
        }
        // As fields: what no field can hold does not come this far.
        if value.bytes().all(|byte| byte >= b' ') {
            for (tenant, cookie) in [(value, "1"), ("t", value)] {
                let response = bed.call(&of(("1", tenant, cookie)));
                if response.status == 200 {
                    let asked = Echoed::of(&response).text("target").to_owned();
                    assert_eq!(asked.split('/').count(), 5, "{value:?}: {asked}");
                    assert!(asked.starts_with("/t-") && asked.ends_with("?page=1"), "{asked}");
                } else {
                    // A cookie ends where its line has a `;`.
                    let is_nothing = cookie.starts_with(';');
                    assert_problem(&response, 400, if is_nothing { "value_absent" } else { "bad_request" });
                }
            }
        }
    }
    for bytes in [&b"\xff\xfe"[..], b"a\x80b"] {
        let head =
            [b"GET /segments/7?page=1 HTTP/1.1\r\nHost: a\r\nCookie: c=1\r\nX-Tenant: ", bytes, b"\r\n\r\n"]
                .concat();
        let asked = Echoed::of(&bed.raw(head)).text("target").to_owned();
        assert!(["/t-%FF%FE/1/7/1?page=1", "/t-a%80b/1/7/1?page=1"].contains(&asked.as_str()), "{asked}");
    }
}

#[test]
fn a_value_of_any_length_is_a_target_or_400() {
    let bed = Testbed::new("targets");
    for (length, byte) in [(1 << 10, "x"), (60 << 10, "x"), (64 << 10, "x"), (30 << 10, "\u{e9}")] {
        let value = byte.repeat(length);
        let response = bed.call(&of(("1", &value, "1")));
        if length < 60 << 10 && byte == "x" {
            assert_eq!(response.status, 200);
        }
        if response.status == 200 {
            let asked = format!("/t-{value}/1/7/1?page=1");
            assert_eq!(Echoed::of(&response).text("target"), asked);
        } else {
            assert_problem(&response, 400, "bad_request");
        }
        let response = bed.get(&format!("/go?next={}", "x".repeat(length)));
        assert!([308, 400, 414].contains(&response.status), "{}", response.status);
        assert!(response.header("location").is_none_or(|leads_to| leads_to.len() <= 65_534));
    }
}

#[test]
fn nobody_is_sent_to_a_host_that_is_none() {
    let bed = Testbed::new("targets");
    for host in ["a!b.example.net", "a$.example.net", "a%20.example.net", "-.example.net", "a'b.example.com"]
    {
        let response = bed.raw(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        match response.header("location") {
            Some(leads_to) => assert!(leads_to.starts_with("https://-.example.net:8443/"), "{leads_to}"),
            None => assert!([400, 404].contains(&response.status), "{host}: {}", response.status),
        }
    }
}
