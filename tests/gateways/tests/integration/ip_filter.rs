//! From which addresses somebody may come.

use castgate_test_support::{RawClient, Request};

use crate::testbed::{KEYS, Testbed, assert_problem};

fn from(bed: &Testbed, address: &str) -> RawClient {
    RawClient::connect_from(address.parse().unwrap(), bed.gateway.address())
}

#[test]
fn who_is_not_let_in_gets_403_and_a_reason() {
    let bed = Testbed::new("middleware");
    let mut client = from(&bed, "127.0.0.2");
    let response = client.get("/inside");
    assert_problem(&response, 403, "ip_denied");
    assert!(response.keeps_alive());
    let line = bed.log_of(&response);
    assert_eq!((line.text("reason"), line.text("client_ip")), ("ip_denied", "127.0.0.2"));
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn deny_wins_over_allow_and_with_allow_all_others_are_denied() {
    let bed = Testbed::new("middleware");
    for (address, status) in
        [("127.0.0.1", 200), ("127.0.0.7", 200), ("127.0.0.2", 403), ("127.0.0.8", 403), ("127.1.0.1", 403)]
    {
        assert_eq!(from(&bed, address).get("/inside").status, status, "{address}");
    }
}

#[test]
fn behind_a_trusted_proxy_it_is_the_client_s_address_that_counts() {
    let bed = Testbed::new("middleware");
    let mut proxy = from(&bed, "127.0.0.9");
    for (client, status) in [
        ("203.0.113.1", 200),
        ("::ffff:203.0.113.1", 200),
        ("203.0.113.7", 403),
        ("::ffff:203.0.113.7", 403),
        ("[::ffff:cb00:7107]:4711", 403),
        ("203.0.114.1", 403),
        ("2001:db8::1", 200),
        ("[2001:db8:ffff::1]:443", 200),
        ("2001:db9::1", 403),
        // What cannot be read ends the walk at the proxy, which is not let in itself.
        ("2001:db8::1%eth0", 403),
        ("203.0.113.1, nonsense", 403),
    ] {
        let request = Request::get("/inside").header("X-Forwarded-For", client);
        assert_eq!(proxy.call(&request).status, status, "{client}");
    }
    // Nobody else is believed.
    let request = Request::get("/inside").header("X-Forwarded-For", "203.0.113.1");
    assert_eq!(from(&bed, "127.0.0.2").call(&request).status, 403);
}

#[test]
fn who_is_denied_is_neither_counted_nor_asked_for_a_key() {
    let bed = Testbed::new("middleware");
    let mut denied = from(&bed, "127.0.0.3");
    for _ in 0..3 {
        assert_problem(&denied.get("/outside"), 403, "ip_denied");
    }
    assert_problem(&from(&bed, "127.0.0.4").get("/outside"), 401, "auth_missing");
    let key = Request::get("/outside").header("X-API-Key", KEYS[0]);
    assert_eq!(from(&bed, "127.0.0.5").call(&key).status, 200);
    // A wrong key does not let an address in, nor does a right one.
    assert_problem(&denied.call(&key), 403, "ip_denied");
}
