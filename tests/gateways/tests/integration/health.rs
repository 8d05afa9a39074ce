//! What the gateway says about its backends and about itself.

use castgate_test_support::{DEADLINE, Message, RawClient, Reply, Request, Response, Upstream};

use crate::testbed::{Testbed, launch};

/// Go's `Duration.String` to the second: `2h15m30s`, `15m0s`, `0s`.
fn is_uptime(text: &str) -> bool {
    let numbers: Vec<_> = text.split(['h', 'm', 's']).collect();
    let units: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let Some((last, numbers)) = numbers.split_last() else { return false };
    let number =
        |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) && (n == "0" || !n.starts_with('0'));
    ["hms", "ms", "s"].contains(&units.as_str()) && last.is_empty() && numbers.iter().all(|n| number(n))
}

#[track_caller]
fn check(response: &Response, status: &str, backends: &[(&str, &str)]) {
    assert_eq!(response.status, if status == "healthy" { 200 } else { 503 }, "{}", response.text());
    assert!(response.header("content-type").is_some_and(|kind| kind.starts_with("application/json")));
    let json = response.json();
    assert_eq!(json["status"], status);
    assert!(is_uptime(json["uptime"].as_str().unwrap()), "{}", json["uptime"]);
    let (text, build) = (response.text(), &json["build"]);
    let (seed, rest) = text.split_once(r#","build":"#).expect("nothing behind the seed's part");
    assert_eq!(seed, seeds_json(status, json["uptime"].as_str().unwrap(), backends));
    let (version, hash) = (&build["version"], build["config_sha256"].as_str().unwrap());
    assert_eq!(rest, format!(r#"{{"version":{version},"config_sha256":"{hash}"}}}}"#));
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
}

/// The document as the seed has it, to the letter and in its order, but for the brace at its end.
fn seeds_json(status: &str, uptime: &str, backends: &[(&str, &str)]) -> String {
    let backends: Vec<_> = backends.iter().map(|(url, state)| format!(r#""{url}":"{state}""#)).collect();
    format!(r#"{{"status":"{status}","uptime":"{uptime}","backends":{{{}}}"#, backends.join(","))
}

#[test]
fn uptimes_are_told_from_other_text() {
    for good in ["0s", "59s", "1m0s", "2h15m30s", "100h0m0s"] {
        assert!(is_uptime(good), "{good}");
    }
    for bad in ["", "s", "1", "05s", "1h5s", "1.5s", "1m", "2h15m30s ", "1d0h0m0s", "m0s"] {
        assert!(!is_uptime(bad), "{bad}");
    }
}

#[test]
fn health_is_exactly_the_seeds_json_and_the_build() {
    let bed = Testbed::new("health");
    let (a, b, c) = (bed.a.url(), bed.b.url(), bed.c.url());
    let up = [(a.as_str(), "healthy"), (b.as_str(), "healthy"), (c.as_str(), "healthy")];
    let response = bed.gateway.poll_admin("/health", |health| health.status == 200);
    check(&response, "healthy", &up);

    bed.b.stop();
    let response = bed.gateway.poll_admin("/health", |health| health.status == 503);
    check(&response, "degraded", &[up[0], (&b, "unhealthy"), up[2]]);

    bed.a.set_health(Message::new(500));
    bed.c.set_health(Reply::close());
    let response = bed.gateway.poll_admin("/health", |health| health.json()["status"] == "unhealthy");
    check(&response, "unhealthy", &[(&a, "unhealthy"), (&b, "unhealthy"), (&c, "unhealthy")]);
}

#[test]
fn a_probe_fails_in_every_way() {
    let bed = Testbed::new("health");
    for reply in [
        Reply::from(Message::new(404)),
        Message::new(204).into(),
        Message::new(301).header("Location", "/").into(),
        Reply::close(),
        Reply::reset(),
        Reply::hang(),
        Reply::raw("garbage\r\n\r\n"),
    ] {
        bed.a.set_health(reply.clone());
        let down = format!("{}\":\"unhealthy", bed.a.url());
        bed.gateway.poll_admin("/health", |health| health.text().replace(' ', "").contains(&down));
        bed.a.set_health(Reply::text("better"));
        bed.gateway.poll_admin("/health", |health| health.status == 200);
    }
}

#[test]
fn a_probe_is_a_get_of_the_configured_path_and_no_proxied_request() {
    let bed = Testbed::new("health");
    bed.a.await_probes(3);
    let probe = bed.a.probes().remove(0);
    assert_eq!((probe.method.as_str(), probe.target.as_str()), ("GET", "/"));
    assert_eq!(probe.header("host"), Some(bed.a.address().to_string().as_str()));
    assert!(probe.body.is_empty());
    assert_eq!(bed.a.count(), 0);
    assert!(
        bed.gateway.raw_log().iter().all(|line| !line.contains("\"trio\"")),
        "probes are in the access log"
    );
}

#[test]
fn probes_go_on_without_any_traffic() {
    let bed = Testbed::new("health");
    bed.a.await_probes(5);
    bed.b.await_probes(5);
}

#[test]
fn transitions_are_logged_once() {
    let bed = Testbed::new("health");
    let url = bed.b.url();
    let lines = |word: &str| {
        let stderr = bed.gateway.stderr();
        stderr.lines().filter(|line| line.contains(&url) && line.contains(word)).count()
    };
    bed.b.set_health(Message::new(503));
    bed.gateway.stderr_line(|line| line.contains(&url) && line.contains("unhealthy"));
    // Some probes later it is still the same piece of news.
    bed.b.await_probes(bed.b.probes().len() + 3);
    assert_eq!(lines("unhealthy"), 1, "{}", bed.gateway.stderr());
    bed.b.set_health(Message::new(200));
    bed.gateway.poll_admin("/health", |health| health.status == 200);
    bed.b.await_probes(bed.b.probes().len() + 3);
    assert_eq!(lines("unhealthy"), 1, "{}", bed.gateway.stderr());
}

#[test]
fn alive_does_not_depend_on_backends_and_ready_does() {
    let bed = Testbed::new("health");
    assert_eq!((bed.get("/livez").status, bed.get("/readyz").status), (200, 200));
    bed.a.stop();
    bed.b.stop();
    bed.gateway.poll_admin("/health", |health| health.text().matches("\"unhealthy\"").count() == 2);
    assert_eq!(bed.get("/readyz").status, 200, "one backend of three is enough to be ready");
    bed.c.stop();
    bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
    assert_eq!(bed.get("/livez").status, 200);
}

#[test]
fn not_ready_before_the_first_probes_are_in() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    for upstream in [&a, &b, &c] {
        upstream.set_health(Reply::hang());
    }
    let gateway = launch("health", [&a, &b, &c]).spawn();
    assert_eq!(gateway.get("/readyz").status, 503);
    for upstream in [&a, &b, &c] {
        upstream.set_health(Reply::text("up"));
    }
    gateway.wait_ready();
}

#[test]
fn a_backend_that_is_down_at_the_start_does_not_stop_it() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    b.stop();
    let gateway = launch("health", [&a, &b, &c]).start();
    assert_eq!(gateway.get("/").status, 200);
    gateway.poll_admin("/health", |health| health.status == 503);
}

#[test]
fn built_in_paths_are_on_the_admin_listener_alone_if_there_is_one() {
    let bed = Testbed::new("proxy");
    for path in ["/health", "/livez", "/readyz", "/metrics"] {
        assert_eq!(bed.gateway.admin(path).status, 200, "{path} on the admin listener");
        // The route `/` takes it like any other path.
        assert_eq!(bed.get(path).json()["target"], path);
    }
    let admin = bed.gateway.admin_address();
    assert_eq!(RawClient::connect(admin).get("/users").status, 404);
    assert_eq!(RawClient::connect(admin).get("//metrics").status, 404);
    assert_ne!(RawClient::connect(admin).call(&Request::post("/metrics", "x")).status, 200);
}

#[test]
fn built_in_paths_stand_ahead_of_all_middleware() {
    let bed = Testbed::new("middleware");
    for path in ["/health", "/livez", "/readyz", "/metrics"] {
        let mut client = bed.connect();
        assert_eq!(client.get(path).status, 200, "{path} without a key");
        assert_eq!(client.call(&Request::new("HEAD", path)).body, b"");
    }
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn draining_is_seen_from_outside() {
    let mut bed = Testbed::new("proxy");
    bed.a.set(Reply::hang());
    let mut held = bed.connect();
    held.send_request(&Request::get("/held"));
    bed.a.await_request(|r| r.target == "/held");
    bed.gateway.signal("TERM");
    let ready = bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
    assert_eq!(ready.status, 503);
    let health = bed.gateway.admin("/health");
    assert_eq!((health.status, health.json()["status"].as_str()), (503, Some("draining")));
    assert_eq!(bed.gateway.admin("/livez").status, 200);
    drop(held);
    assert!(bed.gateway.wait_exit(DEADLINE).is_some());
}
