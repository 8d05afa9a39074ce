//! What a probe asks for, and which answers are good ones.

use castgate_test_support::{Gateway, Message, Reply, Upstream};

use crate::testbed::{KEYS, launch};

/// Until `/health` says this of a backend.
#[track_caller]
pub(crate) fn await_state(gateway: &Gateway, upstream: &Upstream, state: &str) {
    let wanted = format!(r#""{}":"{state}""#, upstream.url());
    gateway.poll_admin("/health", |health| health.text().contains(&wanted));
}

#[test]
fn a_probe_is_sent_as_it_is_written() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let gateway = launch("probes", [&a, &b, &c]).env("NAMED", c.url()).spawn();
    a.await_probes(2);
    for probe in a.probes() {
        assert_eq!((probe.method.as_str(), probe.target.as_str()), ("HEAD", "/ready?full=1"));
        assert_eq!(probe.header("host"), Some("shop.example.com"));
        assert_eq!(probe.header("x-probe"), Some("1"));
        assert_eq!(probe.header("authorization"), Some(format!("Bearer {}", KEYS.join(",")).as_str()));
    }
    await_state(&gateway, &a, "healthy");
}

#[test]
fn a_class_and_a_range_of_statuses_are_expected_to_their_ends() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let gateway = launch("probes", [&a, &b, &c]).env("NAMED", c.url()).spawn();
    for (status, state) in [
        (299, "healthy"),
        (300, "unhealthy"),
        (401, "healthy"),
        (400, "unhealthy"),
        (410, "healthy"),
        (409, "unhealthy"),
        (420, "healthy"),
        (421, "unhealthy"),
    ] {
        a.set_health(Message::new(status));
        await_state(&gateway, &a, state);
    }
}

#[test]
fn a_probe_by_connection_asks_for_nothing() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    b.set_health(Reply::reset());
    let gateway = launch("probes", [&a, &b, &c]).env("NAMED", c.url()).spawn();
    await_state(&gateway, &b, "healthy");
    // The kernel completes a connection, and so a probe, before the upstream accepts it.
    b.await_connections(1);
    assert!(b.probes().is_empty());
    b.stop();
    await_state(&gateway, &b, "unhealthy");
    b.restart();
    await_state(&gateway, &b, "healthy");
}

#[test]
fn another_port_is_probed_and_the_backend_is_what_gets_requests() {
    // An address that nobody else in these tests has, since the port is known at build.
    let host = [127, 9, 1, 0];
    let (named, prober) = (
        Upstream::start_at((host, 0).into(), Reply::text("named")),
        Upstream::start_at((host, 9100).into(), Reply::text("prober")),
    );
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let gateway = launch("probes", [&a, &b, &c]).env("NAMED", named.url()).start();
    prober.await_probes(2);
    assert_eq!(prober.probes()[0].header("host"), Some(named.address().to_string().as_str()));
    assert_eq!(gateway.get("/elsewhere").text(), "named");
    assert!(named.probes().is_empty() && prober.count() == 0);
    prober.set_health(Message::new(503));
    await_state(&gateway, &named, "unhealthy");
}
