//! Several limits: a request is let in by all of them, or takes nothing of any.

use std::thread;

use castgate_test_support::{RawClient, Request, Response, poll};

use crate::testbed::{Testbed, assert_problem};

fn tenant(target: &str, name: &str) -> Request {
    Request::get(target).header("X-Tenant", name)
}

/// The status of a request of each of these tenants.
fn statuses<'a>(
    client: &mut RawClient,
    target: &str,
    tenants: impl IntoIterator<Item = &'a str>,
) -> Vec<u16> {
    tenants.into_iter().map(|name| client.call(&tenant(target, name)).status).collect()
}

#[track_caller]
fn assert_waits(response: &Response, seconds: std::ops::RangeInclusive<u64>) {
    assert_problem(response, 429, "rate_limited");
    let after: Vec<_> = response.all("retry-after");
    assert_eq!(after.len(), 1, "{after:?}");
    let wait: u64 = after[0].parse().unwrap();
    assert!(seconds.contains(&wait), "Retry-After: {wait}");
}

#[test]
fn each_limit_refuses_and_is_counted_apart() {
    let bed = Testbed::new("rate_limits");
    let mut client = bed.connect();
    // Two for each tenant, four for the address.
    assert_eq!(statuses(&mut client, "/inherited", ["red", "red"]), [200, 200]);
    let refused = client.call(&tenant("/inherited", "red"));
    assert_waits(&refused, 1700..=1800);
    assert_eq!(bed.log_of(&refused).text("reason"), "rate_limited");
    assert_eq!(statuses(&mut client, "/inherited", ["blue", "green"]), [200, 200]);
    assert_waits(&client.call(&tenant("/inherited", "blue")), 800..=900);
    // Both refuse: the longer wait is told, and that limit counted.
    assert_waits(&client.call(&tenant("/inherited", "red")), 1700..=1800);
    assert_eq!(bed.a.count(), 4);
    let of = |limit| [("route", "inherited"), ("limit", limit)];
    let metrics = bed.await_metrics(|metrics| {
        metrics.value("gateway_rate_limited_total", &of("2/h header:x-tenant")) == Some(2.0)
            && metrics.value("gateway_rate_limited_total", &of("4/h client_ip")) == Some(1.0)
    });
    assert_eq!(metrics.types["gateway_rate_limited_total"], "counter");
}

#[test]
fn who_is_refused_by_one_uses_up_nothing_of_the_others() {
    let bed = Testbed::new("rate_limits");
    let mut client = bed.connect();
    assert_eq!(statuses(&mut client, "/inherited", ["red"; 20]), [[200; 2].as_slice(), &[429; 18]].concat());
    // Eighteen refusals later the address has still two of its four, and whoever is new has both of its own.
    assert_eq!(statuses(&mut client, "/inherited", ["blue", "blue", "green"]), [200, 200, 429]);
    // The address was refused; green has not used up anything.
    let mut other = RawClient::connect_from("127.0.0.2".parse().unwrap(), bed.gateway.address());
    assert_eq!(statuses(&mut other, "/inherited", ["green", "green", "green"]), [200, 200, 429]);
}

#[test]
fn a_list_is_inherited_replaced_or_switched_off_as_a_whole() {
    let bed = Testbed::new("rate_limits");
    let mut client = bed.connect();
    assert_eq!(statuses(&mut client, "/inherited", ["red", "red"]), [200, 200]);
    assert_eq!(
        statuses(&mut client, "/shared", ["red", "blue"]),
        [429, 200],
        "one count for all who inherit"
    );
    assert_eq!(statuses(&mut client, "/off", ["red"; 10]), [200; 10]);
    // Neither a section nor a list of one has anything of the top level's list.
    for target in ["/one", "/single"] {
        assert_eq!(statuses(&mut client, target, ["red"; 5]), [200, 200, 200, 429, 429], "{target}");
    }
    let metrics = bed.await_metrics(|metrics| {
        metrics.value("gateway_rate_limited_total", &[("route", "single")]) == Some(2.0)
    });
    assert_eq!(metrics.value("gateway_rate_limited_total", &[("route", "one")]), Some(2.0), "no label");
    let shared = [("route", "shared"), ("limit", "2/h header:x-tenant")];
    assert_eq!(metrics.value("gateway_rate_limited_total", &shared), Some(1.0));
}

#[test]
fn each_limit_of_a_list_has_its_own_key() {
    let bed = Testbed::new("rate_limits");
    let mut client = bed.connect();
    assert_eq!(statuses(&mut client, "/own/1", ["red", "blue", "red", "blue"]), [200, 200, 200, 429]);
    assert_eq!(statuses(&mut client, "/own/2", ["red", "red", "red"]), [200; 3]);
    // Five of red's, from two paths; a third path has all of its own.
    assert_eq!(statuses(&mut client, "/own/3", ["red", "blue", "blue", "blue"]), [429, 200, 200, 200]);
    assert_waits(&client.call(&tenant("/own/4", "red")), 80_000..=86_400);
}

#[test]
fn the_faster_limit_lets_in_again_and_the_slower_one_goes_on() {
    let bed = Testbed::new("rate_limits");
    let mut client = bed.connect();
    let mut admitted = 0;
    while admitted < 10 {
        poll(|| match client.get("/paced").status {
            200 => Ok(()),
            status => Err(format!("{status} after {admitted}")),
        });
        admitted += 1;
    }
    assert_waits(&client.get("/paced"), 80_000..=86_400);
    assert_eq!(bed.a.count(), 10);
}

#[test]
fn many_at_once_get_what_the_strictest_has() {
    let bed = Testbed::new("rate_limits");
    let passed: usize = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let statuses = statuses(&mut bed.connect(), "/own/1", ["red"; 10]);
                    statuses.into_iter().filter(|status| *status == 200).count()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert_eq!(passed, 3);
    // What the others had taken for those that were refused is there.
    assert_eq!(statuses(&mut bed.connect(), "/own/2", ["red"; 3]), [200, 200, 429]);
}
