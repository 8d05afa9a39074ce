//! Names of which every address is a backend of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use castgate_test_support::{DEADLINE, Gateway, Metrics, Reply, Upstream, poll_within};

use crate::names::{Hosts, NAME};

/// Of [`NAME`], what `/health` calls each address, and how it is.
fn states(gateway: &Gateway) -> Vec<(String, String)> {
    let health = gateway.admin("/health").json();
    let backends = health["backends"].as_object().unwrap().iter();
    let of_name = backends.filter(|(name, _)| name.contains(NAME));
    of_name.map(|(name, state)| (name.clone(), state.as_str().unwrap().to_owned())).collect()
}

/// Waits until so many addresses of [`NAME`] are in use by `many`, all of them healthy, and so many are left out.
#[track_caller]
fn await_addresses(gateway: &Gateway, in_use: u32, left_out: u32) {
    poll_within(DEADLINE, || {
        let metrics = Metrics::parse(&gateway.admin("/metrics").text());
        let of = |state| metrics.sum("gateway_upstream_addresses", &[("upstream", "many"), ("state", state)]);
        let found = ["healthy", "unhealthy", "unknown", "left_out"].map(of);
        let wanted = [f64::from(in_use), 0.0, 0.0, f64::from(left_out)];
        if found == wanted { Ok(()) } else { Err(format!("{found:?}")) }
    });
}

/// Who answers so many requests for `path`.
fn answers(gateway: &Gateway, path: &str, count: usize) -> String {
    let mut client = gateway.connect();
    let answers = (0..count).map(|_| client.get(path));
    answers
        .map(|answer| if answer.status == 200 { answer.text() } else { format!("[{}]", answer.status) })
        .collect()
}

/// Whether the load has lasted long enough.
#[derive(Default)]
struct Over(AtomicBool);

struct End<'a>(&'a AtomicBool);

impl Over {
    fn end(&self) -> End<'_> {
        End(&self.0)
    }
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn count(text: &str, name: &str) -> usize {
    text.matches(name).count()
}

#[test]
fn one_bad_address_is_probed_and_left_alone_and_the_others_share_its_requests() {
    let a = Upstream::start_at(([127, 0, 3, 1], 0).into(), Reply::text("a"));
    let port = a.address().port();
    let [b, c, _d] = [(2, "b"), (3, "c"), (4, "d")]
        .map(|(host, name)| Upstream::start_at(([127, 0, 3, host], port).into(), Reply::text(name)));
    let Some(hosts) = Hosts::new("bad", &["127.0.3.1", "127.0.3.2", "127.0.3.3"]) else { return };
    let gateway = hosts.launch("resolve", port, &a).start();
    await_addresses(&gateway, 3, 0);
    let all = answers(&gateway, "/many", 30);
    assert_eq!(["a", "b", "c"].map(|name| count(&all, name)), [10, 10, 10], "{all}");
    let line = gateway.log_line(|line| line.text("path") == "/many");
    assert_eq!(line.text("backend"), format!("http://{NAME}:{port}"));
    assert!(
        ["127.0.3.1", "127.0.3.2", "127.0.3.3"]
            .iter()
            .any(|ip| line.text("address") == format!("{ip}:{port}"))
    );

    b.stop();
    // Nobody sees it go: who is refused asks another address of the same name.
    let all = answers(&gateway, "/many", 30);
    assert_eq!((count(&all, "a") + count(&all, "c"), all.len()), (30, 30), "{all}");
    let called = |ip: &str| format!("http://{NAME}:{port} {ip}:{port}");
    let state =
        |ip: &str| states(&gateway).into_iter().find(|(name, _)| *name == called(ip)).map(|(_, state)| state);
    poll_within(DEADLINE, || match state("127.0.3.2").as_deref() {
        Some("unhealthy") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    gateway.stderr_line(|line| {
        line.contains("backend is unhealthy") && line.contains(&format!("127.0.3.2:{port}"))
    });
    let before = b.connections();
    let all = answers(&gateway, "/many", 20);
    assert_eq!((count(&all, "a"), count(&all, "c")), (10, 10), "{all}");
    assert_eq!(b.connections(), before, "it is left alone");
    assert_eq!(
        (state("127.0.3.1").as_deref(), state("127.0.3.3").as_deref()),
        (Some("healthy"), Some("healthy"))
    );
    let up = |metrics: &Metrics| metrics.value("gateway_upstream_up", &[("upstream", "many")]);
    assert_eq!(up(&Metrics::parse(&gateway.admin("/metrics").text())), Some(1.0));

    // It leaves the name and another comes; who stays keeps the connection that was made.
    let kept = a.connections();
    hosts.set(&["127.0.3.1", "127.0.3.3", "127.0.3.4"]);
    await_addresses(&gateway, 3, 0);
    assert_eq!(state("127.0.3.2"), None);
    let all = answers(&gateway, "/many", 30);
    assert_eq!(["a", "c", "d"].map(|name| count(&all, name)), [10, 10, 10], "{all}");
    let of_a: Vec<usize> = a.requests().iter().map(|request| request.connection).collect();
    assert!(of_a.iter().all(|connection| *connection < kept), "connections of who stays are kept");
    // Who leaves ends its idle connections.
    let idle = c.requests().last().unwrap().connection;
    hosts.set(&["127.0.3.1", "127.0.3.4"]);
    c.await_disconnect(idle);
    let all = answers(&gateway, "/many", 20);
    assert_eq!((count(&all, "a"), count(&all, "d")), (10, 10), "{all}");
}

#[test]
fn addresses_come_and_go_under_load_and_no_request_fails() {
    let every = Upstream::start_at(([0, 0, 0, 0], 0).into(), Reply::text("."));
    let port = every.address().port();
    let a = Upstream::echo();
    let addresses: Vec<String> = (1..=200).map(|host| format!("127.0.4.{host}")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let Some(hosts) = Hosts::new("load", &addresses[..1]) else { return };
    let gateway = hosts.launch("resolve", port, &a).start();
    await_addresses(&gateway, 1, 0);
    let over = Over::default();
    thread::scope(|scope| {
        // Also when something here panics: the others are waited for.
        let end = over.end();
        let load = |path: &'static str| {
            let (gateway, over) = (&gateway, &over);
            move || {
                let mut bad = Vec::new();
                let mut client = gateway.connect();
                while !over.0.load(Ordering::Relaxed) {
                    let answer = client.get(path);
                    if answer.status != 200 {
                        bad.push((answer.status, answer.text()));
                    }
                }
                bad
            }
        };
        let loads = ["/many", "/many", "/least"].map(|path| scope.spawn(load(path)));
        for (range, in_use, left_out) in
            [(0..16, 16, 0), (0..200, 16, 184), (100..102, 2, 0), (5..6, 1, 0), (0..9, 9, 0)]
        {
            hosts.set(&addresses[range]);
            await_addresses(&gateway, in_use, left_out);
            assert_eq!(
                states(&gateway).iter().filter(|(name, _)| name.contains("127.0.4.")).count(),
                in_use as usize
            );
        }
        // A name that is gone changes nothing: the lookup has failed.
        hosts.set(&[]);
        gateway.stderr_line(|line| line.contains("cannot look the host up"));
        await_addresses(&gateway, 9, 0);
        drop(end);
        for load in loads {
            let bad = load.join().unwrap();
            assert!(bad.is_empty(), "{} requests have failed, the first with {:?}", bad.len(), bad[0]);
        }
    });
    gateway.stderr_line(|line| {
        line.contains("the name has more addresses than") && line.contains("left_out=184")
    });
    gateway.stderr_line(|line| line.contains("all addresses of the name are in use"));
}
