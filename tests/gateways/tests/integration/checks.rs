//! What makes a backend unhealthy, and what does not; how soon it is back.

use std::time::{Duration, Instant};

use castgate_test_support::{DEADLINE, Launch, Message, RawClient, Reply, Request, Step, Upstream, poll};

use crate::testbed::{Testbed, assert_problem, launch};

/// Much less than the 5 s from one check to the next.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn an_api_without_a_root_is_healthy_if_nothing_is_written_about_checks() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    for (upstream, status) in [(&a, 404), (&b, 401), (&c, 302)] {
        upstream.set_health(Message::new(status));
    }
    let gateway = launch("backends", [&a, &b, &c]).start();
    assert_eq!(gateway.admin("/health").status, 200);
    a.await_connections(1);
    assert_eq!(a.probes().len() + b.probes().len() + c.probes().len(), 0, "somebody asked for something");
}

#[test]
fn a_backend_that_refuses_connections_is_unhealthy_if_nothing_is_written_about_checks() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    a.stop();
    let gateway = launch("backends", [&a, &b, &c]).spawn();
    let url = a.url();
    gateway.stderr_line(|line| line.contains(&url) && line.contains("unhealthy"));
    assert_problem(&gateway.get("/single"), 503, "no_healthy_backend");
    a.restart();
    let back = Instant::now();
    gateway.wait_ready();
    assert!(back.elapsed() < SOON, "{:?}", back.elapsed());
}

#[test]
fn the_head_of_the_answer_to_a_probe_decides() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin";
    a.set_health(Reply(vec![Step::SendRaw(head.into()), Step::Hang]));
    b.set_health(Reply(vec![
        Step::SendRaw(head.into()),
        Step::Drip(vec![b'x'; 10_000], Duration::from_millis(5)),
    ]));
    c.set_health(Reply(vec![
        Step::SendRaw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".into()),
        Step::Flood(u64::MAX),
    ]));
    let gateway = launch("health", [&a, &b, &c]).start();
    for upstream in [&a, &b, &c] {
        upstream.await_probes(3);
    }
    assert_eq!(gateway.admin("/health").status, 200);
    // They are not read for longer than a probe may take.
    a.await_disconnect(0);
    c.await_disconnect(0);
}

#[test]
fn the_restart_of_the_only_backend_is_no_outage() {
    let bed = Testbed::new("backends");
    assert_eq!(bed.get("/single").status, 200);
    bed.a.stop();
    assert_problem(&bed.get("/single"), 502, "connect_error");
    bed.a.restart();
    assert_eq!(bed.get("/single").status, 200);
}

#[test]
fn the_last_usable_backend_stays_in_use_whatever_the_workers_find() {
    let bed = Testbed::new("backends");
    for upstream in [&bed.a, &bed.b, &bed.c] {
        upstream.stop();
    }
    // The checks are 5 s apart, and those of the backends that were ejected find what the workers found.
    let mut client = bed.connect();
    for _ in 0..20 {
        assert_problem(&client.get("/trio"), 502, "connect_error");
    }
    for upstream in [&bed.a, &bed.b, &bed.c] {
        upstream.restart();
    }
    assert_eq!(client.get("/trio").status, 200);
}

#[test]
fn a_backend_that_a_worker_has_ejected_is_back_soon() {
    let bed = Testbed::new("backends");
    bed.b.stop();
    let mut client = bed.connect();
    for _ in 0..3 {
        assert_eq!(client.get("/trio").status, 200);
    }
    let url = bed.b.url();
    bed.gateway.stderr_line(|line| line.contains(&url) && line.contains("unhealthy"));
    bed.b.restart();
    let back = Instant::now();
    bed.gateway.poll_admin("/health", |health| health.status == 200);
    assert!(back.elapsed() < SOON, "{:?}", back.elapsed());
}

/// A gateway that may open no more than so many files.
fn with_files(launch_as: &[&str], files: u32, [a, b, c]: [&Upstream; 3]) -> Launch {
    let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
    let launch = Launch::new("/bin/sh").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_gateways"));
    let launch = launch_as.iter().fold(launch, |launch, argument| launch.arg(*argument));
    launch.env("A", a.url()).env("B", b.url()).env("C", c.url())
}

#[test]
fn a_shortage_of_our_own_files_says_nothing_about_backends() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let gateway = with_files(&["health"], 64, [&a, &b, &c]).start();
    let mut asking = gateway.connect();
    assert_eq!(asking.get("/health").status, 200);
    let idle: Vec<RawClient> = (0..100).map(|_| gateway.connect()).collect();
    let started = Instant::now();
    // Checks come every 150 ms; the two seconds are what is tried here.
    poll(|| {
        // Whoever asks is not idle.
        let Ok(health) = asking.exchange(&Request::get("/health")) else { return Ok(()) };
        assert_eq!(health.status, 200, "{}", health.text());
        if started.elapsed() < SOON { Err("too soon".to_owned()) } else { Ok(()) }
    });
    assert!(!gateway.stderr().contains("unhealthy"), "{}", gateway.stderr());
    drop(idle);
    let again = Instant::now();
    gateway.wait_ready();
    assert_eq!(gateway.get("/").status, 200);
    assert!(again.elapsed() < DEADLINE);
}
