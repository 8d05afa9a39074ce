//! What a tunnel does once it is open, and how it ends: an end is an end, a reset is a reset, and whatever the gateway cuts is no end.

use std::time::{Duration, Instant};

use castgate_test_support::{BodyState, Gate, LogLine, RawClient, Step, Upstream, let_pass};

use crate::testbed::{Testbed, launch};
use crate::upgrades::{open, switching, websocket};

/// The line of a tunnel, which is there when it has ended.
#[track_caller]
fn log_of_tunnel(bed: &Testbed) -> LogLine {
    bed.gateway.log_line(|line| line.status() == 101)
}

#[test]
fn an_end_of_the_client_is_passed_on_and_the_backend_has_the_last_word() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Take, Step::SendRaw(b"the last word".into()), Step::Close]));
    let (mut client, _) = open(&bed, "/");
    client.send("all there is");
    client.finish();
    bed.a.await_request(|request| request.state == BodyState::Complete && request.body == b"all there is");
    assert_eq!(client.read_rest(), b"the last word");
    let line = log_of_tunnel(&bed);
    assert_eq!((line.text("reason"), line.text("route")), ("ok", "main"));
    assert_eq!((&line.value["bytes_in"], &line.value["bytes_out"]), (&12.into(), &13.into()));
}

#[test]
fn an_end_of_the_backend_is_passed_on_and_the_client_has_the_last_word() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::SendRaw(b"bye".into()), Step::Finish, Step::Take]));
    let (mut client, _) = open(&bed, "/");
    // At once, and not when all is over.
    assert_eq!(client.read_rest(), b"bye");
    client.send("one more thing");
    client.finish();
    bed.a.await_request(|request| request.state == BodyState::Complete && request.body == b"one more thing");
    assert_eq!(log_of_tunnel(&bed).text("reason"), "ok");
}

#[test]
fn a_reset_of_either_side_is_one_for_the_other_within_a_second() {
    let bed = Testbed::new("tunnels");
    let gate = Gate::new();
    bed.a.set(switching(vec![Step::Pause(gate.clone()), Step::Reset]));
    let (mut client, _) = open(&bed, "/");
    client.set_timeout(Duration::from_secs(1));
    gate.open();
    assert!(client.await_reset());
    assert_eq!(log_of_tunnel(&bed).text("reason"), "upstream_reset");

    bed.a.set(switching(vec![Step::Take]));
    let (mut client, _) = open(&bed, "/");
    client.send("x");
    bed.a.await_request(|request| request.body == b"x");
    let started = Instant::now();
    client.reset();
    bed.a.await_request(|request| matches!(request.state, BodyState::Broken(_)));
    assert!(started.elapsed() < Duration::from_secs(1));
    bed.gateway.log_line(|line| line.text("reason") == "client_closed" && line.status() == 101);
}

#[test]
fn a_reset_is_seen_of_a_client_that_nobody_reads_from() {
    let bed = Testbed::new("tunnels");
    let gate = Gate::new();
    // It does not take what comes.
    bed.a.set(switching(vec![Step::Pause(gate.clone()), Step::Take]));
    let (mut client, _) = open(&bed, "/");
    client.send_until_stuck([7; 64 * 1024]);
    client.reset();
    let started = Instant::now();
    bed.gateway.log_line(|line| line.text("reason") == "client_closed" && line.status() == 101);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    gate.open();
    bed.a.await_request(|request| matches!(request.state, BodyState::Broken(_)));
}

#[test]
fn a_tunnel_in_which_nothing_moves_is_cut_after_the_routes_idle() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Take]));
    let started = Instant::now();
    let (mut client, _) = open(&bed, "/brief");
    assert!(client.await_reset(), "it looks like an end");
    assert!(started.elapsed() >= Duration::from_millis(600), "{:?}", started.elapsed());
    bed.a.await_request(|request| matches!(request.state, BodyState::Broken(_)));
    assert_eq!(log_of_tunnel(&bed).text("reason"), "tunnel_idle");
}

#[test]
fn a_half_of_a_tunnel_in_which_nothing_moves_is_cut_too() {
    let bed = Testbed::new("tunnels");
    let gate = Gate::new();
    bed.a.set(switching(vec![Step::Take, Step::Pause(gate.clone())]));
    let (mut client, _) = open(&bed, "/brief");
    client.finish();
    assert!(client.await_reset());
    gate.open();
    assert_eq!(log_of_tunnel(&bed).text("reason"), "tunnel_idle");
}

#[test]
fn no_limit_cuts_a_tunnel_that_moves_either_way() {
    let bed = Testbed::new("tunnels");
    // Of each the whole is longer than `timeout`, `idle` and `total` together.
    let (beat, beats) = (Duration::from_millis(200), 13);
    bed.a.set(switching(vec![Step::Drip(vec![b'.'; beats], beat), Step::Close]));
    let (mut client, _) = open(&bed, "/brief");
    assert_eq!(client.read_rest().len(), beats);
    bed.a.set(switching(vec![Step::Take, Step::SendRaw(b"thanks".into()), Step::Close]));
    let (mut client, _) = open(&bed, "/brief");
    for _ in 0..beats {
        let_pass(beat);
        client.send(".");
    }
    client.finish();
    assert_eq!(client.read_rest(), b"thanks");
    assert_eq!(bed.a.requests()[1].body.len(), beats);
}

#[test]
fn a_client_that_takes_nothing_holds_its_backend_back_and_is_given_up() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Flood(256 << 20)]));
    let client = {
        let mut client = bed.connect();
        client.shrink_receive_buffer();
        assert_eq!(client.call(&websocket("/")).status, 101);
        client
    };
    let line = log_of_tunnel(&bed);
    assert_eq!(line.text("reason"), "write_timeout");
    assert!(bed.a.sent() < 32 << 20, "{}", bed.a.sent());
    drop(client);
}

#[test]
fn a_slow_reader_gets_everything() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Flood(24 << 20), Step::Close]));
    let (mut client, _) = open(&bed, "/");
    let mut taken = client.take_buffered().len();
    loop {
        match client.discard(64 * 1024).unwrap() {
            0 => break,
            count => taken += count,
        }
        if taken % 7 == 0 {
            let_pass(Duration::from_millis(1));
        }
    }
    assert_eq!(taken, 24 << 20);
}

#[test]
fn a_tunnel_is_counted_while_it_is_open_and_logged_once_when_it_has_ended() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Mirror]));
    let (mut client, response) = open(&bed, "/");
    client.send("12345");
    client.await_bytes(b"12345").unwrap();
    let open = bed.await_metrics(|metrics| metrics.sum("gateway_tunnel_bytes_total", &[]) == 10.0);
    assert_eq!(open.sum("gateway_tunnels", &[]), 1.0);
    assert_eq!(open.sum("gateway_http_requests_in_flight", &[]), 1.0);
    assert_eq!(open.sum("gateway_connections", &[]), 1.0);
    assert_eq!(open.sum("gateway_upstream_requests_total", &[("status", "101")]), 1.0);
    assert_eq!(open.sum("gateway_http_requests_total", &[]), 0.0);
    assert!(bed.gateway.raw_log().is_empty());
    let_pass(Duration::from_millis(1100));
    client.finish();
    client.await_close();
    let closed = bed.metrics();
    assert_eq!(closed.sum("gateway_tunnels", &[]), 0.0);
    assert_eq!(closed.sum("gateway_http_requests_total", &[("status", "101"), ("route", "main")]), 1.0);
    for direction in ["in", "out"] {
        assert_eq!(closed.sum("gateway_tunnel_bytes_total", &[("direction", direction)]), 5.0);
    }
    // How long it was open is no latency.
    assert!(closed.sum("gateway_http_request_duration_seconds_sum", &[]) < 1.0);
    let line = bed.log_of(&response);
    assert!(line.value["duration_ms"].as_f64().unwrap() >= 1100.0, "{}", line.raw);
    assert_eq!((&line.value["bytes_in"], &line.value["bytes_out"]), (&5.into(), &5.into()));
    assert_eq!(line.value["upstream_status"], 101);
    assert_eq!(bed.gateway.raw_log().len(), 1);
}

#[test]
fn a_drain_lets_tunnels_run_and_injects_nothing() {
    let mut bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Mirror]));
    let (mut client, _) = open(&bed, "/");
    bed.gateway.signal("TERM");
    bed.gateway.stderr_line(|line| line.contains("drain"));
    for _ in 0..5 {
        client.send("still here ");
        let_pass(Duration::from_millis(100));
    }
    client.finish();
    assert_eq!(client.read_rest(), b"still here ".repeat(5));
    assert_eq!(bed.gateway.exit_code(), 0);
    assert_eq!(log_of_tunnel(&bed).text("reason"), "ok");
}

#[test]
fn the_grace_is_the_end_of_every_tunnel() {
    let mut bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Take]));
    let (mut client, _) = open(&bed, "/");
    let started = Instant::now();
    bed.gateway.signal("TERM");
    assert!(client.await_reset(), "it looks like an end");
    assert!(client.take_buffered().is_empty(), "something was said that nobody has said");
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
    bed.a.await_request(|request| matches!(request.state, BodyState::Broken(_)));
    bed.gateway.exit_code();
    assert_eq!(log_of_tunnel(&bed).text("reason"), "shutdown");
}

#[test]
fn tunnels_are_connections_and_never_make_way() {
    let bed = Testbed::new("tunnels");
    bed.a.set(switching(vec![Step::Mirror]));
    let mut tunnels: Vec<RawClient> = (0..12).map(|_| open(&bed, "/").0).collect();
    // Longer than one has to be idle to be closed for another.
    let_pass(Duration::from_millis(700));
    let mut late = bed.connect();
    late.send_request(&castgate_test_support::Request::get("/fixed"));
    late.set_timeout(Duration::from_millis(700));
    assert!(late.read_head().is_err(), "there was room");
    for tunnel in &mut tunnels {
        tunnel.send("x");
        tunnel.await_bytes(b"x").unwrap();
    }
    drop(tunnels.pop());
    late.set_timeout(castgate_test_support::DEADLINE);
    assert_eq!(late.read_response().unwrap().text(), "fixed");
}

#[test]
fn a_backend_that_vanishes_takes_its_tunnels_along() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    a.set(switching(vec![Step::Mirror]));
    let gateway = launch("tunnels", [&a, &b, &c]).start();
    let mut client = gateway.connect();
    assert_eq!(client.call(&websocket("/")).status, 101);
    client.set_timeout(Duration::from_secs(1));
    a.disconnect();
    // It has ended, and nobody takes what is sent.
    assert!(client.read_rest().is_empty());
    client.finish();
    assert_eq!(gateway.log_line(|line| line.status() == 101).text("route"), "main");
}
