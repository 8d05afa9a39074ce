//! Where redirects lead that name only parts of a place, and what a backend is asked for when a path begins with something else.

use castgate_test_support::{Message, RawClient, Request, Response};

use crate::testbed::{Echoed, Testbed, assert_problem};

fn location(response: &Response) -> (u16, &str) {
    (response.status, response.header("location").unwrap_or_default())
}

/// As a proxy that is trusted.
fn through_proxy(bed: &Testbed, request: &Request) -> Response {
    RawClient::connect_from("127.0.0.9".parse().unwrap(), bed.gateway.address()).call(request)
}

#[test]
fn what_a_redirect_does_not_name_stays_as_the_client_asked_it() {
    let bed = Testbed::new("paths");
    for (target, host, status, leads_to) in [
        ("/secure", "A.Example", 308, "https://a.example/secure"),
        ("/secure/x%20y?q=a+b&c=%2F", "a.example:8080", 308, "https://a.example/secure/x%20y?q=a+b&c=%2F"),
        ("/host/x?q", "a.example", 308, "http://www.example.com/host/x?q"),
        ("/host/", "a.example:8080", 308, "http://www.example.com:8080/host/"),
        ("/host", "a.example:80", 308, "http://www.example.com/host"),
        ("/port/x", "a.example", 301, "http://a.example:8443/port/x"),
        ("/port/x", "a.example:81", 301, "http://a.example:8443/port/x"),
        ("/port/x", "[2001:db8::1]:81", 301, "http://[2001:db8::1]:8443/port/x"),
        ("/all/old/x/?a=1", "a.example:81", 307, "https://new.example.com:8443/new/x/?a=1"),
        ("/all/old", "a.example", 307, "https://new.example.com:8443/new"),
        ("/was", "a.example", 302, "/is"),
        ("/was/", "a.example", 302, "/is/"),
        ("/was/%61/../b?q=1", "a.example", 302, "/is/b?q=1"),
        ("/taken/off", "a.example", 308, "/"),
        ("/taken/off/x", "a.example", 308, "/x"),
    ] {
        let response = bed.call(&Request::get(target).host(host));
        assert_eq!(location(&response), (status, leads_to), "{host} {target}");
        assert_eq!(bed.log_of(&response).status(), u64::from(status));
    }
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn a_trusted_proxy_says_what_the_client_has_asked() {
    let bed = Testbed::new("paths");
    let request = |target| {
        Request::get(target)
            .host("internal")
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", "Shop.Example:444")
    };
    assert_eq!(location(&through_proxy(&bed, &request("/host"))), (308, "https://www.example.com:444/host"));
    assert_eq!(location(&through_proxy(&bed, &request("/port"))), (301, "https://shop.example:8443/port"));
    // Who is there already is not sent there again.
    assert_eq!(through_proxy(&bed, &request("/secure")).text(), "secure");
    let plain = Request::get("/secure").host("internal").header("X-Forwarded-Proto", "http");
    assert_eq!(location(&through_proxy(&bed, &plain)), (308, "https://internal/secure"));
    // From anybody it is only said.
    assert_eq!(location(&bed.call(&request("/host"))), (308, "http://www.example.com/host"));
    assert_eq!(location(&bed.call(&request("/port"))), (301, "http://internal:8443/port"));
    assert_eq!(location(&bed.call(&request("/secure"))), (308, "https://internal/secure"));
    // What is no host is no place to be sent to, whoever says it.
    for said in ["evil.example/x", "a, b", "u@a", "", "a\\b", "a b"] {
        let request = Request::get("/port").host("internal").header("X-Forwarded-Host", said);
        assert_eq!(location(&through_proxy(&bed, &request)), (301, "http://internal:8443/port"), "{said}");
    }
}

#[test]
fn a_request_without_a_host_is_not_sent_to_one() {
    let bed = Testbed::new("paths");
    let response = bed.raw("GET /port HTTP/1.0\r\n\r\n");
    assert_problem(&response, 400, "value_absent");
    assert_eq!(bed.log_of(&response).text("reason"), "value_absent");
    assert_eq!(location(&bed.raw("GET /host HTTP/1.0\r\n\r\n")), (308, "http://www.example.com/host"));
    assert_eq!(location(&bed.raw("GET /was/x HTTP/1.0\r\n\r\n")), (302, "/is/x"));
    bed.await_metrics(|metrics| {
        metrics.sum("gateway_http_requests_total", &[("route", "port"), ("status", "400")]) == 1.0
    });
}

#[test]
fn nobody_is_sent_to_another_site_by_what_he_asks() {
    let bed = Testbed::new("paths");
    let long = format!("/was/{}", "x".repeat(60 << 10));
    assert_eq!(location(&bed.get(&long)), (302, long.replace("/was/", "/is/").as_str()));
    for (path, prefix) in [("/was", "/is"), ("/taken/off", "")] {
        for rest in [
            "//evil.example",
            "///evil.example/",
            "/\\evil.example",
            "/%5cevil.example",
            "/%2f%2fevil.example",
            "/%2Fevil.example",
            "/..//evil.example",
            "/.//evil.example",
            "/%2e%2e//evil.example",
            "/;//evil.example",
            "/@evil.example",
            "/%0d%0aSet-Cookie:%20a=b",
            "/%00",
            "?//evil.example",
            "?%0d%0aSet-Cookie:%20a=b",
        ] {
            let response = bed.raw(format!("GET {path}{rest} HTTP/1.1\r\nHost: a.example\r\n\r\n"));
            assert_eq!(response.header("set-cookie"), None, "{path}{rest}");
            match response.header("location") {
                None => assert!([400, 404].contains(&response.status), "{path}{rest}: {}", response.status),
                Some(location) => {
                    let is_safe = location.starts_with(&format!("{prefix}/"))
                        || location.starts_with(&format!("{prefix}?"));
                    let is_path = !location.starts_with("//") && !location.contains('\\');
                    assert!(
                        is_safe && is_path || location.starts_with("/?"),
                        "{path}{rest} leads to {location}"
                    );
                }
            }
        }
    }
    for host in [
        "a.example\r\nX: y",
        "a@evil.example",
        "a.example/x",
        "a.example\\evil",
        "a.example,evil",
        "a.example evil",
    ] {
        let response = bed.raw(format!("GET /port HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        let is_own = response.header("location") == Some("http://a.example:8443/port");
        assert!(response.status == 400 || is_own, "{host:?} leads to {:?}", response.header("location"));
    }
}

#[test]
fn a_path_begins_with_what_its_route_says() {
    let bed = Testbed::new("paths");
    for (asked, path, prefix) in [
        ("/api/v1/users?a=1", "/v1/users?a=1", vec!["/api"]),
        ("/api/v1", "/v1", vec!["/api"]),
        ("/add", "/v2/add", vec![]),
        ("/add/", "/v2/add/", vec![]),
        ("/replace/x?q", "/to/v2/x?q", vec!["/replace"]),
        ("/replace", "/to/v2", vec!["/replace"]),
        ("/replace/", "/to/v2/", vec!["/replace"]),
        ("/front/7/x/y", "/back/7/x/y", vec!["/front"]),
        ("/both", "/v3", vec!["/both"]),
        ("/both;a=b/c;d/x%2Fy", "/v3/c;d/x%2Fy", vec!["/both"]),
        ("/own/x", "/x", vec!["/mine"]),
        ("/silent/x", "/x", vec![]),
        ("/keep/x", "/keep/x", vec![]),
    ] {
        let response = bed.call(&Request::get(asked).header("X-Forwarded-Prefix", "/forged"));
        let echoed = Echoed::of(&response);
        assert_eq!(echoed.text("target"), path, "{asked}");
        assert_eq!(echoed.all("x-forwarded-prefix"), prefix, "{asked}");
    }
}

#[test]
fn what_a_trusted_proxy_has_taken_off_stands_in_front() {
    let bed = Testbed::new("paths");
    let of = |target: &str, outer: &[&str]| {
        let request = outer
            .iter()
            .fold(Request::get(target), |request, outer| request.header("X-Forwarded-Prefix", outer));
        let response = through_proxy(&bed, &request);
        Echoed::of(&response).all("x-forwarded-prefix").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("/api/v1", &["/outer"]), ["/outer/api"]);
    assert_eq!(of("/api/v1", &["/outer/"]), ["/outer/api"]);
    assert_eq!(of("/api/v1", &["/a", "/b"]), ["/a/b/api"]);
    assert_eq!(of("/add", &["/outer"]), ["/outer"]);
    assert_eq!(of("/keep", &["/outer"]), ["/outer"]);
}

#[test]
fn places_in_responses_are_what_the_client_can_ask_for() {
    let bed = Testbed::new("paths");
    let own = bed.a.url();
    let answer = |fields: &[(&str, &str)]| {
        bed.a
            .set(fields.iter().fold(Message::new(302), |message, (name, value)| message.header(name, value)));
    };
    for (target, said, expected) in [
        ("/shop/x", "/login?next=%2F#top", "/shop/login?next=%2F#top"),
        ("/shop/x", "y", "y"),
        ("/shop/x", "https://elsewhere.example/login", "https://elsewhere.example/login"),
        ("/shop/x", "//evil.example/x", "//evil.example/x"),
        ("/shop/x", "http://a.example:81/login", "http://a.example:81/shop/login"),
        ("/shop/x", "https://a.example:81/login", "https://a.example:81/shop/login"),
        ("/shop/x", "http://app.internal:8080/login", "http://app.internal:8080/login"),
        ("/shop/x", &format!("{own}/login"), "http://a.example:81/shop/login"),
        ("/old/app/x", "/app/login", "/old/app/login"),
        ("/old/app/x", "/login", "/login"),
        ("/old/app/x", "http://app.internal:8080/app", "http://a.example:81/old/app"),
        ("/whole/x", &format!("{own}/login"), "http://a.example:81/login"),
        ("/whole/x", "http://a.example:81/login", "http://a.example:81/login"),
        ("/keep/x", &format!("{own}/login"), &format!("{own}/login")),
        ("/api/v1/x", "/login", "/login"),
    ] {
        answer(&[("Location", said), ("Content-Location", said)]);
        let response = bed.call(&Request::get(target).host("a.example:81"));
        assert_eq!(location(&response), (302, expected), "{target} {said}");
        assert_eq!(response.header("content-location"), Some(expected), "{target} {said}");
    }
    answer(&[
        ("Location", "/login"),
        ("Location", "/other"),
        ("Set-Cookie", "a=b; Path=/; HttpOnly"),
        ("Set-Cookie", "c=/; path=/x"),
        ("Set-Cookie", "__Host-d=e; Path=/; Secure"),
    ]);
    let response = bed.call(&Request::get("/shop"));
    assert_eq!(response.all("location"), ["/shop/login", "/shop/other"]);
    assert_eq!(
        response.all("set-cookie"),
        ["a=b; Path=/shop; HttpOnly", "c=/; path=/shop/x", "__Host-d=e; Path=/; Secure"]
    );
    // Behind a proxy it is the place that the proxy has been asked for.
    answer(&[("Location", &format!("{own}/login"))]);
    let request = Request::get("/shop/x")
        .host("internal")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "shop.example");
    assert_eq!(location(&through_proxy(&bed, &request)), (302, "https://shop.example/shop/login"));
    assert_eq!(location(&bed.call(&request)), (302, "http://internal/shop/login"));
}

/// The most that `limits.uri` can be, which the config of these has.
#[test]
fn the_longest_target_that_can_be_read_is_read() {
    let bed = Testbed::new("paths");
    let target = |length: usize| format!("/keep?{}", "x".repeat(length - "/keep?".len()));
    assert_eq!(Echoed::of(&bed.get(&target(65_534))).text("target").len(), 65_534);
    assert_eq!(bed.get(&target(65_535)).status, 414);
}

#[test]
fn the_gateway_need_not_name_itself() {
    let bed = Testbed::new("paths");
    let via = |request: &Request| {
        let response = bed.call(request);
        Echoed::of(&response).all("via").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(via(&Request::get("/keep")), [""; 0]);
    assert_eq!(via(&Request::get("/own")), [""; 0]);
    assert_eq!(via(&Request::get("/keep").header("Via", "1.1 other")), ["1.1 other"]);
}
