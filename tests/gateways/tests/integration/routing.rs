//! Which route takes a request, and what is forwarded.

use castgate_test_support::Request;

use crate::testbed::{Echoed, KEYS, Testbed, assert_problem};

/// Asserts which route takes each request of the table.
#[track_caller]
fn routes(cases: &[(&str, Request)]) {
    let bed = Testbed::new("routing");
    for (route, request) in cases {
        assert_eq!(bed.route_of(request), *route, "{request:?}");
    }
}

/// Asserts what the backend is asked for.
#[track_caller]
fn forwards(cases: &[(&str, &str)]) {
    let bed = Testbed::new("routing");
    for (asked, forwarded) in cases {
        let response = bed.get(asked);
        assert_eq!(Echoed::of(&response).text("target"), *forwarded, "for {asked}");
    }
}

#[test]
fn the_most_specific_host_wins() {
    let get = |host| Request::get("/hosts").host(host);
    routes(&[
        ("api_host", get("api.example.com")),
        ("api_host", get("API.Example.COM")),
        ("api_host", get("api.example.com:8080")),
        ("any_subdomain", get("other.example.com")),
        ("any_subdomain", get("deep.api.example.com")),
        ("eu_subdomain", get("shop.eu.example.com")),
        ("any_subdomain", get("eu.example.com")),
        ("any_host", get("example.com")),
        ("any_host", get("notexample.com")),
        ("any_host", get("127.0.0.1")),
    ]);
}

#[test]
fn a_literal_beats_a_typed_parameter_beats_any_parameter() {
    routes(&[
        ("users", Request::get("/users")),
        ("user_me", Request::get("/users/me")),
        ("user_number", Request::get("/users/42")),
        ("user_uuid", Request::get("/users/6f1e3a7c-0b8d-4a3e-9d36-0f5f0a6f3c11")),
        ("user_name", Request::get("/users/ada")),
        ("user_name", Request::get("/users/42x")),
        ("user_name", Request::get("/users/-1")),
        ("user_name", Request::get("/users/Me")),
        ("user_posts", Request::get("/users/me/posts")),
        ("user_posts", Request::get("/users/42/posts/7")),
    ]);
}

#[test]
fn a_prefix_is_made_of_whole_segments_and_the_longest_wins() {
    routes(&[
        ("api", Request::get("/api/v1")),
        ("api", Request::get("/api/v1/")),
        ("api", Request::get("/api/v1/users?x=1")),
        ("api_admin", Request::get("/api/v1/admin")),
        ("api_admin", Request::get("/api/v1/admin/users")),
        ("api", Request::get("/api/v1/administrator")),
        ("files_index", Request::get("/files")),
        ("files", Request::get("/files/a/b")),
        ("files", Request::get("/files/")),
    ]);
}

#[test]
fn conditions_beat_none_and_headers_beat_queries() {
    routes(&[
        ("feature", Request::get("/feature")),
        ("feature", Request::get("/feature").header("X-Canary", "0")),
        ("feature_canary", Request::get("/feature").header("X-Canary", "1")),
        ("feature_debug", Request::get("/feature?debug=true")),
        ("feature_debug", Request::get("/feature?a=b&debug=true&c")),
        ("feature", Request::get("/feature?debug=false")),
        ("feature", Request::get("/feature?xdebug=true")),
        ("feature_canary", Request::get("/feature?debug=true").header("x-canary", "1")),
    ]);
}

#[test]
fn methods_choose_between_routes() {
    routes(&[
        ("orders_read", Request::get("/orders/7")),
        ("orders_read", Request::new("HEAD", "/orders/7")),
        ("orders_write", Request::post("/orders", "one")),
    ]);
}

#[test]
fn no_route_is_a_404() {
    let bed = Testbed::new("routing");
    for path in ["/", "/api", "/api/v10", "/userss", "/users/a/b", "/robots.txt/x", "/USERS"] {
        let response = bed.get(path);
        assert_problem(&response, 404, "no_route");
        let line = bed.log_of(&response);
        assert_eq!((line.status(), line.text("reason")), (404, "no_route"));
    }
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn only_the_wrong_method_is_a_405_that_names_the_right_ones() {
    let bed = Testbed::new("routing");
    let response = bed.call(&Request::new("DELETE", "/orders/7"));
    assert_eq!(response.status, 405, "{}", response.text());
    let allow = response.header("allow").expect("a 405 has an Allow");
    let mut allowed: Vec<_> = allow.split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    assert_eq!(bed.a.count(), 0);
    let response = bed.call(&Request::new("PURGE", "/orders"));
    assert_eq!(response.status, 405);
}

#[test]
fn a_stripped_prefix_leaves_a_path() {
    forwards(&[
        ("/api/v1", "/"),
        ("/api/v1/", "/"),
        ("/api/v1/users", "/users"),
        ("/api/v1/users/?q=/api/v1", "/users/?q=/api/v1"),
        ("/api/v1?q", "/?q"),
        ("/api/v1/api/v1", "/api/v1"),
    ]);
}

#[test]
fn a_rewrite_uses_the_parameters_and_keeps_the_query() {
    forwards(&[
        ("/users/42", "/v2/42"),
        ("/users/42?full=1", "/v2/42?full=1"),
        ("/files/a/b.txt", "/store/a/b.txt"),
        ("/files/", "/store/"),
        ("/files/a%20b/c%3Fd", "/store/a%20b/c%3Fd"),
        ("/users/ada", "/users/ada"),
    ]);
}

#[test]
fn a_path_is_normalised_once_and_forwarded_as_it_was_matched() {
    let bed = Testbed::new("routing");
    for (asked, path) in [("/%75sers/%6De", "/users/me"), ("/users/a%c3%a9", "/users/a%C3%A9")] {
        let response = bed.get(asked);
        assert_eq!(Echoed::of(&response).text("target"), path);
        assert_eq!(bed.log_of(&response).text("path"), path);
    }
}

#[test]
fn dot_segments_never_leave_the_route_that_was_matched() {
    let bed = Testbed::new("routing");
    for asked in ["/api/v1/../../admin", "/users/./me", "/api/v1/%2e%2e/%2E%2E/admin", "/files/a/../../admin"]
    {
        let response = bed.get(asked);
        // Refused, or normalised first and then matched: either way /admin is guarded.
        assert!(matches!(response.status, 200 | 301 | 308 | 400 | 401), "{asked}: {}", response.status);
    }
    for request in bed.a.requests() {
        assert!(!request.target.contains("..") && !request.target.contains("admin"), "{}", request.target);
    }
}

#[test]
fn a_redirect_keeps_the_query() {
    let bed = Testbed::new("routing");
    for (asked, status, location) in [
        ("/old", 308, "/new"),
        ("/old?a=1&b=%2F", 308, "/new?a=1&b=%2F"),
        ("/people/7?full", 301, "/users/7?full"),
        ("/away?x=y", 302, "https://example.org/there?x=y"),
    ] {
        let response = bed.get(asked);
        assert_eq!((response.status, response.header("location")), (status, Some(location)), "for {asked}");
        assert_eq!(bed.log_of(&response).status(), u64::from(status));
    }
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn a_redirect_never_leads_to_another_site_by_a_parameter() {
    let bed = Testbed::new("routing");
    for asked in [
        "/people//evil.example",
        "/people/%2F%2Fevil.example",
        "/people/%0d%0aSet-Cookie:x",
        "//evil.example/..",
    ] {
        let response = bed.raw(format!("GET {asked} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let location = response.header("location").unwrap_or("/");
        assert!(location.starts_with('/') && !location.starts_with("//"), "{asked} leads to {location}");
        assert_eq!(response.header("set-cookie"), None);
    }
}

#[test]
fn a_fixed_response_is_given_by_the_gateway() {
    let bed = Testbed::new("routing");
    let mut client = bed.connect();
    let response = client.get("/robots.txt");
    assert_eq!((response.status, response.header("content-type")), (200, Some("text/plain")));
    assert_eq!(response.text(), "User-agent: *\nDisallow: /\n");
    let response = client.call(&Request::new("HEAD", "/robots.txt"));
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert_eq!(client.get("/gone/now").status, 410);
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn a_guarded_route_is_guarded_under_every_spelling() {
    let bed = Testbed::new("routing");
    let key = |request: Request| request.header("X-API-Key", KEYS[0]);
    assert_eq!(bed.get("/admin/x").status, 401);
    assert_eq!(bed.call(&key(Request::get("/admin/x"))).status, 200);
    for spelling in ["/%61dmin", "/./admin", "//admin", "/admin/", "/x/../admin", "/admin?", "/%2e/admin"] {
        let status = bed.get(spelling).status;
        assert!(matches!(status, 301 | 308 | 400 | 401 | 404), "{spelling} answers {status}");
    }
    assert_eq!(bed.a.count(), 1);
}
