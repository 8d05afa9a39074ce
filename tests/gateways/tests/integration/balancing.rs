//! Which backend gets a request.

use std::collections::BTreeMap;

use castgate_test_support::{DEADLINE, Gate, Message, Request};

use crate::testbed::{Testbed, assert_problem};

#[test]
fn round_robin_is_an_exact_rotation() {
    let bed = Testbed::new("balance");
    bed.name_backends();
    let answers = bed.answers("/rotation", 12);
    let (round, rest) = answers.split_at(3);
    let mut names: Vec<_> = round.chars().collect();
    names.sort_unstable();
    assert_eq!(names, ['a', 'b', 'c']);
    assert_eq!(rest, round.repeat(3), "{answers}");
}

#[test]
fn round_robin_goes_on_across_connections() {
    let bed = Testbed::new("balance");
    bed.name_backends();
    let answers: String = (0..9).map(|_| bed.get("/rotation").text()).collect();
    for name in ['a', 'b', 'c'] {
        assert_eq!(answers.matches(name).count(), 3, "{answers}");
    }
}

#[test]
fn weights_are_shares() {
    let bed = Testbed::new("balance");
    bed.name_backends();
    let answers = bed.answers("/weighted", 16);
    assert_eq!(answers.matches('a').count(), 12, "{answers}");
    assert_eq!(answers.matches('b').count(), 4, "{answers}");
    assert!(!answers.contains("aaaaaa"), "shares come in bursts: {answers}");
}

#[test]
fn least_connections_avoids_the_busy() {
    let bed = Testbed::new("balance");
    bed.name_backends();
    let gate = Gate::new();
    let held = gate.clone();
    bed.a.set_script(move |request| match request.target.as_str() {
        "/least/held" => castgate_test_support::Reply::gated(&held, Message::new(200).body("a")),
        _ => castgate_test_support::Reply::text("a"),
    });
    bed.b.set_script({
        let held = gate.clone();
        move |request| match request.target.as_str() {
            "/least/held" => castgate_test_support::Reply::gated(&held, Message::new(200).body("b")),
            _ => castgate_test_support::Reply::text("b"),
        }
    });
    let mut busy = bed.connect();
    busy.send_request(&Request::get("/least/held"));
    // One of the two has it now, and the other one gets everything else.
    let deadline = std::time::Instant::now() + DEADLINE;
    while bed.a.count() + bed.b.count() == 0 {
        assert!(std::time::Instant::now() < deadline, "nobody got the request");
        std::thread::yield_now();
    }
    let idle = if bed.a.count() == 0 { "a" } else { "b" };
    assert_eq!(bed.answers("/least", 6), idle.repeat(6));
    gate.open();
    assert_ne!(busy.read_response().unwrap().text(), idle);
}

#[test]
fn random_reaches_everybody() {
    let bed = Testbed::new("balance");
    bed.name_backends();
    let answers = bed.answers("/random", 90);
    // Missing one of three in 90 has a chance of less than one in 10^15.
    for name in ['a', 'b', 'c'] {
        assert!(answers.contains(name), "{answers}");
    }
    assert!(!answers.contains(&"abc".repeat(15)), "that is a rotation: {answers}");
}

#[test]
fn a_backup_serves_only_while_nobody_else_can() {
    let bed = Testbed::new("balance");
    bed.name_backends();
    assert_eq!(bed.answers("/spare", 5), "aaaaa");
    bed.a.set_health(Message::new(500));
    bed.gateway.poll_admin("/metrics", |_| bed.answers("/spare", 1) == "c");
    assert_eq!(bed.answers("/spare", 5), "ccccc");
    bed.a.set_health(Message::new(200));
    bed.gateway.poll_admin("/metrics", |_| bed.answers("/spare", 1) == "a");
    assert_eq!(bed.answers("/spare", 5), "aaaaa");
}

#[test]
fn an_unhealthy_backend_is_skipped_and_nobody_notices() {
    let bed = Testbed::new("health");
    bed.name_backends();
    bed.b.set_health(Message::new(503));
    let down = format!("{}\":\"unhealthy", bed.b.url());
    bed.gateway.poll_admin("/health", |health| health.text().replace(' ', "").contains(&down));
    let before = bed.b.count();
    let answers = bed.answers("/", 12);
    let mut shares = BTreeMap::new();
    for name in answers.chars() {
        *shares.entry(name).or_insert(0) += 1;
    }
    assert_eq!(shares.keys().copied().collect::<Vec<_>>(), ['a', 'c'], "{answers}");
    assert!(
        shares.values().all(|share| *share >= 4),
        "the skipped one's turn always goes to the same: {answers}"
    );
    assert_eq!(bed.b.count(), before);

    bed.b.set_health(Message::new(200));
    bed.gateway.poll_admin("/health", |health| health.status == 200);
    assert!(bed.answers("/", 3).contains('b'));
}

#[test]
fn nobody_healthy_is_a_503_at_once() {
    let bed = Testbed::new("health");
    for upstream in [&bed.a, &bed.b, &bed.c] {
        upstream.stop();
    }
    bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
    let started = std::time::Instant::now();
    let response = bed.get("/");
    assert_problem(&response, 503, "no_healthy_backend");
    // Sooner than a connect timeout (1s) or a response timeout (4s) could have had a say in it.
    assert!(started.elapsed().as_millis() < 900, "{:?}", started.elapsed());
    assert_eq!(bed.log_of(&response).text("reason"), "no_healthy_backend");
    bed.a.restart();
    bed.gateway.wait_ready();
    assert_eq!(bed.get("/").status, 200);
}
