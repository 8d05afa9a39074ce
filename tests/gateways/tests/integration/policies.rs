//! The life of a policy: what a middleware can hang on to, from the start of a gateway to its end.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use castgate_test_support::{Launch, Metrics, Request, Upstream};

use crate::testbed::{assert_problem, launch};

/// The gateway with a policy written by hand (`tests/gateways/src/guest.rs`).
fn guest(upstream: &Upstream) -> Launch {
    launch("guest", [upstream; 3]).with_admin()
}

/// A path of this test's own, where nothing is.
fn fresh(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        fs::remove_file(&path).unwrap();
    }
    path
}

#[test]
fn each_worker_has_its_own_part_of_a_policy() {
    let upstream = Upstream::echo();
    let gateway = guest(&upstream).start();
    let mut counts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    // The kernel spreads connections at random.
    for _ in 0..200 {
        let response = gateway.get("/");
        let (worker, count) = response.header("x-tally").unwrap().split_once(' ').unwrap();
        counts.entry(worker.to_owned()).or_default().push(count.parse().unwrap());
        if counts.len() == 2 && counts.values().all(|counts| counts.len() > 2) {
            break;
        }
    }
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["worker-0", "worker-1"]);
    for (worker, counts) in counts {
        assert_eq!(counts, (1..=counts.len() as u64).collect::<Vec<_>>(), "{worker}");
    }
}

#[test]
fn what_is_wrong_with_a_policy_keeps_the_gateway_from_starting() {
    let upstream = Upstream::echo();
    let mut gateway = guest(&upstream).env("TALLY_IS_ILL", "yes").spawn();
    assert_eq!(gateway.exit_code(), 78);
    assert!(gateway.stderr().contains("error: guest.rs:1: the tally is ill"), "{}", gateway.stderr());
}

#[test]
fn a_policy_starts_on_the_control_thread_and_its_series_are_in_the_metrics() {
    let upstream = Upstream::echo();
    let gateway = guest(&upstream).start();
    gateway.poll_admin("/metrics", |response| {
        let metrics = Metrics::parse(&response.text());
        metrics.sum("tally_started", &[("thread", "control")]) == 1.0
    });
}

#[test]
fn a_hangup_reloads_policies_and_tells_what_could_not_be_read() {
    let upstream = Upstream::echo();
    let file = fresh("reloaded-by-a-policy");
    let gateway = guest(&upstream).env("TALLY_FILE", file.display().to_string()).start();
    gateway.signal("HUP");
    gateway.stderr_line(|line| {
        line.contains("ERROR") && line.contains("guest.rs:1: the tally's file cannot be read")
    });
    gateway.stderr_line(|line| line.contains("WARN") && line.contains("problems=1"));
    fs::write(&file, "").unwrap();
    gateway.signal("HUP");
    gateway
        .stderr_line(|line| line.contains("INFO") && line.contains(" reloaded ") && line.contains("SIGHUP"));
    let metrics = Metrics::parse(&gateway.admin("/metrics").text());
    assert_eq!(metrics.sum("tally_reloads_total", &[]), 1.0);
    assert_eq!(gateway.get("/").status, 200);
}

#[test]
fn policies_stop_when_the_workers_have_ended() {
    let upstream = Upstream::echo();
    let last = fresh("counted-by-a-policy");
    let mut gateway = guest(&upstream).env("TALLY_LAST", last.display().to_string()).start();
    for _ in 0..20 {
        assert_eq!(gateway.get("/").status, 200);
    }
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code(), 0);
    assert_eq!(fs::read_to_string(&last).unwrap(), "20", "both workers have handed in what they counted");
}

#[test]
fn a_policy_that_still_reloads_is_not_stopped_beside_it() {
    let upstream = Upstream::echo();
    let (pipe, last) = (fresh("reloaded-without-end"), fresh("counted-beside-a-reload"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut gateway = guest(&upstream)
        .env("TALLY_FILE", pipe.display().to_string())
        .env("TALLY_LAST", last.display().to_string())
        .start();
    gateway.signal("HUP");
    // Opened as soon as the policy reads it; there is nothing to be read, and no end.
    let _writer = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code(), 0);
    assert!(!last.exists(), "it was stopped while it was reloading");
    assert!(gateway.stderr().contains("cannot be let go of in time"), "{}", gateway.stderr());
}

#[test]
fn a_policy_that_does_not_stop_does_not_hold_the_exit() {
    let upstream = Upstream::echo();
    let mut gateway = guest(&upstream).env("TALLY_HANGS", "yes").start();
    gateway.signal("TERM");
    assert_eq!(gateway.exit_code(), 0);
    assert!(gateway.stderr().contains("cannot be let go of in time"), "{}", gateway.stderr());
}

#[test]
fn a_layer_refuses_for_a_reason_of_its_own() {
    let upstream = Upstream::echo();
    let gateway = guest(&upstream).start();
    let response = gateway.call(&Request::get("/").header("X-Tired", "very"));
    assert_problem(&response, 503, "tired");
    assert_eq!(response.json()["title"], "The layer is tired");
}
