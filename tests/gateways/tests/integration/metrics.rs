//! What is counted, and under which names.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use castgate_test_support::{
    DEADLINE, Message, Metrics, RawClient, Reply, Request, poll_within, require_program, standstill,
};

use crate::testbed::Testbed;

#[test]
fn many_who_ask_at_once_cost_one_thread() {
    let bed = Testbed::new("proxy");
    let threads = || {
        let status = fs::read_to_string(format!("/proc/{}/status", bed.gateway.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap().trim().to_owned();
        line.parse::<usize>().unwrap()
    };
    let before = threads();
    let mut clients: Vec<RawClient> =
        (0..100).map(|_| RawClient::connect(bed.gateway.admin_address())).collect();
    clients.iter_mut().for_each(|client| client.send_request(&Request::get("/metrics")));
    for client in &mut clients {
        let response = client.read_response().unwrap();
        assert_eq!(response.status, 200);
        assert!(response.text().contains("gateway_build_info"));
    }
    assert!(threads() <= before + 1, "{before} threads were enough before, now there are {}", threads());
}

#[test]
fn the_exposition_is_prometheus_text() {
    let bed = Testbed::new("proxy");
    bed.get("/");
    // A client has its response a moment before the gateway has counted it.
    bed.metrics();
    let response = bed.gateway.admin("/metrics");
    let kind = response.header("content-type").unwrap();
    assert!(kind.starts_with("text/plain") && kind.contains("version=0.0.4"), "{kind}");
    let metrics = Metrics::parse(&response.text());
    for (name, kind) in [
        ("gateway_http_requests_total", "counter"),
        ("gateway_http_request_duration_seconds", "histogram"),
        ("gateway_http_requests_in_flight", "gauge"),
        ("gateway_upstream_requests_total", "counter"),
        ("gateway_upstream_request_duration_seconds", "histogram"),
        ("gateway_upstream_up", "gauge"),
        ("gateway_retries_total", "counter"),
        ("gateway_build_info", "gauge"),
    ] {
        assert_eq!(metrics.types.get(name).map(String::as_str), Some(kind), "{name}");
        assert!(metrics.help.contains_key(name), "{name} has no HELP");
    }
}

#[test]
fn the_middleware_counts_under_its_names() {
    let bed = Testbed::new("middleware");
    for _ in 0..4 {
        bed.get("/limited");
    }
    bed.get("/fragile");
    let metrics = bed.await_metrics(|m| m.sum("gateway_rate_limited_total", &[("route", "limited")]) == 1.0);
    assert_eq!(metrics.types["gateway_rate_limited_total"], "counter");
    assert_eq!(metrics.types["gateway_circuit_breaker_state"], "gauge");
    // One state of the closed set is 1, the others 0.
    assert_eq!(metrics.sum("gateway_circuit_breaker_state", &[("upstream", "fragile")]), 1.0);
    assert_eq!(
        metrics.value("gateway_circuit_breaker_state", &[("upstream", "fragile"), ("state", "closed")]),
        Some(1.0)
    );
}

#[test]
fn every_request_is_counted_once() {
    let bed = Testbed::new("proxy");
    bed.a.set_script(|request| match request.target.as_str() {
        "/503" => Message::new(503).into(),
        _ => Reply::echo(),
    });
    let mut client = bed.connect();
    for _ in 0..10 {
        client.get("/");
    }
    for _ in 0..5 {
        client.call(&Request::post("/pair", "x"));
    }
    for _ in 0..3 {
        client.get("/503");
    }
    let total = "gateway_http_requests_total";
    let metrics = bed.await_metrics(|m| m.sum(total, &[]) >= 18.0);
    assert_eq!(metrics.sum(total, &[]), 18.0);
    assert_eq!(metrics.sum(total, &[("route", "single"), ("method", "GET"), ("status", "200")]), 10.0);
    assert_eq!(metrics.sum(total, &[("route", "pair"), ("method", "POST"), ("status", "200")]), 5.0);
    assert_eq!(metrics.sum(total, &[("status", "503")]), 3.0);

    let duration = "gateway_http_request_duration_seconds";
    assert_eq!(metrics.sum(&format!("{duration}_count"), &[]), 18.0);
    assert_eq!(metrics.sum(&format!("{duration}_count"), &[("route", "single")]), 13.0);
    assert_eq!(metrics.sum(&format!("{duration}_bucket"), &[("le", "+Inf")]), 18.0);
    assert!(metrics.sum(&format!("{duration}_sum"), &[]) > 0.0);
    assert_eq!(metrics.sum("gateway_http_requests_in_flight", &[]), 0.0);

    let upstream = "gateway_upstream_requests_total";
    assert_eq!(metrics.sum(upstream, &[("upstream", "pair")]), 5.0);
    assert_eq!(
        metrics.sum(upstream, &[("upstream", "single"), ("backend", &bed.a.url()), ("status", "200")]),
        10.0
    );
    assert_eq!(
        metrics.sum("gateway_upstream_request_duration_seconds_count", &[("upstream", "single")]),
        13.0
    );
}

#[test]
fn the_buckets_reach_down_to_half_a_millisecond() {
    let bed = Testbed::new("proxy");
    bed.get("/");
    let metrics = bed.await_metrics(|m| m.sum("gateway_http_requests_total", &[]) == 1.0);
    let labels = [("route", "single")];
    let buckets: Vec<(f64, f64)> = metrics
        .matching("gateway_http_request_duration_seconds_bucket", &labels)
        .map(|sample| (sample.labels["le"].replace("+Inf", "inf").parse().unwrap(), sample.value))
        .collect();
    let bounds: Vec<_> = buckets.iter().map(|(bound, _)| *bound).collect();
    assert_eq!(
        bounds,
        [
            0.0005,
            0.001,
            0.0025,
            0.005,
            0.01,
            0.025,
            0.05,
            0.075,
            0.1,
            0.25,
            0.5,
            0.75,
            1.0,
            2.5,
            5.0,
            7.5,
            10.0,
            f64::INFINITY
        ]
    );
    assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "not cumulative: {buckets:?}");
}

#[test]
fn requests_in_flight_are_shown() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply::hang());
    let mut held = bed.connect();
    held.send_request(&Request::get("/"));
    bed.a.await_request(|_| true);
    bed.await_metrics(|m| m.sum("gateway_http_requests_in_flight", &[]) == 1.0);
    drop(held);
    bed.await_metrics(|m| m.sum("gateway_http_requests_in_flight", &[]) == 0.0);
}

#[test]
fn backends_are_up_or_down() {
    let bed = Testbed::new("health");
    let (a, b) = (bed.a.url(), bed.b.url());
    let up = |m: &Metrics, backend: &str| {
        m.value("gateway_upstream_up", &[("upstream", "trio"), ("backend", backend)])
    };
    bed.await_metrics(|m| up(m, &a) == Some(1.0) && up(m, &b) == Some(1.0));
    bed.b.stop();
    bed.await_metrics(|m| up(m, &a) == Some(1.0) && up(m, &b) == Some(0.0));
}

#[test]
fn the_build_tells_its_version_and_its_config() {
    let bed = Testbed::new("proxy");
    let metrics = bed.metrics();
    let info: Vec<_> = metrics.matching("gateway_build_info", &[]).collect();
    assert_eq!((info.len(), info[0].value), (1, 1.0));
    assert_eq!(info[0].labels["version"], env!("CARGO_PKG_VERSION"));
    let hash = &info[0].labels["config_sha256"];
    assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
}

#[test]
fn the_process_tells_what_it_uses() {
    let bed = Testbed::new("proxy");
    let metrics = bed.metrics();
    let value = |name: &str| {
        let name = format!("process_{name}");
        metrics.value(&name, &[]).unwrap_or_else(|| panic!("no {name}"))
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    // It was started for this test; the boot time is a whole second.
    assert!(
        (now - 600.0..now + 2.0).contains(&value("start_time_seconds")),
        "{}",
        value("start_time_seconds")
    );
    assert!((0.0..600.0).contains(&value("cpu_seconds_total")));
    // stdin, stdout, stderr, and at least the two listeners.
    assert!((5.0..=value("max_fds")).contains(&value("open_fds")));
    // A worker, the control thread, the two logs.
    assert!((4.0..1000.0).contains(&value("threads")), "{}", value("threads"));
    assert!((1e6..=value("virtual_memory_bytes")).contains(&value("resident_memory_bytes")));
}

#[test]
fn the_number_of_series_does_not_depend_on_what_clients_send() {
    let bed = Testbed::new("routing");
    let ask = |n: usize| {
        bed.call(&Request::new(&format!("METHOD{n}"), "/hosts").host(&format!("h{n}.example")));
        bed.get(&format!("/users/{n}"));
        bed.get(&format!("/unknown/{n}?{n}"));
    };
    ask(0);
    let first = bed.await_metrics(|m| m.sum("gateway_http_requests_total", &[]) == 3.0);
    for n in 1..30 {
        ask(n);
    }
    let last = bed.await_metrics(|m| m.sum("gateway_http_requests_total", &[]) == 90.0);
    assert_eq!(first.samples.len(), last.samples.len());
    assert_eq!(last.sum("gateway_http_requests_total", &[("method", "_OTHER")]), 30.0);
    assert!(last.samples.iter().all(|sample| sample.labels.values().all(|value| !value.contains("METHOD"))));
}

#[test]
fn promtool_has_nothing_to_object_to() {
    let Some(promtool) = require_program("promtool") else { return };
    let bed = Testbed::new("middleware");
    bed.get("/public");
    bed.get("/limited");
    let text = bed.gateway.admin("/metrics").text();
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    check.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

/// Killed when the test is over.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn a_real_prometheus_scrapes_it() {
    let Some(prometheus) = require_program("prometheus") else { return };
    let bed = Testbed::new("proxy");
    for _ in 0..7 {
        bed.get("/");
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let config = folder.join("prometheus.yml");
    let scrape = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n  - job_name: castgate\n    static_configs: [{{targets: ['{}']}}]\n",
        bed.gateway.admin_address()
    );
    fs::write(&config, scrape).unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let child = Command::new(prometheus)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        .arg("--log.level=error")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let child = Prometheus(child);
    let query = "/api/v1/query?query=sum(gateway_http_requests_total%7Broute%3D%22single%22%7D)";
    poll_within(DEADLINE * 3, || {
        let answer =
            std::net::TcpStream::connect(address).is_ok().then(|| RawClient::connect(address).get(query));
        let answer = answer.map(|response| response.text()).unwrap_or_default();
        if answer.contains("\"7\"]") { Ok(()) } else { Err(format!("Prometheus says {answer}")) }
    });
    drop(child);
    _ = fs::remove_dir_all(folder);
}

#[test]
fn asking_for_metrics_is_not_traffic() {
    let bed = Testbed::new("health");
    bed.get("/");
    bed.await_metrics(|m| m.sum("gateway_http_requests_total", &[]) == 1.0);
    for _ in 0..5 {
        bed.gateway.admin("/metrics");
        bed.gateway.admin("/health");
    }
    assert_eq!(standstill(|| bed.metrics().sum("gateway_http_requests_total", &[]) as u64), 1);
}
