//! So many and no more, for each key on its own.

use std::thread;

use castgate_test_support::{RawClient, Request, poll};

use crate::testbed::{Testbed, assert_problem};

fn statuses(client: &mut RawClient, request: &Request, count: usize) -> Vec<u16> {
    (0..count).map(|_| client.call(request).status).collect()
}

#[test]
fn a_burst_passes_and_the_rest_is_told_when_to_come_back() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    let request = Request::get("/limited");
    assert_eq!(statuses(&mut client, &request, 3), [200; 3]);
    let response = client.call(&request);
    assert_problem(&response, 429, "rate_limited");
    let seconds: u64 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "Retry-After: {seconds}");
    assert!(response.keeps_alive());
    assert_eq!(bed.log_of(&response).text("reason"), "rate_limited");
    assert_eq!(bed.a.count(), 3);
    bed.await_metrics(|m| m.sum("gateway_rate_limited_total", &[("route", "limited")]) == 1.0);
}

#[test]
fn connections_of_one_address_share_a_limit() {
    let bed = Testbed::new("middleware");
    let mut statuses: Vec<_> = (0..6).map(|_| bed.get("/limited").status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429]);
}

#[test]
fn addresses_do_not_share_a_limit() {
    let bed = Testbed::new("middleware");
    let request = Request::get("/limited");
    for address in ["127.0.0.2", "127.0.0.3"] {
        let mut client = RawClient::connect_from(address.parse().unwrap(), bed.gateway.address());
        assert_eq!(statuses(&mut client, &request, 4), [200, 200, 200, 429], "{address}");
    }
}

#[test]
fn a_client_cannot_choose_its_address() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    let statuses: Vec<_> = (0..5)
        .map(|n| {
            let claim = format!("203.0.113.{n}");
            client.call(&Request::get("/limited").header("X-Forwarded-For", &claim)).status
        })
        .collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

#[test]
fn clients_behind_a_trusted_proxy_do_not_share_a_limit() {
    let bed = Testbed::new("middleware");
    let mut proxy = RawClient::connect_from("127.0.0.9".parse().unwrap(), bed.gateway.address());
    for client in ["203.0.113.1", "203.0.113.2"] {
        let request = Request::get("/limited").header("X-Forwarded-For", client);
        assert_eq!(statuses(&mut proxy, &request, 4), [200, 200, 200, 429], "{client}");
    }
}

#[test]
fn a_header_can_be_the_key() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    for tenant in ["red", "blue"] {
        let request = Request::get("/tenants").header("X-Tenant", tenant);
        assert_eq!(statuses(&mut client, &request, 3), [200, 200, 429], "{tenant}");
    }
    // Who says nothing shares one limit with everybody else who says nothing.
    let silent = Request::get("/tenants");
    assert_eq!(statuses(&mut client, &silent, 3), [200, 200, 429]);
}

#[test]
fn a_limit_refills() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    let request = Request::get("/refilled");
    assert_eq!(client.call(&request).status, 200);
    let refused = (0..50).map(|_| client.call(&request)).find(|response| response.status == 429);
    assert!(refused.is_some(), "fifty at once pass a limit of five a second");
    // One comes in every 200 ms; whoever is refused uses up nothing.
    poll(|| match client.call(&request).status {
        200 => Ok(()),
        status => Err(format!("{status}")),
    });
}

#[test]
fn all_of_a_span_may_come_at_once() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    let request = Request::get("/windowed");
    assert_eq!(statuses(&mut client, &request, 5), [200; 5]);
    let response = client.call(&request);
    assert_problem(&response, 429, "rate_limited");
    // Five in 15 minutes are one in three.
    let seconds: u64 = response.header("retry-after").unwrap().parse().unwrap();
    assert!((170..=180).contains(&seconds), "Retry-After: {seconds}");
}

#[test]
fn routes_do_not_share_a_limit() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    statuses(&mut client, &Request::get("/limited"), 5);
    assert_eq!(client.get("/tenants").status, 200);
    assert_eq!(client.get("/public").status, 200);
}

#[test]
fn many_at_once_get_no_more_than_the_burst() {
    let bed = Testbed::new("middleware");
    let passed: usize = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = bed.connect();
                    statuses(&mut client, &Request::get("/limited"), 10).iter().filter(|s| **s == 200).count()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert_eq!(passed, 3);
}
