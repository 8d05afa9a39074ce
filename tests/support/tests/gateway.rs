//! A gateway process is listened to, signalled and awaited. A shell stands in for the gateway.

use std::time::{Duration, Instant};

use castgate_test_support::{Launch, Metrics, RawClient, Reply, Upstream, require_program};

/// A shell that runs this script.
fn shell(script: &str) -> Launch {
    Launch::new("/bin/sh").arg("-c").arg(script)
}

#[test]
fn the_ports_are_read_from_the_operational_log() {
    let gateway = shell(
        r#"echo '2026-01-01T00:00:00Z INFO castgate: listening scope="gateway" address=127.0.0.1:81 workers=2' >&2
           echo '2026-01-01T00:00:00Z INFO castgate: listening scope="admin" address=127.0.0.1:82' >&2
           exec sleep 60"#,
    )
    .with_admin()
    .spawn();
    assert_eq!((gateway.address().port(), gateway.admin_address().port()), (81, 82));
}

#[test]
fn ready_is_when_readyz_says_so() {
    let upstream = Upstream::start(castgate_test_support::Message::new(503));
    let gateway = shell(&format!(
        "echo 'listening scope=\"gateway\" address={}' >&2; exec sleep 60",
        upstream.address()
    ))
    .spawn();
    assert_eq!(gateway.get("/readyz").status, 503);
    upstream.set(Reply::text("ready"));
    gateway.wait_ready();
    assert_eq!(RawClient::connect(gateway.address()).get("/readyz").text(), "ready");
}

#[test]
fn log_lines_are_awaited_and_their_fields_keep_their_order() {
    let gateway =
        shell(r#"echo 'not json'; echo '{"path":"/a","status":200,"b":"x \"a\": y","a":1}'; exec sleep 60"#)
            .spawn();
    let line = gateway.log_of("/a");
    assert_eq!(line.status(), 200);
    assert_eq!(line.fields(), ["path", "status", "b", "a"]);
    assert_eq!(gateway.raw_log().len(), 2);
}

#[test]
fn a_signal_arrives_and_the_exit_is_awaited() {
    let mut gateway = shell("trap 'exit 7' TERM; echo up >&2; while :; do sleep 0.01; done").spawn();
    gateway.stderr_line(|line| line == "up");
    assert!(gateway.wait_exit(Duration::ZERO).is_none());
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code(), 7);
}

#[test]
fn a_dropped_gateway_is_killed() {
    let gateway = shell("exec sleep 60").spawn();
    let id = gateway.id().to_string();
    let started = Instant::now();
    drop(gateway);
    assert!(started.elapsed() < Duration::from_secs(5));
    let alive =
        std::process::Command::new("kill").args(["-0", &id]).stderr(std::process::Stdio::null()).status();
    assert!(!alive.unwrap().success());
}

#[test]
fn the_text_format_is_read() {
    let metrics = Metrics::parse(
        "# HELP a_total Says: \"a\".\n# TYPE a_total counter\na_total{x=\"1\",y=\"q\\\"}, \\\\\"} 2\na_total{x=\"2\"} 3.5\nb +Inf\n",
    );
    assert_eq!(metrics.sum("a_total", &[]), 5.5);
    assert_eq!(metrics.value("a_total", &[("x", "2")]), Some(3.5));
    assert_eq!(metrics.value("a_total", &[]), None);
    assert_eq!(metrics.samples[0].labels["y"], "q\"}, \\");
    assert_eq!(metrics.types["a_total"], "counter");
    assert_eq!(metrics.value("b", &[]), Some(f64::INFINITY));
}

#[test]
fn an_installed_program_is_found() {
    assert!(require_program("sh").is_some());
}
